//! `day90 preflight`: grades the checklist, for a person, a review, or a pipeline that gates a launch.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Overrides};
use crate::failure::Failure;
use crate::preflight::text::{Paint, Style};
use crate::preflight::{self, Report, Stage, markdown, text};
use crate::send::{Sender, read_token};
use crate::words::printable;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 preflight --config day90.yaml                      what is declared, for CI
  day90 preflight --url http://127.0.0.1:9790 refund-agent gates a launch; later: is it operated?
  day90 preflight --url … --all                            every check, with its evidence
  day90 preflight --url … --format markdown > review.md    for the quarterly review

Without --url only declarations are graded. With it the daemon grades, by the configuration that it runs with. Before the
day of the launch only what can be done before a launch is asked.

Exit codes: 0 everything required passes, 1 a required check fails, 2 usage, 3 no answer from --url, 78 configuration")]
pub(crate) struct Preflight {
    /// Only these systems; all of them when none is named
    #[arg(value_name = "SYSTEM")]
    systems: Vec<String>,
    /// The operating model to grade; not read with --url
    #[arg(long, value_name = "FILE", env = "DAY90_CONFIG")]
    config: Option<PathBuf>,
    /// The daemon that knows what has happened
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with the bearer token, when the daemon asks for one
    #[arg(long, value_name = "FILE", env = "DAY90_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The stage that must pass [default: current with --url, declared without]
    #[arg(long, value_enum, value_name = "STAGE")]
    require: Option<Required>,
    /// Show every check, not only what fails (JSON has them always)
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

/// [`Stage`], as the command line spells it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Required {
    /// Everything is written down
    Declared,
    /// ... and has been used or practised
    Exercised,
    /// ... and has not lapsed
    Current,
}

impl Preflight {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let require = self.require()?;
        let report = self.choose(match &self.url {
            Some(url) => self.ask(url)?,
            None => self.declared()?,
        })?;
        let shown = match self.format {
            Format::Text => text::render(&report, require, Style { paint: paint(), all: self.all }),
            Format::Json => report.to_json(),
            Format::Markdown => markdown::render(&report, require, self.all),
        };
        // A closed reader (`| head`) is not an error; the exit code still says what was found.
        let _ = std::io::stdout().write_all(shown.as_bytes());
        Ok(ExitCode::from(u8::from(report.failed(require) > 0)))
    }

    fn require(&self) -> Result<Stage, Failure> {
        let require = match self.require {
            Some(Required::Declared) => Stage::Declared,
            Some(Required::Exercised) => Stage::Exercised,
            Some(Required::Current) => Stage::Current,
            None if self.url.is_some() => Stage::Current,
            None => Stage::Declared,
        };
        if self.url.is_none() && require > Stage::Declared {
            let why = format!("--require {require} needs --url: only a running daemon knows what has happened");
            return Err(Failure::Usage(why));
        }
        Ok(require)
    }

    fn declared(&self) -> Result<Report, Failure> {
        let now = SystemClock.now();
        let config = config::load(self.config.as_deref(), &Overrides::default(), &crate::daemon::given(now))
            .map_err(|problems| Failure::Configuration(problems.to_string()))?;
        Ok(preflight::declared(&config.model, now))
    }

    fn ask(&self, url: &str) -> Result<Report, Failure> {
        let token = self.token_file.as_deref().map(read_token).transpose()?;
        let json = Sender::to(url, token.as_deref())?.get("/api/v1/preflight")?;
        let report = serde_json::from_str(&json)
            .map_err(|error| Failure::Refused(format!("{url}: this is not an answer of preflight: {error}")))?;
        Ok(without_controls(report))
    }

    /// Keeps the systems that were asked for. No system at all is an error, since grading nothing would pass.
    fn choose(&self, mut report: Report) -> Result<Report, Failure> {
        let known = |name: &String| report.systems.iter().any(|system| system.system == *name);
        if let Some(unknown) = self.systems.iter().find(|name| !known(name)) {
            let why = format!("{unknown} is not declared, and nothing was heard of it");
            return Err(Failure::Refused(if self.url.is_some() { why } else { format!("{unknown} is not declared") }));
        }
        report.systems.retain(|system| self.systems.is_empty() || self.systems.contains(&system.system));
        match (report.systems.is_empty(), self.config.is_some() || self.url.is_some()) {
            (false, _) => Ok(report),
            (true, true) => Err(Failure::Refused("no system is declared: there is nothing to grade".into())),
            (true, false) => {
                let why = "nothing is declared without a configuration: give one with --config, or a daemon with --url";
                Err(Failure::Refused(why.into()))
            }
        }
    }
}

/// What answers at the address may be anybody: its texts must not steer the terminal.
fn without_controls(mut report: Report) -> Report {
    let clean = |text: &str| printable(text).into_owned();
    report.generated = clean(&report.generated);
    for system in &mut report.systems {
        system.system = clean(&system.system);
        for check in system.items.iter_mut().flat_map(|item| &mut item.checks) {
            check.check = clean(&check.check).into();
            check.evidence = clean(&check.evidence);
            check.next = check.next.as_deref().map(clean);
        }
    }
    report
}

/// Color on a terminal, unless NO_COLOR has a value (<https://no-color.org>).
fn paint() -> Paint {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if std::io::stdout().is_terminal() && !unwanted && !dumb { Paint::Color } else { Paint::Plain }
}
