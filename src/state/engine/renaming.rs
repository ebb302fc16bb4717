//! Systems that get another name: which state goes on under which, by `formerly` of an operating model.
//!
//! A system whose state goes on is renamed. Where both names have a system and only one of them has state, the other is
//! ended. Where both have state, nothing is done here: such a model is refused before it is written, see [`conflict`].

use crate::config::Model;

/// What a new operating model does to a system, which has a number of type `S`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renaming<'m, S> {
    /// Nothing ever came of it, and another takes its place.
    End(S),
    Rename(S, &'m str),
}

/// What is known of the systems.
pub struct Known<'k, S> {
    /// The system that has this name now.
    pub named: &'k dyn Fn(&str) -> Option<S>,
    /// The system that had this name first, if it is called otherwise now.
    pub first_named: &'k dyn Fn(&str) -> Option<S>,
    /// Whether anything ever came of a system.
    pub has_state: &'k dyn Fn(S) -> bool,
}

/// A declared name, and the system that has one of its former names.
struct Pair<'m, S> {
    name: &'m str,
    former: &'m str,
    /// The system that has the declared name already.
    now: Option<S>,
    before: S,
}

/// What is to be done so that state goes on under the names of this model.
pub fn steps<'m, S: Copy + PartialEq>(model: &'m Model, known: &Known<'_, S>) -> Vec<Renaming<'m, S>> {
    let mut steps: Vec<Renaming<'m, S>> = Vec::new();
    for Pair { name, now, before, .. } in pairs(model, known) {
        let is_done = steps.iter().any(|step| matches!(step, Renaming::Rename(_, to) if *to == name));
        match now {
            None if !is_done => steps.push(Renaming::Rename(before, name)),
            _ if !(known.has_state)(before) => steps.push(Renaming::End(before)),
            Some(now) if !(known.has_state)(now) && !is_done => {
                steps.extend([Renaming::End(now), Renaming::Rename(before, name)]);
            }
            _ => {}
        }
    }
    steps
}

/// Why this model cannot come into force, if it would join two states: a sentence.
pub fn conflict<S: Copy + PartialEq>(model: &Model, known: &Known<'_, S>) -> Option<String> {
    let mut claimed: Vec<(&str, &str)> = Vec::new();
    for Pair { name, former, now, before } in pairs(model, known) {
        if !(known.has_state)(before) {
            continue;
        }
        let other = claimed.iter().find(|(claimant, _)| *claimant == name).map(|(_, other)| *other);
        let other = other.or(now.filter(|now| (known.has_state)(*now)).map(|_| name));
        if let Some(other) = other {
            return Some(format!(
                "systems.{name}.formerly: both {former} and {other} have state, and two states cannot become one; end one \
                 of them by listing it in `removed`, or take {former} out of `formerly`"
            ));
        }
        claimed.push((name, former));
    }
    None
}

/// Every former name that still leads to a system of its own, with the declared name that claims it.
fn pairs<'m, S: Copy + PartialEq>(model: &'m Model, known: &Known<'_, S>) -> Vec<Pair<'m, S>> {
    let mut pairs = Vec::new();
    for (name, declared) in &model.systems {
        for former in &declared.formerly {
            if model.systems.contains_key(former) || model.removed.contains(former) {
                continue;
            }
            let now = (known.named)(name);
            let before = (known.named)(former).or_else(|| (known.first_named)(former));
            // A system that had several names is one.
            let is_new =
                |before: &S| Some(*before) != now && !pairs.iter().any(|pair: &Pair<'_, S>| pair.before == *before);
            if let Some(before) = before.filter(is_new) {
                pairs.push(Pair { name, former, now, before });
            }
        }
    }
    pairs
}
