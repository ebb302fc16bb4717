//! SIGKILL under load, again and again, while senders retry what was not acknowledged with the same ids.
//!
//! `DAY90_KILL_ROUNDS` sets the number of rounds (default 200).

use std::thread;
use std::time::Duration;

use crate::harness::{Day90, Load, size};

#[test]
fn nothing_acknowledged_is_lost_or_counted_twice() {
    let rounds = size("DAY90_KILL_ROUNDS", 200);
    // Enough to have requests under way at every kill; more would only make journals long.
    let mut load = Load::start(3, Duration::from_millis(1));
    let mut day90 = Day90::start();
    for round in 0..rounds {
        load.to(&day90);
        // Not always at the same moment of a commit: 20 to 60 ms, spread over the rounds.
        thread::sleep(Duration::from_millis(20 + round * 37 % 41));
        // A graceful stop now and then: the next rounds begin with a checkpoint.
        let ended = if round % 50 == 49 { day90.stop() } else { day90.kill9() };
        load.nowhere();
        day90 = ended.start_again();
        load.expect_nothing_lost(&day90.scrape());
    }
    load.to(&day90);
    load.finish();
    let totals = load.totals();
    println!("{rounds} rounds of SIGKILL: {totals}");
    load.expect_exact(&day90.scrape());
    assert!(totals.cut_off > rounds / 4, "the kills must hit requests under way: {totals} in {rounds}");
}
