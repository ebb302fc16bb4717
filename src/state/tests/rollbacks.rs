//! Rollbacks: their stages in any order, when they count, what is overdue and unfinished, and what proves the way back.

use serde_json::json;

use super::harness::*;
use super::told::*;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};

const STARTED: &str = "rollback.started";
const COMPLETED: &str = "rollback.completed";
const DRILL: &str = "drill.completed";
const IN_PROGRESS: &str = "day90_rollbacks_in_progress";
const TOOK: &str = "day90_rollback_duration_seconds_sum{drill=false}";
const TIMES: &str = "day90_rollback_duration_seconds_count{drill=false}";
const SUCCESS: &str = "day90_rollback_last_success_timestamp_seconds{drill=false}";
const GOOD_DRILL: &str = "day90_rollback_last_success_timestamp_seconds{drill=true}";
const ACTIVE: &str = "day90_fallback_active";
const REPEATS: &str = "day90_lifecycle_repeats_total{type=rollback.completed}";

fn total(to: &str, result: &str) -> String {
    format!("day90_rollbacks_total{{trigger=other,to={to},result={result},drill=false}}")
}

fn version(result: &str) -> String {
    total("previous_version", result)
}

fn overdue(to: &str, drill: bool) -> String {
    format!("day90_rollbacks_overdue_total{{to={to},drill={drill}}}")
}

fn drills(path: &str, result: &str) -> String {
    format!("day90_drills_total{{path={path},result={result}}}")
}

fn passed(path: &str) -> String {
    format!("day90_drill_last_success_timestamp_seconds{{path={path}}}")
}

fn at(seconds: i64) -> f64 {
    START.plus(seconds * SECOND).as_seconds_f64()
}

/// Within a quarter of an hour, to what is declared.
fn within(to: &str) -> Fold {
    operated(json!({"rollback": {"to": to, "within": 15 * MINUTE}}))
}

/// How the last rollback or drill ended, as the checklist sees it.
fn last(fold: &Fold) -> String {
    let past = fold.state.snapshot().pasts(START)[0].facts.rollback;
    past.as_ref().map_or("none".into(), |last| format!("{} {:?}", last.end, last.nanos.map(|nanos| nanos / SECOND)))
}

#[test]
fn what_can_happen_is_at_zero_with_every_to_from_the_first_scrape() {
    let mut fold = within("previous_process");
    for to in ["previous_process", "previous_version"] {
        fold.expect(&total(to, "failed"), 0.0).expect(&overdue(to, false), 0.0).expect(&overdue(to, true), 0.0);
    }
    fold.expect(&drills("exception", "failed"), 0.0).expect(&drills("rollback", "passed"), 0.0);
    fold.expect("day90_fallback_seconds_total", 0.0).expect(IN_PROGRESS, 0.0).expect(ACTIVE, 0.0);
}

#[test]
fn a_rollback_counts_when_it_completes_with_its_true_result_and_duration_however_late() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r""#)
        .expect(IN_PROGRESS, 1.0)
        .advance(2 * HOUR)
        .expect(&version("restored"), 0.0);
    fold.tell(COMPLETED, 7_200, r#""rollback":"r","result":"restored""#);
    fold.expect(IN_PROGRESS, 0.0).expect(&version("restored"), 1.0).expect(TOOK, 7_200.0).expect(SUCCESS, at(7_200));
    fold.expect(&version("unfinished"), 0.0);
}

#[test]
fn the_stages_of_a_rollback_give_the_same_in_any_order() {
    let told = [
        (STARTED, 0, r#""rollback":"r","to":"previous_process","trigger":"other""#),
        (COMPLETED, 600, r#""rollback":"r","result":"failed""#),
        (COMPLETED, 1_200, r#""rollback":"r","result":"restored""#),
        ("fallback.ended", 2_000, ""),
    ];
    let mut fold = Fold::in_any_order(|| within("previous_version"), &told);
    fold.expect(&total("previous_process", "failed"), 1.0).expect(&total("previous_process", "restored"), 1.0);
    fold.expect(TOOK, 1_200.0).expect(TIMES, 1.0).expect(&overdue("previous_process", false), 1.0);
    fold.expect(IN_PROGRESS, 0.0).expect(ACTIVE, 0.0).expect("day90_fallback_seconds_total", 800.0);
}

#[test]
fn a_failed_one_may_be_completed_again_and_both_count() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r""#).tell(COMPLETED, 60, r#""rollback":"r","result":"failed""#);
    fold.expect(&version("failed"), 1.0).expect(TIMES, 0.0).expect_none(SUCCESS);
    assert_eq!(last(&fold), "failed Some(60)");
    fold.advance(2 * DAY).tell(COMPLETED, 300, r#""rollback":"r","result":"restored""#);
    fold.expect(&version("restored"), 1.0).expect(TOOK, 300.0);
    // One that restored may not: whatever comes after that is a repeat, and so is the same again.
    fold.tell(COMPLETED, 400, r#""rollback":"r","result":"restored""#);
    fold.tell(COMPLETED, 400, r#""rollback":"r","result":"failed""#).tell(
        COMPLETED,
        60,
        r#""rollback":"r","result":"failed""#,
    );
    fold.expect(&version("restored"), 1.0).expect(&version("failed"), 1.0).expect(REPEATS, 3.0);
}

#[test]
fn a_start_that_comes_twice_is_a_repeat_also_after_the_end() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r""#).tell(STARTED, 5, r#""rollback":"r""#).expect(IN_PROGRESS, 1.0);
    fold.tell(COMPLETED, 60, r#""rollback":"r","result":"restored""#).tell(STARTED, 90, r#""rollback":"r""#);
    fold.expect("day90_lifecycle_repeats_total{type=rollback.started}", 2.0)
        .expect(IN_PROGRESS, 0.0)
        .expect(TOOK, 60.0);
}

#[test]
fn a_completion_from_before_its_start_took_no_time_and_is_clock_skew() {
    let told = [(STARTED, 60, r#""rollback":"r""#), (COMPLETED, 50, r#""rollback":"r","result":"restored""#)];
    let mut fold = Fold::in_any_order(Fold::new, &told);
    fold.expect(TOOK, 0.0).expect(TIMES, 1.0).expect("day90_clock_skew_total{type=rollback.completed}", 1.0);
}

// Without its start.

#[test]
fn a_completion_without_its_start_counts_alone_after_the_grace() {
    let mut fold = within("previous_version");
    let alone = r#""rollback":"r","result":"restored","to":"previous_process","duration_seconds":120"#;
    fold.tell(COMPLETED, 0, alone).advance(5 * MINUTE - 1).expect(&total("previous_process", "restored"), 0.0);
    fold.advance(1).expect(&total("previous_process", "restored"), 1.0).expect(TOOK, 120.0).expect(ACTIVE, 1.0);
    fold.expect(IN_PROGRESS, 0.0).expect("day90_lifecycle_orphans_total{type=rollback.completed}", 0.0);
    // A repeat of it is one.
    fold.tell(COMPLETED, 0, alone)
        .advance(HOUR)
        .expect(&total("previous_process", "restored"), 1.0)
        .expect(REPEATS, 1.0);
}

#[test]
fn a_completion_alone_has_its_own_change_drill_and_lateness() {
    let mut fold = within("previous_version");
    fold.tell("change.deployed", 0, r#""kind":"prompt","version":"v1""#);
    fold.tell("change.deployed", 10, r#""kind":"prompt","version":"v2","change":"chg-2""#);
    fold.tell("change.deployed", 20, r#""kind":"tool","version":"t2""#);
    fold.tell(COMPLETED, 1_000, r#""rollback":"r","result":"restored","change":"chg-2","duration_seconds":901"#);
    fold.tell(COMPLETED, 1_000, r#""rollback":"d","result":"restored","drill":true"#).advance(5 * MINUTE);
    fold.expect("day90_changes_failed_total{kind=prompt,attribution=named}", 1.0);
    fold.expect("day90_behavior_info{kind=prompt,version=v1}", 1.0).expect(&overdue("previous_version", false), 1.0);
    fold.expect(GOOD_DRILL, at(1_000)).expect(&drills("rollback", "passed"), 1.0).expect(TIMES, 1.0);
}

#[test]
fn a_start_that_comes_after_all_fills_in_what_was_missing() {
    let mut fold = within("previous_version");
    fold.tell("change.deployed", -2 * 86_400, r#""kind":"prompt","version":"v1""#);
    fold.tell("change.deployed", -86_400 - 3_600, r#""kind":"prompt","version":"v2""#);
    fold.tell(COMPLETED, 1_000, r#""rollback":"r","result":"restored""#).advance(HOUR);
    fold.expect(&version("restored"), 1.0).expect(TIMES, 0.0).expect(&overdue("previous_version", false), 0.0);
    fold.expect("day90_behavior_info{kind=prompt,version=v2}", 1.0);
    fold.tell(STARTED, 10, r#""rollback":"r","change":"v2","trigger":"alert""#);
    fold.expect(&version("restored"), 1.0).expect(TOOK, 990.0).expect(&overdue("previous_version", false), 1.0);
    fold.expect("day90_changes_failed_total{kind=prompt,attribution=named}", 1.0);
    fold.expect("day90_behavior_info{kind=prompt,version=v1}", 1.0);
    fold.expect("day90_rollbacks_total{trigger=alert,to=previous_version,result=restored,drill=false}", 0.0);
    fold.expect(IN_PROGRESS, 0.0);
}

#[test]
fn the_duration_that_a_sender_says_wins() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 0, r#""rollback":"r""#);
    fold.tell(COMPLETED, 60, r#""rollback":"r","result":"restored","duration_seconds":45"#).expect(TOOK, 45.0);
}

// Overdue and unfinished.

#[test]
fn overdue_is_judged_by_event_times_at_completion() {
    let told = |seconds: i64| {
        let mut fold = within("previous_version");
        fold.advance(DAY).tell(STARTED, 0, r#""rollback":"r""#);
        fold.tell(COMPLETED, seconds, r#""rollback":"r","result":"restored""#);
        fold.value(&overdue("previous_version", false))
    };
    assert_eq!((told(900), told(901)), (0.0, 1.0));
}

#[test]
fn the_clock_finds_it_overdue_the_grace_after_its_time_once_and_that_isnt_taken_back() {
    let mut fold = within("previous_process");
    let series = overdue("previous_process", false);
    fold.tell(STARTED, 0, r#""rollback":"r""#).advance(20 * MINUTE - 1).expect(&series, 0.0);
    fold.advance(1).expect(&series, 1.0).advance(DAY).expect(&series, 1.0);
    assert_eq!(last(&fold), "unfinished None");
    // It was in time by its own time.
    fold.tell(COMPLETED, 600, r#""rollback":"r","result":"restored""#).expect(&series, 1.0).expect(TOOK, 600.0);
    fold.expect(&total("previous_process", "restored"), 1.0).expect(ACTIVE, 1.0);
}

#[test]
fn history_that_comes_late_and_in_two_requests_is_not_overdue() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, -86_400 * 10, r#""rollback":"r""#).advance(5 * MINUTE - 1);
    fold.tell(COMPLETED, -86_400 * 10 + 60, r#""rollback":"r","result":"restored""#).advance(DAY);
    fold.expect(&overdue("previous_version", false), 0.0).expect(&version("unfinished"), 0.0);
    fold.expect(&version("restored"), 1.0);
}

#[test]
fn after_seven_days_without_a_completion_it_is_unfinished_and_a_completion_after_that_counts_too() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 0, r#""rollback":"r","to":"previous_process""#).advance(7 * DAY - 1);
    fold.expect(&total("previous_process", "unfinished"), 0.0);
    // It is in progress no more, or an alert on that would never end.
    fold.expect(IN_PROGRESS, 1.0).advance(1).expect(&total("previous_process", "unfinished"), 1.0);
    fold.expect(IN_PROGRESS, 0.0).advance(20 * DAY);
    fold.tell(COMPLETED, 8 * 86_400, r#""rollback":"r","result":"restored""#);
    fold.expect(&total("previous_process", "unfinished"), 1.0).expect(&total("previous_process", "restored"), 1.0);
    fold.expect(TOOK, 8.0 * 86_400.0).expect(ACTIVE, 1.0).expect(IN_PROGRESS, 0.0);
}

#[test]
fn one_that_failed_is_completed_as_what_it_was_however_late() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r","drill":true"#).tell(COMPLETED, 60, r#""rollback":"r","result":"failed""#);
    fold.tell(COMPLETED, 9 * 86_400, r#""rollback":"r","result":"restored""#).advance(HOUR);
    fold.expect(&version("restored"), 0.0)
        .expect(&drills("rollback", "passed"), 1.0)
        .expect(GOOD_DRILL, at(9 * 86_400));
}

#[test]
fn a_change_that_nobody_deployed_fails_once_however_often_it_is_rolled_back() {
    let unknown = "day90_changes_failed_total{kind=unknown,attribution=named}";
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r","change":"nobody""#).advance(HOUR).expect(unknown, 1.0);
    fold.tell(STARTED, 7_200, r#""rollback":"s","change":"nobody""#).advance(HOUR).expect(unknown, 1.0);
    fold.tell(STARTED, 14_400, r#""rollback":"t","change":"nobody-else""#).advance(HOUR).expect(unknown, 2.0);
}

#[test]
fn a_drill_that_is_overdue_is_counted_as_a_drill() {
    let mut fold = within("previous_version");
    fold.tell(STARTED, 0, r#""rollback":"r","drill":true"#)
        .advance(HOUR)
        .expect(&overdue("previous_version", true), 1.0);
    fold.expect(&overdue("previous_version", false), 0.0);
}

#[test]
fn a_rollback_that_is_restored_is_forgotten_after_a_day() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 0, r#""rollback":"r""#).advance(HOUR).tell(
        COMPLETED,
        60,
        r#""rollback":"r","result":"restored""#,
    );
    fold.advance(DAY - SECOND).tell(COMPLETED, 60, r#""rollback":"r","result":"restored""#).expect(REPEATS, 1.0);
    fold.advance(SECOND).tell(COMPLETED, 60, r#""rollback":"r","result":"restored""#).expect(REPEATS, 1.0);
}

// Where to.

#[test]
fn without_a_word_it_goes_where_is_declared_else_to_the_previous_version() {
    let both = |fold: &mut Fold| {
        fold.tell(STARTED, 0, r#""rollback":"r""#).tell(COMPLETED, 60, r#""rollback":"r","result":"restored""#);
    };
    let (mut declared, mut free) = (within("previous_process"), Fold::new());
    both(&mut declared);
    both(&mut free);
    declared.expect(&total("previous_process", "restored"), 1.0).expect(ACTIVE, 1.0);
    free.expect(&version("restored"), 1.0).expect(ACTIVE, 0.0);
}

#[test]
fn where_a_completion_went_wins_over_where_its_start_meant_to_go() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 0, r#""rollback":"r","to":"previous_version""#);
    fold.tell(COMPLETED, 60, r#""rollback":"r","result":"restored","to":"previous_process""#);
    fold.expect(&total("previous_process", "restored"), 1.0).expect(ACTIVE, 1.0);
}

#[test]
fn a_rollback_proves_the_declared_way_back_only_if_it_went_there() {
    let mut fold = within("previous_process");
    let restored = |fold: &Fold| fold.state.snapshot().pasts(START)[0].restored();
    fold.tell(STARTED, 0, r#""rollback":"r","to":"previous_version""#);
    fold.tell(COMPLETED, 60, r#""rollback":"r","result":"restored""#).expect_none(SUCCESS);
    assert_eq!(restored(&fold), None);
    fold.tell(STARTED, 100, r#""rollback":"s""#).tell(COMPLETED, 160, r#""rollback":"s","result":"restored""#);
    fold.expect(SUCCESS, at(160));
    assert_eq!(restored(&fold), Some(START.plus(160 * SECOND)));
    // Another plan: then the other one is the proof.
    let plan = json!({"systems": {"agent": {"rollback": {"to": "previous_version"}}}});
    fold.configure(serde_json::from_value(plan).unwrap()).expect(SUCCESS, at(60));
}

// Drills.

#[test]
fn a_rollback_that_is_a_drill_counts_as_a_drill_and_starts_no_fallback() {
    let mut fold = within("previous_process");
    fold.tell(STARTED, 0, r#""rollback":"r","drill":true"#).tell(COMPLETED, 60, r#""rollback":"r","result":"failed""#);
    fold.expect(&drills("rollback", "failed"), 1.0).expect_none(&passed("rollback"));
    fold.tell(COMPLETED, 90, r#""rollback":"r","result":"restored""#).expect(&drills("rollback", "passed"), 1.0);
    fold.expect("day90_rollbacks_total{trigger=other,to=previous_process,result=restored,drill=true}", 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=true}", 90.0).expect(GOOD_DRILL, at(90));
    fold.expect(&passed("rollback"), at(90)).expect(ACTIVE, 0.0).expect_none(SUCCESS);
}

#[test]
fn a_drill_proves_the_declared_way_back_only_if_it_went_there_or_didnt_say() {
    let mut fold = within("previous_process");
    fold.tell(DRILL, 10, r#""path":"rollback","result":"passed","to":"previous_version""#);
    fold.expect(&drills("rollback", "passed"), 1.0).expect_none(GOOD_DRILL).expect_none(&passed("rollback"));
    fold.tell(DRILL, 20, r#""path":"rollback","result":"passed""#)
        .expect(GOOD_DRILL, at(20))
        .expect(&passed("rollback"), at(20));
    fold.tell(DRILL, 30, r#""path":"rollback","result":"failed""#).expect(GOOD_DRILL, at(20));
    fold.tell(DRILL, 5, r#""path":"rollback","result":"passed""#).expect(GOOD_DRILL, at(20));
    assert_eq!(last(&fold), "failed None");
}

#[test]
fn drills_of_the_exception_path_count_and_prove_no_way_back() {
    let mut fold = Fold::new();
    fold.tell(DRILL, 10, r#""path":"exception","result":"passed","seconds":240"#);
    fold.tell(DRILL, 20, r#""path":"exception","result":"failed""#);
    fold.expect(&drills("exception", "passed"), 1.0).expect(&drills("exception", "failed"), 1.0);
    fold.expect(&passed("exception"), at(10)).expect_none(GOOD_DRILL).expect_none(&passed("rollback"));
}

#[test]
fn what_is_remembered_of_rollbacks_survives_a_restart() {
    let mut fold = within("previous_process");
    fold.tell(STARTED, 0, r#""rollback":"a""#).tell(COMPLETED, 10, r#""rollback":"b","result":"failed""#);
    fold.tell(STARTED, 20, r#""rollback":"c""#).tell(COMPLETED, 30, r#""rollback":"c","result":"failed""#);
    fold.tell("fallback.started", 40, "").tell("fallback.ended", 50, "").tell("fallback.started", 60, "");
    fold.tell(DRILL, 10, r#""path":"rollback","result":"passed","to":"previous_version""#);
    let mut restarted = fold.restarted();
    assert_eq!(restarted.samples(), fold.samples());
    for fold in [&mut fold, &mut restarted] {
        fold.tell(COMPLETED, 100, r#""rollback":"c","result":"restored""#).advance(8 * DAY);
        fold.tell(COMPLETED, 200, r#""rollback":"a","result":"restored""#).tell("fallback.ended", 300, "");
    }
    assert_eq!(restarted.samples(), fold.samples());
    assert_eq!(restarted.stored(), fold.stored());
}
