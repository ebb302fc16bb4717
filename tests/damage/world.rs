//! A journal in memory, what stands where in it, and the state that any of its frames say.

use std::ops::Range;
use std::sync::Arc;

use day90::config::model::Model;
use day90::event::{self, Timestamp};
use day90::expose::text::Text;
use day90::journal::fake::FakeDisk;
use day90::journal::record::{SEGMENT_HEADER_BYTES, Scanner, SegmentHeader};
use day90::journal::{self, Disk, FRAME_HEADER_BYTES, Fatal, Journal, Options, Recovered, begin_frame};
use day90::pipeline::{payload, recover};
use day90::state::State;
use day90::state::engine::dedupe::HashKey;

/// How many of something, from a variable; the default is for each change.
pub fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

/// A frame as it was committed.
#[derive(Clone)]
pub struct Kept {
    pub sequence: u64,
    pub count: u32,
    pub payload: Vec<u8>,
}

impl Kept {
    pub fn next(&self) -> u64 {
        self.sequence + u64::from(self.count)
    }
    pub fn records(&self) -> std::ops::RangeInclusive<u64> {
        self.sequence..=self.next() - 1
    }
}

/// Every frame that was ever committed, and the disk that they were committed to.
pub struct World {
    pub disk: FakeDisk,
    pub frames: Vec<Kept>,
}

impl World {
    /// So many frames; after those in `checkpoints` a checkpoint is written, and the journal is trimmed.
    pub fn new(frames: usize, segment_bytes: u64, checkpoints: &[usize]) -> World {
        let mut world = World { disk: FakeDisk::new(), frames: Vec::new() };
        world.go_on(1, frames, segment_bytes, checkpoints);
        world
    }

    /// Without a frame, on a disk that gives other random numbers than the one of [`World::new`].
    pub fn beginning() -> World {
        let disk = FakeDisk::new();
        disk.random().unwrap();
        World { disk, frames: Vec::new() }
    }

    /// So many frames more, of which the first has this number; checkpoints as in [`World::new`].
    pub fn go_on(&mut self, first: usize, frames: usize, segment_bytes: u64, checkpoints: &[usize]) {
        let (mut journal, mut state) = start(&self.disk, segment_bytes);
        for number in first..first + frames {
            self.commit(&mut journal, &mut state, number as u64);
            if checkpoints.contains(&number) {
                checkpoint(&mut journal, &state);
            }
        }
        drop(journal);
        self.disk = compact(&self.disk);
    }

    /// A journal of this many bytes, and for each segment the checkpoint after which it begins.
    pub fn with_a_checkpoint_of_each_segment(bytes: u64, segment_bytes: u64) -> World {
        let disk = FakeDisk::new();
        let (mut journal, mut state) = start(&disk, segment_bytes);
        let mut world = World { disk, frames: Vec::new() };
        while journal.bytes() < bytes {
            let (segments, before) = (journal.segments(), state.clone());
            let tasks = tasks_of(world.frames.len() as u64 + 1);
            world.commit_payload(&mut journal, &mut state, tasks);
            if journal.segments() > segments && before.sequence() > 0 {
                // Never trimmed: each is used alone.
                let mut writer = journal.checkpoint(before.sequence()).unwrap();
                before.snapshot().encode_to(&mut writer).unwrap();
                writer.finish().unwrap();
            }
        }
        world
    }

    /// What an image without frames says, and then with each of those that follow: the last record, and a scrape.
    pub fn prefixes(&self, image: &FakeDisk, first: u64, frames: usize) -> Vec<(u64, String)> {
        let (mut state, _) = read(image).unwrap();
        let mut prefixes = vec![(state.sequence(), says(&state))];
        for frame in self.frames.iter().filter(|frame| frame.sequence >= first).take(frames) {
            payload::apply(&mut state, frame.sequence, frame.count, &frame.payload).unwrap();
            prefixes.push((state.sequence(), says(&state)));
        }
        prefixes
    }

    pub fn commit(&mut self, journal: &mut Journal, state: &mut State, number: u64) {
        self.commit_payload(journal, state, payload_of(number));
    }

    fn commit_payload(&mut self, journal: &mut Journal, state: &mut State, (count, payload): (u32, Vec<u8>)) {
        let mut frame = Vec::new();
        begin_frame(&mut frame);
        frame.extend_from_slice(&payload);
        let sequence = journal.append(&mut frame, count).unwrap();
        journal.sync().unwrap();
        payload::apply(state, sequence, count, &payload).unwrap();
        self.frames.push(Kept { sequence, count, payload });
    }

    /// What a scrape says of the frames for which this holds, folded in order.
    pub fn says(&self, is_kept: impl Fn(&Kept) -> bool) -> String {
        let mut state = State::new(HashKey(1, 2));
        for frame in self.frames.iter().filter(|frame| is_kept(frame)) {
            payload::apply(&mut state, frame.sequence, frame.count, &frame.payload).unwrap();
        }
        says(&state)
    }

    pub fn last(&self) -> u64 {
        self.frames.last().unwrap().next() - 1
    }
}

/// Some events of each kind that keeps a case open, closes one, or only counts; now and then a configuration.
fn payload_of(number: u64) -> (u32, Vec<u8>) {
    if number.is_multiple_of(29) {
        let mut payload = Vec::new();
        let mut model = Model::default();
        model.limits.values_per_label = 100 + number as usize;
        payload::model(time_of(number), &model, &mut payload);
        return (1, payload);
    }
    let text = |id: u64| match id % 4 {
        0 => format!(
            r#"{{"type":"escalation.opened","id":"{id}","system":"refund-agent","case":"c-{number}","queue":"q-{}"}}"#,
            id % 5
        ),
        1 => format!(r#"{{"type":"escalation.acknowledged","system":"refund-agent","case":"c-{}"}}"#, number - 1),
        _ => task(id),
    };
    events_of(number, (number * 10..).map(text).take(1 + number as usize % 3))
}

/// Tasks without ids: what they leave in the state stays small, however long the journal.
fn tasks_of(number: u64) -> (u32, Vec<u8>) {
    events_of(number, (number * 10..).map(|id| task(id).replacen(r#""id":"#, r#""note":"#, 1)).take(16))
}

fn task(id: u64) -> String {
    format!(
        r#"{{"type":"task.completed","id":"{id}","system":"refund-agent","action":"a-{}","mode":"decide","outcome":"completed","duration_seconds":{}.5}}"#,
        id % 7,
        id % 3
    )
}

fn time_of(number: u64) -> Timestamp {
    Timestamp::from_nanos(1_790_000_000_000_000_000 + number as i64 * 1_000_000_000)
}

fn events_of(number: u64, texts: impl Iterator<Item = String>) -> (u32, Vec<u8>) {
    let received = time_of(number);
    let mut payload = Vec::new();
    payload::begin_events(received, &mut payload);
    let rating_scale = |system: &str| Model::default().rating_scale(system);
    let context = event::Context {
        received,
        inlet: event::Inlet::Http,
        default_system: None,
        rating_scale: &rating_scale,
        event_age: day90::event::kinds::EVENT_AGE,
        notes: None,
    };
    let mut count = 0;
    for text in texts {
        event::binary::encode(&event::json::parse(&text, 1, &context).unwrap(), &mut payload);
        count += 1;
    }
    (count, payload)
}

/// Starts as the daemon does.
pub fn start(disk: &FakeDisk, segment_bytes: u64) -> (Journal, State) {
    start_on(Arc::new(disk.clone()), segment_bytes)
}

pub fn start_on(shared: Arc<dyn Disk>, segment_bytes: u64) -> (Journal, State) {
    let lock = journal::lock(&*shared).unwrap();
    let (state, recovered) = recover::recover(&shared).unwrap();
    (Journal::open(shared, lock, recovered, Options { segment_bytes }).unwrap(), state)
}

pub fn checkpoint(journal: &mut Journal, state: &State) {
    let mut writer = journal.checkpoint(journal.last_sequence()).unwrap();
    state.snapshot().encode_to(&mut writer).unwrap();
    let written = writer.finish().unwrap();
    journal.trim(&written).unwrap();
}

pub fn read(disk: &FakeDisk) -> Result<(State, Recovered), Fatal> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    recover::recover(&shared)
}

pub fn says(state: &State) -> String {
    let mut text = Text::new();
    state.snapshot().visit(&mut text);
    String::from_utf8(text.into_bytes()).unwrap()
}

/// The same files without the history of how they came about.
pub fn compact(disk: &FakeDisk) -> FakeDisk {
    let image = FakeDisk::new();
    disk.names().iter().for_each(|name| image.put(name, disk.get(name).unwrap()));
    image
}

pub fn files(disk: &FakeDisk, ending: &str) -> Vec<String> {
    disk.names().into_iter().filter(|name| name.ends_with(ending)).collect()
}

/// The extents of a segment: its header, then each frame.
pub fn extents(segment: &[u8]) -> Vec<Range<usize>> {
    let salt = SegmentHeader::decode(segment).unwrap().salt;
    let frames = Scanner::new(salt, segment).map(|frame| {
        let frame = frame.unwrap();
        frame.offset..frame.end()
    });
    std::iter::once(0..SEGMENT_HEADER_BYTES).chain(frames).collect()
}

/// The first record of a file, or the last one of a checkpoint, by its name.
pub fn number_in(name: &str) -> u64 {
    name.split(['-', '.']).nth(1).unwrap().parse().unwrap()
}

/// The payload of the frame at this place, whatever its checksums say; `None` when there is none.
pub fn payload_unchecked(segment: &[u8], at: usize) -> Option<(u64, u32, &[u8], usize)> {
    let header = segment.get(at..at + FRAME_HEADER_BYTES)?;
    let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
    let sequence = u64::from_le_bytes(header[8..16].try_into().unwrap());
    let end = at + FRAME_HEADER_BYTES + word(4) as usize;
    Some((sequence, word(16), segment.get(at + FRAME_HEADER_BYTES..end)?, end))
}

/// Random numbers that are the same in every run (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
