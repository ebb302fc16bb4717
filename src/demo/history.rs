//! Three weeks of the past in seconds: the demo drives the daemon's clock and posts what happened in each step.

use std::time::Instant;

use super::Host;
use super::screen::{Screen, faint, plain};
use super::team::Team;
use super::watch::Watch;
use super::{scrape, upkeep};
use crate::cli::Failure;
use crate::cli::send::Packing;
use crate::event::Timestamp;
use crate::event::time::{DAY, MINUTE};
use crate::words;

/// What one request carries. An event that is received more than five minutes after it happened is no evidence for the
/// spike detector, which learns here what is usual.
const STEP: i64 = 5 * MINUTE;
/// Steps between two looks of the progress.
const DRAW_STEPS: i64 = 48;
/// Width of the progress bar.
const BAR: usize = 30;

pub(crate) fn play(
    host: &Host,
    team: &mut Team,
    watch: &mut Watch,
    screen: &mut Screen,
    begin: Timestamp,
    end: Timestamp,
) -> Result<(), Failure> {
    let started = Instant::now();
    upkeep::plan(&mut team.agenda, &mut team.rng, begin, end);
    let (mut events, mut body) = (0, Vec::new());
    let steps = end.since(begin) / STEP;
    for step in 0..steps {
        let (from, to) = (begin.plus(step * STEP), begin.plus((step + 1) * STEP));
        team.work_history(from, to);
        body.clear();
        events += team.agenda.until(to, &mut body);
        host.clock.set(to);
        post(host, &body)?;
        if step + 2 >= steps {
            watch.saw(&scrape::read(&host.sender.get("/metrics")?), to, false);
        }
        if step % DRAW_STEPS == 0 {
            screen.show(&[progress(step, steps, events)]);
        }
        if host.interrupted() {
            break;
        }
    }
    let days = words::span(end.since(begin) as f64 / 1e9);
    let told = format!(
        "{days} of history: {} events over HTTP, each synced to disk, in {}.",
        words::count(events as f64),
        words::span(started.elapsed().as_secs_f64())
    );
    screen.write(&[vec![plain(format!(" {told}"))], Vec::new()]);
    Ok(())
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
                "the demo sent what is refused: {}: {}",
                refused.error,
                String::from_utf8_lossy(line)
            )))
        }
    }
}

fn progress(step: i64, steps: i64, events: usize) -> Vec<super::screen::Piece> {
    let done = (step as usize * BAR) / (steps as usize).max(1);
    vec![
        plain(format!(" day {:>2} of {}  ", step * STEP / DAY + 1, steps * STEP / DAY)),
        plain("█".repeat(done)),
        faint("░".repeat(BAR - done)),
        plain(format!("  {} events", words::count(events as f64))),
    ]
}
