//! `day90 status`: what the page shows, on the terminal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

use super::format::Format;
use super::target::Target;
use crate::event::json::is_system;
use crate::explain;
use crate::failure::Failure;
use crate::page::{Need, Status as Said, SystemStatus};
use crate::words::{plural, printable, span};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 status                          every system, the worst first
  day90 status refund-agent             one system
  day90 status --format json            for a script: what GET /api/v1/status answers, with the verdict of each system

Exit codes: 0 answered (whatever the state), 1 the system is not known, 2 usage, 3 no answer")]
pub(crate) struct Status {
    /// The system; all of them when none is named
    #[arg(value_name = "SYSTEM")]
    system: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    target: Target,
}

impl Status {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let query = query_of(self.system.as_deref())?;
        let sender = self.target.sender()?;
        let status = sender.get(&format!("/api/v1/status{query}"))?;
        let preflight = sender.get(&format!("/api/v1/preflight{query}"))?;
        let preflight: Value = read(&preflight, "/api/v1/preflight")?;
        let shown = match self.format {
            Format::Json => with_verdicts(read(&status, "/api/v1/status")?, &preflight),
            Format::Text => text(&read(&status, "/api/v1/status")?, &preflight),
        };
        // A closed reader (`| head`) is not an error.
        let _ = std::io::stdout().write_all(shown.as_bytes());
        Ok(ExitCode::SUCCESS)
    }
}

/// `?system=…`, or nothing.
pub(super) fn query_of(system: Option<&str>) -> Result<String, Failure> {
    match system {
        None => Ok(String::new()),
        Some(system) if is_system(system) => Ok(format!("?system={system}")),
        Some(system) => Err(Failure::Usage(format!(
            "{system:?} is not a name of a system: those have 1 to 64 of a-z, 0-9, `.`, `_` and `-`"
        ))),
    }
}

/// The answer at a path.
pub(super) fn read<T: serde::de::DeserializeOwned>(json: &str, path: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| {
        let versions = "is the daemon of the same version as this program?";
        Failure::Refused(format!("this is not an answer of {path}: {error}; {versions}"))
    })
}

fn with_verdicts(mut status: Value, preflight: &Value) -> String {
    for system in status["systems"].as_array_mut().into_iter().flatten() {
        let verdict = system["system"].as_str().and_then(|name| verdict(preflight, name));
        system["verdict"] = verdict.map_or(Value::Null, Value::from);
    }
    format!("{status}\n")
}

/// What preflight says of a system: `operated`, `not_operated` or `not_launched`. A daemon that gives no verdict gives
/// checks, which all have to pass.
fn verdict(preflight: &Value, name: &str) -> Option<String> {
    let systems = preflight["systems"].as_array()?;
    let system = systems.iter().find(|system| system["system"] == name)?;
    if let Some(verdict) = system["verdict"].as_str() {
        return Some(verdict.to_owned());
    }
    let checks = system["items"].as_array()?.iter().flat_map(|item| item["checks"].as_array().into_iter().flatten());
    let operated = checks.filter_map(|check| check["pass"].as_bool()).all(|pass| pass);
    Some(if operated { "operated" } else { "not_operated" }.to_owned())
}

fn text(said: &Said, preflight: &Value) -> String {
    let mut out = format!("{}\n", printable(&said.headline));
    needs(&mut out, &said.attention);
    for system in &said.systems {
        let verdict = verdict(preflight, &system.system).unwrap_or_else(|| "no verdict".to_owned());
        one(&mut out, system, &verdict.replace('_', " "));
    }
    if said.systems.is_empty() {
        out.push_str("no system is declared, and nothing was heard of any\n");
    }
    out
}

fn one(out: &mut String, system: &SystemStatus, verdict: &str) {
    let day = system.day.map_or_else(String::new, |day| match day {
        ..0 => format!(", launched in {}", plural(day.unsigned_abs(), "day")),
        0.. => format!(", day {day}"),
    });
    let owner = if system.owner.is_empty() { "no owner is declared" } else { &system.owner };
    line(out, &format!("\n{}: {verdict}{day}, {owner}", system.system));
    needs(out, &system.attention);
    line(out, &format!("  open      {}", open(system)));
    if let Some(spike) = &system.spike {
        line(out, &format!("  spike     {}", spike.replace('_', " ")));
    }
    if let Some(refused) = explain::refused(&system.refused) {
        line(out, &format!("  refused   {refused}"));
    }
    let figures = system.figures.iter().map(|it| match it.note.as_str() {
        "" => format!("{} {}", it.name, it.value),
        note => format!("{} {} ({note})", it.name, it.value),
    });
    line(out, &format!("  figures   {}", figures.collect::<Vec<_>>().join("; ")));
    for link in &system.links {
        line(out, &format!("  {:<9} {}", link.title, link.url));
    }
}

fn open(system: &SystemStatus) -> String {
    let open = &system.open;
    let waited = open.waited_seconds.map_or_else(String::new, |waited| format!(", the oldest for {}", span(waited)));
    let mut parts = vec![plural(open.escalations, "escalation")];
    if open.unacknowledged > 0 {
        parts.push(format!("{} of them taken by nobody{waited}", open.unacknowledged));
    }
    parts.extend([plural(open.reviews, "review"), plural(open.appeals, "appeal")]);
    if open.overdue > 0 {
        let list = format!("day90 cases {}", system.system);
        parts.push(format!("{} passed: {list}", plural(open.overdue, "deadline")));
    }
    parts.join(", ")
}

fn needs(out: &mut String, needs: &[Need]) {
    for need in needs {
        let mark = if need.tone == "bad" { "!" } else { "-" };
        let runbook = need.runbook.as_ref().map_or_else(String::new, |at| format!(" [{at}]"));
        line(out, &format!("  {mark} {}{runbook}", need.text));
    }
}

/// A line whose first character may be the empty line before it.
fn line(out: &mut String, text: &str) {
    let (before, text) = text.strip_prefix('\n').map_or(("", text), |text| ("\n", text));
    writeln!(out, "{before}{}", printable(text)).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_verdict_is_said_or_made_of_checks() {
        let checks = |passes: &[bool]| {
            let checks: Vec<Value> = passes.iter().map(|pass| json!({ "pass": pass })).collect();
            json!({"systems": [{"system": "a", "items": [{"checks": checks}]}]})
        };
        assert_eq!(verdict(&checks(&[true, true]), "a").as_deref(), Some("operated"));
        assert_eq!(verdict(&checks(&[true, false]), "a").as_deref(), Some("not_operated"));
        assert_eq!(verdict(&checks(&[true]), "b"), None);
        let said = json!({"systems": [{"system": "a", "verdict": "not_launched", "items": []}]});
        assert_eq!(verdict(&said, "a").as_deref(), Some("not_launched"));
    }

    #[test]
    fn what_others_sent_steers_no_terminal() {
        let status = json!({
            "generated": "", "headline": "One system needs somebody", "attention": [],
            "systems": [{
                "system": "a", "tone": "bad", "owner": "x\u{1b}[2J", "day": 90, "spike": "new_normal", "figures": [],
                "open": {"escalations": 3, "unacknowledged": 2, "waited_seconds": 1800.0, "reviews": 1, "appeals": 0, "overdue": 2},
                "attention": [{"tone": "bad", "text": "Waiting\u{202e}.", "runbook": "runbooks/X"}],
                "links": [], "refused": [{"type": "escalation.opened", "reason": "field", "events": 30}],
            }],
        });
        let said = text(&serde_json::from_value(status).unwrap(), &Value::Null);
        let expected = "One system needs somebody\n\na: no verdict, day 90, x\\u{1b}[2J\n  ! Waiting\\u{202e}. [runbooks/X]\n  \
                        open      3 escalations, 2 of them taken by nobody, the oldest for 30 min, 1 review, 0 appeals, \
                        2 deadlines passed: day90 cases a\n  spike     new normal\n  refused   30 escalation.opened (field 30) in the last hour";
        assert!(said.starts_with(expected), "{said}");
    }
}
