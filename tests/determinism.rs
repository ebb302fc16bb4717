//! The same journal gives the same exposition, however much of it a checkpoint has spared the start.

use std::fs;

use crate::harness::dir::{copy, files};
use crate::harness::{Day90, Dir, event, metric, one_of_each};

#[test]
fn replay_from_the_start_and_from_a_checkpoint_say_the_same() {
    let day90 = Day90::start();
    day90.post(&one_of_each());
    for number in 0..50 {
        let case = format!("c-{number}");
        day90.post([
            &event("escalation.opened").with("case", case.as_str()).with("reason", format!("r-{}", number % 7)),
            &event("task.completed")
                .with("action", format!("a-{}", number % 5))
                .with("outcome", "completed")
                .with("mode", "decide")
                .with("duration_seconds", number),
            &event("escalation.acknowledged").with("case", case.as_str()),
        ]);
    }
    let live = day90.scrape().fold();
    // A checkpoint in the middle, and events after it.
    let day90 = day90.stop().start_again();
    live.expect_same(&day90.scrape().fold());
    day90.post(&one_of_each());
    let live = day90.scrape().fold();
    let ended = day90.kill9();
    let whole = Dir::new();
    copy(&ended.data_dir(), whole.path());
    let checkpoints = files(whole.path(), "checkpoint-");
    assert_eq!(checkpoints.len(), 1);
    checkpoints.iter().for_each(|path| fs::remove_file(path).unwrap());
    let from_start = Day90::start_on(whole.path());
    let from_checkpoint = Day90::start_on(&ended.data_dir());
    assert!(from_start.log().contains("\"replayed\":2"), "all of it: {}", from_start.log());
    live.expect_same(&from_start.scrape().fold());
    live.expect_same(&from_checkpoint.scrape().fold());
    from_start.scrape().expect(metric("day90_tasks_total").value(52));
}
