//! A file system that goes read-only under load.

use std::thread;
use std::time::Duration;

use crate::harness::mount::Filesystem;
use crate::harness::{Day90, Load, SOON, eventually, metric};

/// The kernel refuses `mount -o remount,ro` while day90 has a segment open (`EBUSY`). What happens in practice is that the
/// file system finds an error and goes read-only by itself; ext4 can then not be made writable again by a remount.
#[test]
fn a_file_system_that_goes_read_only_ends_acknowledgements_and_nothing_is_lost() {
    let filesystem = Filesystem::ext4(64);
    let started = Day90::start_under(Vec::new(), &filesystem.data(), "{}");
    let day90 = started.unwrap_or_else(|ended| panic!("{}", ended.log()));
    let mut load = Load::start(3, Duration::ZERO);
    load.to(&day90);
    eventually("events are acknowledged", SOON, || (load.acknowledged() > 50).then_some(()));
    filesystem.find_an_error();
    eventually("it is not ready any more", SOON, || (day90.get("/-/ready").status == 503).then_some(()));
    let acknowledged = load.acknowledged();
    let refused = load.totals().refused;
    eventually("senders are refused", SOON, || (load.totals().refused > refused + 50).then_some(()));
    // Whoever was answered just before may still have been on the way: three senders, one request each.
    assert!(load.acknowledged() <= acknowledged + 3, "nothing is acknowledged on a disk that cannot be written");
    day90.scrape().expect(metric("day90_journal_writable").value(0));
    day90.get("/-/healthy").expect(200);
    load.nowhere();
    let ended = day90.kill9();
    // On the read-only file system it doesn't start, and says why.
    let (code, said) = ended.start_in_vain();
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("ead-only file system"), "{said}");
    // Mounted anew, all is there.
    filesystem.unmount();
    filesystem.mount();
    let day90 = ended.start_again();
    load.expect_nothing_lost(&day90.scrape());
    load.to(&day90);
    thread::sleep(Duration::from_millis(100));
    load.finish();
    println!("a file system that went read-only: {}", load.totals());
    load.expect_exact(&day90.scrape());
    load.expect_exact(&day90.kill9().start_again().scrape());
}
