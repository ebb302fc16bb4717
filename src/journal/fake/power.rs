//! What a power cut does to all that was not synced.

use std::collections::BTreeMap;

/// A power cut keeps or loses this many bytes at once.
const SECTOR_BYTES: usize = 512;

#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) written: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<Change>,
    /// Space was reserved up to here. A power cut may lose that.
    pub(super) reserved: usize,
}

#[derive(Clone)]
pub(super) enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Clone)]
pub(super) enum NameChange {
    Create(String, usize),
    Rename(String, String, usize),
    Remove(String),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Length(bytes) => content.resize(*bytes, 0),
            Change::Write { offset, bytes } => {
                if content.len() < offset + bytes.len() {
                    content.resize(offset + bytes.len(), 0);
                }
                content[*offset..offset + bytes.len()].copy_from_slice(bytes);
            }
        }
    }

    /// Some of the write's sectors arrive. The file may be as long as if all had, with zeros in the gaps.
    fn apply_torn(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        let Change::Write { offset, bytes } = self else { return self.apply(content) };
        if dice.coin() {
            let end = (offset + bytes.len()).max(content.len());
            content.resize(end, 0);
        }
        let mut at = 0;
        while at < bytes.len() {
            // Sectors are those of the file, so the first and the last of a write may be short.
            let until = (((offset + at) / SECTOR_BYTES + 1) * SECTOR_BYTES - offset).min(bytes.len());
            if dice.coin() {
                Change::Write { offset: offset + at, bytes: bytes[at..until].to_vec() }.apply(content);
            }
            at = until;
        }
    }
}

impl NameChange {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            NameChange::Create(name, file) => {
                names.insert(name.clone(), *file);
            }
            NameChange::Rename(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
            NameChange::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl Content {
    /// The space that it takes.
    pub(super) fn taken(&self) -> usize {
        self.written.len().max(self.reserved)
    }

    pub(super) fn reserve(&mut self, end: usize) {
        self.reserved = self.reserved.max(end);
    }

    pub(super) fn change(&mut self, change: Change) {
        if let Change::Length(bytes) = change {
            self.reserved = bytes;
        }
        change.apply(&mut self.written);
        self.unsynced.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    pub(super) fn after_crash(&self, dice: &mut Dice) -> Content {
        let mut durable = self.durable.clone();
        let fate = Fate::roll(dice, self.unsynced.len());
        for (at, change) in self.unsynced.iter().enumerate() {
            match fate {
                Fate::Torn => change.apply_torn(&mut durable, dice),
                _ if fate.keeps(at, dice) => change.apply(&mut durable),
                _ => {}
            }
        }
        Content { written: durable.clone(), durable, ..Content::default() }
    }
}

/// What happens to a list of unsynced changes when the power fails.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// The first ones arrived, this many.
    Prefix(usize),
    /// Each arrived or not, whatever came before it.
    Some,
    /// Each arrived in part. Names are changed whole or not at all.
    Torn,
}

impl Fate {
    pub(super) fn roll(dice: &mut Dice, changes: usize) -> Fate {
        match dice.below(5) {
            0 => Fate::Lost,
            1 => Fate::Kept,
            2 => Fate::Prefix(dice.below(changes + 1)),
            3 => Fate::Some,
            _ => Fate::Torn,
        }
    }

    pub(super) fn keeps(self, at: usize, dice: &mut Dice) -> bool {
        match self {
            Fate::Lost => false,
            Fate::Kept => true,
            Fate::Prefix(kept) => at < kept,
            Fate::Some | Fate::Torn => dice.coin(),
        }
    }
}

/// Random numbers that depend on the seed alone (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }
    fn coin(&mut self) -> bool {
        self.roll() & 1 == 1
    }
}
