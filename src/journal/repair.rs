//! Sets the damaged part of a journal aside, so that a start can go on with all that is whole. Nothing is deleted.
//!
//! The caller folds what is whole, before and after the damage, into a state, and this writes it as a checkpoint of the
//! last record. So no later start needs a frame of a damaged segment, and the whole segment is set aside by a rename.
//! The order makes it safe: until the new checkpoint is durable nothing is moved, and from then on whatever is moved is
//! in it. If it is stopped anywhere, `repair` can be called again.
//!
//! 1. `repaired-<last record>.txt` says what is lost. It also shows [`super::verify`] that a gap is known.
//! 2. The checkpoint, unless a whole one covers all damage.
//! 3. Damaged files are renamed to `damaged-….bin`.
//! 4. A new segment after the last record, when none is left to go on in.

use std::io;
use std::sync::Arc;

use super::chain::last_link;
use super::checkpoint::{self, CheckpointWriter};
use super::disk::{Disk, Lock};
use super::error::Fatal;
use super::names;
use super::record::{Predecessor, SegmentHeader};
use super::verify::{Damage, File, Kind, Verification, in_words};

/// What is to be done about a journal's damage.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The journal is whole up to here afterwards: what is lost before it is known to be lost.
    pub last: u64,
    /// A checkpoint of all that is whole must be written.
    pub checkpoint: bool,
    /// Files that are set aside, and their new names.
    pub aside: Vec<(String, String)>,
    /// A new segment is begun after `last`: none is left to go on in.
    pub segment: bool,
    /// A damaged checkpoint whose name the new one takes: it is copied before.
    replaced: Option<String>,
    /// What is lost, line by line, as it is written down.
    pub losses: Vec<String>,
    /// What an earlier repair, perhaps an interrupted one, has written down about the same record.
    pub before: Option<String>,
}

/// Decides what to do; `None` when there is nothing to do. Changes nothing.
///
/// # Errors
/// When whole parts contradict each other: to choose between them would be to guess.
pub fn plan(disk: &dyn Disk, report: &Verification) -> Result<Option<Plan>, Fatal> {
    if report.contradiction {
        return Err(contradiction(disk, report));
    }
    if report.damage.is_empty() {
        return Ok(None);
    }
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let has = |name: &str| files.iter().any(|(file, _)| file == name);
    let last = report.last;
    let checkpoint = report.base() < last && needs_checkpoint(report);
    let mut plan = Plan {
        last,
        checkpoint,
        aside: Vec::new(),
        segment: false,
        replaced: None,
        losses: losses(report),
        before: before(disk, last, has(&names::repaired(last)))?,
    };
    for damage in &report.damage {
        set_aside_later(&mut plan, damage, has);
    }
    let is_left = |first: &u64| plan.aside.iter().all(|(file, _)| *file != names::segment(*first));
    plan.segment = !report.firsts.last().is_some_and(is_left);
    Ok(Some(plan))
}

fn contradiction(disk: &dyn Disk, report: &Verification) -> Fatal {
    let damage = report.damage.iter().find(|damage| damage.kind == Kind::Contradiction);
    let (path, offset, why) = damage
        .map(|damage| (damage.path.clone(), damage.offset, damage.why.clone()))
        .unwrap_or_else(|| (disk.path(""), 0, "its parts contradict each other".to_owned()));
    let why = format!("{why}. Both are whole, so there is nothing by which to choose, and it is not repaired");
    Fatal::Corrupt { path, offset, why }
}

/// Adds the file of a damage to the plan, once.
fn set_aside_later(plan: &mut Plan, damage: &Damage, has: impl Fn(&str) -> bool) {
    let (from, to) = match damage.file {
        File::Segment(first) => (names::segment(first), format!("damaged-{first:020}-{:010}", damage.offset)),
        File::Checkpoint(sequence) => (names::checkpoint(sequence), format!("damaged-checkpoint-{sequence:020}")),
        File::None => return,
    };
    if plan.aside.iter().any(|(file, _)| *file == from) {
        return;
    }
    let to = free_name(&to, has);
    if plan.checkpoint && damage.file == File::Checkpoint(plan.last) {
        plan.replaced = Some(from.clone());
    }
    plan.aside.push((from, to));
}

/// A checkpoint that covers all damage makes a new one unnecessary; damaged checkpoints alone are no loss.
fn needs_checkpoint(report: &Verification) -> bool {
    let base = report.base();
    let reaches_beyond = |first: u64| {
        let next = report.firsts.iter().find(|&&other| other > first);
        next.is_none_or(|&next| next - 1 > base)
    };
    !report.lost.is_empty()
        || report.damage.iter().any(|damage| match damage.file {
            File::Segment(first) => reaches_beyond(first),
            _ => false,
        })
}

fn losses(report: &Verification) -> Vec<String> {
    let counted = |lost: &std::ops::RangeInclusive<u64>| match lost.end() - lost.start() + 1 {
        1 => in_words(lost),
        many => format!("{} ({many} records)", in_words(lost)),
    };
    let mut lines: Vec<String> = report.lost.iter().map(counted).collect();
    if report.end_is_missing {
        lines.push(format!("what followed record {}, if anything did; nobody can know how much that was", report.last));
    }
    lines
}

/// Carries a plan out, under the lock. `encode` writes the state of all that is whole; it is asked only when
/// [`Plan::checkpoint`] says so.
pub fn carry_out(
    disk: &Arc<dyn Disk>,
    _lock: &Lock,
    plan: &Plan,
    encode: impl FnOnce(&mut CheckpointWriter) -> io::Result<()>,
) -> Result<(), Fatal> {
    let failed = |doing| move |error| Fatal::io(doing, disk.path(""), error);
    write_down(&**disk, plan).map_err(failed("writing down what is lost in"))?;
    if plan.checkpoint {
        if let Some(name) = &plan.replaced {
            copy_aside(&**disk, plan, name).map_err(failed("keeping a damaged checkpoint of"))?;
        }
        let written = CheckpointWriter::create(Arc::clone(disk), plan.last, None).and_then(|mut writer| {
            encode(&mut writer)?;
            writer.finish()
        });
        written.map_err(failed("writing a checkpoint in"))?;
    }
    set_aside(&**disk, plan).map_err(failed("setting damaged files aside in"))?;
    if plan.segment {
        begin_segment(&**disk, plan.last + 1).map_err(failed("beginning a segment in"))?;
    }
    Ok(())
}

fn write_down(disk: &dyn Disk, plan: &Plan) -> io::Result<()> {
    let mut text = format!("`day90 journal repair` went on with record {}.\n", plan.last + 1);
    plan.losses.iter().for_each(|loss| text += &format!("Lost: {loss}.\n"));
    plan.aside.iter().for_each(|(from, to)| text += &format!("Set aside: {from} is {to}.\n"));
    match &plan.before {
        // It goes on where it was interrupted, and cannot see any more what was lost then.
        Some(before) if plan.losses.is_empty() || before.contains(&text) => return Ok(()),
        Some(before) => text.insert_str(0, before),
        None => {}
    }
    let name = names::repaired(plan.last);
    let unfinished = format!("{name}.tmp");
    write_whole(disk, &unfinished, text.as_bytes())?;
    disk.rename(&unfinished, &name)?;
    disk.sync_dir()
}

/// The new checkpoint takes the name of a damaged one in one step, so that at any moment there is one that says how far
/// the journal had come.
fn copy_aside(disk: &dyn Disk, plan: &Plan, name: &str) -> io::Result<()> {
    let to = plan.aside.iter().find(|(from, _)| from == name).map(|(_, to)| to).expect("it is set aside");
    let mut bytes = Vec::new();
    disk.read(name, &mut bytes)?;
    write_whole(disk, to, &bytes)?;
    disk.sync_dir()
}

fn set_aside(disk: &dyn Disk, plan: &Plan) -> io::Result<()> {
    for (from, to) in &plan.aside {
        if plan.replaced.as_ref() != Some(from) {
            disk.rename(from, to)?;
        }
    }
    disk.sync_dir()
}

fn begin_segment(disk: &dyn Disk, first: u64) -> io::Result<()> {
    let salt = match before_segment(disk, first)? {
        Some(link) => link.next_salt(first),
        None => disk.random()?,
    };
    write_whole(disk, &names::segment(first), &SegmentHeader::new(first, salt).encode())?;
    disk.sync_dir()
}

/// What a new segment follows: the last frame of the checkpoint before it, where that says so, or of the segments that are left.
fn before_segment(disk: &dyn Disk, first: u64) -> io::Result<Option<Predecessor>> {
    let files = disk.list()?;
    let name = names::checkpoint(first - 1);
    let named = files.iter().filter(|(file, _)| *file == name).map(|(file, _)| file.clone());
    let found = checkpoint::find(disk, named).map_err(|fatal| io::Error::other(fatal.to_string()))?;
    if let Some(link) = found.newest.and_then(|checkpoint| checkpoint.link) {
        return Ok(Some(link));
    }
    let mut firsts: Vec<u64> = files.iter().filter_map(|(name, _)| names::first_of(name)).collect();
    firsts.sort_unstable();
    last_link(disk, &firsts)
}

fn write_whole(disk: &dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.create(name)?;
    file.write_at(0, bytes)?;
    file.sync_data()
}

fn before(disk: &dyn Disk, last: u64, exists: bool) -> Result<Option<String>, Fatal> {
    if !exists {
        return Ok(None);
    }
    let name = names::repaired(last);
    let mut bytes = Vec::new();
    disk.read(&name, &mut bytes).map_err(|error| Fatal::io("reading", disk.path(&name), error))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A name that is free: nothing that was set aside before is overwritten.
fn free_name(stem: &str, has: impl Fn(&str) -> bool) -> String {
    let names = std::iter::once(format!("{stem}.bin")).chain((2..).map(|number| format!("{stem}-{number}.bin")));
    names.into_iter().find(|name| !has(name)).expect("a directory ends")
}
