//! What few events have: repairs, and the behavior that did the work. An event without them takes no byte more.

use super::super::behavior::Behavior;
use super::super::body::{Event, Str};
use super::super::repairs::Repairs;
use super::super::words::ChangeKind;
use super::cursor::{Damaged, Input, Output};
use super::flag;
use super::part::{Part, optional};

const REPAIRS: u8 = 1;
const SKEWED: u8 = 2;
const VERSIONS: u8 = 4;
const VERSION: u8 = 8;
const CHANGE: u8 = 16;
const ALL: u8 = REPAIRS | SKEWED | VERSIONS | VERSION | CHANGE;

#[inline(always)]
pub(super) fn has_any(event: &Event) -> bool {
    event.behavior.is_some() | event.skewed | !event.repairs.is_empty()
}

#[inline(never)]
pub(super) fn put(event: &Event, out: &mut Output<'_>) {
    const NONE: &Behavior<'static> = &Behavior::NONE;
    let Behavior { versions, version, change } = event.behavior.as_deref().unwrap_or(NONE);
    out.byte(
        flag(REPAIRS, !event.repairs.is_empty())
            | flag(SKEWED, event.skewed)
            | flag(VERSIONS, !versions.is_empty())
            | flag(VERSION, version.is_some())
            | flag(CHANGE, change.is_some()),
    );
    if !event.repairs.is_empty() {
        out.byte(event.repairs.bits());
    }
    if !versions.is_empty() {
        out.byte(versions.len() as u8);
        for (kind, version) in versions {
            kind.put(out);
            version.put(out);
        }
    }
    version.iter().for_each(|version| version.put(out));
    change.iter().for_each(|change| change.put(out));
}

#[inline(never)]
pub(super) fn take<'a>(event: &mut Event<'a>, input: &mut Input<'a>) -> Result<(), Damaged> {
    let bits = input.byte()?;
    if bits & !ALL != 0 {
        return Err(input.damaged("something of a later version"));
    }
    if bits & REPAIRS != 0 {
        event.repairs = Repairs::from_bits(input.byte()?);
    }
    event.skewed = bits & SKEWED != 0;
    let mut versions = Vec::new();
    if bits & VERSIONS != 0 {
        let count = input.byte()?;
        if usize::from(count) > ChangeKind::ALL.len() {
            return Err(input.damaged("more versions than kinds of change"));
        }
        for _ in 0..count {
            versions.push((ChangeKind::take(input)?, Str::take(input)?));
        }
    }
    let version = optional(input, bits & VERSION != 0)?;
    let change = optional(input, bits & CHANGE != 0)?;
    if bits & (VERSIONS | VERSION | CHANGE) != 0 {
        event.behavior = Some(Box::new(Behavior { versions, version, change }));
    }
    Ok(())
}
