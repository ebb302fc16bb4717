//! Waivers: each is of a check that there is, and has not lapsed.

use super::super::given::Given;
use super::super::key::written::{push_key, shown};
use super::super::key::{Settings, What};
use super::super::model::calendar::Day;
use super::super::problem::{Problems, did_you_mean};

pub fn check(system: &Settings, given: &Given, problems: &mut Problems) {
    for (name, at, waiver) in system.table("not_applicable") {
        let mut field = system.field("not_applicable");
        push_key(&mut field, name);
        if !given.checks.iter().any(|check| check == name) {
            let hint = did_you_mean(name, given.checks.iter().map(String::as_str));
            let message = format!(
                "preflight has no check called {}{hint}; write ITEM/CHECK, such as data_quality/inputs",
                shown(name)
            );
            problems.error(*at, &field, message);
        }
        let waiver = waiver.settings();
        if let Some(What::Date(until)) = waiver.get("until").map(|value| &value.what)
            && Day(*until).has_begun(given.now)
        {
            let message = format!("has lapsed: the check counts again since {until}");
            problems.warn(waiver.at("until"), &waiver.field("until"), message);
        }
    }
}
