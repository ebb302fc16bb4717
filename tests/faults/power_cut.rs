//! The power fails under load, again and again, on a real ext4.
//!
//! The daemon is stopped where it is, the file system forgets what it has not written, and everything begins anew from
//! what is in the image. `DAY90_POWER_CUTS` sets the number of rounds (default 50).

use std::fs;
use std::thread;
use std::time::Duration;

use super::strace;
use crate::harness::mount::Filesystem;
use crate::harness::{Day90, Load, SOON, eventually, size};

/// Cuts the power under a running daemon and mounts again; nobody runs then.
fn cut(filesystem: &Filesystem, day90: Day90, load: &Load) {
    // Frozen first, so that no acknowledgement can come after the cut.
    day90.signal("STOP");
    let stat = format!("/proc/{}/stat", day90.pid());
    let stopped = || {
        let stat = fs::read_to_string(&stat).expect("it is there");
        stat.rsplit(") ").next().expect("a state").starts_with(['T', 't']).then_some(())
    };
    eventually("the daemon stops where it is", SOON, stopped);
    filesystem.cut_power();
    load.nowhere();
    day90.kill9();
    filesystem.unmount();
    filesystem.mount();
}

fn start(filesystem: &Filesystem, under: Vec<String>) -> Day90 {
    let started = Day90::start_under(under, &filesystem.data(), "{}");
    started.unwrap_or_else(|ended| panic!("a power cut must not keep it from starting:\n{}", ended.log()))
}

#[test]
fn nothing_acknowledged_is_lost_or_counted_twice_by_power_cuts() {
    let rounds = size("DAY90_POWER_CUTS", 50);
    let filesystem = Filesystem::ext4(256);
    let mut load = Load::start(3, Duration::from_millis(1));
    let mut day90 = start(&filesystem, Vec::new());
    for round in 0..rounds {
        load.to(&day90);
        thread::sleep(Duration::from_millis(30 + round * 37 % 61));
        // Now and then after a graceful stop, right behind the checkpoint: that must be durable too.
        if round % 10 == 9 {
            day90.stop();
            load.nowhere();
            filesystem.cut_power();
            filesystem.unmount();
            filesystem.mount();
        } else {
            cut(&filesystem, day90, &load);
        }
        day90 = start(&filesystem, Vec::new());
        load.expect_nothing_lost(&day90.scrape());
    }
    load.to(&day90);
    load.finish();
    println!("{rounds} power cuts: {}", load.totals());
    load.expect_exact(&day90.scrape());
}

/// If this passed without a loss, the test above would prove nothing: the cut would not cut.
#[test]
fn the_control_without_syncs_does_lose_acknowledged_events() {
    let filesystem = Filesystem::ext4(64);
    let load = Load::start(3, Duration::from_millis(1));
    // The disk lies: syncs return at once, and nothing was done.
    let lies = ["fsync:retval=0".to_owned(), "fdatasync:retval=0".to_owned()];
    let day90 = start(&filesystem, strace(&filesystem.outside("strace"), "fsync,fdatasync", &lies));
    load.to(&day90);
    eventually("some events are acknowledged", SOON, || (load.acknowledged() > 100).then_some(()));
    cut(&filesystem, day90, &load);
    let lost = match Day90::start_under(Vec::new(), &filesystem.data(), "{}") {
        Ok(day90) => load.lost(&day90.scrape()),
        // It noticed by itself that something is missing: then all is.
        Err(_) => load.acknowledged(),
    };
    println!("the control lost {lost} of {} acknowledged requests", load.acknowledged());
    assert!(lost > 0, "with syncs that do nothing, a power cut must lose acknowledged events");
}
