//! [`Mended`]: what was mended in the fields of one object while they were read.

use std::cell::Cell;

use super::super::repairs::Repairs;
use super::super::words::Repair;
use super::field::Field;
use super::notes::About;

/// What was mended, and in which fields. Readers only borrow the fields, so this is filled from the inside.
#[derive(Default)]
pub(super) struct Mended {
    /// A bit for each [`Repair`], and [`NEGATIVE`].
    bits: Cell<u16>,
    /// The first fields, newest in the lowest bits: the number of the repair, from 1, and that of the field.
    fields: Cell<u128>,
}

const NEGATIVE: u8 = Repair::ALL.len() as u8;
/// Bits of one entry of the list of fields.
const ENTRY_BITS: u32 = 16;

impl Mended {
    #[cold]
    pub fn repair(&self, field: Field, repair: Repair) {
        self.add(field, repair as u8);
    }

    /// A negative duration became 0.
    #[cold]
    pub fn negative(&self, field: Field) {
        self.add(field, NEGATIVE);
    }

    fn add(&self, field: Field, number: u8) {
        self.bits.set(self.bits.get() | 1 << number);
        let list = self.fields.get();
        if list.leading_zeros() >= ENTRY_BITS {
            let entry = u128::from(number + 1) << 8 | field.index() as u128;
            self.fields.set(list << ENTRY_BITS | entry);
        }
    }

    #[inline]
    pub fn is_nothing(&self) -> bool {
        self.bits.get() == 0
    }

    #[inline]
    pub fn repairs(&self) -> Repairs {
        Repairs::from_bits(self.bits.get() as u8)
    }

    #[inline]
    pub fn skewed(&self) -> bool {
        self.bits.get() >> NEGATIVE & 1 != 0
    }

    /// The fields in the order in which they were read: eight at most.
    pub fn fields(&self) -> impl Iterator<Item = (Field, About)> {
        let list = self.fields.get();
        (0..u128::BITS).step_by(ENTRY_BITS as usize).rev().filter_map(move |shift| {
            let entry = (list >> shift) as u16;
            let number = (entry >> 8).checked_sub(1)? as u8;
            let about = Repair::from_number(number).map_or(About::Negative, About::Repaired);
            Some((Field::numbered(entry as u8), about))
        })
    }
}
