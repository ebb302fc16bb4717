//! `systems.NAME.maintenance`: the budget of keeping a system good.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use super::bounds::PEOPLE_MAX;
use crate::event::Fixed;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintenance {
    pub currency: Option<String>,
    pub cost_per_month: Option<Fixed>,
    pub hours_per_month: Option<Fixed>,
    /// Nanoseconds.
    pub evaluate_every: Option<i64>,
    pub suites: Vec<String>,
}

pub fn keys() -> Form<Maintenance> {
    let mut keys = Map::<Maintenance>::new();
    keys.key(
        "currency",
        form::currency(),
        "EUR",
        "The currency of the budget: ISO 4217. Costs in others count apart and are never summed with it.",
        |maintenance| &mut maintenance.currency,
    );
    keys.key("cost_per_month", form::number(1_000_000_000), "4000", "Money for a calendar month.", |maintenance| {
        &mut maintenance.cost_per_month
    });
    keys.key("hours_per_month", form::number(100_000), "40", "Working hours for a calendar month.", |maintenance| {
        &mut maintenance.hours_per_month
    });
    keys.key("evaluate_every", form::duration(), "7d", "How often each suite must run.", |maintenance| {
        &mut maintenance.evaluate_every
    });
    keys.key(
        "suites",
        form::list(form::name(), 0, PEOPLE_MAX),
        "[golden]",
        "The evaluation suites that must keep passing.",
        |maintenance| &mut maintenance.suites,
    );
    keys.into_form()
}
