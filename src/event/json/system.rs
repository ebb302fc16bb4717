//! The name of the system that an event belongs to.

use super::super::body::Str;
use super::super::words::Reason;
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::Field;
use super::fields::Fields;
use super::slot::Shape;

/// Bytes of a system's name.
pub const SYSTEM_BYTES: usize = 64;

/// The field `system`, when it is there.
pub(super) fn declared<'a>(fields: &Fields<'a>) -> Read<Option<Str<'a>>> {
    const EXPECTED: &str = "1 to 64 of a-z, 0-9, `.`, `_` and `-`";
    let slot = fields.slot(Field::SYSTEM);
    let wrong = || -> Box<Fault> { fields.fault(Field::SYSTEM, Reason::System, fields.found(Field::SYSTEM, EXPECTED)) };
    match slot.shape() {
        Shape::Absent | Shape::Null => Ok(None),
        _ => slot.string(fields.text).filter(|system| is_system(system)).map(Some).ok_or_else(wrong),
    }
}

/// The system of an event in the short form.
#[inline]
pub(super) fn of_short<'a>(fields: &Fields<'a>, context: &Context<'_>) -> Read<Str<'a>> {
    const MISSING: &str = "every event belongs to a system, and no default_system is configured";
    match declared(fields)? {
        Some(system) => Ok(system),
        None => context.system().ok_or_else(|| fields.missing(Field::SYSTEM, MISSING)),
    }
}

/// The bytes of a system's name: a table, since every event has one.
static IN_SYSTEM: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = matches!(byte as u8, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        byte += 1;
    }
    table
};

/// Is this the name of a system as the contract spells it?
pub fn is_system(name: &str) -> bool {
    // Not stopping at the first byte that is not allowed saves a branch for each byte; mostly all are allowed.
    let are_allowed = |name: &str| name.bytes().fold(true, |all, byte| all & IN_SYSTEM[usize::from(byte)]);
    (1..=SYSTEM_BYTES).contains(&name.len()) && are_allowed(name)
}

/// The system that a name from another vocabulary means (a CloudEvents source, `service.name`): in lower case, other
/// characters as `-`, cut at 64. `None` when nothing is left to name it.
pub fn system_from(name: &str) -> Option<String> {
    let allowed = |character: char| match character.to_ascii_lowercase() {
        lower @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => lower,
        _ => '-',
    };
    let system: String = name.trim().chars().map(allowed).take(SYSTEM_BYTES).collect();
    (!system.is_empty()).then_some(system)
}
