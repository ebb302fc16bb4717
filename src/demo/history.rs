//! Three weeks of history in seconds: the demo drives the daemon's clock and posts what happened in each step.

use std::time::{Duration, Instant};

use super::host::Host;
use super::screen::{Row, Screen, faint, plain};
use super::team::Team;
use super::watch::Watch;
use super::{scrape, upkeep};
use crate::event::Timestamp;
use crate::event::time::{DAY, MINUTE};
use crate::failure::Failure;
use crate::send::Packing;
use crate::words;

/// How much of the past one request carries. An event that is received more than five minutes after it happened does not
/// count as evidence for the spike detector, which learns here what is usual.
const STEP: i64 = 5 * MINUTE;
/// Steps between two redraws of the progress.
const DRAW_STEPS: i64 = 48;
/// Width of the progress bar, in columns.
const BAR: usize = 30;

/// The time that is replayed.
pub(crate) struct Past {
    pub begin: Timestamp,
    pub end: Timestamp,
}

/// Plays the past into the daemon; ends early on Ctrl-C.
pub(crate) fn play(
    past: &Past,
    host: &Host,
    team: &mut Team,
    watch: &mut Watch,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let started = Instant::now();
    upkeep::plan(&mut team.agenda, &mut team.rng, past.begin, past.end);
    let (mut events, mut body) = (0, Vec::new());
    let steps = past.end.since(past.begin) / STEP;
    for step in 0..steps {
        if step % DRAW_STEPS == 0 {
            screen.show(&[progress(step, steps, events)]);
        }
        let (from, to) = (past.begin.plus(step * STEP), past.begin.plus((step + 1) * STEP));
        body.clear();
        team.work_history(from, to);
        events += team.agenda.until(to, &mut body);
        host.clock.set(to);
        post(host, &body)?;
        if step + 2 >= steps {
            watch.saw(&scrape::read(&host.sender.get("/metrics")?), to, false);
        }
        if host.interrupted() {
            break;
        }
    }
    screen.write(&[vec![plain(summary(past, events, started.elapsed()))], Vec::new()]);
    Ok(())
}

fn summary(past: &Past, events: usize, took: Duration) -> String {
    let days = words::span(past.end.since(past.begin) as f64 / 1e9);
    let (events, took) = (words::count(events as f64), words::span(took.as_secs_f64()));
    format!(" {days} of history: {events} events over HTTP, each synced to disk, in {took}.")
}

fn post(host: &Host, body: &[u8]) -> Result<(), Failure> {
    if body.is_empty() {
        return Ok(());
    }
    let reply = host.sender.post("application/x-ndjson", Packing::Plain, body.to_vec())?;
    match reply.errors.first() {
        None => Ok(()),
        Some(refused) => {
            let line = body.split(|&byte| byte == b'\n').nth(refused.index).unwrap_or_default();
            Err(Failure::Refused(format!(
                "the daemon refused an event of the demo: {}: {}",
                refused.error,
                String::from_utf8_lossy(line)
            )))
        }
    }
}

fn progress(step: i64, steps: i64, events: usize) -> Row {
    let done = (step as usize * BAR) / (steps as usize).max(1);
    vec![
        plain(format!(" day {:>2} of {}  ", step * STEP / DAY + 1, steps * STEP / DAY)),
        plain("█".repeat(done)),
        faint("░".repeat(BAR - done)),
        plain(format!("  {} events", words::count(events as f64))),
    ]
}
