//! A data directory whose detector knows what is usual: days of history through the real daemon, on a clock that is driven.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use day90::clock::{Clock, DrivenClock, SystemClock};
use day90::config::{self, Overrides};
use day90::daemon::{self, World};
use day90::event::Timestamp;
use day90::event::time::{DAY, MINUTE};

use super::traffic;
use crate::harness::events::{Event, lines};
use crate::harness::{Dir, Request, SOON, eventually};

/// A detector calls itself learned after three days and a hundred escalations.
const DAYS: i64 = 4;
/// No event may be received more than five minutes after it happened, or it is no evidence.
const STEP: i64 = 5 * MINUTE;

/// Writes the configuration and the days before now into a directory, for a daemon to start in.
pub fn teach(dir: &Dir, configuration: &str) {
    let config_path = dir.write("day90.yaml", configuration);
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let data_dir = Some(dir.path().join("data"));
    let overrides = Overrides { listen: Some(address.into()), data_dir, ..Overrides::default() };
    let end = SystemClock.now();
    let config = config::load(Some(&config_path), &overrides, &daemon::given(end)).expect("a good configuration");
    let clock = Arc::new(DrivenClock::at(end.plus(-DAYS * DAY)));
    let world = World {
        clock: clock.clone(),
        listener,
        metrics_listener: None,
        config_path: Some(config_path),
        overrides,
        lines_dropped: Default::default(),
    };
    let taught = Arc::new(AtomicBool::new(false));
    let stop = taught.clone();
    let daemon = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let stopped = async move {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        runtime.block_on(daemon::run(config, world, stopped)).expect("it runs and stops");
    });
    eventually("the teacher serves", SOON, || {
        Request::get("/-/ready").to(address).is_ok_and(|answer| answer.status == 200).then_some(())
    });
    for step in 1..=DAYS * DAY / STEP {
        let now = end.plus(step * STEP - DAYS * DAY);
        clock.set(now);
        post(address, &usual(step, now));
    }
    taught.store(true, Ordering::Relaxed);
    daemon.join().expect("no panic");
}

/// What five minutes bring, in the ratios of [`traffic::second`]: chance decides which tasks escalate.
fn usual(step: i64, now: Timestamp) -> Vec<Event> {
    let systems = [(traffic::SPIKING, "refund.issue", 12, 20), (traffic::STEADY, "answer", 15, 25)];
    let mut events = Vec::new();
    for (number, (system, action, tasks, one_in)) in systems.into_iter().enumerate() {
        for task in 0..tasks {
            let roll = mixed((step as u64) << 16 | (number as u64) << 8 | task);
            let escalates = roll.is_multiple_of(one_in);
            let mode = if escalates { "escalate" } else { "decide" };
            events.push(traffic::task_of(system, action, mode).with("time", now.to_string()));
            if escalates {
                let case = format!("h-{step}-{task}");
                events
                    .extend(traffic::escalation(system, &case).into_iter().map(|it| it.with("time", now.to_string())));
            }
        }
    }
    events
}

fn post(address: SocketAddr, events: &[Event]) {
    let answer = Request::events(Some("application/x-ndjson"), lines(events)).to(address).expect("it answers");
    assert_eq!((answer.status, answer.counts().2), (202, 0), "{}", answer.text());
}

/// Bits without a pattern (splitmix64).
fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
