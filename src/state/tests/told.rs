//! Histories told as JSON, as senders have them.

use serde_json::{Value, json};

use super::harness::*;
use crate::event::time::SECOND;
use crate::event::{Context, Event, Inlet, json as reading};

/// A state in which `agent` is declared so.
pub fn operated(system: Value) -> Fold {
    Fold::with(serde_json::from_value(json!({"systems": {"agent": system}})).expect("an operating model"))
}

/// A type, the seconds after the start, and the other fields.
pub type Told = (&'static str, i64, &'static str);

impl Fold {
    /// Takes an event of `agent` that happened this many seconds after the start. It is received now, or when it happens.
    pub fn tell(&mut self, what: &str, seconds: i64, fields: &str) -> &mut Fold {
        let time = START.plus(seconds * SECOND);
        self.state.advance(time);
        let event = self.read(what, time.to_string().as_str(), fields);
        self.sequence += 1;
        self.state.apply(&event, self.sequence);
        self
    }

    pub fn tell_all<'a>(&mut self, all: impl IntoIterator<Item = &'a Told>) -> &mut Fold {
        for (what, seconds, fields) in all {
            self.tell(what, *seconds, fields);
        }
        self
    }

    /// What the sender of an event is told of it, by field.
    pub fn warned(&mut self, what: &str, seconds: i64, fields: &str) -> Vec<(&'static str, String)> {
        self.state.begin_warnings();
        self.tell(what, seconds, fields);
        self.state.end_warnings().into_iter().map(|said| (said.field, said.warning)).collect()
    }

    fn read(&self, what: &str, time: &str, fields: &str) -> Event<'static> {
        let comma = if fields.is_empty() { "" } else { "," };
        let line = format!(r#"{{"type":"{what}","system":"agent","time":"{time}"{comma}{fields}}}"#);
        let model = std::sync::Arc::clone(self.state.model());
        let rating_scale = |system: &str| model.rating_scale(system);
        let context = Context {
            received: self.state.now(),
            inlet: Inlet::Http,
            default_system: None,
            rating_scale: &rating_scale,
            event_age: crate::event::kinds::EVENT_AGE,
            notes: None,
        };
        let event = reading::parse(&line, 1, &context).unwrap_or_else(|rejection| panic!("{line}: {rejection:?}"));
        event.into_owned()
    }

    /// The samples that these events give, in every order in which they can arrive. They are all received at one moment.
    #[track_caller]
    pub fn in_any_order(new: impl Fn() -> Fold, told: &[Told]) -> Fold {
        let until = told.iter().map(|(_, seconds, _)| *seconds).max().unwrap_or(0);
        let arrived = |order: &[usize]| {
            let mut fold = new();
            fold.state.advance(START.plus(until * SECOND));
            fold.tell_all(order.iter().map(|index| &told[*index]));
            fold
        };
        let straight: Vec<usize> = (0..told.len()).collect();
        let expected = arrived(&straight);
        for order in orders(told.len()) {
            let mut samples = [expected.samples().all, arrived(&order).samples().all];
            samples.iter_mut().for_each(|all| all.retain(|series, _| !series.starts_with("day90_series")));
            assert_eq!(samples[0], samples[1], "in the order {order:?}");
        }
        expected
    }
}

/// Every order of so few things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for next in 0..count {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            (0..=order.len()).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, next);
                longer
            })
        });
        orders = longer.collect();
    }
    orders
}
