//! Disks that fail, under the built daemon: power cuts, errors at every call, full, read-only and slow disks.
//!
//! What holds each time: nothing acknowledged is lost, nothing counts twice, after an error nothing is acknowledged,
//! `/metrics` answers, and a restart is clean. The senders do what the README tells them to: they send what was not
//! acknowledged again, with the same ids.
//!
//! These tests need root, strace, loop devices and e2fsprogs, and fail without them. Nothing is skipped.

mod call_points;
mod full_disk;
mod power_cut;
mod read_only;
mod slow_disk;

use std::path::Path;

/// strace around the daemon. `-D` keeps the daemon the child of the test, under its own process number; strace goes when
/// the daemon goes.
fn strace(log: &Path, calls: &str, faults: &[String]) -> Vec<String> {
    let log = log.to_str().expect("UTF-8");
    let trace = format!("trace={calls}");
    let fixed = ["strace", "-D", "-f", "-y", "-o", log, "-e", &trace];
    // Calls that aren't looked at can run at full speed, but then no signal can be injected (strace 6.1).
    let quick = (!faults.iter().any(|fault| fault.contains(":signal="))).then(|| "--seccomp-bpf".to_owned());
    let faults = faults.iter().flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]);
    fixed.map(str::to_owned).into_iter().chain(quick).chain(faults).collect()
}
