//! The way through all segments, past every damage.

use std::ops::RangeInclusive;

use super::report::{Damage, File, Kind, Links, Verification, in_words};
use crate::journal::disk::Disk;
use crate::journal::error::Fatal;
use crate::journal::names;
use crate::journal::record::{
    BadFrame, BadSegment, FORMAT_1, FORMAT_VERSION, Predecessor, SEGMENT_HEADER_BYTES, Scanner, SegmentHeader, Whole,
};
use crate::journal::recovered::{Frame, FramePlace, Torn};

type OnFrame<'f> = &'f mut dyn FnMut(Frame<'_>) -> Result<(), String>;

pub(super) struct Walk<'a> {
    disk: &'a dyn Disk,
    report: &'a mut Verification,
    /// The journal was once at least this long: a checkpoint of it was taken.
    reach: u64,
    /// Up to this record an earlier repair has dealt with what is missing.
    repaired: u64,
    /// The record that should come next.
    expected: u64,
    /// Records that no whole frame holds, as far as is known.
    missing: Vec<RangeInclusive<u64>>,
    /// The frame before; `None` after damage.
    link: Option<Predecessor>,
    /// The last frame of each checkpoint that says it.
    links: Links,
    /// The newest format of the segments before.
    format: u32,
}

/// The segment that is being read.
struct Place {
    first: u64,
    path: String,
    bytes: usize,
    /// The first record of the next segment; `None` for the last.
    next: Option<u64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        report: &'a mut Verification,
        reach: u64,
        repaired: u64,
        links: Links,
    ) -> Walk<'a> {
        Walk { disk, report, reach, repaired, expected: 1, missing: Vec::new(), link: None, links, format: FORMAT_1 }
    }

    pub(super) fn run(mut self, firsts: &[u64], on_frame: OnFrame<'_>) -> Result<(), Fatal> {
        let base = self.report.base();
        self.expected = firsts.first().map_or(base + 1, |&first| first.min(base + 1));
        let mut content = Vec::new();
        for (at, &first) in firsts.iter().enumerate() {
            let name = names::segment(first);
            let path = self.disk.path(&name);
            self.disk.read(&name, &mut content).map_err(|error| Fatal::io("reading", path.clone(), error))?;
            self.report.segments += 1;
            self.report.bytes += content.len() as u64;
            let place = Place { first, path, bytes: content.len(), next: firsts.get(at + 1).copied() };
            self.segment(&place, &content, on_frame)?;
        }
        self.end(firsts);
        let lost = self.missing.iter().filter(|missing| *missing.end() > base);
        self.report.lost = lost.map(|missing| *missing.start().max(&(base + 1))..=*missing.end()).collect();
        self.report.last = self.reach.max(self.expected - 1);
        Ok(())
    }

    fn segment(&mut self, place: &Place, content: &[u8], on_frame: OnFrame<'_>) -> Result<(), Fatal> {
        if place.first < self.expected {
            let why =
                format!("record {} should follow here, but this segment begins with {}", self.expected, place.first);
            self.name(Kind::Contradiction, place, 0..place.bytes, None, why);
            return Ok(());
        }
        self.expect(place, 0, place.first);
        self.check_link(place, content);
        match self.salt(place, content)? {
            Some(salt) => self.frames(place, Scanner::new(salt, content), salt, on_frame),
            None => {
                self.link = None;
                Ok(())
            }
        }
    }

    /// Names a segment that doesn't follow the frame before it, and a checkpoint that ends before it and isn't of this journal.
    fn check_link(&mut self, place: &Place, content: &[u8]) {
        let Ok(header) = SegmentHeader::decode(content) else { return };
        if header.first != place.first {
            return;
        }
        let before = self.format;
        self.format = before.max(header.format);
        if let Some(Err(why)) = self.link.map(|link| header.check(link, before)) {
            self.name(Kind::Contradiction, place, 0..SEGMENT_HEADER_BYTES, None, why.to_owned());
        } else if let (None, Some(link)) = (self.link, self.links.remove(&(place.first - 1)))
            && header.check(link, FORMAT_1).is_err()
        {
            self.foreign_checkpoint(place.first - 1);
        }
    }

    fn foreign_checkpoint(&mut self, sequence: u64) {
        let path = self.disk.path(&names::checkpoint(sequence));
        let why = format!(
            "it was not written of the journal here: its record {sequence} is another one. One of the two is of another directory, \
             or of another time"
        );
        self.report.contradiction = true;
        let (kind, file) = (Kind::Contradiction, File::Checkpoint(sequence));
        self.report.damage.push(Damage { kind, path, offset: 0, bytes: 0, records: None, why, file });
    }

    /// The salt of a segment, and the damage to its header; `None` when no frame can be read without it.
    fn salt(&mut self, place: &Place, content: &[u8]) -> Result<Option<u64>, Fatal> {
        match SegmentHeader::decode(content) {
            Ok(header) if header.first == place.first => Ok(Some(header.salt)),
            Ok(header) => {
                let why =
                    format!("its name says it begins with record {}, its header says {}", place.first, header.first);
                self.name(Kind::SegmentHeader, place, 0..SEGMENT_HEADER_BYTES, None, why);
                Ok(Some(header.salt))
            }
            Err(BadSegment::Newer(found)) => {
                Err(Fatal::NewerFormat { path: place.path.clone(), found, known: FORMAT_VERSION, needs: None })
            }
            Err(_) if place.next.is_none() && content.len() <= SEGMENT_HEADER_BYTES => {
                self.torn(place, 0, "the segment was being created".to_owned());
                Ok(None)
            }
            Err(_) => Ok(self.salt_without_header(place, content)),
        }
    }

    /// The salt of a segment whose header is damaged, if its frames confirm it.
    fn salt_without_header(&mut self, place: &Place, content: &[u8]) -> Option<u64> {
        let salt = salt_that_a_frame_confirms(content);
        let why = "the segment's header does not match its checksum";
        if salt.is_some() {
            let why = format!("{why}; its frames vouch for themselves");
            self.name(Kind::SegmentHeader, place, 0..SEGMENT_HEADER_BYTES, None, why);
        } else {
            let records = self.up_to_the_next_segment(place);
            self.report.end_is_missing |= place.next.is_none();
            let why = format!("{why}, and without it no frame can be read");
            self.name(Kind::SegmentHeader, place, 0..place.bytes, records, why);
        }
        salt
    }

    fn frames(
        &mut self,
        place: &Place,
        mut scanner: Scanner<'_>,
        salt: u64,
        on_frame: OnFrame<'_>,
    ) -> Result<(), Fatal> {
        while let Some(read) = scanner.next() {
            match read {
                Ok(frame) => {
                    self.whole(place, &frame, on_frame)?;
                    let link = Predecessor { salt, crc: frame.header_crc };
                    self.link = Some(link);
                    let last = frame.next_sequence() - 1;
                    if self.links.remove(&last).is_some_and(|said| said != link) {
                        self.foreign_checkpoint(last);
                    }
                }
                Err(bad) => {
                    self.link = None;
                    match self.bad(place, &scanner, bad) {
                        Some(next) => scanner.skip_to(next),
                        None => break,
                    }
                }
            }
        }
        Ok(())
    }

    fn whole(&mut self, place: &Place, frame: &Whole<'_>, on_frame: OnFrame<'_>) -> Result<(), Fatal> {
        let base = self.report.base();
        let contradiction = if frame.sequence < self.expected {
            Some(format!("record {} should be here, not {}", self.expected, frame.sequence))
        } else if frame.sequence <= base && frame.next_sequence() > base + 1 {
            Some(format!("the checkpoint ends with record {base}, in the middle of this frame"))
        } else {
            None
        };
        if let Some(why) = contradiction {
            self.name(Kind::Contradiction, place, frame.offset..frame.end(), None, why);
            self.expected = self.expected.max(frame.next_sequence());
            return Ok(());
        }
        self.expect(place, frame.offset, frame.sequence);
        self.expected = frame.next_sequence();
        self.report.frames += 1;
        self.report.records += u64::from(frame.count);
        let at = FramePlace { segment: place.first, offset: frame.offset as u64 };
        on_frame(Frame { sequence: frame.sequence, count: frame.count, payload: frame.payload, place: at })
            .map_err(|why| Fatal::Content { path: place.path.clone(), offset: frame.offset as u64, why })
    }

    /// Names a bad frame, and says where to go on after it; `None` when nothing follows.
    fn bad(&mut self, place: &Place, scanner: &Scanner<'_>, bad: BadFrame) -> Option<usize> {
        let from = scanner.offset();
        let why = bad.to_string();
        if let BadFrame::Payload { end } = bad
            && let Some((sequence, count)) = scanner.header()
            && (end < place.bytes || place.next.is_some())
        {
            self.expect(place, from, sequence);
            // A contradiction is named when the next whole frame is read; here the numbers are only counted.
            let records = self.count_up_to(sequence.saturating_add(u64::from(count)));
            self.name(Kind::Frame, place, from..end, records, why);
            return Some(end);
        }
        if let Some((next, sequence)) = scanner.whole_header_after() {
            let records = self.count_up_to(sequence);
            self.name(Kind::Frame, place, from..next, records, why);
            return Some(next);
        }
        if place.next.is_some() {
            let records = self.up_to_the_next_segment(place);
            self.name(Kind::Frame, place, from..place.bytes, records, why);
        } else {
            self.torn(place, from, why);
        }
        None
    }

    /// Names the records that are missing before this one.
    fn expect(&mut self, place: &Place, offset: usize, sequence: u64) {
        let is_repaired = sequence - 1 <= self.repaired.min(self.report.base());
        let Some(missing) = self.count_up_to(sequence) else { return };
        if is_repaired {
            return self.report.set_aside.push(missing);
        }
        let is_covered = self.report.checkpoints.first().is_some_and(|oldest| missing.end() <= oldest);
        if is_covered && offset == 0 {
            return self.report.removed.push(missing);
        }
        let why = format!("{} should come before record {sequence}, and are nowhere", in_words(&missing));
        self.name(Kind::Gap, place, offset..offset, Some(missing), why);
    }

    /// Counts the records before `next` as missing, and returns them.
    fn count_up_to(&mut self, next: u64) -> Option<RangeInclusive<u64>> {
        if next <= self.expected {
            return None;
        }
        self.link = None;
        let missing = self.expected..=next - 1;
        self.missing.push(missing.clone());
        self.expected = next;
        Some(missing)
    }

    fn up_to_the_next_segment(&mut self, place: &Place) -> Option<RangeInclusive<u64>> {
        self.count_up_to(place.next?)
    }

    /// A journal that ends before a checkpoint that was taken of it has lost its end. A torn tail is then a part of that.
    fn end(&mut self, firsts: &[u64]) {
        let is_gone = firsts.is_empty() && self.reach > 0;
        if self.expected > self.reach && !is_gone {
            return;
        }
        let next = self.expected;
        let known = self.repaired == self.reach && self.reach == self.report.base() && firsts.is_empty();
        self.report.end_is_missing = !known;
        let records = self.count_up_to(self.reach + 1);
        let mut why = format!(
            "the journal ends before record {next}, but {} was written when it held record {}",
            names::checkpoint(self.reach),
            self.reach
        );
        if known {
            why += "; a repair was interrupted here";
        }
        let (path, offset, bytes, file) = match (self.report.torn.take(), firsts.last()) {
            (Some(torn), Some(&first)) => (torn.path, torn.offset, torn.bytes, File::Segment(first)),
            (None, Some(&first)) => {
                let name = names::segment(first);
                let bytes = self.disk.list().ok().and_then(|files| files.into_iter().find(|file| file.0 == name));
                (self.disk.path(&name), bytes.map_or(0, |file| file.1), 0, File::Segment(first))
            }
            _ => (self.disk.path(""), 0, 0, File::None),
        };
        self.report.damage.push(Damage { kind: Kind::End, path, offset, bytes, records, why, file });
    }

    fn torn(&mut self, place: &Place, offset: usize, why: String) {
        // After a damaged frame it is no unfinished write alone: what follows was begun when that frame was whole, and may have
        // been any number of frames.
        let is_next = |damage: &Damage| damage.offset + damage.bytes == offset as u64;
        let damaged = self.report.damage.last();
        self.report.end_is_missing |=
            damaged.is_some_and(|damage| damage.file == File::Segment(place.first) && is_next(damage));
        let (path, bytes) = (place.path.clone(), (place.bytes - offset) as u64);
        self.report.torn = Some(Torn { path, offset: offset as u64, bytes, sequence: self.expected, why });
    }

    fn name(
        &mut self,
        kind: Kind,
        place: &Place,
        extent: std::ops::Range<usize>,
        records: Option<RangeInclusive<u64>>,
        why: String,
    ) {
        self.report.contradiction |= kind == Kind::Contradiction;
        let (offset, bytes) = (extent.start as u64, (extent.end - extent.start) as u64);
        // A file is not damaged by what is missing before it.
        let file = if kind == Kind::Gap && offset == 0 { File::None } else { File::Segment(place.first) };
        self.report.damage.push(Damage { kind, path: place.path.clone(), offset, bytes, records, why, file });
    }
}

/// The salt of a segment whose header is damaged: as it is, or with one bit flipped back. The checksum of a frame, which
/// covers the salt, must match; for a flipped bit the header's own must match too.
fn salt_that_a_frame_confirms(content: &[u8]) -> Option<u64> {
    let confirmed = |salt: u64| {
        let scanner = Scanner::new(salt, content);
        scanner.header().is_some() || scanner.whole_header_after().is_some()
    };
    let salt = SegmentHeader::salt_in(content)?;
    if confirmed(salt) {
        return Some(salt);
    }
    SegmentHeader::with_one_bit_of_salt_flipped(content).map(|header| header.salt).filter(|&salt| confirmed(salt))
}
