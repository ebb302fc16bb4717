//! One thing lapses, or is taken out of the configuration: exactly its checks turn.

use std::collections::BTreeSet;

use super::history::{History, START};
use super::{CONTRACT, failing, names};
use crate::config::model::{Owner, Within};
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::event::{ChangeKind, RollbackTo};

/// What happened, the checks that turn (the first is what the case is about), and how it happened.
pub(super) type Lapse = (&'static str, &'static [&'static str], fn(&mut History));

/// Taken out of the configuration. What is graded by it later can't be graded any more, and turns too.
const NOT_DECLARED: &[Lapse] = &[
    ("no boundaries", &["boundaries.declared", "boundaries.observed", "boundaries.respected"], |it| {
        it.declared().boundaries.clear()
    }),
    ("no route for every other reason", &["exception_path.routes"], |it| {
        it.declared().exception_path.routes.retain(|route| route.reason != "*");
    }),
    ("reviews without a deadline", &["exception_handling.reviews"], |it| {
        it.declared().review_queues.values_mut().for_each(|queue| queue.within = None);
    }),
    ("appeals without a deadline", &["exception_handling.appeals"], |it| it.declared().trust.appeals_within = None),
    ("no deadline to resolve", &["exception_path.deadlines", "exception_handling.unresolved"], |it| {
        it.declared().exception_path.resolve_within = None;
    }),
    ("an owner whom nobody can reach", &["owner.assigned"], |it| {
        it.declared().owner.as_mut().unwrap().contact.clear();
    }),
    ("no owner", &["owner.assigned", "owner.attestation_current"], |it| it.declared().owner = None),
    ("no launch date", &["owner.launched"], |it| it.declared().launched = None),
    ("an objective is missing", &["operational_quality.objectives"], |it| {
        it.declared().objectives.override_ratio = None;
    }),
    ("no budget", &["maintenance.budget", "maintenance.within_budget"], |it| {
        let maintenance = it.declared().maintenance.as_mut().unwrap();
        (maintenance.cost_per_month, maintenance.hours_per_month) = (None, None);
    }),
    ("no cadence of suites", &["maintenance.suites", "maintenance.evaluations_current"], |it| {
        it.declared().maintenance.as_mut().unwrap().evaluate_every = None;
    }),
    ("no inputs", &["data_quality.inputs", "data_quality.checked", "data_quality.fresh"], |it| {
        it.declared().inputs.clear();
    }),
    ("a queue without an owner", &["exception_handling.receivers", "exception_path.routed"], |it| {
        it.declared().exception_path.routes[0].owner = None;
    }),
    ("nobody approves models", &["behavior_changes.approvers"], |it| {
        it.declared().changes.approvers.remove(&ChangeKind::Model);
    }),
    ("no pages accepted", &["monitoring.paging"], |it| it.declared().objectives.false_pages_per_month = None),
    ("no plan", &["rollback.plan"], |it| it.declared().rollback.as_mut().unwrap().plan = None),
];

const NOT_EXERCISED: &[Lapse] = &[
    ("an action that nobody declared", &["boundaries.observed"], |it| {
        it.add(DAY, r#"{"type":"action.attempted","action":"invoice.delete","mode":"suggest"}"#);
    }),
    ("the drill of the exception path is old, and nobody acknowledges in time", &["exception_path.drilled"], |it| {
        it.declared().exception_path.acknowledge_within = Some(Within::plain(MINUTE));
        it.without_those(|_, event| event["path"] == "exception");
        it.add(91 * DAY, r#"{"type":"drill.completed","path":"exception","result":"passed"}"#);
    }),
    ("a drill failed after one that passed", &["exception_path.drilled"], |it| {
        it.declared().exception_path.acknowledge_within = Some(Within::plain(MINUTE));
        it.add(DAY, r#"{"type":"drill.completed","path":"exception","result":"failed"}"#);
    }),
    ("never attested", &["owner.attested", "owner.attestation_current"], |it| {
        it.without(|_, kind| kind == "owner.attested");
    }),
    ("no escalations for 30 days", &["operational_quality.escalations"], |it| {
        it.without(|ago, kind| ago < 42 && kind.starts_with("escalation."));
    }),
    ("no reviews for 30 days", &["operational_quality.review_load"], |it| {
        it.without(|ago, kind| ago < 42 && kind.starts_with("review."));
    }),
    ("no durations for 30 days", &["operational_quality.latency"], |it| {
        it.without(|ago, kind| ago < 42 && kind == "task.completed");
    }),
    ("no feedback for 30 days", &["operational_quality.user_trust"], |it| {
        it.without(|ago, kind| ago < 42 && kind == "feedback.received");
    }),
    ("reviews are requested, and no person decides one", &["operational_quality.review_load"], |it| {
        it.without(|ago, kind| ago < 42 && kind == "review.completed");
        it.add(DAY, r#"{"type":"review.completed","case":"c-2","queue":"billing","decision":"cancelled"}"#);
        it.declared().review_queues.values_mut().for_each(|queue| queue.within = Some(Within::plain(60 * DAY)));
    }),
    ("feedback that is neither good nor bad", &["operational_quality.user_trust"], |it| {
        it.without(|ago, kind| ago < 42 && kind == "feedback.received");
        for day in 0..42 {
            it.add(day * DAY, r#"{"type":"feedback.received","signal":"rating","value":3}"#);
        }
    }),
    ("feedback of last season that was sent late", &["operational_quality.user_trust"], |it| {
        it.without(|ago, kind| ago < 42 && kind == "feedback.received");
        let then = START.plus(-31 * DAY).to_string();
        let late = format!(r#"{{"type":"feedback.received","signal":"thumbs","value":"up","time":"{then}"}}"#);
        it.add(DAY, &late);
    }),
    ("the last rollback is long ago", &["operational_quality.rollback_events", "rollback.drilled"], |it| {
        it.without_those(|_, event| event["path"] == "rollback");
        it.add(91 * DAY, r#"{"type":"drill.completed","path":"rollback","result":"passed","seconds":300}"#);
    }),
    ("a rollback runs, and none has restored it lately", &["rollback.drilled"], |it| {
        it.without_those(|_, event| event["path"] == "rollback");
        it.add(91 * DAY, r#"{"type":"drill.completed","path":"rollback","result":"passed","seconds":300}"#);
        it.add(5 * MINUTE, r#"{"type":"rollback.started","rollback":"r-1"}"#);
    }),
    ("no maintenance in 90 days", &["maintenance.recorded"], |it| {
        it.without(|_, kind| kind == "maintenance.recorded");
        it.add(91 * DAY, r#"{"type":"maintenance.recorded","activity":"update","seconds":60}"#);
    }),
    ("a suite never ran", &["maintenance.evaluated", "maintenance.evaluations_current"], |it| {
        it.without_those(|_, event| event["suite"] == "adversarial");
    }),
    ("an input was never checked", &["data_quality.checked", "data_quality.fresh"], |it| {
        it.without_those(|_, event| event["input"] == "crm");
    }),
    // A resolution acknowledges too.
    ("nobody ever acknowledged", NOBODY_ACKNOWLEDGED, |it| {
        it.without(|_, kind| matches!(kind, "escalation.acknowledged" | "escalation.resolved"));
    }),
    ("no change was recorded", &["behavior_changes.recorded"], |it| it.without(|_, kind| kind == "change.deployed")),
    ("Prometheus went away", &["monitoring.scraped"], |it| it.last_scrape = Some(START.plus(-6 * MINUTE))),
    ("Prometheus was never here", &["monitoring.scraped"], |it| it.last_scrape = None),
];

/// Who never acknowledged has open cases, too.
const NOBODY_ACKNOWLEDGED: &[&str] =
    &["exception_handling.acknowledged_before", "exception_handling.unacknowledged", "exception_handling.unresolved"];

const NOT_CURRENT: &[Lapse] = &[
    ("it did what it must never do", &["boundaries.respected"], |it| {
        it.add(DAY, r#"{"type":"action.attempted","action":"account.close","mode":"decide","allowed":true}"#);
    }),
    ("an escalation went to a queue that nobody owns, and was resolved there", &["exception_path.routed"], |it| {
        it.add(2 * DAY, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence","queue":"nowhere"}"#);
        it.add(2 * DAY - MINUTE, r#"{"type":"escalation.resolved","case":"x","outcome":"answered"}"#);
    }),
    ("an escalation was moved to a queue that nobody owns", &["exception_path.routed"], |it| {
        it.add(2 * DAY, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence"}"#);
        it.add(2 * DAY - 1, r#"{"type":"escalation.reassigned","case":"x","queue":"nowhere"}"#);
        it.add(2 * DAY - MINUTE, r#"{"type":"escalation.resolved","case":"x","outcome":"answered"}"#);
    }),
    (
        "an escalation is open in a queue that nobody owns",
        &["exception_handling.receivers", "exception_path.routed"],
        |it| {
            it.add(MINUTE, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence","queue":"nowhere"}"#);
        },
    ),
    ("nobody completes a review", &["exception_handling.reviews"], |it| {
        it.add(9 * HOUR, r#"{"type":"review.requested","case":"x","queue":"billing"}"#);
    }),
    ("nobody decides an appeal", &["exception_handling.appeals"], |it| {
        it.add(15 * DAY, r#"{"type":"appeal.opened","case":"x"}"#);
    }),
    ("the attestation has lapsed", &["owner.attestation_current"], |it| {
        it.without(|_, kind| kind == "owner.attested");
        it.add(91 * DAY, r#"{"type":"owner.attested","owner":"payments-ops"}"#);
    }),
    ("users lost their trust", &["operational_quality.objectives_met"], |it| {
        (0..100).for_each(|_| it.add(DAY, r#"{"type":"feedback.received","signal":"thumbs","value":"down"}"#));
    }),
    ("it became slow", &["operational_quality.objectives_met"], |it| {
        for _ in 0..200 {
            it.add(
                DAY,
                r#"{"type":"task.completed","action":"refund.issue","mode":"decide","outcome":"completed","duration_seconds":60}"#,
            );
        }
    }),
    ("it escalates too much", &["operational_quality.objectives_met"], |it| {
        for case in 0..100 {
            it.add(DAY, &format!(r#"{{"type":"escalation.opened","case":"x-{case}","reason":"low_confidence"}}"#));
            it.add(
                DAY - MINUTE,
                &format!(r#"{{"type":"escalation.resolved","case":"x-{case}","outcome":"answered"}}"#),
            );
        }
    }),
    ("reviewers correct it too often", &["operational_quality.objectives_met"], |it| {
        for case in 0..30 {
            it.add(DAY, &format!(r#"{{"type":"review.requested","case":"x-{case}","queue":"billing"}}"#));
            it.add(
                DAY - MINUTE,
                &format!(
                    r#"{{"type":"review.completed","case":"x-{case}","decision":"edited","handling_seconds":60}}"#
                ),
            );
        }
    }),
    ("too many hours this month", &["maintenance.within_budget"], |it| {
        it.add(DAY, r#"{"type":"maintenance.recorded","activity":"incident","seconds":140000}"#);
    }),
    ("too much money this month", &["maintenance.within_budget"], |it| {
        it.add(DAY, r#"{"type":"maintenance.recorded","activity":"update","cost":4000,"currency":"EUR"}"#);
    }),
    ("an evaluation failed", &["maintenance.evaluations_current"], |it| {
        it.add(HOUR, r#"{"type":"evaluation.completed","suite":"golden","passed":false}"#);
    }),
    ("an evaluation is late", &["maintenance.evaluations_current"], |it| {
        it.without_those(|ago, event| event["suite"] == "golden" && ago < 8);
    }),
    ("an input is stale", &["data_quality.fresh"], |it| {
        it.add(0, r#"{"type":"input.checked","input":"crm","result":"stale"}"#);
    }),
    ("two checks of an input at one moment, the worse one first", &["data_quality.fresh"], |it| {
        it.add(0, r#"{"type":"input.checked","input":"crm","result":"stale"}"#);
        it.add(0, r#"{"type":"input.checked","input":"crm","result":"ok","age_seconds":60}"#);
    }),
    ("an input is too old, though it was called ok", &["data_quality.fresh"], |it| {
        it.add(0, r#"{"type":"input.checked","input":"crm","result":"ok","age_seconds":4000}"#);
    }),
    ("an input went silent", &["data_quality.fresh"], |it| {
        it.without_those(|ago, event| event["input"] == "orders" && ago < 1);
    }),
    ("nobody acknowledges", &["exception_handling.unacknowledged"], |it| {
        it.add(20 * MINUTE, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence"}"#);
    }),
    ("nobody resolves", &["exception_handling.unresolved"], |it| {
        it.add(9 * HOUR, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence"}"#);
        it.add(9 * HOUR - MINUTE, r#"{"type":"escalation.acknowledged","case":"x"}"#);
    }),
    ("an author approved their own change", &["behavior_changes.approved"], |it| {
        it.add(DAY, r#"{"type":"change.deployed","kind":"prompt","version":"v9","author":"dev","approver":"dev"}"#);
    }),
    ("nobody approved the version in force, however old", &["behavior_changes.approved"], |it| {
        it.add(40 * DAY, r#"{"type":"change.deployed","kind":"model","version":"m2","author":"dev"}"#);
    }),
    ("nobody approved an emergency within 3 days", &["behavior_changes.approved"], |it| {
        it.add(73 * HOUR, r#"{"type":"change.deployed","kind":"model","version":"m2","emergency":true}"#);
    }),
    ("somebody undeclared approved it later", &["behavior_changes.approved"], |it| {
        it.add(2 * DAY, r#"{"type":"change.deployed","kind":"model","version":"m2","author":"dev"}"#);
        it.add(DAY, r#"{"type":"change.approved","kind":"model","version":"m2","approver":"somebody"}"#);
    }),
    ("a rollback named a change that nobody deployed", &["behavior_changes.known"], |it| {
        it.add(DAY, r#"{"type":"rollback.started","rollback":"r-1","change":"nobody"}"#);
        it.add(DAY - 5 * MINUTE, r#"{"type":"rollback.completed","rollback":"r-1","result":"restored"}"#);
    }),
    ("a drill went to what is not declared, and the last good one is old", &["rollback.drilled"], |it| {
        it.without_those(|_, event| event["path"] == "rollback");
        it.declared().rollback.as_mut().unwrap().to = Some(RollbackTo::PreviousProcess);
        it.add(DAY, r#"{"type":"drill.completed","path":"rollback","result":"passed","to":"previous_version"}"#);
    }),
    ("a rollback runs for longer than it may", &["rollback.succeeded"], |it| {
        it.add(HOUR, r#"{"type":"rollback.started","rollback":"r-1"}"#);
    }),
    ("feedback stopped", &["monitoring.reporting"], |it| {
        it.without(|ago, kind| ago < 3 && kind == "feedback.received");
    }),
    ("a rollback failed", &["rollback.succeeded"], |it| {
        it.add(DAY, r#"{"type":"rollback.started","rollback":"r-1","drill":true}"#);
        it.add(DAY - MINUTE, r#"{"type":"rollback.completed","rollback":"r-1","result":"failed"}"#);
    }),
    ("a rollback took too long", &["rollback.succeeded"], |it| {
        it.add(DAY, r#"{"type":"rollback.started","rollback":"r-1","drill":true}"#);
        it.add(DAY - HOUR, r#"{"type":"rollback.completed","rollback":"r-1","result":"restored"}"#);
    }),
    ("a drill of the way back failed", &["rollback.succeeded"], |it| {
        it.add(DAY, r#"{"type":"drill.completed","path":"rollback","result":"failed"}"#);
    }),
    ("a drill of the way back took too long", &["rollback.succeeded"], |it| {
        it.add(DAY, r#"{"type":"drill.completed","path":"rollback","result":"passed","seconds":901}"#);
    }),
];

/// What looks like a lapse and is none.
const NO_LAPSE: &[Lapse] = &[
    ("an escalation that had nowhere to go until its reason was routed", &[], |it| {
        let mut before = it.model.clone();
        let routes = &mut before.systems.get_mut("refund-agent").unwrap().exception_path.routes;
        routes.iter_mut().for_each(|route| route.reason = "another".to_owned());
        it.earlier.push((it.since, before));
        it.since = START.plus(-2 * DAY);
        it.without(|ago, kind| ago > 4 && kind.starts_with("escalation."));
    }),
    ("an escalation of last season in a queue that nobody owned, told today", &[], |it| {
        for (ago, event) in [
            (31 * DAY, r#""type":"escalation.opened","reason":"low_confidence","queue":"nowhere""#),
            (31 * DAY - MINUTE, r#""type":"escalation.resolved","outcome":"answered""#),
        ] {
            let time = START.plus(-ago).to_string();
            it.add(HOUR, &format!(r#"{{{event},"case":"x","time":"{time}"}}"#));
        }
    }),
    ("an undeclared action of last season", &[], |it| {
        it.add(31 * DAY, r#"{"type":"action.attempted","action":"invoice.delete","mode":"suggest"}"#);
    }),
    ("an action that was declared since", &[], |it| {
        let mut before = it.model.clone();
        before.systems.get_mut("refund-agent").unwrap().boundaries.remove("refund.issue");
        it.earlier.push((it.since, before));
        it.since = START.plus(-2 * DAY);
    }),
    ("a violation that was stopped", &[], |it| {
        it.add(DAY, r#"{"type":"action.attempted","action":"account.close","mode":"decide","allowed":false}"#);
    }),
    ("a violation of last season", &[], |it| {
        it.add(31 * DAY, r#"{"type":"action.attempted","action":"account.close","mode":"decide"}"#);
    }),
    ("an unapproved change that was approved later", &[], |it| {
        it.add(2 * DAY, r#"{"type":"change.deployed","kind":"model","version":"m2","author":"dev"}"#);
        it.add(DAY, r#"{"type":"change.approved","kind":"model","version":"m2","approver":"platform-lead"}"#);
    }),
    ("an unapproved change that was rolled back", &[], |it| {
        it.add(
            DAY,
            r#"{"type":"change.deployed","kind":"prompt","version":"v9","author":"dev","previous_version":"v8"}"#,
        );
        it.add(HOUR, r#"{"type":"rollback.started","rollback":"r-1","to":"previous_version"}"#);
        it.add(HOUR - 5 * MINUTE, r#"{"type":"rollback.completed","rollback":"r-1","result":"restored"}"#);
    }),
    ("an emergency of yesterday", &[], |it| {
        it.add(DAY, r#"{"type":"change.deployed","kind":"model","version":"m2","emergency":true}"#);
    }),
    ("a rollback that named an unknown change last season", &[], |it| {
        it.add(31 * DAY, r#"{"type":"rollback.started","rollback":"r-1","change":"nobody","drill":false}"#);
        it.add(31 * DAY - 5 * MINUTE, r#"{"type":"rollback.completed","rollback":"r-1","result":"restored"}"#);
    }),
    ("a failed drill of the exception path before one that passed", &[], |it| {
        it.declared().exception_path.acknowledge_within = Some(Within::plain(MINUTE));
        it.add(11 * DAY, r#"{"type":"drill.completed","path":"exception","result":"failed"}"#);
    }),
    ("money in another currency", &[], |it| {
        it.add(DAY, r#"{"type":"maintenance.recorded","activity":"update","cost":9000,"currency":"JPY"}"#);
    }),
    ("what last month cost", &[], |it| {
        it.add(25 * DAY, r#"{"type":"maintenance.recorded","activity":"update","cost":9000,"currency":"EUR"}"#);
    }),
    ("an attestation by somebody else", &[], |it| {
        it.add(DAY, r#"{"type":"owner.attested","owner":"somebody"}"#);
    }),
    ("a few bad answers prove nothing", &[], |it| {
        (0..8).for_each(|_| it.add(DAY, r#"{"type":"feedback.received","signal":"thumbs","value":"down"}"#));
    }),
    ("bad answers of last season", &[], |it| {
        (0..100).for_each(|_| it.add(31 * DAY, r#"{"type":"feedback.received","signal":"thumbs","value":"down"}"#));
    }),
    ("an escalation that still has time", &[], |it| {
        it.add(10 * MINUTE, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence"}"#);
    }),
    ("a weekend of silence, where weekends are usual", &[], |it| {
        it.without(|ago, kind| (ago < 2 || ago / 7 == 2 && ago % 7 < 2) && kind == "feedback.received");
    }),
    ("a drill of last season, sent after a recent one", &[], |it| {
        it.declared().exception_path.acknowledge_within = Some(Within::plain(MINUTE));
        it.without_those(|_, event| event["path"] == "exception");
        it.add(DAY, r#"{"type":"drill.completed","path":"exception","result":"passed"}"#);
        let then = START.plus(-91 * DAY).to_string();
        let late = format!(r#"{{"type":"drill.completed","path":"exception","result":"passed","time":"{then}"}}"#);
        it.add(HOUR, &late);
    }),
    ("a rollback that failed before the last one succeeded", &[], |it| {
        it.add(11 * DAY, r#"{"type":"drill.completed","path":"rollback","result":"failed"}"#);
    }),
];

pub(super) fn all() -> impl Iterator<Item = &'static Lapse> {
    [NOT_DECLARED, NOT_EXERCISED, NOT_CURRENT, NO_LAPSE].into_iter().flatten()
}

#[test]
fn exactly_its_checks_turn_also_after_a_restart() {
    let mut wrong = Vec::new();
    for (name, expected, lapse) in all() {
        let mut history = History::operated();
        lapse(&mut history);
        let report = history.grade();
        let expected = names(expected);
        if failing(&report) != expected {
            wrong.push(format!("{name}: {:?}", failing(&report)));
        }
        assert_eq!(report, history.grade_restored(), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_has_a_case_of_its_own() {
    let cases: BTreeSet<&str> = all().filter_map(|(_, turned, _)| turned.first().copied()).collect();
    for (item, check, _) in CONTRACT {
        assert!(cases.contains(format!("{item}.{check}").as_str()), "{item}.{check}");
    }
}

/// Nothing more is sent: what lapses, lapses by the clock, one after the other, and nothing comes back by itself.
#[test]
fn checks_lapse_by_the_clock_alone() {
    let history = History::operated();
    let snapshot = history.snapshot();
    let mut failed_before = BTreeSet::new();
    for (after, lapsed) in [
        (4 * MINUTE, "monitoring.scraped"),
        (5 * MINUTE, "data_quality.fresh"),
        (2 * DAY, "monitoring.reporting"),
        (7 * DAY, "maintenance.evaluations_current"),
        (30 * DAY, "operational_quality.review_load"),
        (61 * DAY, "owner.attestation_current"),
        (81 * DAY, "rollback.drilled"),
        (84 * DAY, "maintenance.recorded"),
        (90 * DAY, "exception_path.drilled"),
    ] {
        let lapses_at = |now| failing(&crate::preflight::grade(&snapshot, now, history.last_scrape));
        let failed = lapses_at(START.plus(after + 1));
        assert!(failed.contains(lapsed), "{lapsed} after {after}: {failed:?}");
        let just_before = lapses_at(START.plus(after - DAY.min(after / 2)));
        assert!(!just_before.contains(lapsed), "{lapsed} before {after}: {just_before:?}");
        assert!(failed.is_superset(&failed_before), "{failed_before:?} came back: {failed:?}");
        failed_before = failed;
    }
}

/// An owner who takes over is named by the configuration, and attests for themselves.
#[test]
fn the_evidence_names_the_owner_and_the_day() {
    let mut history = History::operated();
    history.declared().owner =
        Some(Owner { name: "risk-ops".into(), contact: "risk@example.com".into(), attest_every: 90 * DAY });
    let report = history.grade();
    let owner = &report.systems[0].items[2];
    assert_eq!(owner.checks[0].evidence, "risk-ops, risk@example.com");
    assert_eq!(owner.checks[1].evidence, "2026-09-01, day 83");
    assert_eq!(
        owner.checks[2].next.as_deref(),
        Some("The owner says so: `day90 emit owner.attested system=refund-agent owner=risk-ops`.")
    );
}
