//! `systems.NAME.review`: the capacity of each review queue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, Names, ValueForm, form, keys};
use super::bounds::DECLARED_MAX;
use crate::event::Fixed;

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Reviewers {
        /// How many people review.
        reviewers: u32, form::count(100_000), "4", .required();
        /// Hours a day that each of them reviews.
        hours_per_day: Fixed, form::number_above_zero(24), "6", .required();
    }
}

/// The section has nothing but the queues, so it fills them directly.
pub fn keys() -> ValueForm<BTreeMap<String, Reviewers>> {
    let mut keys = Map::<BTreeMap<String, Reviewers>>::new();
    let queues = form::table(Names::Any, Reviewers::keys(), DECLARED_MAX);
    keys.section("queues", queues, "The capacity of each review queue.", |queues| queues);
    keys.into_form()
}
