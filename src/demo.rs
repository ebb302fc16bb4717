//! `day90 demo`: the daemon, a simulated team, and a story, told as it happens.
//!
//! The daemon is the real one and everything reaches it over HTTP; what is told of it is scraped from it.
//! First three weeks of history, on a clock that the demo drives; then two minutes in real time:
//!
//! * `host` is the daemon on its temporary directory.
//! * `team` and `upkeep` make the events (`cast`, `agenda`, `line` and `rng` serve them); `story` says what happens.
//! * `watch` remembers what was scraped (`scrape`); `page` is what the daemon's detector says there.
//! * `screen` draws; `telling` has the words of beginning and end.

mod agenda;
mod cast;
#[cfg(test)]
mod day;
mod history;
mod host;
mod line;
mod live;
mod page;
mod rng;
mod scrape;
mod screen;
mod story;
mod team;
mod telling;
mod upkeep;
mod watch;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::Failure;
use crate::clock::{Clock, SystemClock};
use crate::event::time::DAY;
use host::Host;
use live::Live;
use screen::Screen;
use team::Team;
use watch::Watch;

const HISTORY_DAYS: i64 = 21;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 demo                   three weeks of history in seconds, then the story, until Ctrl-C
  day90 demo --duration 2m     the same, and an end
  day90 demo --fast --duration 1m > demo.log

Nothing is kept: the demo's directory is removed at the end.")]
pub(crate) struct Demo {
    /// End after this long of real time, such as 90, 90s or 2m; counted from the end of the history
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Where the demo's daemon listens; a free port when this one is taken
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9790")]
    listen: SocketAddr,
    /// Another seed, another team
    #[arg(long, value_name = "NUMBER", default_value_t = 90)]
    seed: u64,
    /// Three days of history, and the story at twice the pace
    #[arg(long)]
    fast: bool,
}

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut screen = Screen::of_stdout();
        let ended = self.play(&mut screen);
        screen.end();
        ended?;
        Ok(ExitCode::SUCCESS)
    }

    fn play(&self, screen: &mut Screen) -> Result<(), Failure> {
        let (days, haste) = if self.fast { (HISTORY_DAYS / 7, 2.0) } else { (HISTORY_DAYS, 1.0) };
        let now = SystemClock.now();
        let begin = now.plus(-days * DAY);
        let host = Host::start(self.listen, begin, now)?;
        telling::welcome(screen, &host.url);

        let mut team = Team::new(self.seed);
        let mut watch = Watch::new();
        let told = history::play(&host, &mut team, &mut watch, screen, begin, now);
        let played = told.and_then(|()| {
            host.clock.release();
            Live::new(&host, team, watch, screen, haste, self.duration).play()
        });
        let stopped = host.stop();
        telling::goodbye(screen);
        // Of two failures the daemon's own is the cause.
        stopped.and(played)
    }
}

/// `90`, `90s`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let factor = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 1.0,
    };
    let seconds = number.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    seconds
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok())
        .ok_or_else(|| "a time above 0, such as 90, 90s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("2m", 120), ("1h", 3600)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "-1", "0", "2d", "1e999"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
