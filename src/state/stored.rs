//! The state as a checkpoint stores it: named sections, each with a version, so that it can grow. Pure.
//!
//! ```text
//! payload:  sections, one after the other
//! section:  name length u8 | name | version u16 | lost length u8 | lost | chunks | 0 u32
//! chunk:    length u32, not 0 | bytes
//! ```
//! Integers are little-endian. The bytes of a section are one part of [`State`], or several, as postcard encodes them;
//! they come in chunks, so that they can be written as they are made. `lost` says what is lost by a day90 that doesn't
//! know the section and skips it; where it is empty, the section must not be skipped.
//!
//! A reader takes the sections in any order, one in memory at a time. A missing one is empty: an upgrade has added it. An
//! unknown one is skipped with a warning, if it may be. Anything else is refused.
//!
//! # Adding and changing
//! * A signal names its section, with the release that brings it and, if the release before may go on without it, what
//!   that loses: see [`Section`].
//! * A part that changes its layout gets the next version and a decoder that still reads the one before.
//! * A section that must not be skipped, or a new version, raises `journal::checkpoint::NEEDS` to that release.
//!
//! **Format 1**, of day90 0.1.0, is the bytes of the sections that it knew, in a fixed order, with nothing between
//! them. It is still read.

mod sections;

use std::io::{self, Read, Write};

use self::sections::{Chunks, Head, invalid, put_head, take_chunks, take_head};
use super::engine::core::Core;
use super::engine::dedupe::{Dedupe, HashKey};
use super::signals::STORED;
use super::signals::facts::{Facts, FactsV1};
use super::signals::restore::Restore;
use super::signals::signal::{FIRST, Release, Section};
use super::signals::statistics::Statistics;
use super::{Snapshot, State};

/// The sections of format 1, in its order. They are required in every checkpoint.
const FORMAT_1: [&str; 15] = [
    "core",
    "dedupe",
    "key",
    "itself",
    "objectives",
    "work",
    "escalations",
    "reviews",
    "resolutions",
    "trust",
    "changes",
    "rollbacks",
    "boundaries",
    "inputs",
    "upkeep",
];

/// The kinds of lifecycles in the section of forgotten ones, in the order of its numbers.
const FORGOTTEN: [&str; 5] = ["escalation", "review", "appeal", "rollback", "case"];

type WritePart = Box<dyn Fn(&State, &mut dyn Write) -> postcard::Result<()>>;
type ReadPart = Box<dyn for<'a> Fn(&mut State, u16, &'a [u8]) -> postcard::Result<&'a [u8]>>;

/// One part of the state and the section that it is in. Parts of one section follow each other in the list.
struct Part {
    section: Section,
    write: WritePart,
    /// Puts it into the state, as this version of the section has it, and returns the bytes that follow.
    read: ReadPart,
}

/// A part that serde writes and reads whole: a field of the state.
macro_rules! field {
    ($name:literal, $field:ident) => {
        Part {
            section: Section::first($name),
            write: Box::new(|state, out| postcard::to_io(&state.$field, out).map(drop)),
            read: Box::new(|state, _, bytes| {
                let (value, rest) = postcard::take_from_bytes(bytes)?;
                state.$field = value;
                Ok(rest)
            }),
        }
    };
}

/// As [`field`], of a section that a release before may skip.
macro_rules! later {
    ($name:literal, $lost:expr, $($field:ident).+) => {
        Part {
            section: Section { name: $name, version: 1, since: [0, 3, 0], lost: $lost },
            write: Box::new(|state, out| postcard::to_io(&state.$($field).+, out).map(drop)),
            read: Box::new(|state, _, bytes| {
                let (value, rest) = postcard::take_from_bytes(bytes)?;
                state.$($field).+ = value;
                Ok(rest)
            }),
        }
    };
}

/// Every part, in the order in which they are written.
fn parts() -> Vec<Part> {
    let mut parts = vec![core(), dedupe(), field!("key", key), itself(), field!("objectives", objectives)];
    parts.extend(STORED.iter().map(|stored| Part {
        section: stored.section,
        write: Box::new(|state, out| (stored.write)(&state.signals, out)),
        read: Box::new(|state, version, bytes| (stored.read)(&mut state.signals, version, bytes)),
    }));
    parts.extend([forgotten(), natives(), limited(), marks(), rare(), clock()]);
    // So a payload that ends early lacks what may be missing, and nothing else.
    parts.sort_by_key(|part| !FORMAT_1.contains(&part.section.name));
    parts
}

/// The core has the facts among its fields.
fn core() -> Part {
    Part {
        section: Section { name: "core", version: 2, since: [0, 3, 0], lost: "" },
        write: Box::new(|state, out| postcard::to_io(&state.core.stored(&state.facts), out).map(drop)),
        read: Box::new(|state, version, bytes| match version {
            1 => state.take_core(Core::restore_first::<FactsV1>(bytes)?),
            _ => state.take_core(Core::restore::<Facts>(bytes)?),
        }),
    }
}

/// What the fold counts of events.
fn itself() -> Part {
    Part {
        section: Section { name: "itself", version: 2, since: [0, 3, 0], lost: "" },
        write: Box::new(|state, out| postcard::to_io(&state.statistics, out).map(drop)),
        read: Box::new(|state, version, bytes| {
            let (statistics, rest) = Statistics::restore(version, bytes)?;
            state.statistics = statistics;
            Ok(rest)
        }),
    }
}

/// The ids are written in pieces.
fn dedupe() -> Part {
    Part {
        section: Section { name: "dedupe", version: 2, since: [0, 3, 0], lost: "" },
        write: Box::new(|state, out| state.dedupe.write_to(out)),
        read: Box::new(|state, version, bytes| {
            let (dedupe, rest) = Dedupe::restore(version, bytes)?;
            state.dedupe = dedupe;
            Ok(rest)
        }),
    }
}

/// How many finished lifecycles were forgotten early.
fn forgotten() -> Part {
    let lost = "how many finished lifecycles were forgotten for want of memory";
    Part {
        section: Section { name: "forgotten", version: 1, since: [0, 2, 0], lost },
        write: Box::new(|state, out| {
            let of = |word: &str| state.rows().find(|rows| rows.word() == word).map_or(0, |rows| rows.forgotten());
            postcard::to_io(&FORGOTTEN.map(of), out).map(drop)
        }),
        read: Box::new(|state, _, bytes| {
            let (counts, rest) = postcard::take_from_bytes::<[u64; FORGOTTEN.len()]>(bytes)?;
            for rows in state.signals.all_mut().filter_map(|signal| signal.rows_mut()) {
                let place = FORGOTTEN.iter().position(|word| *word == rows.word());
                rows.set_forgotten(place.map_or(0, |place| counts[place]));
            }
            Ok(rest)
        }),
    }
}

/// The native buckets of all histograms: put into the state when all of it is read.
fn natives() -> Part {
    let lost = "native buckets of histograms; they are made again from the classic ones";
    Part {
        section: Section { name: "natives", version: 1, since: [0, 2, 0], lost },
        write: Box::new(|state, out| postcard::to_io(&state.natives(), out).map(drop)),
        read: Box::new(|state, _, bytes| {
            let (natives, rest) = postcard::take_from_bytes(bytes)?;
            state.read_natives = natives;
            Ok(rest)
        }),
    }
}

/// When the counters of what the bounds made `other` began.
fn limited() -> Part {
    let lost = "when series began to be limited; their counters are not shown at 0 first";
    later!("limited", lost, core.limited_since)
}

/// What was counted when each of the last days began.
fn marks() -> Part {
    let lost = "what was counted when each of the last days began; the page shows what was counted since the upgrade";
    later!("marks", lost, marks)
}

/// By how much the clock was set right.
fn clock() -> Part {
    later!("clock", "by how much the time of the state went back in all", corrected)
}

/// The last rare events.
fn rare() -> Part {
    later!("rare", "the list of rare events", rare)
}

/// The lowest release that reads what is written here, as far as the sections decide it.
pub fn needs() -> Release {
    let required = parts().into_iter().map(|part| part.section).filter(|section| section.lost.is_empty());
    required.map(|section| section.since).max().unwrap_or(FIRST)
}

impl Snapshot {
    /// Writes the state as a checkpoint stores it; [`State::decode`] reads it.
    pub fn encode_to(&self, out: &mut impl Write) -> io::Result<()> {
        for parts in parts().chunk_by(|one, next| one.section.name == next.section.name) {
            let section = &parts[0].section;
            put_head(out, section.name, section.version, section.lost)?;
            let mut chunks = Chunks::new(out);
            for part in parts {
                (part.write)(&self.state, &mut chunks).map_err(io::Error::other)?;
            }
            chunks.end()?;
        }
        Ok(())
    }
}

impl State {
    /// Reads what [`Snapshot::encode_to`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<State, String> {
        State::read(&mut &*bytes).map(|(state, _)| state).map_err(|error| error.to_string())
    }

    /// Reads what [`Snapshot::encode_to`] wrote, and says what of it was skipped. `InvalidData` is what cannot be
    /// understood; other errors are the reader's.
    pub fn read(payload: &mut dyn Read) -> io::Result<(State, Vec<String>)> {
        let parts = parts();
        let mut state = State::new(HashKey(0, 0));
        let mut warnings = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut is_older = false;
        while let Some(head) = take_head(payload)? {
            // Not kept for the next one: a table of cases may have needed most of the memory there is.
            let mut bytes = Vec::new();
            take_chunks(payload, &mut bytes)?;
            if seen.contains(&head.name) {
                return Err(invalid(format!("section {} is there twice", head.name)));
            }
            let parts: Vec<&Part> = of_section(&parts, &head.name).collect();
            match parts.is_empty() {
                true => warnings.push(skip(&head)?),
                false => {
                    is_older |= head.version < parts[0].section.version;
                    state.read_section(&head, &parts, &bytes)?;
                }
            }
            seen.push(head.name);
        }
        if let Some(name) = FORMAT_1.iter().find(|name| !seen.iter().any(|seen| seen == *name)) {
            return Err(invalid(format!("section {name} is missing")));
        }
        state.rebuild();
        if is_older {
            state.declare_all();
        }
        Ok((state, warnings))
    }

    /// Takes a core, with the facts of some version, and returns the bytes that follow.
    fn take_core<'a, F: Into<Facts>>(
        &mut self,
        (core, facts, rest): (Core, F, &'a [u8]),
    ) -> postcard::Result<&'a [u8]> {
        let limited_since = std::mem::take(&mut self.core.limited_since);
        (self.core, self.facts) = (core, facts.into());
        self.core.limited_since = limited_since;
        Ok(rest)
    }

    fn read_section(&mut self, head: &Head, parts: &[&Part], mut bytes: &[u8]) -> io::Result<()> {
        let (name, version) = (&head.name, head.version);
        let known = parts[0].section.version;
        if version > known {
            return Err(invalid(format!("section {name} has version {version}, and this day90 knows {known}")));
        }
        for part in parts {
            bytes = (part.read)(self, version, bytes).map_err(|error| invalid(format!("section {name}: {error}")))?;
        }
        match bytes.len() {
            0 => Ok(()),
            rest => Err(invalid(format!("{rest} bytes follow section {name}"))),
        }
    }

    /// Reads a checkpoint's payload of format 1.
    pub fn decode_format_1(mut bytes: &[u8]) -> Result<State, String> {
        let parts = parts();
        let mut state = State::new(HashKey(0, 0));
        for part in FORMAT_1.iter().flat_map(|name| of_section(&parts, name)) {
            let name = part.section.name;
            bytes = (part.read)(&mut state, 1, bytes).map_err(|error| format!("{name}: {error}"))?;
        }
        state.rebuild();
        state.declare_all();
        if bytes.is_empty() { Ok(state) } else { Err(format!("{} bytes follow the state", bytes.len())) }
    }
}

/// The parts of a section, in order.
fn of_section<'p>(parts: &'p [Part], name: &str) -> impl Iterator<Item = &'p Part> {
    parts.iter().filter(move |part| part.section.name == name)
}

/// What is said of a section that isn't known here.
fn skip(Head { name, lost, .. }: &Head) -> io::Result<String> {
    if lost.is_empty() {
        return Err(invalid(format!("section {name} is not known here, and must not be skipped")));
    }
    Ok(format!("section {name} was skipped, since this day90 doesn't know it: lost is {lost}"))
}

#[cfg(test)]
mod tests;
