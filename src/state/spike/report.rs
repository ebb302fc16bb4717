//! [`Report`]: what people read of a system's detector, on the terminal, in the API and on the status page. Plain data; the
//! words are the reader's.

use serde::{Deserialize, Serialize};

use super::watch::{MONTH_SECONDS, Unit, Watch};
use crate::event::Timestamp;
use crate::event::time::{HOUR, SECOND};
use crate::state::{Snapshot, State};

/// Changes this long before the onset may have made a spike. Nanoseconds.
const CHANGES_BEFORE: i64 = 2 * HOUR;
const CAUSES_SHOWN: usize = 3;
/// A dispersion above this is called bursty, a wander above that unsteady.
const BURSTY: f64 = 2.0;
const UNSTEADY: f64 = 0.1;
/// Missing tasks after which it is said that they are missing.
const MISSING: f64 = 50.0;

/// One system's detector at one moment. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub system: String,
    /// `learning`, `ok`, `page` or `new_normal`.
    pub state: String,
    pub now: f64,
    /// The setting.
    pub false_pages_per_month: f64,
    /// `tasks`, or `seconds` for a system that sends none: what escalations are held against.
    pub per: String,
    /// 1 is a page.
    pub score: f64,
    pub recent: Option<Recent>,
    /// The usual ratio at this hour.
    pub usual_ratio: Option<f64>,
    pub page: Option<PageReport>,
    /// Where what is beyond the usual comes from, the largest part first.
    pub causes: Vec<CauseReport>,
    /// Behavior changes in the two hours before the onset (or before now), the newest first.
    pub changes: Vec<ChangeReport>,
    pub baseline: BaselineReport,
    /// What could make this wrong, as words of a closed set: see [`Caution`].
    pub cautions: Vec<Caution>,
    /// Pages so far, and those that what came after them did not confirm.
    pub pages: u64,
    pub unconfirmed: u64,
}

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
    pub confirmed: bool,
    /// When the risen ratio is taken for a new normal, if it stays.
    pub new_normal_at: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseReport {
    pub queue: String,
    pub reason: String,
    pub part: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeReport {
    pub at: f64,
    pub kind: String,
    pub version: String,
    pub approval: String,
    pub author: Option<String>,
    pub approver: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineReport {
    /// Escalations that it rests on.
    pub escalations: f64,
    /// Seconds after which half of it is forgotten; 0 before it was learned.
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
    /// Tasks have stopped coming; they are assumed at the rate at which they came.
    TasksMissing,
    /// Some events were received long after they happened, and left out.
    LateEvents,
}

impl Snapshot {
    /// The detector of a system; `None` when it is unknown or nothing was heard of it.
    pub fn spike(&self, system: &str) -> Option<Report> {
        let id = self.state.core.system_id(system)?;
        Some(report(&self.state, id, system, self.state.spikes.get(id)?))
    }
}

fn report(state: &State, system: u32, name: &str, watch: &Watch) -> Report {
    let (core, detector) = (&state.core, watch.detector());
    let now = core.now;
    let usual = watch.usual();
    let onset = watch.page.map_or(now, |page| page.onset);
    let text = |sym| core.labels.text(sym).to_owned();
    let lately = recent(watch, usual);
    let factor = lately.as_ref().and_then(|lately| lately.factor).unwrap_or(1.0);
    let causes = watch.causes.parts(now, factor).into_iter().take(CAUSES_SHOWN);
    let noise = detector.noise();
    Report {
        system: name.to_owned(),
        state: watch.state().as_str().to_owned(),
        now: now.as_seconds_f64(),
        false_pages_per_month: MONTH_SECONDS / detector.allowed(),
        per: if watch.unit() == Unit::Tasks { "tasks" } else { "seconds" }.to_owned(),
        score: detector.score(),
        recent: lately,
        usual_ratio: usual,
        page: watch.page.and_then(|page| {
            let latch = detector.page()?;
            Some(PageReport {
                began: page.began.as_seconds_f64(),
                onset: page.onset.as_seconds_f64(),
                confirmed: latch.confirmed(),
                new_normal_at: page.began.plus(24 * HOUR).as_seconds_f64(),
            })
        }),
        causes: causes
            .map(|it| CauseReport { queue: text(it.queue), reason: text(it.reason), part: it.part })
            .collect(),
        changes: changes(state, system, onset),
        baseline: BaselineReport {
            escalations: detector.baseline().count(),
            half_life_seconds: detector.baseline().half_life(),
            hour_factor: detector.hour_factor(watch.hour()),
            hour: (watch.hour() % 24) as u8,
            weekend: watch.hour() >= 24,
            dispersion: noise.dispersion(),
            wander: noise.wander(),
        },
        cautions: cautions(watch, now),
        pages: watch.pages,
        unconfirmed: detector.unconfirmed(),
    }
}

fn recent(watch: &Watch, usual: Option<f64>) -> Option<Recent> {
    let lately = watch.lately();
    if lately.exposure <= 0.0 {
        return None;
    }
    let ratio = lately.count / lately.exposure;
    Some(Recent {
        escalations: lately.count,
        exposure: lately.exposure,
        seconds: lately.seconds,
        ratio,
        expected: usual.map(|usual| usual * lately.exposure),
        factor: usual.map(|usual| ratio / usual),
    })
}

fn changes(state: &State, system: u32, until: Timestamp) -> Vec<ChangeReport> {
    let Some(deployed) = state.changes.of(system) else { return Vec::new() };
    // The onset is a guess: a change that came a little after it may have made it all the same.
    let (from, to) = (until.plus(-CHANGES_BEFORE), until.plus(10 * 60 * SECOND));
    let near = deployed.changes.iter().rev().filter(|change| change.at >= from && change.at <= to);
    let report = |change: &crate::state::changes::Change| ChangeReport {
        at: change.at.as_seconds_f64(),
        kind: change.kind.as_str().to_owned(),
        version: change.version.clone(),
        approval: change.approval.as_str().to_owned(),
        author: change.author.clone(),
        approver: change.approver.clone(),
    };
    near.map(report).collect()
}

fn cautions(watch: &Watch, now: Timestamp) -> Vec<Caution> {
    let noise = watch.detector().noise();
    [
        (watch.detector().is_learning(), Caution::Learning),
        (noise.dispersion() > BURSTY, Caution::Bursty),
        (noise.wander() > UNSTEADY, Caution::Unsteady),
        (watch.unit() == Unit::Seconds, Caution::NoTasks),
        (watch.missing_tasks(now) > MISSING, Caution::TasksMissing),
        (watch.late > 0, Caution::LateEvents),
    ]
    .into_iter()
    .filter_map(|(holds, caution)| holds.then_some(caution))
    .collect()
}
