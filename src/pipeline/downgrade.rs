//! The way back to the release before: until the first event came in, what this release wrote is left out again.
//!
//! A start of this release writes its operating model, and no checkpoint (see [`recover`]). So what the earlier release wrote
//! is all there, and it needs only that the rest is removed.

use std::sync::Arc;

use crate::journal::back::{self, Before};
use crate::journal::version::Version;
use crate::journal::{self, Disk, Fatal, FramePlace};

use super::payload::{self, Told};
use super::recover;

/// What came of it.
#[derive(Debug)]
pub struct Downgraded {
    /// The path of the directory.
    pub path: String,
    /// The release that can start on it.
    pub release: Version,
    /// Records of this release that were removed.
    pub removed: u64,
    /// The last record that is left.
    pub last: u64,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NoWayBack {
    Journal(Fatal),
    /// A sentence.
    Gone(String),
}

impl From<Fatal> for NoWayBack {
    fn from(fatal: Fatal) -> NoWayBack {
        NoWayBack::Journal(fatal)
    }
}

/// What the journal holds after the checkpoint of the earlier release.
#[derive(Default)]
struct Found {
    /// The last record that the earlier release can read.
    last: u64,
    /// Where this release began to write.
    from: Option<FramePlace>,
    /// Records of this release.
    removed: u64,
    /// Why there is no way back.
    gone: Option<String>,
}

impl Found {
    fn see(&mut self, frame: journal::Frame<'_>) {
        match payload::told(frame.payload) {
            Told::Known if self.from.is_none() => self.last = frame.sequence + u64::from(frame.count) - 1,
            Told::OnlyModel => {
                self.from.get_or_insert(frame.place);
                self.removed += u64::from(frame.count);
            }
            Told::Known | Told::New if self.gone.is_none() => self.gone = Some(new_event(frame.sequence)),
            Told::Known | Told::New => {}
        }
    }
}

fn new_event(record: u64) -> String {
    format!(
        "record {record} came in under this release (an event, or the erasure of a case), and the release before cannot read \
         it; without it, what was acknowledged would be lost"
    )
}

/// Makes a data directory one that the release before can start on.
///
/// # Errors
/// When something came in under this release, or the directory cannot be read. Then nothing was changed.
pub fn downgrade(disk: &Arc<dyn Disk>) -> Result<Downgraded, NoWayBack> {
    let _lock = journal::lock(&**disk)?;
    let Before { reading, written_by, newer } = back::read(&**disk)?;
    if written_by.is_none() && !newer.is_empty() {
        return Err(NoWayBack::Gone(
            "checkpoints of this release have replaced those of the release before: events came in, or a case was erased"
                .to_owned(),
        ));
    }
    let mut found = Found { last: reading.checkpoint_sequence().unwrap_or(0), ..Found::default() };
    reading.replay(|frame| {
        found.see(frame);
        Ok(())
    })?;
    if let Some(gone) = found.gone {
        return Err(NoWayBack::Gone(gone));
    }
    if found.last == 0 {
        return Err(NoWayBack::Gone("no release before this one has written anything there".to_owned()));
    }
    back::cut(&**disk, &newer, found.from)?;
    // As a start would read it; it reads whatever the earlier release can.
    recover::recover(disk)?;
    let release = written_by.unwrap_or(recover::BEFORE);
    Ok(Downgraded { path: disk.path(""), release, removed: found.removed, last: found.last })
}
