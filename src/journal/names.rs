//! The names of the files in a journal's directory. A file is what its name says, so they are all declared here.

/// The file that is locked while a daemon has the directory.
pub(super) const LOCK: &str = "lock";

/// The name of the segment whose first record has this number.
pub(crate) fn segment(first: u64) -> String {
    format!("journal-{first:020}.seg")
}

/// The number in a segment's name; `None` when it is not a segment.
pub(super) fn first_of(file: &str) -> Option<u64> {
    number(file, "journal-", ".seg").filter(|&first| first > 0)
}

/// The name of the checkpoint whose last record has this number.
pub(crate) fn checkpoint(sequence: u64) -> String {
    format!("checkpoint-{sequence:020}.ckpt")
}

/// The number in a checkpoint's name; `None` when it is not a checkpoint.
pub(super) fn sequence_of(file: &str) -> Option<u64> {
    number(file, "checkpoint-", ".ckpt")
}

/// The name of a checkpoint while it is written.
pub(super) fn temporary(sequence: u64) -> String {
    checkpoint(sequence) + ".tmp"
}

pub(super) fn is_temporary(file: &str) -> bool {
    file.starts_with("checkpoint-") && file.ends_with(".ckpt.tmp")
}

/// The name under which a torn tail is kept.
pub(super) fn torn(sequence: u64, offset: u64) -> String {
    format!("torn-{sequence:020}-{offset:010}.bin")
}

pub(super) fn is_torn(file: &str) -> bool {
    file.starts_with("torn-") && file.ends_with(".bin")
}

/// The name of what a repair has written down.
pub(super) fn repaired(last: u64) -> String {
    format!("repaired-{last:020}.txt")
}

/// The record up to which a repair has dealt with all damage, by the name of what it has written down.
pub(super) fn repaired_to(file: &str) -> Option<u64> {
    number(file, "repaired-", ".txt")
}

/// Whether the journal reads or writes a file of this name.
pub(super) fn is_own(file: &str) -> bool {
    let is_numbered = first_of(file).or_else(|| sequence_of(file)).or_else(|| repaired_to(file)).is_some();
    is_numbered || is_temporary(file) || is_torn(file) || file == LOCK
}

fn number(file: &str, before: &str, after: &str) -> Option<u64> {
    let digits = file.strip_prefix(before)?.strip_suffix(after)?;
    if digits.len() == 20 { digits.parse().ok() } else { None }
}
