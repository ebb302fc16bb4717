//! `day90 journal verify`: where a journal is damaged, what a start would do, and what a repair would lose.

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::directory::counted;
use crate::cli::format::Format;
use crate::failure::Failure;
use crate::journal::verify::{Damage, Verification, in_words, verify};
use crate::journal::{Fatal, Recovered};
use crate::pipeline::recover;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal verify /var/lib/day90
  day90 journal verify /var/lib/day90 --format json

It changes nothing and needs no lock. While a daemon runs, the frame that it is writing looks like an unfinished write.

Exit codes: 0 it is whole, 1 damage was found or a start would refuse, 2 usage, 74 disk")]
pub(crate) struct Verify {
    /// The data directory
    dir: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Verify {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let report = verify(&*disk).map_err(super::directory::failure)?;
        let start = match recover::recover(&disk) {
            Ok((_, recovered)) => Start::Starts(Box::new(recovered)),
            // A failure of the disk says nothing about the journal.
            Err(fatal @ Fatal::Io { .. }) => return Err(super::directory::failure(fatal)),
            Err(fatal) => Start::Refuses(fatal),
        };
        let text = match self.format {
            Format::Text => text(&report, &start, &disk.path("")),
            Format::Json => format!("{:#}\n", as_json(&report, &start)),
        };
        // A closed reader (`| head`) is not an error; the exit code still says what was found.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(ExitCode::from(u8::from(!report.damage.is_empty() || matches!(start, Start::Refuses(_)))))
    }
}

/// What the daemon would do with this directory, found by reading it the same way.
enum Start {
    Starts(Box<Recovered>),
    Refuses(Fatal),
}

fn text(report: &Verification, start: &Start, dir: &str) -> String {
    let mut lines = vec![format!("{dir}: {}", contents(report))];
    lines.extend(report.damage.iter().map(|damage| format!("damage: {damage}")));
    lines.extend(unfinished(report));
    lines.extend(report.set_aside.iter().map(|records| {
        format!("repaired: {} were set aside; the newest checkpoint has what was kept of them", in_words(records))
    }));
    lines.extend(report.removed.iter().map(|records| {
        format!(
            "removed: {} were removed with their segment, as every checkpoint includes them; a crash kept an older \
             segment, which the next checkpoint removes",
            in_words(records)
        )
    }));
    lines.push(format!("start: {}", what_a_start_does(start)));
    match report.damage.len() as u64 {
        0 => lines.push(no_damage(report)),
        damages => {
            lines.push(format!("repair: {}", what_repair_loses(report)));
            lines.push(counted(damages, "damage"));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn contents(report: &Verification) -> String {
    format!(
        "{} of {}, {} in {}, {}",
        counted(report.segments, "segment"),
        counted(report.bytes, "byte"),
        counted(report.records, "whole record"),
        counted(report.frames, "frame"),
        counted(report.checkpoints.len() as u64, "whole checkpoint"),
    )
}

/// A file that was removed whole, or emptied, at the end leaves no trace.
fn no_damage(report: &Verification) -> String {
    match report.last {
        0 => "no damage, and no record: if there was one, nothing here says so".to_owned(),
        last => format!("no damage up to record {last}, the last that anything here mentions"),
    }
}

fn unfinished(report: &Verification) -> Option<String> {
    let torn = report.torn.as_ref()?;
    Some(format!(
        "unfinished: {} at byte {}, {} bytes: {}. A crash leaves this, and so does a daemon that is writing now: then it \
         was never acknowledged. Nothing here says whether there was more after record {}. The next start cuts it and \
         keeps it",
        torn.path,
        torn.offset,
        torn.bytes,
        torn.why,
        torn.sequence - 1
    ))
}

fn what_a_start_does(start: &Start) -> String {
    match start {
        // Without the advice to call this command.
        Start::Refuses(Fatal::Corrupt { path, offset, why }) => format!("refuses at {path}, byte {offset}: {why}"),
        Start::Refuses(fatal) => format!("refuses: {fatal}"),
        Start::Starts(recovered) => {
            let warns = if recovered.warnings.is_empty() { "" } else { " with a warning" };
            format!("starts{warns}, and continues with record {}", recovered.next_sequence)
        }
    }
}

fn what_repair_loses(report: &Verification) -> String {
    if report.contradiction {
        return "refuses: whole parts contradict each other. Restore the directory from a backup".to_owned();
    }
    let mut losses: Vec<String> = report.lost.iter().map(in_words).collect();
    if report.end_is_missing {
        losses.push(format!("whatever followed record {}, if anything did", report.last));
    }
    match losses.as_slice() {
        [] => "loses nothing: a whole checkpoint, or the journal itself, has everything".to_owned(),
        _ => format!("loses {} ({})", counted(report.lost_records(), "known record"), losses.join("; ")),
    }
}

fn as_json(report: &Verification, start: &Start) -> Value {
    let ranges = |all: &[RangeInclusive<u64>]| all.iter().map(range).collect::<Vec<_>>();
    let torn = report.torn.as_ref().map(|torn| {
        json!({"path": torn.path, "offset": torn.offset, "bytes": torn.bytes, "record": torn.sequence, "why": torn.why})
    });
    json!({
        "segments": report.segments,
        "bytes": report.bytes,
        "frames": report.frames,
        "records": report.records,
        "checkpoints": report.checkpoints,
        "damage": report.damage.iter().map(damage_json).collect::<Vec<_>>(),
        "unfinished": torn,
        "set_aside": ranges(&report.set_aside),
        "removed": ranges(&report.removed),
        "start": start_json(start),
        "repair": {
            "possible": !report.contradiction,
            "lost": ranges(&report.lost),
            "lost_records": report.lost_records(),
            "end_is_missing": report.end_is_missing,
        },
    })
}

fn range(records: &RangeInclusive<u64>) -> Value {
    json!({"first": records.start(), "last": records.end()})
}

fn damage_json(damage: &Damage) -> Value {
    json!({
        "kind": damage.kind.name(),
        "path": damage.path,
        "offset": damage.offset,
        "bytes": damage.bytes,
        "records": damage.records.as_ref().map(range),
        "why": damage.why,
    })
}

fn start_json(start: &Start) -> Value {
    match start {
        Start::Starts(recovered) => {
            json!({"starts": true, "next_record": recovered.next_sequence, "warnings": recovered.warnings})
        }
        Start::Refuses(fatal) => json!({"starts": false, "why": fatal.to_string()}),
    }
}
