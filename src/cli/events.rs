//! `day90 events`: the last rare events of a daemon, and those that come while it follows.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::format::Format;
use super::status::{query_of, read};
use super::target::Target;
use crate::config::units;
use crate::event::Timestamp;
use crate::failure::Failure;
use crate::send::Sender;
use crate::state::views::rare::{EVENTS_MAX, RareWhat};
use crate::words::{moment, printable};

/// How often it asks while it follows.
const POLL: Duration = Duration::from_secs(1);
/// What every line begins with, and what it ends with: not repeated among the fields between.
const PLACED: [&str; 6] = ["type", "id", "source", "time", "system", "case"];

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 events                                        the last ones of every system, the newest last
  day90 events --system refund-agent --type violation --since 2h
  day90 events --follow                               those that come, until it is ended
  day90 events --format json | jq .event.case         one JSON object a line

Kept are violations of boundaries, changes, rollbacks, drills, failed evaluations and fallbacks: the last 256 of a system and
4,096 of all. `--type` takes one of violation, change, rollback, drill, evaluation and fallback, or a type of events. All that
a journal holds: day90 journal export.

Exit codes: 0 answered, 1 the system is not known, 2 usage, 3 no answer")]
pub(crate) struct Events {
    /// Only of this system
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    /// Only of this type
    #[arg(long = "type", value_name = "TYPE")]
    what: Option<String>,
    /// Only those that happened within this time, such as 2h or 7d
    #[arg(long, value_name = "SPAN")]
    since: Option<String>,
    /// Events that are shown first, at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Go on with those that come
    #[arg(long)]
    follow: bool,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    target: Target,
}

/// One answer of the daemon; each event stays as it was written.
#[derive(Deserialize)]
struct Answer {
    events: Vec<Box<RawValue>>,
    next: u64,
}

#[derive(Deserialize)]
struct Row {
    about: String,
    declared: Option<String>,
    event: Map<String, Value>,
}

impl Events {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let filter = self.filter()?;
        let sender = self.target.sender()?;
        let since = self.since.as_ref().map_or_else(String::new, |since| format!("&since={since}"));
        let limit = self.limit.clamp(1, EVENTS_MAX);
        let mut answer = ask(&sender, &format!("{filter}{since}&limit={limit}"))?;
        let mut is_read = self.print(&answer)?;
        while self.follow && is_read && is_open_after(POLL) {
            match ask(&sender, &format!("{filter}&after={}&limit={EVENTS_MAX}", answer.next)) {
                Ok(next) => {
                    is_read = self.print(&next)?;
                    answer = next;
                }
                // It starts again perhaps: records keep their numbers.
                Err(Failure::Unanswered(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The part of the query that stays.
    fn filter(&self) -> Result<String, Failure> {
        if let Some(since) = &self.since {
            units::duration(since).map_err(|why| Failure::Usage(format!("--since {why}")))?;
        }
        let mut filter = query_of(self.system.as_deref())?;
        if filter.is_empty() {
            filter.push('?');
        }
        if let Some(what) = &self.what {
            if RareWhat::from_word(what).is_none() {
                let known = "one of violation, change, rollback, drill, evaluation, fallback, or a type of events";
                return Err(Failure::Usage(format!("--type {what:?} is not known: it is {known}")));
            }
            filter.push_str(&format!("&type={what}"));
        }
        Ok(filter)
    }

    /// Says whether anybody still reads.
    fn print(&self, answer: &Answer) -> Result<bool, Failure> {
        let mut out = String::new();
        for event in &answer.events {
            match self.format {
                Format::Json => out.push_str(event.get()),
                Format::Text => out.push_str(&line(&read(event.get(), "/api/v1/events")?)),
            }
            out.push('\n');
        }
        let mut stdout = std::io::stdout();
        // A closed reader (`| head`) is not an error.
        Ok(stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush()).is_ok())
    }
}

fn ask(sender: &Sender, query: &str) -> Result<Answer, Failure> {
    read(&sender.get(&format!("/api/v1/events{query}"))?, "/api/v1/events")
}

/// Waits, and says whether anybody still reads stdout: a reader that closes a pipe ends the wait.
fn is_open_after(wait: Duration) -> bool {
    let stdout = std::io::stdout();
    let mut reader = [PollFd::new(&stdout, PollFlags::empty())];
    let milliseconds = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    match poll(&mut reader, milliseconds) {
        Ok(_) => !reader[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL),
        // A signal that ends nothing.
        Err(_) => true,
    }
}

/// When, where, what it is about, its type, its fields, and its case.
fn line(row: &Row) -> String {
    let text = |name: &str| row.event.get(name).and_then(Value::as_str).unwrap_or_default();
    let at = Timestamp::parse_rfc3339(text("time")).map_or_else(|_| text("time").to_owned(), moment);
    let mut words = vec![at, text("system").to_owned(), format!("{:<10}", row.about), text("type").to_owned()];
    for (name, value) in row.event.iter().filter(|(name, _)| !PLACED.contains(&name.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        words.push(format!("{name}={value}"));
    }
    words.extend(row.declared.iter().map(|declared| format!("(declared {declared})")));
    words.extend(row.event.get("case").and_then(Value::as_str).map(|case| format!("case={case}")));
    printable(&words.join("  ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line_that_steers_no_terminal() {
        let row = r#"{"sequence":4,"about":"violation","received":"…","declared":"never","event":{"type":"action.attempted",
            "time":"2026-11-23T09:00:00.5Z","system":"agent","case":"c\u001b1","action":"close","mode":"decide","allowed":true}}"#;
        let expected = "2026-11-23 09:00:00 UTC  agent  violation   action.attempted  action=close  allowed=true  mode=decide  \
                        (declared never)  case=c\\u{1b}1";
        assert_eq!(line(&serde_json::from_str(row).unwrap()), expected);
    }
}
