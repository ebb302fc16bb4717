//! Each state of the detector, in the words that on-call reads.

use super::*;
use crate::state::views::spike::report::{BaselineReport, PageReport, Recent, RefusedLately};

/// 2026-11-23T13:16:00Z
const NOW: f64 = 1_795_439_760.0;

fn quiet() -> SpikeReport {
    SpikeReport {
        system: "checkout-agent".into(),
        state: "ok".into(),
        now: NOW,
        timezone: "Europe/Berlin".into(),
        false_pages_per_month: 1.0,
        per: "tasks".into(),
        score: 0.1,
        recent: Some(Recent {
            escalations: 23.2,
            exposure: 561.0,
            seconds: 2_600.0,
            ratio: 0.0412,
            expected: Some(22.1),
            factor: Some(1.05),
        }),
        usual_ratio: Some(0.0394),
        page: None,
        new_normal_until: None,
        causes: Vec::new(),
        all_alike: false,
        changes: Vec::new(),
        baseline: BaselineReport {
            escalations: 2_010.0,
            escalations_needed: 100.0,
            seconds: 30.0 * 86_400.0,
            seconds_needed: 3.0 * 86_400.0,
            half_life_seconds: 345_600.0,
            hour_factor: 1.08,
            hour: 14,
            weekend: false,
            dispersion: 1.1,
            wander: 0.0,
        },
        cautions: Vec::new(),
        last_task: Some(NOW - 4_000.0),
        last_escalation: Some(NOW - 5.0),
        pages: 3,
        unconfirmed: 0,
        refused: Vec::new(),
    }
}

fn paged() -> SpikeReport {
    let change = ChangeReport {
        at: NOW - 780.0,
        kind: "prompt".into(),
        version: "v41".into(),
        approval: "approved".into(),
        author: Some("kim".into()),
        approver: Some("support-lead".into()),
    };
    SpikeReport {
        state: "page".into(),
        score: 1.2,
        recent: Some(Recent {
            escalations: 26.0,
            exposure: 220.0,
            seconds: 540.0,
            ratio: 0.118,
            expected: Some(8.6),
            factor: Some(3.0),
        }),
        page: Some(PageReport {
            began: NOW - 180.0,
            onset: NOW - 540.0,
            onset_from: NOW - 700.0,
            onset_to: NOW - 400.0,
            confirmed: true,
            new_normal_at: NOW + 86_220.0,
            unanswered_at: NOW + 345_420.0,
        }),
        causes: vec![CauseReport {
            queue: "billing".into(),
            reason: "low_confidence".into(),
            part: 0.718,
            came: 19.0,
            expected: 3.1,
        }],
        changes: vec![change],
        ..quiet()
    }
}

#[test]
fn a_page_says_what_on_call_asks() {
    let expected = "\
PAGE checkout-agent: more escalations than usual, paged 14:13 (13:13 UTC) (3 min ago)
  now       11.8 % (3.0 times as much as usual): 26 escalated cases in 220 tasks since then
  usual     3.9 % on weekdays from 14 to 15 h (Europe/Berlin): 8.6 would be expected
  since     between 14:04 and 14:09 (13:09 UTC)
  where     72 % of the rise from queue billing, reason low_confidence: 19 came, 3.1 are usual
  before    prompt v41 at 14:03 by kim, approved by support-lead
  ends      when escalations are clearly as usual again; if they stay like this, you are asked Tue 24 Nov 14:13 whether that is usual now
  chance?   the events since the page confirm it
  pages     3 so far, 0 unconfirmed; the setting accepts 1 false page a month
";
    assert_eq!(text(&paged()), expected);
}

#[test]
fn a_quiet_system_takes_a_few_lines() {
    let expected = "\
ok checkout-agent: nothing unusual, as of 14:16 (13:16 UTC)
  now       4.1 %: 23 escalated cases in 561 tasks in the last hour or so
  usual     3.9 % on weekdays from 14 to 15 h (Europe/Berlin): 22 would be expected
  pages     3 so far, 0 unconfirmed; the setting accepts 1 false page a month
";
    assert_eq!(text(&quiet()), expected);
}

#[test]
fn learning_says_how_far() {
    let mut report = SpikeReport { state: "learning".into(), usual_ratio: None, recent: None, ..quiet() };
    (report.baseline.escalations, report.baseline.seconds) = (41.7, 86_400.0 * 1.25);
    report.cautions = vec![Caution::Learning];
    let said = text(&report);
    assert!(said.starts_with("learning checkout-agent: 41 of 100 escalations and 1.2 of 3 days were seen"), "{said}");
    assert!(said.contains("usual     not known yet"), "{said}");
    assert_eq!(said.matches("of 100 escalations").count(), 1, "{said}");
}

#[test]
fn one_case_is_one_case() {
    let one = Recent { escalations: 1.0, exposure: 1.0, seconds: 60.0, ratio: 1.0, expected: None, factor: None };
    let said = text(&SpikeReport { recent: Some(one), ..quiet() });
    assert!(said.contains("1 escalated case in 1 task in the last hour"), "{said}");
}

#[test]
fn a_new_normal_says_until_when_it_is_called_new() {
    let report = SpikeReport { state: "new_normal".into(), new_normal_until: Some(NOW + 3_600.0), ..quiet() };
    assert!(text(&report).starts_with("new normal checkout-agent: a rise stayed"), "{}", text(&report));
    assert!(text(&report).contains("until 15:16"));
}

#[test]
fn an_unapproved_change_is_shown_in_capitals() {
    let mut report = paged();
    report.changes[0] = ChangeReport { approval: "unapproved".into(), approver: None, ..report.changes[0].clone() };
    assert!(
        text(&report).contains("prompt v41 at 14:03 by kim (NOT approved by a declared approver)"),
        "{}",
        text(&report)
    );
    report.changes.clear();
    assert!(text(&report).contains("no change in the two hours before"));
}

#[test]
fn every_caution_has_words() {
    use Caution::*;
    let all = vec![Learning, Bursty, Unsteady, NoTasks, TasksMissing, Silent, LateEvents, ClockBack];
    let said = text(&SpikeReport { cautions: all, ..paged() });
    assert_eq!(said.matches("careful").count(), 8, "{said}");
    for word in ["nats", "confidence ", "rho", "likelihood"] {
        assert!(!said.contains(word), "{word}");
    }
}

/// Case B: openings of the system were refused, and it was said that nothing came lately.
#[test]
fn what_was_refused_is_said_with_its_reasons() {
    let refused = |kind: &str, reason: &str, events| RefusedLately { kind: kind.into(), reason: reason.into(), events };
    let all = vec![
        refused("task.completed", "time", 90),
        refused("escalation.opened", "field", 30),
        refused("escalation.opened", "missing_field", 2),
    ];
    let said = text(&SpikeReport { refused: all, recent: None, ..quiet() });
    let expected =
        "refused   32 escalation.opened (field 30, missing_field 2); 90 task.completed (time 90) in the last hour";
    assert!(said.contains(expected) && !said.contains("no events lately"), "{said}");
    let said = text(&SpikeReport { recent: None, ..quiet() });
    assert!(said.contains("no events lately") && !said.contains("refused"), "{said}");
}
