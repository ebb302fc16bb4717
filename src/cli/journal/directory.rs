//! What the commands on a data directory share: opening it, what its faults mean, and counts in words.

use std::path::Path;
use std::sync::Arc;

use crate::failure::Failure;
use crate::journal::{Disk, Fatal, RealDisk};

/// The directory of a journal. It must exist: a mistyped name must not look like a healthy empty journal.
pub(super) fn open(dir: &Path) -> Result<Arc<dyn Disk>, Failure> {
    if !dir.is_dir() {
        return Err(Failure::Usage(format!("{}: no such directory", dir.display())));
    }
    Ok(Arc::new(RealDisk::new(dir)))
}

/// Damage is a finding; anything else that stops a command is a fault of the machine.
pub(super) fn failure(fatal: Fatal) -> Failure {
    match fatal {
        Fatal::Corrupt { .. } | Fatal::Content { .. } | Fatal::NewerFormat { .. } => {
            Failure::Refused(fatal.to_string())
        }
        Fatal::Io { .. } | Fatal::Locked { .. } => Failure::Machine(fatal.to_string()),
    }
}

/// `1 record`, `2 records`.
pub(super) fn counted(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
