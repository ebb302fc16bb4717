//! [`Marks`]: what every counter and histogram had at the ends of the last days, so that the page can show what a window of
//! days added. A counter never falls; people ask what happened lately.
//!
//! A mark is a column of numbers for each family, by row: rows never move. Numbers are written in as few bytes as they need.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::event::time::DAY;

/// Calendar days, UTC, today included, that a window has: as many as objectives are judged by.
pub const WINDOW_DAYS: i64 = 30;
/// All marks together. Over it the oldest go first, and the window is shorter. Bytes.
const BYTES_MAX: usize = 4 << 20;

/// The marks of the last days, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Marks(VecDeque<Arc<Mark>>);

/// What was counted when a day began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Mark {
    pub at: Timestamp,
    /// A column for each family.
    families: BTreeMap<String, Box<[u8]>>,
    /// What the bounds of labels had made `other`, by (metric, label).
    pub limited: BTreeMap<(String, String), u64>,
}

impl Mark {
    pub fn new(at: Timestamp, limited: BTreeMap<(String, String), u64>) -> Mark {
        Mark { at, families: BTreeMap::new(), limited }
    }

    pub fn put(&mut self, family: &str, column: Vec<u8>) {
        if !column.is_empty() {
            self.families.insert(family.to_owned(), column.into());
        }
    }

    /// The column of a family; empty where it had no series.
    pub fn of(&self, family: &str) -> &[u8] {
        self.families.get(family).map_or(&[], |column| column)
    }

    fn bytes(&self) -> usize {
        self.families.iter().map(|(family, column)| family.len() + column.len() + 64).sum()
    }
}

impl Marks {
    /// The beginnings of days after `from`, up to `to`, that are still of use at `to`.
    pub fn days(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
        let (last, first) = (to.nanos().div_euclid(DAY), from.nanos().div_euclid(DAY) + 1);
        (first.max(last - WINDOW_DAYS + 1)..=last).map(|day| Timestamp::from_nanos(day * DAY))
    }

    pub fn push(&mut self, mark: Mark) {
        self.0.push_back(Arc::new(mark));
        while self.0.len() > WINDOW_DAYS as usize || (self.0.len() > 1 && self.bytes() > BYTES_MAX) {
            self.0.pop_front();
        }
    }

    /// The clock was ahead: drops the marks of days that haven't begun.
    pub fn go_back(&mut self, now: Timestamp) {
        self.0.retain(|mark| mark.at <= now);
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|mark| mark.bytes()).sum()
    }

    /// The mark from which a window that ends at `now` counts: the oldest within it.
    pub fn window(&self, now: Timestamp) -> Option<Arc<Mark>> {
        let first = (now.nanos().div_euclid(DAY) - WINDOW_DAYS + 1) * DAY;
        self.0.iter().find(|mark| mark.at.nanos() >= first).cloned()
    }

    /// Writes a family's columns again, for histograms that got other buckets.
    pub fn rewrite(&mut self, family: &str, rewritten: impl Fn(&[u8]) -> Vec<u8>) {
        for mark in &mut self.0 {
            let mark = Arc::make_mut(mark);
            if let Some(column) = mark.families.get_mut(family) {
                *column = rewritten(column).into();
            }
        }
    }
}

/// Writes a column: seven bits of a number in each byte, the lowest first; the last byte has its top bit clear. Most series
/// are at 0, so zeros are a 0 and how many they are, and those at the end are left out.
#[derive(Debug, Default)]
pub struct ColumnWriter {
    bytes: Vec<u8>,
    zeros: u128,
}

impl ColumnWriter {
    pub fn put(&mut self, number: u128) {
        if number == 0 {
            self.zeros += 1;
            return;
        }
        let zeros = std::mem::take(&mut self.zeros);
        if zeros > 0 {
            self.bytes.push(0);
            self.spell(zeros);
        }
        self.spell(number);
    }

    fn spell(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads what [`ColumnWriter`] wrote. After the end all is 0: series that came later.
#[derive(Clone, Copy, Debug)]
pub struct ColumnReader<'a> {
    bytes: &'a [u8],
    zeros: u128,
}

impl<'a> ColumnReader<'a> {
    pub fn of(bytes: &'a [u8]) -> ColumnReader<'a> {
        ColumnReader { bytes, zeros: 0 }
    }

    pub fn take(&mut self) -> u128 {
        if self.zeros > 0 {
            self.zeros -= 1;
            return 0;
        }
        let number = self.spelled();
        if number == 0 {
            self.zeros = self.spelled().saturating_sub(1);
        }
        number
    }

    fn spelled(&mut self) -> u128 {
        let (mut number, mut shift) = (0, 0);
        while let Some((byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            number |= u128::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift > 126 {
                break;
            }
        }
        number
    }

    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty() && self.zeros == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let numbers = [0, 0, 0, 1, 127, 128, 0, 300, u128::from(u64::MAX), i128::MAX as u128, 0, 0];
        let mut writer = ColumnWriter::default();
        numbers.iter().for_each(|number| writer.put(*number));
        let column = writer.into_bytes();
        let mut reader = ColumnReader::of(&column);
        assert_eq!(numbers.map(|_| reader.take()), numbers);
        assert!(reader.is_at_end() && reader.take() == 0);
    }

    #[test]
    fn a_window_begins_29_days_before_today_or_with_the_oldest_mark() {
        let day = |day: i64| Timestamp::from_nanos(day * DAY);
        let mut marks = Marks::default();
        assert!(marks.window(day(100)).is_none());
        Marks::days(day(60), day(80)).for_each(|at| marks.push(Mark::new(at, BTreeMap::new())));
        assert_eq!(marks.window(day(80)).unwrap().at, day(61));
        Marks::days(day(80), day(200)).for_each(|at| marks.push(Mark::new(at, BTreeMap::new())));
        assert_eq!(marks.window(day(200).plus(DAY - 1)).unwrap().at, day(171));
        assert_eq!(marks.0.len(), WINDOW_DAYS as usize);
    }
}
