//! The net: stored bytes of the formats of 0.1.0 and 0.2.0, and the samples that 0.2.0 gave for them.
//!
//! `tests/data/net.zst` holds a journal, checkpoints, and expositions in three formats, all made by 0.2.0 from
//! [`history`]: twelve days with every type, word and optional field of the contract, three reloads of the operating model, two
//! cases forgotten, a system removed, a restart, a clock set right, two spikes. Here later code starts from these bytes (from the journal
//! alone, from each checkpoint and the frames after it, from what 0.1.0 stored) and must give exactly the same samples.
//! Folding the same frames, it must also write checkpoints with the same sections.
//!
//! Help texts, the order of families and the order of sections may change: nobody's counts depend on them.
//!
//! What is stored changes only when a release is meant to give other samples. Then
//!
//! ```text
//! DAY90_BLESS_NET=1 cargo test --locked --test tests -- net::folding
//! ```
//!
//! writes all of it again, with the reason in the commit.

mod contract;
mod history;
mod models;
mod protobuf;
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
    expose::write(format, metrics, 0, |sink| match exemplars {
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
}

impl Live {
    fn through(history: &[Step]) -> Live {
        let mut live = Live {
            disk: FakeDisk::new(),
            state: State::new(HashKey(1, 2)),
            journal: None,
            frame: Vec::new(),
            looks: Files::new(),
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
            Step::ClockCorrected(to, by) => self.commit(1, |frame| payload::clock_corrected(*to, *by, *by, frame)),
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
    }

    /// Every file that is stored of it, by name.
    fn files(&self) -> Files {
        let kept = |name: &String| name.ends_with(".seg") || name.ends_with(".ckpt");
        let names = self.disk.names().into_iter().filter(kept);
        names.map(|name| (name.clone(), self.disk.get(&name).unwrap())).collect()
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
    disk.put(name, bytes.to_vec());
    let checkpoint = journal::read(&disk).unwrap().take_checkpoint().expect("a whole checkpoint");
    let mut payload = Vec::new();
    std::io::Read::read_to_end(&mut checkpoint.into_payload(), &mut payload).unwrap();
    payload
}

/// The stored checkpoints, oldest first.
fn checkpoints(files: &Files) -> Vec<&String> {
    files.keys().filter(|name| name.starts_with("checkpoint-") && name.ends_with(".ckpt")).collect()
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

fn from_a_checkpoint(files: &Files, name: &str) -> Files {
    let (mut state, recovered) = recover::recover(&store::disk(files, Some(name))).unwrap();
    assert!(
        recovered.checkpoint_sequence.is_some() && recovered.records > 0,
        "{name}: a checkpoint and frames after it"
    );
    assert_eq!(recovered.warnings, Vec::<String>::new());
    said("", &mut state)
}

#[track_caller]
fn expect_stored(way: &str, said: &Files) {
    let apart: Vec<String> = said.iter().filter_map(|(name, now)| difference(name, &store::all()[name], now)).collect();
    assert!(apart.is_empty(), "{way}, day90 gives other samples than 0.2.0 did:\n{}", apart.join("\n"));
}

/// What differs between two expositions, as far as it can be shown.
fn difference(name: &str, then: &[u8], now: &[u8]) -> Option<String> {
    let (then, now) = match name.ends_with("protobuf") {
        true => (protobuf::samples(then), protobuf::samples(now)),
        false => (samples(then), samples(now)),
    };
    let gone = then.difference(&now).map(|line| format!("- {line}"));
    let new = now.difference(&then).map(|line| format!("+ {line}"));
    let apart: Vec<String> = gone.chain(new).take(30).collect();
    (!apart.is_empty()).then(|| format!("{name}:\n{}", apart.join("\n")))
}

/// The lines of a text format without the help.
fn samples(text: &[u8]) -> BTreeSet<String> {
    let text = std::str::from_utf8(text).expect("a text format");
    text.lines().filter(|line| !line.starts_with("# HELP")).map(str::to_owned).collect()
}

/// A checkpoint's payload as its sections: their names, versions and contents.
fn sections(payload: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let (mut rest, mut sections) = (payload, BTreeMap::new());
    let take = |rest: &mut &[u8], bytes: usize| {
        let (taken, left) = rest.split_at(bytes);
        *rest = left;
        taken.to_vec()
    };
    while !rest.is_empty() {
        let length = usize::from(take(&mut rest, 1)[0]);
        let name = String::from_utf8(take(&mut rest, length)).unwrap();
        let mut content = take(&mut rest, 2);
        let lost = usize::from(take(&mut rest, 1)[0]);
        take(&mut rest, lost);
        loop {
            let length = u32::from_le_bytes(take(&mut rest, 4).try_into().unwrap());
            if length == 0 {
                break;
            }
            content.extend(take(&mut rest, length as usize));
        }
        assert!(sections.insert(name, content).is_none(), "a section comes once");
    }
    sections
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
    assert_eq!(count(|step| matches!(step, Step::ClockCorrected(..))), 1);
    let removed = |model: &day90::config::Model| !model.systems.contains_key(models::REMOVED);
    assert!(history.iter().any(|step| matches!(step, Step::Model(_, model) if removed(model))));
}

#[test]
fn folding_the_same_frames_writes_the_same_checkpoints() {
    if std::env::var_os("DAY90_BLESS_NET").is_some() {
        let live = Live::through(&history());
        return bless(&live, live.files());
    }
    let mut state = State::new(HashKey(1, 2));
    // The later ones were written after a restart, which gives rows other places.
    let name = checkpoints(store::all())[0];
    for (sequence, count, payload) in frames(&*store::disk(store::all(), None)) {
        payload::apply(&mut state, sequence, count, &payload).unwrap();
        if format!("checkpoint-{:020}.ckpt", state.sequence()) == *name {
            return expect_same_checkpoint(name, &state);
        }
    }
    panic!("no frame leads to {name}");
}

/// The same sections.
fn expect_same_checkpoint(name: &str, state: &State) {
    let mut now = Vec::new();
    state.snapshot().encode_to(&mut now).unwrap();
    let (then, now) = (sections(&payload_of(name, &store::all()[name])), sections(&now));
    let apart: Vec<&String> = then.keys().filter(|name| now.get(*name) != then.get(*name)).collect();
    assert!(apart.is_empty() && then.len() == now.len(), "{name}: other sections: {apart:?}");
}

fn bless(live: &Live, mut files: Files) {
    files.extend(live.looks.clone());
    let all = from_the_journal(&files);
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
    // No spike in a few days is a false one, and too little comes to prove a cause; the detector's own tests have both.
    let of_the_detector = ["day90_escalation_spike_cause", "day90_escalation_spikes_unconfirmed_total"];
    assert_eq!(silent, of_the_detector, "nothing but 0");
}

#[test]
fn the_journal_alone_says_what_it_said() {
    let said = from_the_journal(store::all());
    assert_eq!(said.len(), 4 + 2 + 2 * 3, "looks, with exemplars, then and later: {:?}", said.keys());
    expect_stored("from the journal alone", &said);
}

#[test]
fn every_checkpoint_with_the_frames_after_it_says_the_same() {
    let checkpoints = checkpoints(store::all());
    assert_eq!(checkpoints.len(), 3);
    for name in checkpoints {
        expect_stored(&format!("from {name}"), &from_a_checkpoint(store::all(), name));
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
