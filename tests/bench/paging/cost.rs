//! What the detector costs in the fold: events, timers and stored state of one system. Measured in processor time, so that
//! other programs on the machine matter little.

use day90::event::time::{MINUTE, SECOND};
use day90::event::{Body, Event, Inlet, Timestamp};
use day90::state::signals::spike::hours::Almanac;
use day90::state::signals::spike::watch::{Declared, Watch};

use super::numbers::{Table, Verdict};
use super::random::Random;
use super::traffic::RATIO;

pub struct Cost {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

const ALMANAC: Almanac<'_> = Almanac { timezone: "", calendar: None };
const DECLARED: Declared<'_> = Declared { false_pages_per_month: 1.0, almanac: ALMANAC, ratio: None };
const SYSTEMS: f64 = 10_000.0;

/// Nanoseconds of processor time of this thread.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux reports a thread's time");
    text.split(' ').next().and_then(|first| first.parse().ok()).expect("nanoseconds first")
}

/// Nanoseconds per call of `count` calls, the minimum of five rounds.
fn each(count: usize, mut rounds: impl FnMut() -> Box<dyn FnMut(usize)>) -> f64 {
    let round = |mut call: Box<dyn FnMut(usize)>| {
        let began = processor_time();
        (0..count).for_each(&mut call);
        (processor_time() - began) / count as f64
    };
    (0..5).map(|_| round(rounds())).fold(f64::MAX, f64::min)
}

/// An event at that moment. The watch reads only its times.
fn event(at: Timestamp) -> Event<'static> {
    Event {
        system: "agent".into(),
        id: None,
        source: None,
        time: at,
        received: at,
        inlet: Inlet::Http,
        case: None,
        unknown_fields: 0,
        repairs: Default::default(),
        skewed: false,
        behavior: None,
        body: Body::FallbackEnded { reason: None },
    }
}

fn escalated(watch: &mut Watch, at: Timestamp) {
    let event = event(at);
    if watch.hear(at, (&event).into()) {
        watch.escalation(at, (&event).into(), (1, 1), || ALMANAC);
    }
}

fn completed(watch: &mut Watch, at: Timestamp) {
    if watch.hear(at, (&event(at)).into()) {
        watch.task(at, at);
    }
}

/// A watch with three weeks of history at one task a second, and the time then.
fn experienced() -> (Watch, Timestamp) {
    let mut random = Random::new(3);
    let mut now = Timestamp::from_seconds(1_800_000_000);
    let mut watch = Watch::new(now, DECLARED);
    for _ in 0..21 * 1_440 {
        for second in 0..60 {
            let at = now.plus(second * SECOND);
            if random.uniform() < RATIO {
                escalated(&mut watch, at);
            }
            completed(&mut watch, at);
        }
        now = now.plus(MINUTE);
        watch.on_timer(now, || ALMANAC);
    }
    (watch, now)
}

pub fn run() -> Cost {
    const CALLS: usize = 400_000;
    let (experienced, now) = experienced();
    // One escalation per 25 tasks, one task a second: the usual ratio.
    let escalation = each(CALLS, || {
        let mut watch = experienced.clone();
        Box::new(move |call| {
            let at = now.plus(call as i64 * 25 * SECOND);
            for _ in 0..25 {
                completed(&mut watch, at);
            }
            escalated(&mut watch, at);
        })
    });
    let task = each(CALLS * 10, || {
        let mut watch = experienced.clone();
        Box::new(move |call| {
            completed(&mut watch, now.plus(call as i64));
        })
    });
    let timer = each(CALLS, || {
        let mut watch = experienced.clone();
        Box::new(move |call| {
            let at = now.plus(call as i64 * MINUTE);
            completed(&mut watch, at);
            watch.on_timer(at, || ALMANAC);
        })
    });
    let escalation = escalation - 25.0 * task;
    let timers = 100.0 * timer * SYSTEMS / 60e9;
    let bytes = postcard::to_stdvec(experienced.detector()).map_or(f64::NAN, |bytes| bytes.len() as f64);
    let mut table = Table::new(&["what", "costs"]);
    table.row(["an escalation".to_owned(), format!("{escalation:.0} ns")]);
    table.row(["a completed task".to_owned(), format!("{task:.1} ns")]);
    table.row(["a timer, once a minute".to_owned(), format!("{timer:.0} ns")]);
    table.row(["timers of 10,000 systems".to_owned(), format!("{timers:.3} % of a core")]);
    table.row(["a detector in the checkpoint".to_owned(), format!("{bytes:.0} bytes")]);
    let verdicts = vec![
        Verdict { name: "nanoseconds-an-escalation", value: escalation, at_most: 150.0 },
        Verdict { name: "nanoseconds-a-task", value: task, at_most: 20.0 },
        Verdict { name: "percent-of-a-core-for-timers", value: timers, at_most: 1.0 },
        Verdict { name: "bytes-of-a-detector", value: bytes, at_most: 1_536.0 },
    ];
    Cost { table, verdicts }
}
