//! The events that the team makes: accepted by the contract, and at the rates of the cast.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::*;
use crate::config::{self, Config, Overrides};
use crate::daemon;
use crate::demo::cast::{BAD_RATIO, REFUNDS};
use crate::demo::upkeep;
use crate::event::json;
use crate::event::time::HOUR;
use crate::event::{Context, Inlet};

/// A Monday.
const BEGIN: Timestamp = Timestamp::from_seconds(1_795_392_000);

/// The events of a team's first days, as they would be sent.
fn days(seed: u64, days: i64) -> String {
    let (mut team, end) = (Team::new(seed), BEGIN.plus(days * DAY));
    upkeep::plan(&mut team.agenda, &mut team.rng, BEGIN, end);
    let mut body = Vec::new();
    for hour in 0..days * 24 {
        team.work_history(BEGIN.plus(hour * HOUR), BEGIN.plus((hour + 1) * HOUR));
        team.agenda.until(BEGIN.plus((hour + 1) * HOUR), &mut body);
    }
    String::from_utf8(body).expect("text")
}

/// The week that most tests use, made once.
fn week() -> &'static str {
    static WEEK: LazyLock<String> = LazyLock::new(|| days(90, 7));
    &WEEK
}

/// The operating model that the demo declares.
fn model() -> Config {
    let text = include_str!("../demo.yaml").replace("{launched}", "2026-09-01");
    let (config, problems) = config::check_text("demo.yaml", &text, &Overrides::default(), &daemon::given(BEGIN));
    assert!(problems.is_empty(), "{problems}");
    config.expect("a model without problems")
}

fn types(body: &str) -> BTreeMap<String, usize> {
    let mut types = BTreeMap::new();
    for line in body.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("every line is JSON");
        *types.entry(event["type"].as_str().expect("a type").to_owned()).or_default() += 1;
    }
    types
}

#[test]
fn the_same_seed_tells_the_same_day() {
    assert_eq!(days(1, 1), days(1, 1));
    assert_ne!(days(1, 1), days(2, 1));
}

#[test]
fn the_contract_accepts_every_event_and_knows_every_field() {
    let model = model().model;
    let context = Context {
        received: BEGIN.plus(7 * DAY),
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &|system| model.rating_scale(system),
        event_age: crate::event::kinds::EVENT_AGE,
        notes: None,
    };
    for line in week().lines() {
        let event = json::parse(line, 1, &context).unwrap_or_else(|rejection| panic!("{rejection:?}: {line}"));
        assert_eq!(event.unknown_fields, 0, "{line}");
    }
}

#[test]
fn what_the_cast_does_is_declared() {
    let model = model().model;
    for system in &SYSTEMS {
        let declared = &model.systems[system.name];
        assert!(system.actions.iter().all(|((action, _), _)| declared.boundaries.contains_key(*action)));
        assert!(system.inputs.iter().all(|(input, _)| declared.inputs.contains_key(*input)));
        assert!(declared.review_queues.contains_key(system.queue));
        assert_eq!(declared.owner.as_ref().expect("an owner").name, system.owner);
        let objective = declared.objectives.escalation_ratio.expect("declared").as_f64();
        assert!(system.escalation_ratio < objective, "{}", system.name);
    }
}

#[test]
fn every_kind_of_event_but_the_end_of_a_fallback_happens() {
    let types = types(week());
    let missing: Vec<&&str> = Kind::WORDS.iter().filter(|word| !types.contains_key(**word)).collect();
    // The story of the live minutes has the attempt; nothing here falls back to the previous process.
    assert_eq!(missing, [&"fallback.ended", &"action.attempted"]);
}

#[test]
fn a_usual_week_escalates_as_designed() {
    let body = week();
    let of =
        |kind: &str| body.lines().filter(|line| line.contains(kind) && line.contains("refund-agent")).count() as f64;
    let ratio = of("escalation.opened") / of("task.completed");
    assert!((0.035..0.045).contains(&ratio), "{ratio}");
}

#[test]
fn the_bad_prompt_escalates_far_more_and_makes_cases_wait() {
    let mut team = Team::new(90);
    team.hurry(1.0 / 60.0, BEGIN);
    let minute = |team: &mut Team, number: i64| {
        let mut body = Vec::new();
        for second in number * 60..number * 60 + 60 {
            let at = BEGIN.plus(second * SECOND);
            team.work_live(at, at.plus(SECOND), 1.0);
            team.agenda.until(at.plus(SECOND), &mut body);
        }
        let body = String::from_utf8(body).expect("text");
        let of = |kind: &str| {
            body.lines().filter(|line| line.contains(kind) && line.contains("refund-agent")).count() as f64
        };
        (of("escalation.opened") / of("task.completed"), of("escalation.opened") - of("escalation.acknowledged"))
    };
    let (usual, waiting) = minute(&mut team, 0);
    team.escalate(REFUNDS, BAD_RATIO);
    let (bad, left) = minute(&mut team, 1);
    assert!(usual < 0.06 && bad > 0.18, "{usual} {bad}");
    assert!(left > waiting + 50.0, "the desk is full: {waiting} {left}");
}
