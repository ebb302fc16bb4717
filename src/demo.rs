//! The daemon, a simulated team, and a story told while it happens.
//!
//! The daemon is the real one. All events reach it over HTTP, and everything shown of it is scraped from it. First come
//! three weeks of history, on a clock that the demo drives; then two minutes in real time:
//!
//! * `host` is the daemon on its temporary directory.
//! * `team` and `upkeep` make the events, with the help of `cast`, `agenda`, `line` and `rng`; `story` decides what happens.
//! * `watch` remembers what was scraped (`scrape`); `page` is the daemon's spike detector as scraped.
//! * `screen` draws, `summary` lays out the summary, `telling` words the beginning and the end.

mod agenda;
mod cast;
mod history;
mod host;
mod line;
mod live;
mod page;
mod rng;
mod scrape;
mod screen;
mod story;
mod summary;
mod team;
mod telling;
#[cfg(test)]
mod tests;
mod upkeep;
mod watch;

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::event::time::DAY;
use crate::failure::Failure;
use history::Past;
use host::Host;
use live::Live;
use screen::Screen;
use team::Team;
use watch::Watch;

const HISTORY_DAYS: i64 = 21;
/// With `fast`: three days, and the story at twice the pace.
const HISTORY_DAYS_FAST: i64 = 3;
const HASTE_FAST: f64 = 2.0;

/// How to play the demo.
pub(crate) struct DemoOptions {
    /// From the end of the history; `None` plays until Ctrl-C.
    pub duration: Option<Duration>,
    /// If this port is taken, the daemon listens on a free one.
    pub listen: SocketAddr,
    pub seed: u64,
    pub fast: bool,
}

/// Plays the demo to its end and leaves the terminal as it was.
pub(crate) fn run(options: &DemoOptions) -> Result<(), Failure> {
    let mut screen = Screen::of_stdout();
    let ended = play(options, &mut screen);
    screen.end();
    ended
}

fn play(options: &DemoOptions, screen: &mut Screen) -> Result<(), Failure> {
    let (days, haste) = if options.fast { (HISTORY_DAYS_FAST, HASTE_FAST) } else { (HISTORY_DAYS, 1.0) };
    let now = SystemClock.now();
    let past = Past { begin: now.plus(-days * DAY), end: now };
    let host = Host::start(options.listen, past.begin, now)?;
    telling::welcome(screen, &host.url);

    let mut team = Team::new(options.seed);
    let mut watch = Watch::new();
    let lived = history::play(&past, &host, &mut team, &mut watch, screen);
    let played = lived.and_then(|()| {
        host.clock.release();
        Live::new(&host, team, watch, screen, haste, options.duration).play()
    });
    let stopped = host.stop();
    telling::goodbye(screen);
    // If both failed, the daemon's failure is the cause.
    stopped.and(played)
}
