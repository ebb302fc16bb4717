//! `day90 page-test`: sends a page marked TEST through the real rules to the real receiver, and records the drill.
//!
//! The daemon shows `day90_page_test`, the rule Day90PageTest fires on it, and it should reach whoever is on call. Only a person
//! can say whether it arrived: in answer to a question here, or with a second command. The answer is a `drill.completed`
//! event like any other. Its id contains when the test began, so that answering twice counts once.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use hyper::Method;
use serde::Deserialize;
use serde_json::json;

use super::target::Target;
use crate::event::json::is_system;
use crate::failure::Failure;
use crate::send::Packing;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 page-test refund-agent             begins it, says what to look for at each step, and asks whether it arrived
  day90 page-test refund-agent --wait      only begins it, for scripts; answer with one of the next two
  day90 page-test refund-agent --arrived   it arrived: ends it, and records a passed drill of the exception path
  day90 page-test refund-agent --no        it didn't: ends it, and records a failed drill
  day90 page-test refund-agent --stop      ends it and records no drill

A test page lasts ten minutes at most. It has the severity of a page, so warn whoever is on call.
Exit codes: 0 begun, or arrived; 1 it did not arrive, or the daemon refused; 2 usage; 3 no answer.")]
pub(crate) struct PageTest {
    /// The system whose page is tested
    #[arg(value_name = "SYSTEM")]
    system: String,
    /// Begin it and don't ask
    #[arg(long, group = "how")]
    wait: bool,
    /// It arrived: record a passed drill
    #[arg(long, group = "how")]
    arrived: bool,
    /// It did not arrive: record a failed drill
    #[arg(long, group = "how")]
    no: bool,
    /// End it and record nothing
    #[arg(long, group = "how")]
    stop: bool,
    /// A file with the token for sending events, if it differs from the admin token in --token-file
    #[arg(long, value_name = "FILE", env = "DAY90_INGEST_TOKEN_FILE")]
    ingest_token_file: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// The daemon's answer about a test page.
#[derive(Deserialize)]
struct Test {
    began: String,
    ends: String,
    /// Since it began.
    seconds: f64,
}

impl PageTest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if !is_system(&self.system) {
            let why = format!(
                "{:?} is not a name of a system: those have 1 to 64 of a-z, 0-9, `.`, `_` and `-`",
                self.system
            );
            return Err(Failure::Usage(why));
        }
        if self.arrived || self.no {
            self.answer(self.arrived)
        } else if self.stop {
            self.end()
        } else {
            self.begin()
        }
    }

    fn end(&self) -> Result<ExitCode, Failure> {
        let test = self.ask(Method::DELETE)?;
        println!(
            "The test page of {} is over after {} s. This recorded no drill; an answer that was given before counts.",
            self.system, test.seconds
        );
        Ok(ExitCode::SUCCESS)
    }

    fn begin(&self) -> Result<ExitCode, Failure> {
        if !self.wait && !io::stdin().is_terminal() {
            let why =
                "there is nobody to ask whether it arrives: begin with --wait, then answer with --arrived or --no";
            return Err(Failure::Usage(why.to_owned()));
        }
        print!("{}", begun(&self.system, &self.ask(Method::POST)?));
        if self.wait {
            println!("Then: day90 page-test {} --arrived, or --no", self.system);
            return Ok(ExitCode::SUCCESS);
        }
        self.answer(arrived(&mut io::stdin().lock())?)
    }

    fn ask(&self, method: Method) -> Result<Test, Failure> {
        let path = format!("/api/v1/page-test?system={}", self.system);
        let answer = self.target.sender()?.command(method, &path)?;
        serde_json::from_str(&answer)
            .map_err(|error| Failure::Refused(format!("the daemon's answer cannot be read: {error}: {answer}")))
    }

    /// Ends it and records the drill.
    fn answer(&self, arrived: bool) -> Result<ExitCode, Failure> {
        let test = self.ask(Method::DELETE)?;
        let result = if arrived { "passed" } else { "failed" };
        let event = json!({
            "type": "drill.completed",
            "id": format!("page-test-{}-{}", self.system, test.began),
            "system": self.system,
            "path": "exception",
            "result": result,
            "seconds": test.seconds,
        });
        let sender = match &self.ingest_token_file {
            Some(file) => self.target.sender_with(Some(file))?,
            None => self.target.sender()?,
        };
        let reply = sender.post("application/json", Packing::Plain, event.to_string().into_bytes())?;
        if let Some(refused) = reply.errors.first() {
            return Err(Failure::Refused(format!("the drill was not recorded: {}", refused.error)));
        }
        let known = if reply.duplicates > 0 { " It was recorded before; the first answer counts." } else { "" };
        println!("A {result} drill of the exception path of {} is recorded.{known}", self.system);
        if !arrived {
            print!("{}", where_to_look());
        }
        Ok(ExitCode::from(u8::from(!arrived)))
    }
}

/// What to look for, in the order in which it happens.
fn begun(system: &str, test: &Test) -> String {
    format!(
        "\
A test page of {system} has begun; it ends by itself at {ends}.
  1. day90 shows it now:          day90_page_test{{system=\"{system}\"}} 1 on /metrics
  2. Prometheus fires next:       Day90PageTest on its page /alerts, after a scrape and an evaluation
  3. Alertmanager has it then:    severity page, test true, on the same route as every page
  4. The phone rings last:        after group_wait. Its text begins with TEST
",
        ends = to_the_second(&test.ends)
    )
}

/// `2026-11-23T10:00:00.25Z` → `2026-11-23T10:00:00Z`.
fn to_the_second(moment: &str) -> String {
    moment.split_once('.').map_or_else(|| moment.to_owned(), |(second, _)| format!("{second}Z"))
}

/// Where a page that did not arrive was lost.
fn where_to_look() -> &'static str {
    "\
Where was it lost? At the first of these that is not true:
  1. /metrics of day90 has day90_page_test while a test lasts
  2. Prometheus scrapes it: up{job=~\".*day90.*\"} is 1, and day90_page_test has a value there
  3. Prometheus has the rules: Day90PageTest is on its page /rules, without an error
  4. Prometheus knows Alertmanager: prometheus_notifications_alertmanagers_discovered is above 0
  5. Alertmanager has no silence and no inhibition for it: amtool alert query alertname=Day90PageTest
  6. Its route ends at the right receiver: amtool config routes test severity=page test=true alertname=Day90PageTest
  7. The receiver took it: alertmanager_notifications_failed_total
"
}

fn arrived(answers: &mut impl BufRead) -> Result<bool, Failure> {
    loop {
        print!("Did it arrive? [y/n] ");
        let _ = io::stdout().flush();
        let mut line = String::new();
        let read = answers.read_line(&mut line).map_err(|error| Failure::Machine(format!("no answer: {error}")))?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ if read == 0 => {
                return Err(Failure::Refused(
                    "no answer; nothing is recorded. Answer with --arrived or --no".to_owned(),
                ));
            }
            _ => println!("y when the page reached who is on call, n when it did not."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_yes_or_no_and_is_asked_for_until_it_is() {
        for (said, expected) in [("y\n", true), ("maybe\nYES\n", true), ("\nn\n", false)] {
            assert_eq!(arrived(&mut said.as_bytes()).expect(said), expected, "{said:?}");
        }
        let failure = arrived(&mut "perhaps\n".as_bytes()).expect_err("the end of the input is no answer");
        assert!(failure.to_string().contains("--arrived"), "{failure}");
    }

    #[test]
    fn the_steps_are_listed_in_their_order() {
        let test = Test { began: "b".into(), ends: "2026-11-23T10:00:00.643450469Z".into(), seconds: 0.0 };
        let text = begun("refund-agent", &test);
        let places: Vec<_> =
            ["ends by itself at 2026-11-23T10:00:00Z", "day90 shows", "Prometheus", "Alertmanager", "phone"]
                .iter()
                .map(|step| text.find(step).unwrap_or_else(|| panic!("{step} is not in {text}")))
                .collect();
        assert!(places.is_sorted(), "{text}");
    }
}
