//! `day90 cases`: the open cases of a system, the oldest first, so that a page about waiting cases leads to its case.

use std::io::Write;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::format::Format;
use super::status::{query_of, read};
use super::target::Target;
use crate::event::Timestamp;
use crate::failure::Failure;
use crate::send::Sender;
use crate::words::{plural, printable, span, url_part};

/// What the daemon gives in one answer, at most.
const PAGE: usize = 1_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 cases refund-agent                     what is open, the oldest first: queue, age, deadline
  day90 cases refund-agent --queue billing     in one queue
  day90 cases refund-agent --format json       for a script: the cases of GET /api/v1/cases?system=

A case is named as its events name it. `OVERDUE` is past its own deadline, business hours included.

Exit codes: 0 answered, 1 refused, 2 usage, 3 no answer")]
pub(crate) struct Cases {
    #[arg(value_name = "SYSTEM")]
    system: String,
    /// Only in this queue
    #[arg(long, value_name = "QUEUE")]
    queue: Option<String>,
    /// Cases that are shown, at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    target: Target,
}

/// One answer of the daemon.
#[derive(Debug, Deserialize)]
struct Answer {
    generated: String,
    total: usize,
    cases: Vec<Case>,
    next_offset: Option<usize>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Case {
    kind: String,
    case: String,
    queue: Option<String>,
    reason: Option<String>,
    opened: String,
    acknowledged: Option<bool>,
    owed: Option<String>,
    deadline: Option<String>,
    #[serde(default)]
    overdue: bool,
}

impl Cases {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut query = query_of(Some(&self.system))?;
        if let Some(queue) = &self.queue {
            query.push_str(&format!("&queue={}", url_part(queue)));
        }
        let answer = ask(&self.target.sender()?, &query, self.limit.max(1))?;
        let shown = match self.format {
            Format::Json => {
                let Answer { generated, total, cases, .. } = &answer;
                format!("{}\n", json!({ "generated": generated, "total": total, "cases": cases }))
            }
            Format::Text => text(&answer, &self.system),
        };
        // A closed reader (`| head`) is not an error.
        let _ = std::io::stdout().write_all(shown.as_bytes());
        Ok(ExitCode::SUCCESS)
    }
}

/// The first cases of all, over as many answers as that takes.
fn ask(sender: &Sender, query: &str, limit: usize) -> Result<Answer, Failure> {
    let page = |offset: usize, left: usize| {
        let path = format!("/api/v1/cases{query}&offset={offset}&limit={}", left.min(PAGE));
        read::<Answer>(&sender.get(&path)?, "/api/v1/cases")
    };
    let mut answer = page(0, limit)?;
    while let Some(offset) = answer.next_offset.filter(|_| answer.cases.len() < limit) {
        let next = page(offset, limit - answer.cases.len())?;
        answer.next_offset = next.next_offset.filter(|further| *further > offset);
        answer.cases.extend(next.cases);
    }
    Ok(answer)
}

fn text(answer: &Answer, system: &str) -> String {
    if answer.cases.is_empty() {
        return format!("nothing is open in {system}\n");
    }
    let now = Timestamp::parse_rfc3339(&answer.generated).unwrap_or(Timestamp::EPOCH);
    let heads = ["KIND", "CASE", "QUEUE", "REASON", "AGE", "DEADLINE"].map(str::to_owned);
    let rows = std::iter::once(heads).chain(answer.cases.iter().map(|case| columns(case, now)));
    let rows: Vec<[String; 6]> = rows.map(|row| row.map(|cell| printable(&cell).into_owned())).collect();
    let mut widths = [0; 6];
    for row in &rows {
        row.iter().zip(&mut widths).for_each(|(cell, width)| *width = cell.chars().count().max(*width));
    }
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut out: String = rows.iter().map(line).collect();
    if answer.cases.len() < answer.total {
        let more = (answer.total - answer.cases.len()) as u64;
        out.push_str(&format!("and {} more: --limit {}\n", plural(more, "case"), answer.total));
    }
    out
}

fn columns(case: &Case, now: Timestamp) -> [String; 6] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let at = |text: &str| Timestamp::parse_rfc3339(text).ok().map(|at| now.since(at) as f64 / 1e9);
    let age = at(&case.opened).map_or_else(String::new, span);
    let deadline = match (case.deadline.as_deref().and_then(at), &case.owed) {
        (Some(past), Some(owed)) if case.overdue => format!("OVERDUE {}: {owed}", span(past)),
        (Some(past), Some(owed)) => format!("in {}: {owed}", span(-past)),
        _ if case.acknowledged == Some(false) => "– (nobody has taken it)".to_owned(),
        _ => "–".to_owned(),
    };
    [case.kind.clone(), case.case.clone(), or_dash(&case.queue), or_dash(&case.reason), age, deadline]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_a_row_with_its_deadline() {
        let answer = json!({
            "generated": "2026-11-23T09:00:00Z", "total": 3, "next_offset": null,
            "cases": [
                {"kind": "escalation", "case": "c-1", "queue": "billing", "reason": "low", "opened": "2026-11-23T08:30:00Z",
                 "acknowledged": false, "owed": "acknowledge", "deadline": "2026-11-23T08:45:00Z", "overdue": true},
                {"kind": "appeal", "case": "c\u{1b}2", "opened": "2026-11-23T08:59:00Z", "owed": "decide",
                 "deadline": "2026-11-23T11:00:00Z", "overdue": false},
            ],
        });
        let said = text(&serde_json::from_value(answer).unwrap(), "a");
        let expected = "\
KIND        CASE      QUEUE    REASON  AGE     DEADLINE
escalation  c-1       billing  low     30 min  OVERDUE 15 min: acknowledge
appeal      c\\u{1b}2  –        –       60 s    in 2 h: decide
and 1 case more: --limit 3
";
        assert_eq!(said, expected);
    }
}
