//! The fold alone, in process: one event that adds one to one series, among 100,000 live series and among 1,000, and the
//! same for the vectors of the client libraries with the same labels.
//!
//! The series are drawn at random; events and labels lie ready in memory in the order in which they are used, so that only
//! the fold's own memory is far away.

use day90::config::Model;
use day90::config::model::Bounds;
use day90::event::json::parse;
use day90::event::{Context, Event, Fixed, Inlet, Timestamp};
use day90::state::State;
use day90::state::engine::dedupe::HashKey;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::daemon::own_cpu_nanos;
use crate::lines::{Labels, scatter};
use crate::load::{median, range};
use crate::row::Row;

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// Events in one round.
const EVENTS: usize = 100_000;
/// Rounds, few and many in turn.
const ROUNDS: usize = 15;

pub fn rows() -> Vec<Row> {
    let [few, many] = [texts(FEW), texts(MANY)];
    let (day90, rounds) = compare(Fold::new(FEW, &few), Fold::new(MANY, &many), Fold::run);
    let (prometheus, _) = compare(Vector::new(FEW), Vector::new(MANY), Vector::run);
    let (client, _) = compare(Families::new(FEW), Families::new(MANY), Families::run);
    let (low, high) = range(&rounds);
    vec![Row {
        what: "fold at 100,000 live series ÷ at 1,000",
        aim: "≤ 2.5",
        measured: format!("{:.2} ({low:.2} to {high:.2}; {} ns)", day90.ratio(), day90.nanos()),
        held: day90.ratio() <= 2.5,
        peer: format!(
            "prometheus {:.2} ({} ns), prometheus-client {:.2} ({} ns)",
            prometheus.ratio(),
            prometheus.nanos(),
            client.ratio(),
            client.nanos()
        ),
    }]
}

/// Nanoseconds an event at few and at many series.
struct Cost {
    few: f64,
    many: f64,
}

impl Cost {
    fn ratio(&self) -> f64 {
        self.many / self.few
    }
    fn nanos(&self) -> String {
        format!("{:.0} ÷ {:.0}", self.many, self.few)
    }
}

/// The medians of rounds in turn, and each round's ratio.
fn compare<T>(mut few: T, mut many: T, run: impl Fn(&mut T)) -> (Cost, Vec<f64>) {
    let timed = |it: &mut T| {
        let began = own_cpu_nanos();
        run(it);
        (own_cpu_nanos() - began) as f64 / EVENTS as f64
    };
    timed(&mut few);
    timed(&mut many);
    let (fews, manys): (Vec<f64>, Vec<f64>) = (0..ROUNDS).map(|_| (timed(&mut few), timed(&mut many))).unzip();
    let ratios = fews.iter().zip(&manys).map(|(few, many)| many / few).collect();
    (Cost { few: median(&fews), many: median(&manys) }, ratios)
}

/// The series that each event of a round goes to.
fn drawn(series: usize) -> impl Iterator<Item = Labels> {
    (0..EVENTS).map(move |event| Labels::of(scatter(event) % series))
}

fn texts(series: usize) -> Vec<String> {
    drawn(series).map(|labels| labels.line("none")).collect()
}

fn event(text: &str) -> Event<'_> {
    let scale = |_: &str| (Fixed::from_nanos(0), Fixed::from_nanos(0));
    let context = Context {
        received: Timestamp::from_seconds(1),
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &scale,
        event_age: day90::event::kinds::EVENT_AGE,
        notes: None,
    };
    let event = parse(text, 1, &context).expect("the benchmark's own lines");
    // Remembering ids is measured with the bulk; it doesn't depend on series.
    Event { id: None, ..event }
}

struct Fold<'a> {
    state: State,
    events: Vec<Event<'a>>,
    sequence: u64,
}

impl<'a> Fold<'a> {
    fn new(series: usize, texts: &'a [String]) -> Fold<'a> {
        let mut state = State::new(HashKey(1, 2));
        let limits = Bounds { series: 2 * MANY, ..Bounds::default() };
        state.configure(Model { limits, ..Model::default() }, 1);
        let mut fold = Fold { state, events: texts.iter().map(|text| event(text)).collect(), sequence: 1 };
        for series in 0..series {
            let line = Labels::of(series).line("none");
            fold.apply(&event(&line));
        }
        let live = fold.state.core().series;
        // Each system has some hundreds of its own.
        assert!(live >= series && live < series + series / 10 + 500, "{live} series for {series}");
        fold
    }

    fn apply(&mut self, event: &Event<'_>) {
        self.sequence += 1;
        self.state.apply(event, self.sequence);
    }

    fn run(&mut self) {
        let events = std::mem::take(&mut self.events);
        events.iter().for_each(|event| self.apply(event));
        self.events = events;
    }
}

struct Vector {
    vector: prometheus::IntCounterVec,
    drawn: Vec<Labels>,
}

impl Vector {
    fn new(series: usize) -> Vector {
        let options = prometheus::Opts::new("steps", "Steps.");
        let vector = prometheus::IntCounterVec::new(options, &["system", "kind", "name", "outcome"]);
        let vector = Vector { vector: vector.expect("legal names"), drawn: drawn(series).collect() };
        (0..series).for_each(|series| vector.add(&Labels::of(series)));
        vector
    }

    #[allow(clippy::disallowed_methods, reason = "the peer is measured as it is used")]
    fn add(&self, labels: &Labels) {
        self.vector.with_label_values(&[&labels.system, labels.kind, &labels.name, labels.outcome]).inc();
    }

    fn run(&mut self) {
        self.drawn.iter().for_each(|labels| self.add(labels));
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Step {
    system: String,
    kind: &'static str,
    name: String,
    outcome: &'static str,
}

impl From<Labels> for Step {
    fn from(Labels { system, kind, name, outcome }: Labels) -> Step {
        Step { system, kind, name, outcome }
    }
}

struct Families {
    family: Family<Step, Counter>,
    drawn: Vec<Step>,
}

impl Families {
    fn new(series: usize) -> Families {
        let family = Family::default();
        (0..series).for_each(|series| drop(family.get_or_create(&Step::from(Labels::of(series)))));
        Families { family, drawn: drawn(series).map(Step::from).collect() }
    }

    fn run(&mut self) {
        for step in &self.drawn {
            self.family.get_or_create(step).inc();
        }
    }
}
