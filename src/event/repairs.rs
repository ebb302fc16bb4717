//! [`Repairs`]: what was repaired in an event, as a set.

use super::words::Repair;

/// The kinds of repairs of one event. Each counts once, however many fields needed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs(u8);

const _: () = assert!(Repair::ALL.len() <= 8, "a set has a bit for each kind, on disk too");

impl Repairs {
    pub const NONE: Repairs = Repairs(0);

    pub const fn with(self, repair: Repair) -> Repairs {
        Repairs(self.0 | 1 << repair as u8)
    }

    /// Those of both.
    pub const fn and(self, other: Repairs) -> Repairs {
        Repairs(self.0 | other.0)
    }

    pub const fn has(self, repair: Repair) -> bool {
        self.0 >> repair as u8 & 1 != 0
    }

    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of their words.
    pub fn iter(self) -> impl Iterator<Item = Repair> {
        Repair::ALL.iter().copied().filter(move |repair| self.has(*repair))
    }

    /// A bit for each kind, by its number.
    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Repairs {
        Repairs(bits)
    }
}

impl FromIterator<Repair> for Repairs {
    fn from_iter<I: IntoIterator<Item = Repair>>(repairs: I) -> Repairs {
        repairs.into_iter().fold(Repairs::NONE, Repairs::with)
    }
}
