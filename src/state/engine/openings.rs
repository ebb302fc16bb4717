//! [`Openings`]: which openings may still be admitted, by number and by bytes, of all systems and of each.
//!
//! Half of `limits.open_cases`, and of the bytes for open rows, is divided equally between the declared systems: each can
//! always open what is in its share. The other half is taken by whoever comes. Of both, one kind of lifecycle takes at most
//! fourteen fifteenths, so that a flood of reviews doesn't keep an escalation out.

use std::collections::HashMap;

use super::core::SystemId;
use super::room;
use crate::config::model::Bounds;
use crate::event::{Reason, Rejection};

/// What a declared system has by right, and what all have together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shares {
    own: Room,
    common: Room,
    all: Room,
}

/// A number of openings, and bytes for them.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    number: u64,
    bytes: u64,
}

impl Room {
    /// The bytes that one kind may take.
    fn of_a_kind(self) -> u64 {
        self.bytes / 15 * 14
    }
}

impl Shares {
    /// As these limits divide them between this many declared systems.
    pub fn of(limits: &Bounds, systems: usize) -> Shares {
        let systems = systems as u64;
        let all = Room { number: limits.open_cases as u64, bytes: room::open(limits) };
        let share = |of: u64| (of / 2).checked_div(systems).unwrap_or(0);
        let own = Room { number: share(all.number), bytes: share(all.bytes) };
        let common = Room { number: all.number - systems * own.number, bytes: all.bytes - systems * own.bytes };
        Shares { own, common, all }
    }

    /// Whether this many openings can be admitted whoever they come from and whatever they open. `rows` has, of each kind, the
    /// bytes of a row and how many are open.
    pub fn suffice(&self, rows: &[(u64, usize)], openings: usize) -> bool {
        let openings = openings as u64;
        let number: u64 = rows.iter().map(|(_, open)| *open as u64).sum();
        let more = openings * rows.iter().map(|(bytes, _)| *bytes).max().unwrap_or_default();
        let bytes = || rows.iter().map(|(bytes, open)| bytes * *open as u64);
        number + openings <= self.common.number
            && bytes().sum::<u64>() + more <= self.common.bytes
            && bytes().all(|bytes| bytes + more <= self.common.of_a_kind())
    }
}

/// What is open, and what may still be admitted.
#[derive(Clone, Debug)]
pub struct Openings {
    shares: Shares,
    /// The word of each kind, and the bytes of a row.
    kinds: Vec<(&'static str, u64)>,
    systems: HashMap<Option<SystemId>, Use>,
    /// What is open in all.
    all: Use,
    /// What of that is in no share.
    common: Use,
}

/// What is open.
#[derive(Clone, Debug, Default)]
struct Use {
    has_share: bool,
    number: u64,
    bytes: u64,
    /// Bytes of each kind.
    kinds: Vec<u64>,
}

impl Use {
    fn none(kinds: usize) -> Use {
        Use { kinds: vec![0; kinds], ..Use::default() }
    }
}

impl Openings {
    /// Nothing is open yet, and no system is declared.
    pub fn new(shares: Shares, kinds: Vec<(&'static str, u64)>) -> Openings {
        let none = Use::none(kinds.len());
        Openings { shares, kinds, systems: HashMap::new(), all: none.clone(), common: none }
    }

    /// A system has a share. To be said before anything of it is counted.
    pub fn declare(&mut self, system: SystemId) {
        let kinds = self.kinds.len();
        self.systems.entry(Some(system)).or_insert_with(|| Use { has_share: true, ..Use::none(kinds) });
    }

    /// Counts what is open of a system, in rows of a kind.
    pub fn count(&mut self, kind: usize, system: Option<SystemId>, rows: u64) {
        let (row, kinds) = (self.kinds[kind].1, self.kinds.len());
        let used = self.systems.entry(system).or_insert_with(|| Use::none(kinds));
        let own = if used.has_share { self.shares.own } else { Room::default() };
        let over = |used: u64, share: u64| used.saturating_sub(share);
        let before =
            (over(used.number, own.number), over(used.bytes, own.bytes), over(used.kinds[kind], own.of_a_kind()));
        for count in [&mut *used, &mut self.all] {
            count.number += rows;
            count.bytes += rows * row;
            count.kinds[kind] += rows * row;
        }
        self.common.number += over(used.number, own.number) - before.0;
        self.common.bytes += over(used.bytes, own.bytes) - before.1;
        self.common.kinds[kind] += over(used.kinds[kind], own.of_a_kind()) - before.2;
    }

    /// Admits one opening of a kind. A system that nobody has heard of is `None`.
    ///
    /// # Errors
    /// When there is no room: a sentence for the sender.
    pub fn admit(&mut self, word: &str, system: Option<SystemId>) -> Result<(), Rejection> {
        let Some(kind) = self.kinds.iter().position(|(known, _)| *known == word) else { return Ok(()) };
        let (row, none) = (self.kinds[kind].1, Use::none(self.kinds.len()));
        let used = self.systems.get(&system).unwrap_or(&none);
        let own = if used.has_share { self.shares.own } else { Room::default() };
        let Shares { common, all, .. } = self.shares;
        if self.all.number >= all.number || used.number >= own.number && self.common.number >= common.number {
            return Err(Rejection::new(Reason::OpenCases, no_room("limits.open_cases allows", used.has_share)));
        }
        let fits = |used: u64, room: u64| used + row <= room;
        if !fits(self.all.bytes, all.bytes)
            || !fits(used.bytes, own.bytes) && !fits(self.common.bytes, common.bytes)
            || !fits(used.kinds[kind], own.of_a_kind()) && !fits(self.common.kinds[kind], common.of_a_kind())
        {
            return Err(Rejection::new(Reason::Memory, no_room("limits.memory has room for", used.has_share)));
        }
        self.count(kind, system, 1);
        Ok(())
    }
}

fn no_room(bound: &str, has_share: bool) -> String {
    let hint = if has_share { "" } else { "; half of it is kept for declared systems, and this one is not declared" };
    format!("as many cases are open as {bound}{hint}: close some or raise it, then send this opening again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openings(open_cases: usize, state_bytes: u64, declared: &[SystemId]) -> Openings {
        let limits = Bounds { open_cases, state_bytes, ..Bounds::default() };
        let kinds = vec![("escalation", 344), ("review", 300)];
        let mut openings = Openings::new(Shares::of(&limits, declared.len()), kinds);
        declared.iter().for_each(|system| openings.declare(*system));
        openings
    }

    /// Opens until nothing more is admitted, and says how many were.
    fn flood(openings: &mut Openings, word: &str, system: Option<SystemId>) -> usize {
        (0..).find(|_| openings.admit(word, system).is_err()).unwrap()
    }

    #[test]
    fn half_of_the_number_is_divided_and_the_other_half_is_for_whoever_comes() {
        let mut openings = openings(1_000, u64::MAX, &[0, 1]);
        assert_eq!(flood(&mut openings, "escalation", None), 500);
        assert_eq!(flood(&mut openings, "escalation", Some(9)), 0);
        assert_eq!(flood(&mut openings, "escalation", Some(0)), 250);
        assert_eq!(flood(&mut openings, "review", Some(1)), 250);
    }

    #[test]
    fn a_declared_system_takes_its_share_and_what_nobody_else_took() {
        let mut openings = openings(1_000, u64::MAX, &[0, 1]);
        assert_eq!(flood(&mut openings, "escalation", Some(0)), 750);
        assert_eq!(flood(&mut openings, "escalation", None), 0);
        assert_eq!(flood(&mut openings, "escalation", Some(1)), 250);
        assert_eq!(flood(&mut self::openings(1_000, u64::MAX, &[]), "review", None), 1_000);
    }

    #[test]
    fn bytes_are_divided_like_the_number() {
        let mut openings = openings(usize::MAX, 10_000_000, &[0]);
        let flooded = flood(&mut openings, "escalation", None);
        let own = flood(&mut openings, "escalation", Some(0));
        assert!(flooded.abs_diff(own) <= 1 && flooded > 10_000, "{flooded} {own}");
        // Of the share, a fifteenth is left for other kinds.
        let reviews = flood(&mut openings, "review", Some(0));
        assert!((1_700..1_900).contains(&reviews), "a fifteenth of the share, and one of what is for all: {reviews}");
        assert_eq!(flood(&mut openings, "review", None), 0);
    }

    #[test]
    fn who_holds_more_than_a_new_share_keeps_it_and_all_together_stay_under_the_bound() {
        let mut before = openings(1_000, u64::MAX, &[0]);
        before.count(0, Some(7), 900);
        assert_eq!(flood(&mut before, "escalation", Some(0)), 100);
        assert_eq!(flood(&mut before, "escalation", None), 0);
    }

    #[test]
    fn what_suffices_for_all_is_seen_without_a_look_at_systems() {
        let limits = Bounds { open_cases: 1_000, ..Bounds::default() };
        let shares = Shares::of(&limits, 3);
        // A third of a half, rounded down: 166 for each.
        assert!(shares.suffice(&[(344, 300), (300, 100)], 102));
        assert!(!shares.suffice(&[(344, 300), (300, 100)], 103));
    }
}
