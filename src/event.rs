//! The event contract: what one event is, once it is believed.
//!
//! Everything here is pure: bytes in, values out; no I/O, no clock, no async. An [`Event`] borrows from the
//! request body it was parsed from, or from the journal frame it was decoded from, so that the hot path copies
//! nothing. Both spellings of the contract (short form and CloudEvents) become the same [`Event`].
//!
//! * [`json`] reads one JSON object into an event, or says which field is wrong and why.
//! * [`split`] cuts a request body into events (object, array, NDJSON), so that one bad event costs only itself.
//! * [`binary`] is the versioned encoding that the journal stores; live events and replay both fold from it.
//! * [`cloudevents`] reads the other spelling of the same event.
//! * [`kinds`] is the table of types and fields that documentation and JSON Schema are made from.

pub mod binary;
mod block;
mod build;
pub mod cloudevents;
mod currency;
#[cfg(test)]
mod docs;
mod escape;
pub mod field;
mod fields;
pub mod fixed;
pub mod json;
pub mod kinds;
mod number;
mod reader;
mod rejection;
pub mod schema;
#[cfg(test)]
mod speed;
pub mod split;
#[cfg(test)]
mod tests;
pub mod time;

use std::borrow::Cow;

pub use fixed::Fixed;
pub use time::Timestamp;

/// Text borrowed from the input where it has no escapes.
pub type Str<'a> = Cow<'a, str>;

/// One event that passed every check of the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The AI system: 1–64 of `[a-z0-9._-]`.
    pub system: Str<'a>,
    /// The sender's id: 1–128 bytes. Without one, nothing is deduplicated.
    pub id: Option<Str<'a>>,
    /// Who made the id: 1–256 bytes; `None` means the system.
    pub source: Option<Str<'a>>,
    /// When it happened; the time of receipt when the sender gave none.
    pub time: Timestamp,
    /// When it was received, by the daemon's clock.
    pub received: Timestamp,
    /// The way it came in.
    pub inlet: Inlet,
    /// The piece of work that the events of one lifecycle share: 1–128 bytes.
    pub case: Option<Str<'a>>,
    /// How many fields the contract doesn't know; they were ignored.
    pub unknown_fields: u32,
    pub body: Body<'a>,
}

/// A closed set of words, each with its spelling in JSON and in labels and its number on disk.
/// The numbers are the position, and are part of the journal's format: add at the end, never reorder.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            pub fn as_str(self) -> &'static str { Self::WORDS[self as usize] }
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
            pub fn from_number(number: u8) -> Option<Self> { Self::ALL.get(usize::from(number)).copied() }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use words;

words!(/// The way an event came in; the value of the label `source`.
    Inlet { Http = "http", Otlp = "otlp", File = "file", Unix = "unix", Webhook = "webhook", Kafka = "kafka" });
words!(/// What an action may do, weakest first: `never` < `escalate` < `suggest` < `decide`.
    Mode { Never = "never", Escalate = "escalate", Suggest = "suggest", Decide = "decide" });
words!(TaskOutcome { Completed = "completed", Failed = "failed", Abandoned = "abandoned" });
words!(StepKind { Model = "model", Tool = "tool", Retrieval = "retrieval", Guardrail = "guardrail", Handoff = "handoff" });
words!(StepOutcome { Completed = "completed", Failed = "failed" });
words!(EscalationOutcome { Upheld = "upheld", Overturned = "overturned", Answered = "answered", Dropped = "dropped" });
words!(Decision { Approved = "approved", Edited = "edited", Rejected = "rejected", Responded = "responded",
    Expired = "expired", Cancelled = "cancelled", Bypassed = "bypassed" });
words!(ClosedBy { Ai = "ai", Human = "human" });
words!(AppealOutcome { Upheld = "upheld", Overturned = "overturned" });
words!(ChangeKind { Prompt = "prompt", Tool = "tool", Policy = "policy", Model = "model", Data = "data", Code = "code" });
words!(Trigger { Alert = "alert", Owner = "owner", Reviewer = "reviewer", Evaluation = "evaluation", User = "user", Other = "other" });
words!(RollbackTo { PreviousVersion = "previous_version", PreviousProcess = "previous_process" });
words!(RollbackResult { Restored = "restored", Failed = "failed" });
words!(Signal { Thumbs = "thumbs", Rating = "rating", Override = "override", Abandonment = "abandonment",
    Appeal = "appeal", Complaint = "complaint", RepeatContact = "repeat_contact" });
words!(Thumb { Up = "up", Down = "down" });
words!(InputResult { Ok = "ok", Missing = "missing", Stale = "stale", Contradictory = "contradictory", Malformed = "malformed" });
words!(Activity { Monitoring = "monitoring", Update = "update", Evaluation = "evaluation",
    ProcessChange = "process_change", Incident = "incident" });
words!(CostKind { Inference = "inference", Tools = "tools", Review = "review", Infrastructure = "infrastructure", Other = "other" });
words!(DrillPath { Exception = "exception", Rollback = "rollback" });
words!(DrillResult { Passed = "passed", Failed = "failed" });

words!(/// The types of the event contract, in the order of its table.
Kind {
    TaskCompleted = "task.completed",
    StepCompleted = "step.completed",
    EscalationOpened = "escalation.opened",
    EscalationAcknowledged = "escalation.acknowledged",
    EscalationReassigned = "escalation.reassigned",
    EscalationResolved = "escalation.resolved",
    ReviewRequested = "review.requested",
    ReviewStarted = "review.started",
    ReviewCompleted = "review.completed",
    ReviewAudited = "review.audited",
    CaseClosed = "case.closed",
    CaseReopened = "case.reopened",
    AppealOpened = "appeal.opened",
    AppealDecided = "appeal.decided",
    ChangeDeployed = "change.deployed",
    RollbackStarted = "rollback.started",
    RollbackCompleted = "rollback.completed",
    FallbackEnded = "fallback.ended",
    FeedbackReceived = "feedback.received",
    InputChecked = "input.checked",
    ActionAttempted = "action.attempted",
    EvaluationCompleted = "evaluation.completed",
    MaintenanceRecorded = "maintenance.recorded",
    CostRecorded = "cost.recorded",
    OwnerAttested = "owner.attested",
    DrillCompleted = "drill.completed",
});

/// An amount of money: never negative, in units of the currency; ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Fixed,
    pub currency: Currency,
}

/// Three capital letters that ISO 4217 lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(pub [u8; 3]);

/// What a piece of feedback said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackValue {
    /// Every signal that is negative by itself.
    None,
    Thumb(Thumb),
    /// On the declared scale (checked).
    Rating(Fixed),
}

/// The fields of each type. Names are those of the contract; `*_seconds` are [`Fixed`] seconds, never negative.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    TaskCompleted {
        action: Str<'a>,
        outcome: TaskOutcome,
        mode: Mode,
        duration_seconds: Option<Fixed>,
        version: Option<Str<'a>>,
    },
    StepCompleted {
        kind: StepKind,
        name: Str<'a>,
        outcome: StepOutcome,
        duration_seconds: Option<Fixed>,
        first_token_seconds: Option<Fixed>,
        input_tokens: Option<u64>,
        output_tokens: Option<u64>,
    },
    /// The four escalation events: `escalation` names the lifecycle, else the case does.
    EscalationOpened {
        escalation: Option<Str<'a>>,
        queue: Option<Str<'a>>,
        reason: Option<Str<'a>>,
        action: Option<Str<'a>>,
        severity: Option<Str<'a>>,
    },
    EscalationAcknowledged {
        escalation: Option<Str<'a>>,
        by: Option<Str<'a>>,
    },
    EscalationReassigned {
        escalation: Option<Str<'a>>,
        queue: Str<'a>,
        by: Option<Str<'a>>,
    },
    EscalationResolved {
        escalation: Option<Str<'a>>,
        outcome: EscalationOutcome,
        by: Option<Str<'a>>,
    },
    /// The review events: `review` names the lifecycle, else the case does.
    ReviewRequested {
        review: Option<Str<'a>>,
        queue: Option<Str<'a>>,
        action: Option<Str<'a>>,
    },
    ReviewStarted {
        review: Option<Str<'a>>,
        by: Option<Str<'a>>,
    },
    ReviewCompleted {
        review: Option<Str<'a>>,
        decision: Decision,
        by: Option<Str<'a>>,
        handling_seconds: Option<Fixed>,
        edit_ratio: Option<Fixed>,
    },
    ReviewAudited {
        review: Option<Str<'a>>,
        appropriate: bool,
        decision: Option<Decision>,
    },
    CaseClosed {
        by: ClosedBy,
    },
    CaseReopened {
        reason: Option<Str<'a>>,
    },
    /// The appeal events: `appeal` names the lifecycle, else the case does.
    AppealOpened {
        appeal: Option<Str<'a>>,
        action: Option<Str<'a>>,
    },
    AppealDecided {
        appeal: Option<Str<'a>>,
        outcome: AppealOutcome,
    },
    ChangeDeployed {
        kind: ChangeKind,
        version: Str<'a>,
        change: Option<Str<'a>>,
        author: Option<Str<'a>>,
        approver: Option<Str<'a>>,
        previous_version: Option<Str<'a>>,
    },
    RollbackStarted {
        rollback: Str<'a>,
        change: Option<Str<'a>>,
        trigger: Trigger,
        to: RollbackTo,
        drill: bool,
    },
    RollbackCompleted {
        rollback: Str<'a>,
        result: RollbackResult,
    },
    FallbackEnded,
    FeedbackReceived {
        signal: Signal,
        value: FeedbackValue,
        action: Option<Str<'a>>,
    },
    InputChecked {
        input: Str<'a>,
        result: InputResult,
        age_seconds: Option<Fixed>,
    },
    ActionAttempted {
        action: Str<'a>,
        mode: Mode,
        allowed: bool,
    },
    EvaluationCompleted {
        suite: Str<'a>,
        passed: bool,
        score: Option<Fixed>,
        version: Option<Str<'a>>,
    },
    MaintenanceRecorded {
        activity: Activity,
        seconds: Option<Fixed>,
        money: Option<Money>,
    },
    CostRecorded {
        kind: CostKind,
        money: Money,
    },
    OwnerAttested {
        owner: Str<'a>,
        note: Option<Str<'a>>,
    },
    DrillCompleted {
        path: DrillPath,
        result: DrillResult,
        seconds: Option<Fixed>,
    },
}

impl Body<'_> {
    pub fn kind(&self) -> Kind {
        match self {
            Body::TaskCompleted { .. } => Kind::TaskCompleted,
            Body::StepCompleted { .. } => Kind::StepCompleted,
            Body::EscalationOpened { .. } => Kind::EscalationOpened,
            Body::EscalationAcknowledged { .. } => Kind::EscalationAcknowledged,
            Body::EscalationReassigned { .. } => Kind::EscalationReassigned,
            Body::EscalationResolved { .. } => Kind::EscalationResolved,
            Body::ReviewRequested { .. } => Kind::ReviewRequested,
            Body::ReviewStarted { .. } => Kind::ReviewStarted,
            Body::ReviewCompleted { .. } => Kind::ReviewCompleted,
            Body::ReviewAudited { .. } => Kind::ReviewAudited,
            Body::CaseClosed { .. } => Kind::CaseClosed,
            Body::CaseReopened { .. } => Kind::CaseReopened,
            Body::AppealOpened { .. } => Kind::AppealOpened,
            Body::AppealDecided { .. } => Kind::AppealDecided,
            Body::ChangeDeployed { .. } => Kind::ChangeDeployed,
            Body::RollbackStarted { .. } => Kind::RollbackStarted,
            Body::RollbackCompleted { .. } => Kind::RollbackCompleted,
            Body::FallbackEnded => Kind::FallbackEnded,
            Body::FeedbackReceived { .. } => Kind::FeedbackReceived,
            Body::InputChecked { .. } => Kind::InputChecked,
            Body::ActionAttempted { .. } => Kind::ActionAttempted,
            Body::EvaluationCompleted { .. } => Kind::EvaluationCompleted,
            Body::MaintenanceRecorded { .. } => Kind::MaintenanceRecorded,
            Body::CostRecorded { .. } => Kind::CostRecorded,
            Body::OwnerAttested { .. } => Kind::OwnerAttested,
            Body::DrillCompleted { .. } => Kind::DrillCompleted,
        }
    }
}

/// What parsing needs to know beside the bytes.
#[derive(Clone, Copy)]
pub struct Context<'m> {
    pub received: Timestamp,
    pub inlet: Inlet,
    /// The system of events that name none.
    pub default_system: Option<&'m str>,
    /// The declared rating scale (lowest, highest) of a system.
    pub rating_scale: &'m dyn Fn(&str) -> (Fixed, Fixed),
}

words!(/// Why an event was refused: the label `reason` of `day90_events_rejected_total`.
    Reason { Syntax = "syntax", Encoding = "encoding", TooLarge = "too_large", Type = "type", MissingField = "missing_field",
        DuplicateField = "duplicate_field", Field = "field", Time = "time", System = "system", OpenCases = "open_cases",
        Memory = "memory" });

/// An event that its sender must change: which field, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub reason: Reason,
    /// The field in the sender's own spelling, when one field is to blame.
    pub field: Option<String>,
    /// A sentence that says what was found, what is expected, and where.
    pub error: String,
}
