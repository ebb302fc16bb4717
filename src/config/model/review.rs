//! `systems.NAME.review`: the capacity of each review queue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, Names, form};
use super::bounds::DECLARED_MAX;
use crate::event::Fixed;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviewers {
    pub reviewers: u32,
    pub hours_per_day: Fixed,
}

pub fn keys() -> Form<BTreeMap<String, Reviewers>> {
    let mut keys = Map::<BTreeMap<String, Reviewers>>::new();
    keys.section(
        "queues",
        form::table(Names::Any, queue(), DECLARED_MAX),
        "The capacity of each review queue.",
        |queues| queues,
    );
    keys.into_form()
}

fn queue() -> Form<Reviewers> {
    let mut keys = Map::<Reviewers>::new();
    keys.key("reviewers", form::count(100_000), "4", "How many people review.", |queue| &mut queue.reviewers)
        .required();
    keys.key("hours_per_day", form::number_above_zero(24), "6", "Hours a day that each of them reviews.", |queue| {
        &mut queue.hours_per_day
    })
    .required();
    keys.into_form()
}
