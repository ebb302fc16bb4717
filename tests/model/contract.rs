//! The model itself, held to small histories written by hand from the contract. Each expectation is what a sentence of
//! "Meaning" or "Fine print" says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::declared::{DAY, Deadlines, Declared, HOUR, MINUTE, Route, SECOND, Within};
use super::generate::rfc3339;
use super::history::{Count, Event, History};

const BEGIN: i64 = 1_795_424_400 * SECOND;

/// A history by hand: events as they arrive, in seconds; `at` is when one happened.
pub struct Story(History);

impl Story {
    pub fn of(declared: Declared) -> Story {
        Story(History { declared: vec![(BEGIN - DAY, declared)], events: Vec::new() })
    }

    /// One request of one event: the seconds at which it arrives, its type, its fields as JSON without braces.
    pub fn event(mut self, arrives: i64, kind: &str, fields: &str) -> Story {
        let mut object: Value = serde_json::from_str(&format!("{{{fields}}}")).expect("JSON");
        let at = object.as_object_mut().expect("an object").remove("at").and_then(|at| at.as_i64());
        object["type"] = kind.into();
        if let Some(at) = at {
            object["time"] = rfc3339(BEGIN + at * SECOND).into();
        }
        let order = self.0.events.len();
        self.0.events.push(Event::new(&object, BEGIN + arrives * SECOND, 0, order));
        self
    }

    fn count(&self, now: i64) -> Count {
        let mut past = self.0.clone();
        past.events.retain(|event| event.received <= BEGIN + now * SECOND);
        past.count(BEGIN + now * SECOND)
    }

    /// At this second, exactly these samples of the families whose names begin so.
    #[track_caller]
    pub fn shows(self, now: i64, families: &str, expected: &str) -> Story {
        let count = self.count(now);
        let found: BTreeMap<&str, f64> = count
            .samples
            .sorted()
            .chain(count.all.sorted())
            .filter(|(key, value)| {
                families.split(' ').any(|family| key.starts_with(&format!("day90_{family}"))) && *value != 0.0
            })
            .map(|(key, value)| (key.strip_prefix("day90_").expect("it has"), value))
            .collect();
        let lines = expected.split('\n').map(str::trim).filter(|line| !line.is_empty());
        let expected: BTreeMap<&str, f64> = lines
            .map(|line| line.rsplit_once(' ').expect("a value"))
            .map(|(key, value)| (key, value.parse().expect("a number")))
            .collect();
        assert_eq!(found, expected);
        self
    }
}

fn limits(acknowledge: i64, resolve: i64) -> Deadlines {
    Deadlines { acknowledge: Some(Within::of(acknowledge)), resolve: Some(Within::of(resolve)) }
}

fn routed() -> Declared {
    let route = |reason: &str, queue: &str| Route { reason: reason.into(), queue: queue.into(), ..Route::default() };
    Declared {
        deadlines: limits(15 * MINUTE, 8 * HOUR),
        routes: vec![route("low_confidence", "billing"), route("*", "triage")],
        ..Declared::default()
    }
}

const ROUND: &str = "escalations_total escalation_resolve lifecycle";
const ONE_ROUND: &str = "
    escalations_total;queue=billing;reason=low_confidence 1
    escalation_resolve_seconds_count;outcome=answered;queue=billing 1
    escalation_resolve_seconds_sum;outcome=answered;queue=billing 90
";

/// "The stages of one lifecycle, each once, give the same metrics in any order of arrival."
#[test]
fn stages_count_the_same_in_any_order() {
    let stages = [
        ("escalation.opened", r#""case":"c","reason":"low_confidence","at":0"#),
        ("escalation.acknowledged", r#""case":"c","at":60"#),
        ("escalation.resolved", r#""case":"c","outcome":"answered","at":90"#),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let story = order.into_iter().enumerate().fold(Story::of(routed()), |story, (at, stage)| {
            story.event(100 + at as i64, stages[stage].0, stages[stage].1)
        });
        let acknowledged = "
            escalation_acknowledge_seconds_count;queue=billing 1
            escalation_acknowledge_seconds_sum;queue=billing 60
        ";
        let story = story.shows(200_000, ROUND, ONE_ROUND).shows(200_000, "escalation_deadline escalations_open", "");
        story.shows(200_000, "escalation_acknowledge", acknowledged);
    }
}

/// "A case that is escalated twice without names has a second round"; an end may arrive before its opening (case E).
#[test]
fn rounds_are_found_by_time() {
    let first = |story: Story| {
        let story = story.event(600, "escalation.opened", r#""case":"N","queue":"billing","at":0"#);
        story.event(601, "escalation.resolved", r#""case":"N","outcome":"answered","at":100"#)
    };
    let two = "
        escalations_total;queue=billing;reason=none 2
        escalation_resolve_seconds_count;outcome=answered;queue=billing 2
        escalation_resolve_seconds_sum;outcome=answered;queue=billing 300
    ";
    let opening = r#""case":"N","queue":"billing","at":300"#;
    let end = r#""case":"N","outcome":"answered","at":500"#;
    first(Story::of(routed()))
        .event(603, "escalation.resolved", end)
        .event(700, "escalation.opened", opening)
        .shows(200_000, ROUND, two);
    // The next opening waits for the end of the round before it.
    Story::of(routed())
        .event(600, "escalation.opened", r#""case":"N","queue":"billing","at":0"#)
        .event(601, "escalation.opened", opening)
        .shows(602, "escalations_total", "escalations_total;queue=billing;reason=none 1")
        .event(610, "escalation.resolved", r#""case":"N","outcome":"answered","at":100"#)
        .event(620, "escalation.resolved", end)
        .shows(200_000, ROUND, two);
}

/// "… waits `arrival_grace` … else it is a repeat"; "at once" with the same time; named ones happen once.
#[test]
fn what_comes_twice_is_a_repeat() {
    Story::of(routed())
        .event(0, "escalation.opened", r#""case":"a""#)
        .event(1, "escalation.opened", r#""case":"a""#)
        .event(400, "escalation.resolved", r#""case":"a","outcome":"answered","at":0"#)
        .event(0, "escalation.opened", r#""case":"b","escalation":"e","at":0"#)
        .event(2, "escalation.resolved", r#""case":"b","escalation":"e","outcome":"upheld","at":1"#)
        .event(3, "escalation.resolved", r#""case":"b","escalation":"e","outcome":"dropped","at":2"#)
        .event(4, "escalation.opened", r#""case":"b","escalation":"e""#)
        .shows(
            200_000,
            "escalations_total lifecycle",
            "
            escalations_total;queue=triage;reason=none 2
            lifecycle_repeats_total;type=escalation.opened 2
            lifecycle_repeats_total;type=escalation.resolved 1
        ",
        );
}

#[test]
fn stages_without_an_opening_are_orphans_after_their_memory() {
    Story::of(routed())
        .event(0, "escalation.acknowledged", r#""case":"a""#)
        .event(0, "escalation.resolved", r#""case":"a","outcome":"answered""#)
        .shows(80_000, "lifecycle", "")
        .shows(
            90_000,
            "lifecycle",
            "
            lifecycle_orphans_total;type=escalation.acknowledged 1
            lifecycle_orphans_total;type=escalation.resolved 1
        ",
        );
}

/// "Late arrival is no missed deadline" (case F), and "takes a miss by the clock back".
#[test]
fn deadlines_go_by_event_times() {
    let missed = "escalation_deadline objective_";
    Story::of(routed())
        .event(7_200, "escalation.opened", r#""case":"a","at":0"#)
        .shows(7_400, missed, "")
        .event(7_208, "escalation.acknowledged", r#""case":"a","at":60"#)
        .shows(
            7_600,
            missed,
            "
            objective_events_total;objective=acknowledge_seconds 1
            objective_good_total;objective=acknowledge_seconds 1
        ",
        );
    Story::of(routed())
        .event(0, "escalation.opened", r#""case":"a""#)
        .shows(899, missed, "")
        .shows(
            901,
            missed,
            "
            escalation_deadline_missed_total;queue=triage;stage=acknowledge 1
            objective_events_total;objective=acknowledge_seconds 1
        ",
        )
        .event(1_000, "escalation.acknowledged", r#""case":"a","at":60"#)
        .shows(
            1_001,
            missed,
            "
            escalation_deadline_missed_total;queue=triage;stage=acknowledge 1
            escalation_deadline_forgiven_total;queue=triage;stage=acknowledge 1
            objective_events_total;objective=acknowledge_seconds 1
            objective_good_total;objective=acknowledge_seconds 1
        ",
        );
}

/// "The route's own `severity` first, then the shorter of the route's and the severity's, then the system's."
#[test]
fn the_nearest_declaration_gives_the_deadline() {
    let mut declared = routed();
    declared.severity = BTreeMap::from([("critical".to_owned(), limits(5 * MINUTE, HOUR))]);
    declared.routes[0].deadlines = limits(3 * MINUTE, 2 * HOUR);
    declared.routes[1].severity = BTreeMap::from([("critical".to_owned(), limits(10 * MINUTE, HOUR))]);
    let overdue = |fields: &str, at: i64, expected: &str| {
        let story = Story::of(declared.clone()).event(0, "escalation.opened", fields);
        story.shows(at - 1, "escalations_overdue", "").shows(at + 1, "escalations_overdue", expected);
    };
    let in_queue = |queue: &str| format!("escalations_overdue;queue={queue};stage=acknowledge 1");
    overdue(r#""case":"a","severity":"critical""#, 600, &in_queue("triage"));
    overdue(r#""case":"a","reason":"low_confidence","severity":"critical""#, 180, &in_queue("billing"));
    overdue(r#""case":"a","reason":"low_confidence""#, 180, &in_queue("billing"));
    overdue(r#""case":"a""#, 900, &in_queue("triage"));
}

/// Counters carry the queue it was opened in, gauges the one it is in; unrouted goes by the queue, once.
#[test]
fn queues_and_routes() {
    Story::of(routed())
        .event(0, "escalation.opened", r#""case":"a","queue":"nowhere","reason":"x""#)
        .event(1, "escalation.reassigned", r#""case":"a","queue":"elsewhere""#)
        .event(2, "escalation.reassigned", r#""case":"a","queue":"elsewhere""#)
        .event(3, "escalation.opened", r#""case":"b","reason":"low_confidence""#)
        .shows(
            10,
            "escalations_ lifecycle",
            "
            escalations_total;queue=nowhere;reason=x 1
            escalations_total;queue=billing;reason=low_confidence 1
            escalations_open;queue=elsewhere 1
            escalations_open;queue=billing 1
            escalations_unacknowledged;queue=elsewhere 1
            escalations_unacknowledged;queue=billing 1
            escalations_reassigned_total;queue=nowhere 1
            escalations_unrouted_total;reason=x 1
            lifecycle_repeats_total;type=escalation.reassigned 1
        ",
        );
    Story::of(Declared::default()).event(0, "escalation.opened", r#""case":"a","queue":"nowhere""#).shows(
        1,
        "escalations_unrouted",
        "",
    );
}

/// "A stage whose `time` is up to 5 minutes before its opening belongs to that round, with a duration of 0 and skew."
#[test]
fn skew_is_a_duration_of_0() {
    Story::of(routed())
        .event(100, "escalation.opened", r#""case":"a","at":100"#)
        .event(101, "escalation.acknowledged", r#""case":"a","at":40"#)
        .shows(
            102,
            "escalation_acknowledge clock_skew",
            "
            escalation_acknowledge_seconds_count;queue=triage 1
            clock_skew_total 1
        ",
        );
}

#[test]
fn reviews() {
    let all = "review";
    Story::of(Declared::default())
        .event(0, "review.requested", r#""case":"a","queue":"q""#)
        .event(10, "review.started", r#""case":"a""#)
        .event(7_000, "review.started", r#""case":"a""#)
        .event(7_030, "review.completed", r#""case":"a","decision":"approved""#)
        .shows(
            8_000,
            all,
            "
            reviews_total;decision=approved;queue=q 1
            review_wait_seconds_count;queue=q 1
            review_wait_seconds_sum;queue=q 10
            review_handling_seconds_count;decision=approved;queue=q 1
            review_handling_seconds_sum;decision=approved;queue=q 30
        ",
        );
    // Alone it counts after its grace, in its own queue or none; nobody's decisions have no handling.
    Story::of(Declared::default())
        .event(0, "review.completed", r#""case":"a","decision":"edited","handling_seconds":4,"edit_ratio":0.5"#)
        .event(0, "review.completed", r#""case":"b","decision":"expired","handling_seconds":4,"queue":"q""#)
        .shows(299, all, "")
        .shows(
            301,
            all,
            "
            reviews_total;decision=edited;queue=none 1
            reviews_total;decision=expired;queue=q 1
            review_edit_ratio_count;queue=none 1
            review_edit_ratio_sum;queue=none 0.5
            review_handling_seconds_count;decision=edited;queue=none 1
            review_handling_seconds_sum;decision=edited;queue=none 4
        ",
        );
}

/// "A resolution of a case without an acknowledgement acknowledges it", by the resolution's time.
#[test]
fn a_resolution_acknowledges() {
    Story::of(routed())
        .event(0, "escalation.opened", r#""case":"a""#)
        .event(1_000, "escalation.resolved", r#""case":"a","outcome":"upheld","at":800"#)
        .shows(
            2_000,
            "escalations_un escalation_ack escalation_deadline objective_",
            "
            escalation_acknowledge_seconds_count;queue=triage 1
            escalation_acknowledge_seconds_sum;queue=triage 800
            escalation_deadline_missed_total;queue=triage;stage=acknowledge 1
            escalation_deadline_forgiven_total;queue=triage;stage=acknowledge 1
            objective_events_total;objective=acknowledge_seconds 1
            objective_good_total;objective=acknowledge_seconds 1
            objective_events_total;objective=resolve_seconds 1
            objective_good_total;objective=resolve_seconds 1
        ",
        );
}

/// "A review's start that arrives after its completion adds wait and effort where they weren't observed yet."
#[test]
fn a_late_start_of_a_review_adds_what_is_missing() {
    Story::of(Declared::default())
        .event(0, "review.requested", r#""case":"a","queue":"q","at":0"#)
        .event(50, "review.completed", r#""case":"a","decision":"rejected","at":40"#)
        .shows(51, "review_wait review_handling", "")
        .event(60, "review.started", r#""case":"a","at":10"#)
        .shows(
            61,
            "review_wait review_handling",
            "
            review_wait_seconds_count;queue=q 1
            review_wait_seconds_sum;queue=q 10
            review_handling_seconds_count;decision=rejected;queue=q 1
            review_handling_seconds_sum;decision=rejected;queue=q 30
        ",
        );
}

#[test]
fn reviews_have_deadlines_too() {
    let within = BTreeMap::from([("q".to_owned(), Some(Within::of(10 * MINUTE)))]);
    let declared = Declared { review_within: within, ..Declared::default() };
    Story::of(declared)
        .event(0, "review.requested", r#""case":"a","queue":"q""#)
        .shows(599, "reviews_overdue review_deadline", "")
        .shows(
            601,
            "reviews_overdue review_deadline",
            "
            reviews_overdue;queue=q 1
            review_deadline_missed_total;queue=q 1
        ",
        )
        .event(700, "review.completed", r#""case":"a","decision":"approved""#)
        .shows(701, "reviews_overdue review_deadline", "review_deadline_missed_total;queue=q 1");
}
