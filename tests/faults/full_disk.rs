//! A disk that fills up under load, and has room again.

use std::time::Duration;

use crate::harness::mount::Filesystem;
use crate::harness::{Day90, Load, SOON, eventually, metric};

const SMALL: &str = "limits: {body_bytes: 64KiB, decompressed_bytes: 64KiB, journal_bytes: 17MiB}";

#[test]
fn a_disk_that_fills_up_is_503_until_there_is_room() {
    for filesystem in [Filesystem::tmpfs(48), Filesystem::ext4(96)] {
        let started = Day90::start_under(Vec::new(), &filesystem.data(), SMALL);
        let day90 = started.unwrap_or_else(|ended| panic!("{}", ended.log()));
        let mut load = Load::start(3, Duration::ZERO);
        load.to(&day90);
        for _ in 0..3 {
            eventually("events are acknowledged", SOON, more(&load));
            filesystem.fill();
            eventually("the disk is full for day90 too", SOON, || (day90.get("/-/ready").status == 503).then_some(()));
            day90.scrape().expect(metric("day90_journal_writable").value(0));
            day90.get("/-/healthy").expect(200);
            filesystem.empty();
            eventually("there is room again", SOON, || (day90.get("/-/ready").status == 200).then_some(()));
        }
        eventually("events are acknowledged again", SOON, more(&load));
        filesystem.fill();
        eventually("the disk is full once more", SOON, || (day90.get("/-/ready").status == 503).then_some(()));
        // Dead on a full disk; it starts on one too, to tell so.
        load.nowhere();
        let day90 = day90.kill9().start_again();
        load.expect_nothing_lost(&day90.scrape());
        filesystem.empty();
        load.to(&day90);
        eventually("events are acknowledged after all", SOON, more(&load));
        load.finish();
        load.expect_exact(&day90.scrape());
        let totals = load.totals();
        assert!(totals.refused > 0, "{totals}");
        println!("a disk that was full four times: {totals}");
        load.expect_exact(&day90.kill9().start_again().scrape());
    }
}

/// Whether more was acknowledged since.
fn more(load: &Load) -> impl FnMut() -> Option<()> {
    let before = load.acknowledged();
    move || (load.acknowledged() > before + 20).then_some(())
}
