//! `versions`, `version` and `change`: what did the work that an event is about.

use super::super::behavior::Behavior;
use super::super::body::Str;
use super::super::words::{ChangeKind, Reason, Repair};
use super::fault::{Fault, Read};
use super::field::{Field, FieldSet};
use super::fields::Fields;
use super::phrase::excerpt;
use super::reader::Reader;
use super::slot::{Shape, Slot};

/// Reads those of the three fields that are `there`. Kinds that no change has are counted as unknown fields.
#[inline(never)]
pub(super) fn read<'a>(
    fields: &Fields<'a>,
    there: FieldSet,
    unknown_fields: &mut u32,
) -> Read<Option<Box<Behavior<'a>>>> {
    let identifier = |field| if there.has(field) { fields.may(field, Fields::id) } else { Ok(None) };
    let versions = if there.has(Field::VERSIONS) { versions(fields, unknown_fields) } else { Ok(Vec::new()) };
    let behavior = match (versions, identifier(Field::VERSION), identifier(Field::CHANGE)) {
        (Ok(versions), Ok(version), Ok(change)) => Behavior { versions, version, change },
        (versions, version, change) => return Err(all(versions.err(), version.err(), change.err())),
    };
    Ok((!behavior.is_none()).then(|| Box::new(behavior)))
}

/// One fault of up to three.
fn all(one: Option<Box<Fault>>, other: Option<Box<Fault>>, third: Option<Box<Fault>>) -> Box<Fault> {
    let mut faults = [one, other, third].into_iter().flatten().rev();
    let last = faults.next().unwrap_or_else(|| Fault::nowhere(Reason::Field, "this is no behavior"));
    faults.fold(last, |also, fault| fault.with(also))
}

/// The versions by kind, in the order of the kinds.
fn versions<'a>(fields: &Fields<'a>, unknown_fields: &mut u32) -> Read<Vec<(ChangeKind, Str<'a>)>> {
    if !fields.says(Field::VERSIONS) {
        if fields.is_empty_text(Field::VERSIONS) {
            fields.mended.repair(Field::VERSIONS, Repair::Empty);
        }
        return Ok(Vec::new());
    }
    let mut versions: Vec<(ChangeKind, Option<Str<'a>>)> = Vec::new();
    let mut wrong: Option<Box<Fault>> = None;
    members(fields, |name, slot| {
        let read = match ChangeKind::from_word(&name) {
            None => {
                *unknown_fields += 1;
                return;
            }
            Some(kind) if versions.iter().any(|(known, _)| *known == kind) => {
                Err((Reason::DuplicateField, "is there twice".to_owned()))
            }
            Some(kind) => version(fields, slot).map(|version| versions.push((kind, version))),
        };
        if let Err((reason, problem)) = read {
            let field = format!("{}versions.{name}", fields.prefix);
            let fault = Fault::new(slot.position(), reason, format!("`{field}` {problem}")).in_field(&field);
            wrong.get_or_insert(fault);
        }
    })?;
    if let Some(fault) = wrong {
        return Err(fault);
    }
    versions.sort_by_key(|(kind, _)| *kind);
    Ok(versions.into_iter().filter_map(|(kind, version)| Some((kind, version?))).collect())
}

fn version<'a>(fields: &Fields<'a>, slot: Slot) -> Result<Option<Str<'a>>, (Reason, String)> {
    match slot.shape() {
        Shape::Null => Ok(None),
        Shape::Text if slot.length() == 0 => {
            fields.mended.repair(Field::VERSIONS, Repair::Empty);
            Ok(None)
        }
        _ => fields.identifier(slot, Field::VERSIONS).map(Some),
    }
}

/// Calls `take` with each member of `versions` that is no kind of change.
#[cold]
pub(super) fn unknown_kinds(fields: &Fields<'_>, mut take: impl FnMut(String)) {
    if fields.slot(Field::VERSIONS).shape() == Shape::Object {
        let _ = members(fields, |name, _| {
            if ChangeKind::from_word(&name).is_none() {
                take(excerpt(&name));
            }
        });
    }
}

fn members<'a>(fields: &Fields<'a>, take: impl FnMut(Str<'a>, Slot)) -> Read<()> {
    let slot = fields.slot(Field::VERSIONS);
    if slot.shape() != Shape::Object {
        return Err(fields.wrong(Field::VERSIONS, "an object from kinds to versions, as {\"prompt\":\"v8\"}"));
    }
    Reader::new(fields.text, slot.position()).members(take)
}
