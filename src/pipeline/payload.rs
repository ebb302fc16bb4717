//! What a journal frame says: when it was committed, and the records. Pure.
//!
//! ```text
//! payload: version u8 | kind u8 | commit time i64, nanoseconds, little-endian | records
//! kind 0:  events, in the encoding of `event::binary`, one after the other; the frame says how many
//! kind 1:  one operating model, as JSON
//! kind 2:  the names of a case that is to be forgotten, 16 bytes each, little-endian: see `state::forget`. Since 0.2.0
//! kind 3:  by how much the fold goes back, to the commit time, and by how much the clock was ahead; nanoseconds, i64. Version 2
//! kind 4:  the name of a system whose rise of escalations is accepted as usual, UTF-8. Version 2
//! ```
//!
//! A day90 that doesn't know a version or a kind refuses to start, and says so: it never skips a record.
//!
//! Live events and replayed ones both go through [`apply`]: there is one way into the state.

use crate::config::Model;
use crate::event::json::is_system;
use crate::event::{Event, Timestamp, binary};
use crate::state::State;
use crate::state::engine::dedupe::SeenId;

/// The version of this layout and of the events' encoding. Version 1 is that of day90 0.1.0 and 0.2.0, to which an id was the
/// same whatever the type of the event.
pub const VERSION: u8 = 2;
const FIRST_VERSION: u8 = 1;
const EVENTS: u8 = 0;
pub(super) const MODEL: u8 = 1;
const FORGET: u8 = 2;
const CLOCK: u8 = 3;
const ACCEPTED: u8 = 4;
pub(super) const HEAD_BYTES: usize = 10;
/// Events that are decoded, then folded, and whose ids are then marked as seen, together: so the processor keeps the
/// instructions of each step in its cache, and waits for many ids at once, each of which is a cache miss.
const EVENTS_AT_ONCE: usize = 32;

/// Begins a payload of events; their encodings follow.
pub fn begin_events(at: Timestamp, out: &mut Vec<u8>) {
    begin(EVENTS, at, out);
}

/// Writes the payload of an operating model.
pub fn model(at: Timestamp, model: &Model, out: &mut Vec<u8>) {
    begin(MODEL, at, out);
    serde_json::to_writer(out, model).expect("a model is plain data, and memory can be written");
}

/// Writes the payload that forgets a case. No text of the case is in it.
pub fn forget(at: Timestamp, names: &[u128], out: &mut Vec<u8>) {
    begin(FORGET, at, out);
    names.iter().for_each(|name| out.extend_from_slice(&name.to_le_bytes()));
}

/// Writes the payload that takes time back to `to`, by this many nanoseconds; the clock was ahead by `step`.
pub fn clock_corrected(to: Timestamp, by: i64, step: i64, out: &mut Vec<u8>) {
    begin(CLOCK, to, out);
    [by, step].iter().for_each(|nanos| out.extend_from_slice(&nanos.to_le_bytes()));
}

/// Writes the payload by which a system's rise is accepted.
pub fn accepted(at: Timestamp, system: &str, out: &mut Vec<u8>) {
    begin(ACCEPTED, at, out);
    out.extend_from_slice(system.as_bytes());
}

/// What a payload is to an earlier release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An earlier release wrote it, or could have.
    Known,
    /// This release wrote it, and nothing came in with it: it can be left out.
    OnlyModel,
    /// This release wrote events, or erased some.
    New,
}

/// What a payload is to day90 0.2.0.
pub fn told(payload: &[u8]) -> Told {
    match payload.first_chunk() {
        Some([FIRST_VERSION, _]) => Told::Known,
        Some([_, MODEL]) => Told::OnlyModel,
        _ => Told::New,
    }
}

fn begin(kind: u8, at: Timestamp, out: &mut Vec<u8>) {
    out.extend_from_slice(&[VERSION, kind]);
    out.extend_from_slice(&at.nanos().to_le_bytes());
}

/// Advances the state to the frame's time and folds its records.
///
/// # Errors
/// When the payload is of a later version, or not what its writer writes.
pub fn apply(state: &mut State, sequence: u64, count: u32, payload: &[u8]) -> Result<(), String> {
    apply_with_ids(state, sequence, count, payload, None)
}

/// As [`apply`], where the hash of each event's id is known.
pub fn apply_with_ids(
    state: &mut State,
    sequence: u64,
    count: u32,
    payload: &[u8],
    ids: Option<&[u128]>,
) -> Result<(), String> {
    let Head { version, kind, at, records } = Head::of(payload)?;
    if kind == CLOCK {
        let (by, step) = corrected_by(records)?;
        state.correct_clock(at, by, step, sequence);
        return Ok(());
    }
    state.advance(at);
    match kind {
        EVENTS => apply_events(state, &Frame { version, sequence, count, ids }, records),
        MODEL => {
            let model = serde_json::from_slice(records).map_err(|error| format!("the operating model: {error}"))?;
            state.configure(model, sequence);
            Ok(())
        }
        FORGET => {
            state.forget(forgotten(records)?.into_iter(), sequence);
            Ok(())
        }
        ACCEPTED => {
            state.accept(system_of(records)?, sequence);
            Ok(())
        }
        kind => Err(unknown(kind)),
    }
}

/// What a payload holds, for those who fold nothing.
#[derive(Clone, Debug)]
pub enum Records<'p> {
    Events(Vec<Event<'p>>),
    Model,
    /// The names of a case that is to be forgotten.
    Forget(Vec<u128>),
    /// The clock was ahead by this many nanoseconds.
    ClockCorrected(i64),
    /// The rise of this system was accepted.
    Accepted(&'p str),
}

/// Reads a payload of this many records.
///
/// # Errors
/// As [`apply`].
pub fn read(count: u32, payload: &[u8]) -> Result<Records<'_>, String> {
    let Head { kind, records, .. } = Head::of(payload)?;
    match kind {
        EVENTS => {
            let (mut events, mut rest) = (Vec::new(), records);
            for number in 0..count {
                let (event, used) = binary::decode(rest).map_err(|error| format!("event {number}: {error}"))?;
                events.push(event);
                rest = &rest[used..];
            }
            Ok(Records::Events(events))
        }
        MODEL => Ok(Records::Model),
        FORGET => forgotten(records).map(Records::Forget),
        CLOCK => corrected_by(records).map(|(_, step)| Records::ClockCorrected(step)),
        ACCEPTED => system_of(records).map(Records::Accepted),
        kind => Err(unknown(kind)),
    }
}

/// How a payload begins, and its records.
struct Head<'p> {
    version: u8,
    kind: u8,
    at: Timestamp,
    records: &'p [u8],
}

impl Head<'_> {
    fn of(payload: &[u8]) -> Result<Head<'_>, String> {
        let (head, records) = payload.split_at_checked(HEAD_BYTES).ok_or("the payload is shorter than its head")?;
        let version = head[0];
        if !(FIRST_VERSION..=VERSION).contains(&version) {
            return Err(format!("its records have version {version}, and this day90 knows versions up to {VERSION}"));
        }
        let nanos: [u8; 8] = head[2..].try_into().map_err(|_| "the head is cut short")?;
        Ok(Head { version, kind: head[1], at: Timestamp::from_nanos(i64::from_le_bytes(nanos)), records })
    }
}

fn unknown(kind: u8) -> String {
    format!("a record of the unknown kind {kind}")
}

/// The name of the system whose rise is accepted.
fn system_of(records: &[u8]) -> Result<&str, String> {
    let name = std::str::from_utf8(records).ok().filter(|name| is_system(name));
    name.ok_or_else(|| "an acceptance of something that is not a system's name".to_owned())
}

/// By how much the fold goes back, and by how much the clock was ahead.
fn corrected_by(records: &[u8]) -> Result<(i64, i64), String> {
    let (nanos, rest) = records.as_chunks::<8>();
    match nanos.iter().map(|nanos| i64::from_le_bytes(*nanos)).collect::<Vec<_>>()[..] {
        [by, step] if rest.is_empty() && by > 0 && step >= by => Ok((by, step)),
        _ => Err("a correction of the clock that goes nowhere".to_owned()),
    }
}

fn forgotten(records: &[u8]) -> Result<Vec<u128>, String> {
    let (names, rest) = records.as_chunks::<16>();
    let names = names.iter().map(|name| u128::from_le_bytes(*name)).collect();
    if rest.is_empty() { Ok(names) } else { Err("the names of a forgotten case are cut short".to_owned()) }
}

/// A frame of events.
struct Frame<'f> {
    version: u8,
    sequence: u64,
    count: u32,
    /// The hashes of the ids, where they are known.
    ids: Option<&'f [u128]>,
}

impl Frame<'_> {
    /// The id of the event at this position, as it is remembered.
    fn id(&self, state: &State, at: u64, event: &Event<'_>) -> u128 {
        match self.ids.and_then(|ids| ids.get(at as usize)) {
            Some(id) => *id,
            None if self.version == FIRST_VERSION => state.first_id_of(event).unwrap_or(0),
            None => state.id_of(event),
        }
    }
}

fn apply_events(state: &mut State, frame: &Frame<'_>, mut records: &[u8]) -> Result<(), String> {
    let mut events = Vec::with_capacity(EVENTS_AT_ONCE);
    let mut seen = Vec::with_capacity(EVENTS_AT_ONCE);
    let (mut number, count) = (0, u64::from(frame.count));
    while number < count {
        let first = frame.sequence + number;
        while events.len() < EVENTS_AT_ONCE && number < count {
            // Decoded in its place.
            events.push((0, Event::nothing()));
            let Some((id, event)) = events.last_mut() else { unreachable!("one was just pushed") };
            let used = binary::decode_into(records, event)
                .map_err(|error| format!("event {}: {error}", frame.sequence + number))?;
            *id = frame.id(state, number, event);
            records = &records[used..];
            number += 1;
        }
        for ((id, event), sequence) in events.iter().zip(first..) {
            let system = Some(state.fold(event, sequence)).filter(|_| frame.version > FIRST_VERSION);
            if *id != 0 {
                seen.push(SeenId { id: *id, system, received: event.received });
            }
        }
        events.clear();
        state.remember(&seen);
        seen.clear();
    }
    if records.is_empty() { Ok(()) } else { Err(format!("{} bytes follow the last event", records.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine::dedupe::HashKey;

    #[test]
    fn an_acceptance_names_a_system_and_is_refused_where_it_names_none() {
        let mut written = Vec::new();
        accepted(Timestamp::from_seconds(1), "agent", &mut written);
        assert!(matches!(read(1, &written), Ok(Records::Accepted("agent"))), "{:?}", read(1, &written));
        assert_eq!(told(&written), Told::New, "an earlier release must not start on it");
        let names: [&[u8]; 4] = [b"", b"an agent", b"agent\n", &[0xff]];
        for name in names {
            let damaged = [&written[..HEAD_BYTES], name].concat();
            let why = read(1, &damaged).expect_err("no system has this name");
            assert!(why.contains("not a system's name"), "{why}");
            assert_eq!(apply(&mut State::new(HashKey(1, 2)), 1, 1, &damaged), Err(why));
        }
    }
}
