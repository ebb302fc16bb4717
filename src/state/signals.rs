//! The list of signals: a file each, which says what events it takes, what it keeps and which metrics it gives.
//!
//! To add one, write its file and add one line to the list at the end. The list makes the fields, dispatches events and
//! timers, and brings the signal into declaration, removal, restoring, erasure, memory bounds, checkpoints and the
//! exposition.

pub mod facts;
pub mod fold;
pub mod notice;
pub mod objectives;
pub mod rare;
pub mod restore;
pub mod signal;
pub mod statistics;
pub mod warnings;
pub mod words;

use std::io::Write;

use self::fold::Fold;
use self::restore::Restore;
use self::signal::{Section, Signal};
use crate::event::Event;
use crate::state::engine::cow::Share;
use crate::state::engine::family::Family;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::timers::Timer;

/// One signal in a checkpoint.
pub struct Stored {
    pub section: Section,
    pub write: fn(&Signals, &mut dyn Write) -> postcard::Result<()>,
    /// Reads the signal from a section of this version, and returns the bytes that follow.
    pub read: for<'b> fn(&mut Signals, u16, &'b [u8]) -> postcard::Result<&'b [u8]>,
}

macro_rules! signals {
    ($($module:ident: $Type:ident,)+) => {
        $(pub mod $module;)+

        /// All signals.
        #[derive(Clone, Debug, Default)]
        pub struct Signals {
            $(pub $module: $module::$Type,)+
        }

        /// The families of each signal, in the order in which they are shown.
        pub const FAMILIES: &[&[&Family]] = &[$($module::FAMILIES),+];

        /// Where each signal is stored.
        pub const STORED: &[Stored] = &[$(Stored {
            section: $module::SECTION,
            write: |signals, out| postcard::to_io(&signals.$module, out).map(drop),
            read: |signals, version, bytes| {
                let (signal, rest) = <$module::$Type as Restore>::restore(version, bytes)?;
                signals.$module = signal;
                Ok(rest)
            },
        }),+];

        impl Signals {
            /// Every signal, in the order in which they are shown.
            pub fn all(&self) -> impl Iterator<Item = &dyn Signal> {
                let all: [&dyn Signal; _] = [$(&self.$module),+];
                all.into_iter()
            }

            pub fn all_mut(&mut self) -> impl Iterator<Item = &mut dyn Signal> {
                let all: [&mut dyn Signal; _] = [$(&mut self.$module),+];
                all.into_iter()
            }

            /// The fold has reached a time: see [`Signal::advance`]. This is done for every commit.
            pub fn advance(&mut self, fold: &mut Fold<'_>) {
                $(self.$module.advance(fold);)+
            }

            /// Calls `each` with the lifecycles of every signal. This is done for most events.
            #[inline]
            pub fn each_rows(&self, mut each: impl FnMut(&dyn Rows)) {
                $(if let Some(rows) = self.$module.rows() {
                    each(rows);
                })+
            }

            /// Gives an event to the signals that take its type, and what they find to those that care.
            pub fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
                let kind = event.body.kind();
                $(if $module::TAKES.has(kind) {
                    self.$module.apply(fold, event);
                })+
                self.deliver(fold);
            }

            /// Passes on what a signal found, and what others find from that.
            fn deliver(&mut self, fold: &mut Fold<'_>) {
                while let Some(notice) = fold.next_notice() {
                    $(self.$module.hear(fold, &notice);)+
                }
            }

            /// The next timer of all, by (due, born), and the place of its signal in [`Signals::all`].
            pub fn next_timer(&self) -> Option<(Timer, usize)> {
                let mut next: Option<(Timer, usize)> = None;
                let timers = [$(self.$module.next_timer()),+];
                for (place, timer) in timers.into_iter().enumerate() {
                    let Some(timer) = timer else { continue };
                    if next.is_none_or(|(next, _)| (timer.due, timer.born) < (next.due, next.born)) {
                        next = Some((timer, place));
                    }
                }
                next
            }
        }

        impl Share for Signals {
            fn share(&mut self) {
                $(self.$module.share();)+
            }
        }
    };
}

impl Signals {
    /// Runs the next timer, of the signal in this place.
    pub fn run_timer(&mut self, fold: &mut Fold<'_>, place: usize) {
        if let Some(signal) = self.all_mut().nth(place) {
            signal.run_timer(fold);
        }
        self.deliver(fold);
    }
}

signals! {
    work: Work,
    escalations: Escalations,
    spike: Spikes,
    reviews: Reviews,
    changes: Changes,
    rollbacks: Rollbacks,
    drills: Drills,
    resolutions: Resolutions,
    trust: Trust,
    boundaries: Boundaries,
    inputs: Inputs,
    upkeep: Upkeep,
}
