//! `systems.NAME.review`: the capacity and the deadline of each review queue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, Names, ValueForm, form, keys};
use super::bounds::DECLARED_MAX;
use super::within::{Within, within};
use crate::event::Fixed;

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Reviewers {
        /// How many people review.
        reviewers: u32, form::count(100_000), "4", .required();
        /// Hours a day that each of them reviews.
        hours_per_day: Fixed, form::number_above_zero(24), "6", .required();
        /// The deadline for a review. Fixed when it is requested.
        within: Option<Within>, within(), "4h business";
    }
}

/// The section has nothing but the queues, so it fills them directly.
pub fn keys() -> ValueForm<BTreeMap<String, Reviewers>> {
    let mut keys = Map::<BTreeMap<String, Reviewers>>::new();
    let queues = form::table(Names::Any, Reviewers::keys(), DECLARED_MAX);
    keys.section("queues", queues, "The capacity and the deadline of each review queue.", |queues| queues);
    keys.into_form()
}
