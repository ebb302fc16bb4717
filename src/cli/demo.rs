//! `day90 demo`: reads how long, where and how fast, and plays it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use crate::demo::{self, DemoOptions};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 demo                   three weeks of history in seconds, then the story, until Ctrl-C
  day90 demo --duration 2m     the same, but ends by itself
  day90 demo --fast --duration 1m > demo.log

Nothing is kept: the demo's directory is removed at the end.")]
pub(crate) struct Demo {
    /// End after this much real time, such as 90, 90s or 2m, counted from the end of the history
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Where the demo's daemon listens; if the port is taken, on a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9790")]
    listen: SocketAddr,
    /// The same seed gives the same team
    #[arg(long, value_name = "NUMBER", default_value_t = 90)]
    seed: u64,
    /// Three days of history, and the story at twice the pace
    #[arg(long)]
    fast: bool,
}

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Demo { duration, listen, seed, fast } = self;
        demo::run(&DemoOptions { duration, listen, seed, fast })?;
        Ok(ExitCode::SUCCESS)
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
