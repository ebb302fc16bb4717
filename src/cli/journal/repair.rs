//! `day90 journal repair`: says what it will do, then does it.

use std::path::PathBuf;
use std::process::ExitCode;

use super::directory::counted;
use crate::failure::Failure;
use crate::journal::{self, repair::Plan};
use crate::pipeline::{recover, repair};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal repair /var/lib/day90 --dry-run     what it would do, and what is lost
  day90 journal repair /var/lib/day90

Stop the daemon first. Every intact frame is kept, before and after the damage. Damaged files are renamed to
damaged-….bin; nothing is deleted. If it is interrupted, call it again.

Exit codes: 0 done or nothing to do, 1 it cannot be repaired without guessing, 2 usage, 74 disk, or a daemon runs")]
pub(crate) struct Repair {
    /// The data directory
    dir: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Repair {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let lock = if self.dry_run { None } else { Some(journal::lock(&*disk).map_err(super::directory::failure)?) };
        let repair = repair::prepare(&disk).map_err(super::directory::failure)?;
        let Some(plan) = &repair.plan else {
            let last = repair.report.last;
            println!("{}: no damage up to record {last}, nothing to repair", disk.path(""));
            if repair.report.torn.is_some() {
                println!("nothing here says whether there was more after record {last}");
            }
            return Ok(ExitCode::SUCCESS);
        };
        repair.report.damage.iter().for_each(|damage| println!("damage: {damage}"));
        print_losses(&repair, plan);
        print_steps(plan);
        let Some(lock) = lock else {
            println!("nothing was changed: this was a dry run");
            return Ok(ExitCode::SUCCESS);
        };
        repair.carry_out(&disk, &lock).map_err(super::directory::failure)?;
        let (_, recovered) = recover::recover(&disk).map_err(super::directory::failure)?;
        println!("repaired: a start continues with record {}", recovered.next_sequence);
        Ok(ExitCode::SUCCESS)
    }
}

fn print_steps(plan: &Plan) {
    if plan.checkpoint {
        println!("to do: write a checkpoint of everything intact, as of record {}", plan.last);
    }
    plan.aside.iter().for_each(|(from, to)| println!("to do: set {from} aside as {to}"));
    if plan.segment {
        println!("to do: begin a new segment with record {}", plan.last + 1);
    }
}

fn print_losses(repair: &repair::Repair, plan: &Plan) {
    if let Some(before) = &plan.before {
        before.lines().for_each(|line| println!("an earlier repair wrote: {line}"));
    }
    plan.losses.iter().for_each(|loss| println!("lost: {loss}"));
    if plan.losses.is_empty() {
        println!("lost: nothing");
        return;
    }
    let (records, bytes) = (repair.report.lost_records(), repair.report.damaged_bytes());
    let least = if repair.report.end_is_missing { "at least " } else { "" };
    println!("in all {least}{} in {} of damage", counted(records, "record"), counted(bytes, "byte"));
    println!("if one of them was a configuration, the next start brings the one of its file into force");
}
