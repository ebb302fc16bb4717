use std::collections::BTreeMap;

use super::*;
use crate::cli::demo::cast::{BAD_RATIO, REFUNDS};
use crate::cli::demo::upkeep;
use crate::event::time::HOUR;

/// A Monday.
const BEGIN: Timestamp = Timestamp::from_seconds(1_795_392_000);

/// A week of a team's past, as it would be sent.
fn week(seed: u64) -> String {
    let (mut team, end) = (Team::new(seed), BEGIN.plus(7 * DAY));
    upkeep::plan(&mut team.agenda, &mut team.rng, BEGIN, end);
    let mut body = Vec::new();
    for hour in 0..7 * 24 {
        team.work_history(BEGIN.plus(hour * HOUR), BEGIN.plus((hour + 1) * HOUR));
        team.agenda.until(BEGIN.plus((hour + 1) * HOUR), &mut body);
    }
    String::from_utf8(body).expect("text")
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
fn the_same_seed_tells_the_same_week() {
    assert_eq!(week(1), week(1));
    assert_ne!(week(1), week(2));
}

#[test]
fn every_kind_of_event_but_the_end_of_a_fallback_happens() {
    let types = types(&week(90));
    let missing: Vec<&&str> = Kind::WORDS.iter().filter(|word| !types.contains_key(**word)).collect();
    // The story of the live minutes has the attempt; nothing here falls back to the previous process.
    assert_eq!(missing, [&"fallback.ended", &"action.attempted"]);
}

#[test]
fn a_usual_week_escalates_as_designed() {
    let body = week(90);
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
