//! A disk that takes its time: senders wait for it, scrapes don't.

use std::time::{Duration, Instant};

use super::strace;
use crate::harness::{Day90, Dir, Load};

#[test]
fn a_slow_disk_makes_senders_wait_and_nobody_else() {
    for delay in [Duration::from_millis(200), Duration::from_secs(2)] {
        let dir = Dir::new();
        let slow = format!("fdatasync:delay_enter={}", delay.as_micros());
        let under = strace(&dir.path().join("strace"), "fdatasync", &[slow]);
        let started = Day90::start_under(under, &dir.path().join("data"), "{}");
        let day90 = started.unwrap_or_else(|ended| panic!("{}", ended.log()));
        let mut load = Load::start(8, Duration::ZERO);
        load.to(&day90);
        let (begun, mut worst, mut meanwhile) = (Instant::now(), Duration::ZERO, 0);
        let enough = 32;
        while load.acknowledged() < enough {
            assert!(begun.elapsed() < delay * 60, "it goes on");
            let (before, asked) = (load.acknowledged(), Instant::now());
            day90.scrape();
            worst = worst.max(asked.elapsed());
            // Nothing was acknowledged from before the scrape to after it: it did not wait for the sync.
            meanwhile += u32::from(load.acknowledged() == before);
        }
        load.finish();
        let totals = load.totals();
        println!(
            "syncs of {delay:?}: the worst acknowledgement took {:?}, the worst of the scrapes {worst:?}",
            totals.worst
        );
        assert!(totals.worst >= delay, "the disk was slow: {totals}");
        assert!(meanwhile > 5, "scrapes are answered while a sync is under way: {meanwhile}");
        let scrape = day90.scrape();
        load.expect_exact(&scrape);
        load.expect_exact(&day90.kill9().start_unharmed().scrape());
    }
}
