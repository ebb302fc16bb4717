//! What a system's part of day90.yaml declares, and how it is written down.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::hours::Calendar;

pub const SECOND: i64 = 1_000_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A time limit, by the clock on the wall or in business hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    pub nanos: i64,
    pub business: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deadlines {
    pub acknowledge: Option<Within>,
    pub resolve: Option<Within>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    pub reason: String,
    pub queue: String,
    pub deadlines: Deadlines,
    pub severity: BTreeMap<String, Deadlines>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub to: String,
    pub within: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    pub name: String,
    pub attest_every: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Upkeep {
    pub currency: String,
    pub cost_per_month: u32,
    pub hours_per_month: u32,
    pub evaluate_every: i64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objectives {
    pub escalation_ratio: Option<f64>,
    pub task_seconds: Option<f64>,
    pub override_ratio: Option<f64>,
    pub trust_ratio: Option<f64>,
    pub rubber_stamp_seconds: Option<f64>,
}

/// One system as it is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    pub launched: Option<String>,
    pub timezone: Option<String>,
    pub calendar: Option<Calendar>,
    pub owner: Option<Owner>,
    pub boundaries: BTreeMap<String, String>,
    pub deadlines: Deadlines,
    pub severity: BTreeMap<String, Deadlines>,
    pub routes: Vec<Route>,
    pub review_within: BTreeMap<String, Option<Within>>,
    pub approvers: BTreeMap<String, Vec<String>>,
    pub failure_window: Option<i64>,
    pub rollback: Option<Plan>,
    pub inputs: BTreeMap<String, i64>,
    pub objectives: Objectives,
    pub durable_after: Option<i64>,
    pub appeals_within: Option<Within>,
    pub maintenance: Option<Upkeep>,
}

impl Declared {
    pub fn zone(&self) -> &str {
        self.timezone.as_deref().unwrap_or("UTC")
    }

    /// As `systems.NAME` of day90.yaml: JSON is YAML.
    pub fn written(&self) -> Value {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| {
            let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
            if !empty {
                map.insert(name.to_owned(), value);
            }
        };
        put("launched", self.launched.clone().into());
        put("timezone", self.timezone.clone().into());
        put("calendar", self.calendar.as_ref().map_or(Value::Null, Calendar::written));
        put(
            "owner",
            self.owner.as_ref().map_or(
                Value::Null,
                |owner| json!({"name": owner.name, "contact": "ops", "attest_every": seconds(owner.attest_every)}),
            ),
        );
        put(
            "boundaries",
            self.boundaries.iter().map(|(action, mode)| (action.clone(), json!({"mode": mode}))).collect(),
        );
        put("exception_path", self.exception_path());
        if !self.review_within.is_empty() {
            put("review", json!({"queues": self.review_queues()}));
        }
        put("changes", self.changes());
        put("rollback", self.rollback.as_ref().map_or(Value::Null, Plan::written));
        put(
            "inputs",
            self.inputs.iter().map(|(input, age)| (input.clone(), json!({"max_age": seconds(*age)}))).collect(),
        );
        put("objectives", self.objectives.written());
        put("trust", self.trust());
        put(
            "maintenance",
            self.maintenance.as_ref().map_or(Value::Null, |upkeep| {
                json!({
                    "currency": upkeep.currency, "cost_per_month": upkeep.cost_per_month,
                    "hours_per_month": upkeep.hours_per_month, "evaluate_every": seconds(upkeep.evaluate_every),
                    "suites": ["golden"],
                })
            }),
        );
        Value::Object(map)
    }

    fn exception_path(&self) -> Value {
        let mut map = self.deadlines.written();
        if !self.severity.is_empty() {
            map.insert("severity".into(), severities(&self.severity));
        }
        if !self.routes.is_empty() {
            map.insert("routes".into(), self.routes.iter().map(Route::written).collect());
        }
        Value::Object(map)
    }

    fn review_queues(&self) -> Value {
        let queue = |(queue, within): (&String, &Option<Within>)| {
            let mut map = Map::new();
            map.insert("reviewers".into(), 2.into());
            map.insert("hours_per_day".into(), 6.into());
            if let Some(within) = within {
                map.insert("within".into(), within.written());
            }
            (queue.clone(), Value::Object(map))
        };
        self.review_within.iter().map(queue).collect()
    }

    fn changes(&self) -> Value {
        let mut map = Map::new();
        if !self.approvers.is_empty() {
            map.insert("approvers".into(), json!(self.approvers));
        }
        if let Some(window) = self.failure_window {
            map.insert("failure_window".into(), seconds(window));
        }
        Value::Object(map)
    }

    fn trust(&self) -> Value {
        let mut map = Map::new();
        if let Some(after) = self.durable_after {
            map.insert("durable_after".into(), seconds(after));
        }
        if let Some(within) = self.appeals_within {
            map.insert("appeals_within".into(), within.written());
        }
        Value::Object(map)
    }
}

impl Within {
    pub fn of(nanos: i64) -> Within {
        Within { nanos, business: false }
    }

    fn written(&self) -> Value {
        let business = if self.business { " business" } else { "" };
        format!("{}s{business}", self.nanos / SECOND).into()
    }
}

impl Deadlines {
    fn written(&self) -> Map<String, Value> {
        let both = [("acknowledge_within", self.acknowledge), ("resolve_within", self.resolve)];
        both.into_iter().filter_map(|(name, within)| Some((name.to_owned(), within?.written()))).collect()
    }
}

impl Route {
    fn written(&self) -> Value {
        let mut map = self.deadlines.written();
        map.insert("reason".into(), self.reason.clone().into());
        map.insert("queue".into(), self.queue.clone().into());
        map.insert("owner".into(), "leads".into());
        if !self.severity.is_empty() {
            map.insert("severity".into(), severities(&self.severity));
        }
        Value::Object(map)
    }
}

impl Plan {
    fn written(&self) -> Value {
        let mut map = Map::new();
        map.insert("to".into(), self.to.clone().into());
        map.insert("plan".into(), "steps".into());
        map.insert("drill_every".into(), "90d".into());
        if let Some(within) = self.within {
            map.insert("within".into(), seconds(within));
        }
        Value::Object(map)
    }
}

impl Objectives {
    fn written(&self) -> Value {
        let mut map = Map::new();
        let plain = [
            ("escalation_ratio", self.escalation_ratio),
            ("override_ratio", self.override_ratio),
            ("trust_ratio", self.trust_ratio),
            ("rubber_stamp_seconds", self.rubber_stamp_seconds),
        ];
        map.extend(plain.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        if let Some(within) = self.task_seconds {
            map.insert("task_duration".into(), json!({"seconds": within, "ratio": 0.95}));
        }
        Value::Object(map)
    }
}

fn severities(of: &BTreeMap<String, Deadlines>) -> Value {
    of.iter().map(|(severity, deadlines)| (severity.clone(), Value::Object(deadlines.written()))).collect()
}

fn seconds(nanos: i64) -> Value {
    format!("{}s", nanos / SECOND).into()
}
