//! The net under a rebuilding: stored bytes of the formats of 0.1.0 and 0.2.0, and what 0.2.0 said of them.
//!
//! `tests/data/net.zst` holds a journal, checkpoints of both formats, and expositions in three formats, all made by 0.2.0 from
//! [`history`]: twelve days with every type, word and optional field of the contract, three reloads of the operating model, two
//! cases forgotten, a system removed, a restart, two spikes. Here later code starts from these bytes (from the journal
//! alone, from each checkpoint and the frames after it, from what 0.1.0 stored) and must say exactly the same. It must
//! also write the same bytes for the same history.
//!
//! What is stored changes only when a release is meant to say something else. Then
//!
//! ```text
//! DAY90_BLESS_NET=1 cargo test --locked --test tests -- net::writes
//! ```
//!
//! writes all of it again, and the reason belongs into the commit.

mod contract;
mod history;
mod models;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;

use day90::config::Metrics;
use day90::event::time::DAY;
use day90::event::{Timestamp, binary};
use day90::expose;
use day90::journal::fake::FakeDisk;
use day90::journal::{self, Disk, FRAME_HEADER_BYTES, Journal, begin_frame};
use day90::pipeline::{payload, recover};
use day90::state::engine::dedupe::HashKey;
use day90::state::engine::family::{Buckets, Metadata, Number, Sink, Type};
use day90::state::{FAMILIES, State};
use day90::telemetry::Format;
use serde_json::Value;

use self::contract::Shape;
use self::history::{Sent, Step, history};
use self::store::Files;
use crate::harness::Dir;
use crate::harness::day90::python;

/// The end of the names of checkpoints as 0.1.0 wrote them.
const FORMAT_1: &str = ".format-1";
/// Segments small enough that there are several.
const SEGMENT_BYTES: u64 = 96 << 10;
/// Long after every deadline of the history.
const LATER: i64 = 30 * DAY;
const FORMATS: [(&str, Format); 3] =
    [("text", Format::Text), ("openmetrics", Format::OpenMetrics), ("protobuf", Format::Protobuf)];

/// Passes on everything but exemplars, which are not stored.
struct WithoutExemplars<'a>(&'a mut dyn Sink);

impl Sink for WithoutExemplars<'_> {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        self.0.family(name, kind, help, labels);
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.0.sample(values, number);
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        let metadata = Metadata { exemplar: None, ..buckets.metadata };
        self.0.histogram(values, Buckets { metadata, ..buckets });
    }
    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.0.counter(values, number, Metadata { exemplar: None, ..metadata });
    }
}

fn exposition(state: &State, format: Format, exemplars: bool) -> Vec<u8> {
    let metrics = Metrics { created: true, ..Metrics::default() };
    let snapshot = state.snapshot();
    expose::write(format, None, metrics, 0, |sink| match exemplars {
        true => snapshot.visit(sink),
        false => snapshot.visit(&mut WithoutExemplars(sink)),
    })
}

/// What a state says at its own time, in three formats, and long after.
fn said(begin: &str, state: &mut State) -> Files {
    let mut said = Files::new();
    for (name, format) in FORMATS {
        said.insert(format!("{begin}end.{name}"), exposition(state, format, false));
    }
    state.advance(state.now().plus(LATER));
    for (name, format) in FORMATS {
        said.insert(format!("{begin}later.{name}"), exposition(state, format, false));
    }
    said
}

/// What a state with all its exemplars says.
fn said_with_exemplars(state: &State) -> Files {
    let formats = FORMATS.iter().filter(|(name, _)| *name != "text");
    formats.map(|(name, format)| (format!("exemplars.{name}"), exposition(state, *format, true))).collect()
}

fn name_of_look(name: &str, sequence: u64) -> String {
    format!("look-{sequence}-{name}.text")
}

/// Lives through the history.
struct Live {
    disk: FakeDisk,
    state: State,
    journal: Option<Journal>,
    frame: Vec<u8>,
    looks: Files,
    /// Checkpoints in format 1, by file name.
    first: Files,
}

impl Live {
    fn through(history: &[Step]) -> Live {
        let mut live = Live {
            disk: FakeDisk::new(),
            state: State::new(HashKey(1, 2)),
            journal: None,
            frame: Vec::new(),
            looks: Files::new(),
            first: Files::new(),
        };
        live.start();
        history.iter().for_each(|step| live.step(step));
        live.journal = None;
        live
    }

    fn start(&mut self) {
        self.journal = None;
        self.disk = self.disk.kill();
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let lock = journal::lock(&*disk).unwrap();
        let (state, recovered) = recover::recover(&disk).unwrap();
        // The first start's key is known, so that checkpoints come out the same.
        if recovered.next_sequence > 1 {
            self.state = state;
        }
        let options = journal::Options { segment_bytes: SEGMENT_BYTES };
        self.journal = Some(Journal::open(disk, lock, recovered, options).unwrap());
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Model(at, model) => self.commit(1, |frame| payload::model(*at, model, frame)),
            Step::Events(at, sent) => self.take(*at, sent),
            Step::Forget(at, case, system) => {
                let names = self.state.names_of_case(case, *system);
                let before = exposition(&self.state, Format::Text, false);
                self.commit(1, |frame| payload::forget(*at, &names, frame));
                assert!(before != exposition(&self.state, Format::Text, false), "something was known of {case}");
            }
            Step::Checkpoint => self.checkpoint(),
            Step::Restart => self.start(),
            Step::Look(name) => {
                let name = name_of_look(name, self.state.sequence());
                self.looks.insert(name, exposition(&self.state, Format::Text, false));
            }
        }
    }

    fn commit(&mut self, count: u32, write: impl FnOnce(&mut Vec<u8>)) {
        begin_frame(&mut self.frame);
        write(&mut self.frame);
        let journal = self.journal.as_mut().unwrap();
        let sequence = journal.append(&mut self.frame, count).unwrap();
        journal.sync().unwrap();
        payload::apply(&mut self.state, sequence, count, &self.frame[FRAME_HEADER_BYTES..]).unwrap();
    }

    /// As the writer does: what was seen is not written.
    fn take(&mut self, at: Timestamp, sent: &[Sent]) {
        let (mut bytes, mut ids) = (Vec::new(), BTreeSet::new());
        let mut count = 0;
        for one in sent {
            let event = contract::parse(&one.line, one.received, one.inlet, self.state.model());
            let id = self.state.id_of(&event);
            if id == 0 || (!self.state.have_seen(&[id])[0] && ids.insert(id)) {
                binary::encode(&event, &mut bytes);
                count += 1;
            }
        }
        if count > 0 {
            self.commit(count, |frame| {
                payload::begin_events(at, frame);
                frame.extend_from_slice(&bytes);
            });
        }
    }

    fn checkpoint(&mut self) {
        let journal = self.journal.as_ref().unwrap();
        let sequence = journal.last_sequence();
        let snapshot = self.state.snapshot();
        let mut writer = journal.checkpoint(sequence).unwrap();
        snapshot.encode_to(&mut writer).unwrap();
        writer.finish().unwrap();
        let name = self.disk.names().into_iter().rfind(|name| name.ends_with(".ckpt")).expect("it was just written");
        let second = self.disk.get(&name).unwrap();
        let mut writer = journal.checkpoint_format_1(sequence).unwrap();
        snapshot.encode_format_1_to(&mut writer).unwrap();
        writer.finish().unwrap();
        self.first.insert(format!("{name}{FORMAT_1}"), self.disk.get(&name).unwrap());
        self.disk.put(&name, second);
    }

    /// Every file that is stored of it, by name.
    fn files(&self) -> Files {
        let kept = |name: &String| name.ends_with(".seg") || name.ends_with(".ckpt");
        let names = self.disk.names().into_iter().filter(kept);
        let mut files: Files = names.map(|name| (name.clone(), self.disk.get(&name).unwrap())).collect();
        files.extend(self.first.clone());
        files
    }
}

/// The records of a disk: number of the first, how many, payload.
fn frames(disk: &dyn Disk) -> Vec<(u64, u32, Vec<u8>)> {
    let mut frames = Vec::new();
    let reading = journal::read(disk).unwrap();
    assert_eq!(reading.checkpoint_sequence(), None, "the journal alone");
    reading
        .replay(|frame| {
            frames.push((frame.sequence, frame.count, frame.payload.to_vec()));
            Ok(())
        })
        .unwrap();
    frames
}

/// A checkpoint's payload, without what names its writer.
fn payload_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let disk = FakeDisk::new();
    disk.put(name.strip_suffix(FORMAT_1).unwrap_or(name), bytes.to_vec());
    let checkpoint = journal::read(&disk).unwrap().take_checkpoint().expect("a whole checkpoint");
    let mut payload = Vec::new();
    std::io::Read::read_to_end(&mut checkpoint.into_payload(), &mut payload).unwrap();
    payload
}

/// The stored checkpoints of a format, oldest first.
fn checkpoints(files: &Files, of_0_1_0: bool) -> Vec<&String> {
    let is = |name: &&String| name.starts_with("checkpoint-") && name.ends_with(FORMAT_1) == of_0_1_0;
    files.keys().filter(is).collect()
}

/// Starts from the journal alone, and looks where the history did.
fn from_the_journal(files: &Files) -> Files {
    let looks: BTreeMap<u64, &String> = files
        .keys()
        .filter_map(|name| {
            let sequence = name.strip_prefix("look-")?.split('-').next()?.parse().expect("a sequence number");
            Some((sequence, name))
        })
        .collect();
    let mut state = State::new(HashKey(3, 4));
    let mut all = Files::new();
    for (sequence, count, payload) in frames(&*store::disk(files, None)) {
        payload::apply(&mut state, sequence, count, &payload).unwrap();
        if let Some(name) = looks.get(&state.sequence()) {
            all.insert((*name).clone(), exposition(&state, Format::Text, false));
        }
    }
    all.extend(said_with_exemplars(&state));
    all.extend(said("", &mut state));
    all
}

fn from_a_checkpoint(files: &Files, name: &str, begin: &str) -> Files {
    let (mut state, recovered) = recover::recover(&store::disk(files, Some(name))).unwrap();
    assert!(
        recovered.checkpoint_sequence.is_some() && recovered.records > 0,
        "{name}: a checkpoint and frames after it"
    );
    assert_eq!(recovered.warnings, Vec::<String>::new());
    said(begin, &mut state)
}

/// How expositions begin that are of a start from what 0.1.0 stored: it has lost what 0.1.0 doesn't know.
fn begin_of(name: &str) -> String {
    let sequence = name.trim_start_matches("checkpoint-").trim_start_matches('0');
    format!("from-0.1.0-{}-", sequence.split('.').next().unwrap())
}

#[track_caller]
fn expect_stored(way: &str, said: &Files) {
    let apart: Vec<String> = said.iter().filter_map(|(name, now)| difference(name, &store::all()[name], now)).collect();
    assert!(apart.is_empty(), "{way}, day90 says something else than 0.2.0 did:\n{}", apart.join("\n"));
}

/// What differs, as far as it can be shown.
fn difference(name: &str, then: &[u8], now: &[u8]) -> Option<String> {
    if then == now {
        return None;
    }
    let (Ok(then), Ok(now)) = (std::str::from_utf8(then), std::str::from_utf8(now)) else {
        let at = then.iter().zip(now).take_while(|(then, now)| then == now).count();
        return Some(format!("{name}: from byte {at} on, {} bytes then, {} now", then.len(), now.len()));
    };
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (then, now) = (lines(then), lines(now));
    let gone = then.difference(&now).map(|line| format!("- {line}"));
    let new = now.difference(&then).map(|line| format!("+ {line}"));
    let apart: Vec<String> = gone.chain(new).take(30).collect();
    Some(format!("{name}:\n{}", if apart.is_empty() { "the order of lines".to_owned() } else { apart.join("\n") }))
}

#[test]
fn the_history_has_every_type_with_every_optional_field_present_and_absent_and_every_word() {
    let history = history();
    let sent = history.iter().filter_map(|step| if let Step::Events(_, sent) = step { Some(sent) } else { None });
    let events: Vec<Value> = sent.flatten().map(|sent| serde_json::from_str(&sent.line).unwrap()).collect();
    let inlets: BTreeSet<&str> = history
        .iter()
        .filter_map(|step| if let Step::Events(_, sent) = step { Some(sent) } else { None })
        .flatten()
        .map(|sent| sent.inlet.as_str())
        .collect();
    assert_eq!(inlets.len(), contract::INLETS.len(), "{inlets:?}");
    let mut missing = Vec::new();
    for kind in contract::declared() {
        let of_kind: Vec<&Value> = events.iter().filter(|event| event["type"] == kind.name).collect();
        let some = |wanted: &dyn Fn(&Value) -> bool| of_kind.iter().any(|event| wanted(event));
        let mut want = |is: bool, what: String| {
            if !is {
                missing.push(format!("{}: {what}", kind.name));
            }
        };
        want(!of_kind.is_empty(), "any".to_owned());
        for field in &kind.fields {
            want(some(&|event| event.get(field.name).is_some()), format!("{} present", field.name));
            want(field.required || some(&|event| event.get(field.name).is_none()), format!("{} absent", field.name));
            let words: Vec<Value> = match field.shape {
                Shape::Word(words) => words.iter().map(|word| (*word).into()).collect(),
                Shape::Flag => vec![true.into(), false.into()],
                _ => Vec::new(),
            };
            for word in words {
                want(some(&|event| event[field.name] == word), format!("{} {word}", field.name));
            }
        }
    }
    assert!(missing.is_empty(), "the history lacks:\n{}", missing.join("\n"));
    let count = |is: fn(&Step) -> bool| history.iter().filter(|step| is(step)).count();
    assert_eq!(count(|step| matches!(step, Step::Model(..))), 4, "a model and three reloads");
    assert_eq!(count(|step| matches!(step, Step::Restart)), 1);
    assert_eq!(count(|step| matches!(step, Step::Forget(..))), 2);
    let removed = |model: &day90::config::Model| !model.systems.contains_key(models::REMOVED);
    assert!(history.iter().any(|step| matches!(step, Step::Model(_, model) if removed(model))));
}

#[test]
fn writes_the_same_bytes_for_the_same_history() {
    let history = history();
    let live = Live::through(&history);
    let files = live.files();
    if std::env::var_os("DAY90_BLESS_NET").is_some() {
        return bless(&live, files);
    }
    let is_file = |name: &&String| name.contains(".ckpt") || name.contains(".seg");
    assert_eq!(files.keys().collect::<Vec<_>>(), store::all().keys().filter(is_file).collect::<Vec<_>>());
    expect_stored("during the history", &live.looks);
    let (then, now) = (frames(&*store::disk(store::all(), None)), frames(&*store::disk(&files, None)));
    let apart = then.iter().zip(&now).find(|(then, now)| then != now);
    assert!(apart.is_none() && then.len() == now.len(), "another frame is written: {apart:?}");
    for name in files.keys().filter(|name| name.contains(".ckpt")) {
        let (then, now) = (payload_of(name, &store::all()[name]), payload_of(name, &files[name]));
        let at = then.iter().zip(&now).take_while(|(then, now)| then == now).count();
        assert!(then == now, "{name}: from byte {at} of the payload on, {} bytes then, {} now", then.len(), now.len());
    }
}

fn bless(live: &Live, mut files: Files) {
    files.extend(live.looks.clone());
    let mut all = from_the_journal(&files);
    for name in checkpoints(&files, true) {
        all.extend(from_a_checkpoint(&files, name, &begin_of(name)));
    }
    files.extend(all);
    store::replace(&files);
}

/// A family that is 0 or absent all along would be no net for what feeds it.
#[test]
fn every_family_has_said_something() {
    let texts = store::all().iter().filter(|(name, _)| name.ends_with(".text"));
    let lines = texts.flat_map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().lines());
    let said: BTreeSet<&str> = lines
        .filter(|line| !line.starts_with('#') && !line.ends_with(" 0"))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let silent: Vec<&str> = FAMILIES
        .iter()
        .map(|family| family.name)
        .filter(|name| !said.contains(name) && !said.contains(&format!("{name}_sum")[..]))
        .collect();
    // No spike in a few days is a false one; the detector's own tests count those.
    assert_eq!(silent, ["day90_escalation_spikes_unconfirmed_total"], "nothing but 0");
}

#[test]
fn the_journal_alone_says_what_it_said() {
    let said = from_the_journal(store::all());
    assert_eq!(said.len(), 3 + 2 + 2 * 3, "looks, with exemplars, then and later: {:?}", said.keys());
    expect_stored("from the journal alone", &said);
}

#[test]
fn every_checkpoint_with_the_frames_after_it_says_the_same() {
    let checkpoints = checkpoints(store::all(), false);
    assert_eq!(checkpoints.len(), 3);
    for name in checkpoints {
        expect_stored(&format!("from {name}"), &from_a_checkpoint(store::all(), name, ""));
    }
}

#[test]
fn what_0_1_0_stored_says_what_it_said() {
    let checkpoints = checkpoints(store::all(), true);
    assert_eq!(checkpoints.len(), 3);
    for name in checkpoints {
        expect_stored(&format!("from {name}"), &from_a_checkpoint(store::all(), name, &begin_of(name)));
    }
}

const JUDGE: &str = r#"
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text
def samples(parse, path):
    found = {}
    for family in parse(open(path, newline="").read()):
        for sample in family.samples:
            if sample.name.endswith("_created"):
                continue
            labels = {name: float(value) if name == "le" else value for name, value in sample.labels.items()}
            found[(sample.name, tuple(sorted(labels.items())))] = sample.value
    return found
one, other = samples(text, sys.argv[1]), samples(openmetrics, sys.argv[2])
apart = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
assert not apart, apart[:10]
print(len(one))
"#;

/// Prometheus' own parsers for Python understand what is stored, and understand the same in both formats.
#[test]
fn what_is_stored_is_understood_by_others() {
    for moment in ["end", "later"] {
        let dir = Dir::new();
        let paths =
            ["text", "openmetrics"].map(|format| dir.write(format, &store::all()[&format!("{moment}.{format}")]));
        let judged = Command::new(python()).args(["-c", JUDGE]).args(paths).output();
        let judged = judged.unwrap_or_else(|error| {
            panic!("{}: {error}. tests/run installs it; or set DAY90_PYTHON", python().display());
        });
        assert!(judged.status.success(), "{moment}: {}", String::from_utf8_lossy(&judged.stderr));
        let samples: usize = String::from_utf8_lossy(&judged.stdout).trim().parse().unwrap();
        assert!(samples > 1_000, "{samples}");
    }
}
