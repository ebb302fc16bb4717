//! [`Report`]: what people read of a system's detector, on the terminal, in the API and on the status page. Plain data; the
//! words are the reader's: see [`crate::explain`].

use serde::{Deserialize, Serialize};

use super::SpikeState;
use super::baseline::Counted;
use super::watch::{MONTH_SECONDS, Page, Unit, Watch};
use crate::event::time::HOUR;
use crate::event::{ChangeKind, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::signals::changes::{Approval, Change};
use crate::state::{Snapshot, State};

/// Changes this long before the onset may have made a spike. Nanoseconds.
const CHANGES_BEFORE: i64 = 2 * HOUR;
const CHANGES_SHOWN: usize = 10;
const CAUSES_SHOWN: usize = 3;
/// A dispersion above this is called bursty, a wander above that unsteady.
const BURSTY: f64 = 2.0;
const UNSTEADY: f64 = 0.1;

/// One system's detector at one moment. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub system: String,
    /// `learning`, `ok`, `page` or `new_normal`.
    pub state: String,
    pub now: f64,
    /// The system's own; empty is UTC.
    pub timezone: String,
    /// The setting.
    pub false_pages_per_month: f64,
    /// `tasks`, or `seconds` for a system that sends none: what escalations are held against.
    pub per: String,
    /// 1 is a page.
    pub score: f64,
    /// Since about the onset while a page is open, else over the last hour or so. `null` while nothing comes.
    pub recent: Option<Recent>,
    /// The usual ratio at this hour.
    pub usual_ratio: Option<f64>,
    pub page: Option<PageReport>,
    /// Until when a risen ratio that stayed is still called new.
    pub new_normal_until: Option<f64>,
    /// Where what is beyond the usual comes from, the largest part first.
    pub causes: Vec<CauseReport>,
    /// Behavior changes in the two hours before the onset (or before now), the newest first.
    pub changes: Vec<ChangeReport>,
    pub baseline: BaselineReport,
    /// What could make this wrong.
    pub cautions: Vec<Caution>,
    /// When the last task and the last escalation were received.
    pub last_task: Option<f64>,
    pub last_escalation: Option<f64>,
    /// Pages so far, and those that what came after them did not confirm.
    pub pages: u64,
    pub unconfirmed: u64,
}

/// Escalated cases lately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// Escalated cases, in `exposure` tasks or seconds, over `seconds`.
    pub escalations: f64,
    pub exposure: f64,
    pub seconds: f64,
    pub ratio: f64,
    /// Escalations that would have been usual.
    pub expected: Option<f64>,
    /// The ratio over the usual one.
    pub factor: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageReport {
    pub began: f64,
    /// Since when escalations have risen, about.
    pub onset: f64,
    /// What came after the page says that it was no chance.
    pub confirmed: bool,
    /// When the risen ratio is taken for the new normal, if it stays.
    pub new_normal_at: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseReport {
    pub queue: String,
    pub reason: String,
    /// Of what is beyond the usual, 0 to 1.
    pub part: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeReport {
    pub at: f64,
    pub kind: String,
    pub version: String,
    /// `approved`, `self_approved` or `unapproved`.
    pub approval: String,
    pub author: Option<String>,
    pub approver: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineReport {
    /// Escalations that it rests on, and how many it takes to be called known.
    pub escalations: f64,
    pub escalations_needed: f64,
    /// How long the system has been watched, and how long it takes.
    pub seconds: f64,
    pub seconds_needed: f64,
    /// After which half of it is forgotten; 0 before it was learned.
    pub half_life_seconds: f64,
    /// The ratio at this hour over that of the whole week.
    pub hour_factor: f64,
    /// The system's own hour of the day, and whether it is a weekend.
    pub hour: u8,
    pub weekend: bool,
    pub dispersion: f64,
    pub wander: f64,
}

/// What could make a report wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// Too little was seen to call the usual ratio known.
    Learning,
    /// Escalations come in bursts: pages come later.
    Bursty,
    /// The ratio drifts to and fro.
    Unsteady,
    /// The system sends no tasks: escalations are held against time, so more traffic looks like more escalations.
    NoTasks,
    /// Tasks have stopped coming; they are assumed at the pace at which they came.
    TasksMissing,
    /// Nothing comes any more from a system that sends no tasks.
    Silent,
    /// Many events were received long after they happened, and left out.
    LateEvents,
    /// The clock was set back, and stands until it has caught up.
    ClockBack,
}

impl Snapshot {
    /// The detector of a system; `None` when it is not declared and nothing was heard of it.
    pub fn spike(&self, system: &str) -> Option<Report> {
        let id = self.state.core.system_id(system)?;
        Some(report(&self.state, id, system))
    }

    /// The detectors of all systems, in order of appearance.
    pub fn spikes(&self) -> Vec<Report> {
        self.state.core.systems().map(|(id, name)| report(&self.state, id, name)).collect()
    }
}

/// What changes from minute to minute: cheap enough to ask after every event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glimpse {
    pub page: Option<Page>,
    pub pages: u64,
    pub unconfirmed: u64,
    pub state: SpikeState,
    pub unit: Unit,
    pub lately: Counted,
    pub usual: Option<f64>,
}

impl State {
    /// A glimpse of a system's detector; `None` when nothing was heard of it.
    pub fn spike(&self, system: &str) -> Option<Glimpse> {
        let watch = self.spikes.get(self.core.system_id(system)?)?;
        Some(Glimpse {
            page: watch.page,
            pages: watch.pages,
            unconfirmed: watch.detector().unconfirmed(),
            state: watch.state(),
            unit: watch.unit(),
            lately: watch.lately(),
            usual: watch.usual(),
        })
    }
}

fn report(state: &State, system: SystemId, name: &str) -> Report {
    let core = &state.core;
    let watch = &*state.spikes.get_or_new(core, system);
    let (now, detector, usual) = (core.now, watch.detector(), watch.usual());
    let lately = recent(watch.lately(), usual);
    let factor = lately.as_ref().and_then(|lately| lately.factor).unwrap_or(1.0);
    let text = |sym| core.labels.text(sym).to_owned();
    let causes = watch.causes.parts(now, factor).into_iter().take(CAUSES_SHOWN);
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_seconds_f64);
    Report {
        system: name.to_owned(),
        state: watch.state().as_str().to_owned(),
        now: now.as_seconds_f64(),
        timezone: super::timezone(core, system).to_owned(),
        false_pages_per_month: MONTH_SECONDS / detector.allowed(),
        per: if watch.unit() == Unit::Tasks { "tasks" } else { "seconds" }.to_owned(),
        score: detector.score(),
        recent: lately,
        usual_ratio: usual,
        page: watch.page.and_then(|page| page_report(watch, page)),
        new_normal_until: seconds(watch.new_normal_until.filter(|_| watch.state() == SpikeState::NewNormal)),
        causes: causes
            .map(|it| CauseReport { queue: text(it.queue), reason: text(it.reason), part: it.part })
            .collect(),
        changes: changes(state, system, watch.page.map_or((now, now), |page| (page.onset, page.began))),
        baseline: baseline(watch),
        cautions: cautions(watch, now),
        last_task: seconds(watch.last_task()),
        last_escalation: seconds(watch.last_escalation()),
        pages: watch.pages,
        unconfirmed: detector.unconfirmed(),
    }
}

fn recent(lately: Counted, usual: Option<f64>) -> Option<Recent> {
    let ratio = lately.ratio()?;
    Some(Recent {
        escalations: lately.count,
        exposure: lately.exposure,
        seconds: lately.seconds,
        ratio,
        expected: usual.map(|usual| usual * lately.exposure),
        factor: usual.map(|usual| ratio / usual).filter(|factor| factor.is_finite()),
    })
}

fn page_report(watch: &Watch, page: Page) -> Option<PageReport> {
    let latch = watch.detector().page()?;
    let began = page.began.as_seconds_f64();
    Some(PageReport {
        began,
        onset: page.onset.as_seconds_f64(),
        confirmed: latch.confirmed(),
        new_normal_at: began + latch.new_normal_after(),
    })
}

fn baseline(watch: &Watch) -> BaselineReport {
    let detector = watch.detector();
    let [(escalations, escalations_needed), (seconds, seconds_needed)] = detector.learned();
    BaselineReport {
        escalations,
        escalations_needed,
        seconds,
        seconds_needed,
        half_life_seconds: detector.baseline().half_life(),
        hour_factor: detector.hour_factor(watch.hour()),
        hour: (watch.hour() % 24) as u8,
        weekend: watch.hour() >= 24,
        dispersion: detector.noise().dispersion(),
        wander: detector.noise().wander(),
    }
}

/// The onset is a guess: a change between it and the page may have made the spike all the same.
fn changes(state: &State, system: SystemId, (onset, page): (Timestamp, Timestamp)) -> Vec<ChangeReport> {
    let Some(deployed) = state.changes.of(system) else { return Vec::new() };
    let (from, to) = (onset.plus(-CHANGES_BEFORE), page.max(onset));
    let near = deployed.changes.iter().rev().filter(|change| change.at >= from && change.at <= to);
    near.take(CHANGES_SHOWN).map(ChangeReport::of).collect()
}

impl ChangeReport {
    fn of(change: &Change) -> ChangeReport {
        ChangeReport {
            at: change.at.as_seconds_f64(),
            kind: ChangeKind::as_str(change.kind).to_owned(),
            version: change.version.clone(),
            approval: Approval::as_str(change.approval).to_owned(),
            author: change.author.clone(),
            approver: change.approver.clone(),
        }
    }
}

fn cautions(watch: &Watch, now: Timestamp) -> Vec<Caution> {
    let (detector, noise) = (watch.detector(), watch.detector().noise());
    let learning = detector.is_learning();
    let held_against_time = watch.unit() == Unit::Seconds && watch.last_escalation().is_some();
    [
        (learning, Caution::Learning),
        // What is assumed at first is not known of this system.
        (!learning && noise.dispersion() > BURSTY, Caution::Bursty),
        (!learning && noise.wander() > UNSTEADY, Caution::Unsteady),
        (held_against_time, Caution::NoTasks),
        (watch.tasks_have_stopped(now), Caution::TasksMissing),
        (watch.has_fallen_silent(now), Caution::Silent),
        (watch.is_late(), Caution::LateEvents),
        (watch.clock_is_behind(), Caution::ClockBack),
    ]
    .into_iter()
    .filter_map(|(holds, caution)| holds.then_some(caution))
    .collect()
}
