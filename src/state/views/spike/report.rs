//! [`SpikeReport`]: what people read of a system's detector, on the terminal, in the API and on the status page. Plain
//! data; the sentences are made by [`crate::explain`].

use serde::{Deserialize, Serialize};

use crate::event::Kind;
use crate::state::signals::spike::counted::Counted;
use crate::state::signals::spike::pages::Page;
use crate::state::signals::spike::status::SpikeState;
use crate::state::signals::spike::watch::Unit;

/// One system's detector at one moment. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikeReport {
    pub system: String,
    /// `learning`, `ok`, `page` or `new_normal`.
    pub state: String,
    pub now: f64,
    /// The system's time zone; empty is UTC.
    pub timezone: String,
    /// The setting.
    pub false_pages_per_month: f64,
    /// The unit of exposure: `tasks`, or `seconds` for a system that sends no tasks.
    pub per: String,
    /// At least 1 during a page, below 1 otherwise.
    pub score: f64,
    /// Since the estimated onset while a page is open, otherwise of about the last hour. `null` while nothing comes.
    pub recent: Option<Recent>,
    /// The usual ratio at this hour.
    pub usual_ratio: Option<f64>,
    pub page: Option<PageReport>,
    /// A rise stayed, its page ended without an answer: until when what was usual before it is remembered.
    pub new_normal_until: Option<f64>,
    /// Which queues and reasons rose since the onset (or in the last hour), beyond chance; the largest part of the excess first.
    pub causes: Vec<CauseReport>,
    /// No queue or reason rose more than the others.
    pub all_alike: bool,
    /// Behavior changes in the two hours before the onset (or before now), the newest first.
    pub changes: Vec<ChangeReport>,
    pub baseline: BaselineReport,
    /// Reasons to doubt this report.
    pub cautions: Vec<Caution>,
    /// When the last task and the last escalation were received.
    pub last_task: Option<f64>,
    pub last_escalation: Option<f64>,
    /// Pages so far, and those that were not confirmed by what came after them.
    pub pages: u64,
    pub unconfirmed: u64,
    /// Events that were refused in the last hour, the most first. The fold never sees them: whoever serves the report fills
    /// it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedLately>,
}

/// Events of one type that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLately {
    /// The type; `unknown` where it could not be read.
    #[serde(rename = "type")]
    pub kind: String,
    pub reason: String,
    pub events: u64,
}

impl RefusedLately {
    /// Whether each of these events would have opened an escalation.
    pub fn is_opening(&self) -> bool {
        self.kind == Kind::EscalationOpened.as_str()
    }
}

/// Recent escalations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// Escalated cases, in `exposure` tasks or seconds, over `seconds`.
    pub escalations: f64,
    pub exposure: f64,
    pub seconds: f64,
    pub ratio: f64,
    /// The usual number of escalations in this exposure.
    pub expected: Option<f64>,
    /// The ratio over the usual one.
    pub factor: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageReport {
    pub began: f64,
    /// Estimated beginning of the rise.
    pub onset: f64,
    /// The earliest and the latest that it may have begun: nine of ten begin between them.
    pub onset_from: f64,
    pub onset_to: f64,
    /// Whether what came after the page began is evidence for the rise.
    pub confirmed: bool,
    /// When the state is `new_normal`, if the ratio is still high, and somebody should say whether that is usual now.
    pub new_normal_at: f64,
    /// When the page ends if nobody has said so.
    pub unanswered_at: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseReport {
    pub queue: String,
    pub reason: String,
    /// Part of the excess, 0 to 1.
    pub part: f64,
    /// Its escalations since the onset, and how many are usual.
    pub came: f64,
    pub expected: f64,
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
    /// Escalations that the baseline was learned from, and how many are needed to call it known.
    pub escalations: f64,
    pub escalations_needed: f64,
    /// How long the system has been watched, and how long is needed.
    pub seconds: f64,
    pub seconds_needed: f64,
    /// Half of the history is forgotten after this time; 0 before anything was learned.
    pub half_life_seconds: f64,
    /// The ratio at this hour over that of the whole week.
    pub hour_factor: f64,
    /// Hour of the day and whether it is a weekend, in the system's time zone.
    pub hour: u8,
    pub weekend: bool,
    pub dispersion: f64,
    pub wander: f64,
}

/// A reason to doubt a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// Too little was observed to call the usual ratio known.
    Learning,
    /// Escalations come in bursts, so pages come later.
    Bursty,
    /// The ratio drifts up and down by itself.
    Unsteady,
    /// The system sends no tasks. Exposure is time, so more traffic looks like more escalations.
    NoTasks,
    /// No tasks come any more. They are assumed at the rate at which they came.
    TasksMissing,
    /// Nothing comes any more from a system that sends no tasks.
    Silent,
    /// Many events were received long after they happened, and were ignored.
    LateEvents,
    /// The clock was set back and has not caught up yet.
    ClockBack,
}

/// The part of a [`SpikeReport`] that changes from minute to minute. Cheap enough to ask for after every event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glimpse {
    pub page: Option<Page>,
    pub pages: u64,
    pub unconfirmed: u64,
    pub state: SpikeState,
    pub unit: Unit,
    /// Of about the last hour.
    pub lately: Counted,
    pub usual: Option<f64>,
}
