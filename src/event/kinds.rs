//! The contract as a table: every type with its fields, what each must look like, and what it is for.
//!
//! docs/events.md and the JSON Schema are made from it, the parser takes from it which fields a type knows, and
//! tests hold the parser to the rest of it in both directions.

use super::field::Field;
use super::*;

/// What the value of a field must look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// 1 to this many bytes of UTF-8 without control characters.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number of seconds, 0 to a billion.
    Seconds,
    /// A number from 0 to 1.
    Ratio,
    /// A whole number from 0 to 2^53.
    Count,
    /// `true` or `false`.
    Flag,
    /// An amount of money: a number from 0 to a billion.
    Amount,
    /// A code of ISO 4217.
    Currency,
    /// `up` or `down` for thumbs, a number on the declared scale for a rating, else nothing.
    Feedback,
    /// A date and time of RFC 3339.
    Time,
    /// 1–64 of `[a-z0-9._-]`.
    System,
}

/// One field of one type.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub field: Field,
    pub required: bool,
    pub form: Form,
    pub meaning: &'static str,
}

/// One type of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub kind: Kind,
    /// When a sender sends it.
    pub meaning: &'static str,
    /// What day90 makes of it.
    pub feeds: &'static str,
    pub fields: &'static [Spec],
    /// One event with every field.
    pub example: &'static str,
}

/// Bytes of a name: action, queue, reason, name, input, suite, owner, by, author, approver, severity.
pub const NAME_BYTES: usize = 64;
/// Bytes of a version.
pub const VERSION_BYTES: usize = 128;
/// Bytes of what identifies one thing: id, case, escalation, review, appeal, change, rollback.
pub const ID_BYTES: usize = 128;
pub const SOURCE_BYTES: usize = 256;
pub const NOTE_BYTES: usize = 1_024;
/// Nanoseconds that an event may be ahead of the daemon's clock.
pub const AHEAD_MAX: i64 = 5 * time::MINUTE;
/// The largest count: above it, JSON's numbers are no longer exact everywhere.
pub const COUNT_MAX: u64 = 1 << 53;

/// Fields that every type has, beside `type`.
pub const COMMON: &[Spec] = &[
    may(Field::System, Form::System, "The AI system. Required, unless the configuration has a `default_system`."),
    may(
        Field::Id,
        Form::Text(ID_BYTES),
        "Your id of the event: the same (source, id) is the same event and counts once. Without one, nothing is \
         deduplicated.",
    ),
    may(Field::Source, Form::Text(SOURCE_BYTES), "Who made the id; the system unless you say otherwise."),
    may(
        Field::Time,
        Form::Time,
        "When it happened; when it was received unless you say otherwise. More than 5 minutes ahead of the daemon's \
         clock is refused.",
    ),
    may(Field::Case, Form::Text(ID_BYTES), "The piece of work that the events of one lifecycle share."),
];

const NAME: Form = Form::Text(NAME_BYTES);
const VERSION: Form = Form::Text(VERSION_BYTES);
const ID: Form = Form::Text(ID_BYTES);
const CASE: Spec = need(Field::Case, ID, "The piece of work that the events of one lifecycle share.");
const ESCALATION: Spec =
    may(Field::Escalation, ID, "Names this escalation where a case has several; the case names it otherwise.");
const REVIEW: Spec = may(Field::Review, ID, "Names this review where a case has several; the case names it otherwise.");
const APPEAL: Spec = may(Field::Appeal, ID, "Names this appeal where a case has several; the case names it otherwise.");
const BY: Spec = may(Field::By, NAME, "Who did it. Never becomes a label.");

/// The types, in the order of [`Kind`].
pub const TABLE: &[Type] = &[
    Type {
        kind: Kind::TaskCompleted,
        meaning: "The system finished one piece of work, well or not.",
        feeds: "the denominator of every rate; latency; boundaries",
        fields: &[
            need(Field::Action, NAME, "What was done, as the boundaries declare it."),
            need(Field::Outcome, Form::Word(TaskOutcome::WORDS), "How it ended."),
            need(Field::Mode, Form::Word(MODES), "What the system did: decided itself, suggested, or escalated."),
            may(Field::DurationSeconds, Form::Seconds, "How long it took."),
            may(Field::Version, VERSION, "The version of the behavior that did it."),
        ],
        example: r#"{"type":"task.completed","id":"01J-1","time":"2026-11-23T09:00:00.123Z","system":"refund-agent","case":"c-123","action":"refund.issue","outcome":"completed","mode":"decide","duration_seconds":4.2,"version":"prompt-41"}"#,
    },
    Type {
        kind: Kind::StepCompleted,
        meaning: "One step inside a task ended: a model call, a tool call, a retrieval.",
        feeds: "latency where it arises; tokens",
        fields: &[
            need(Field::Kind, Form::Word(StepKind::WORDS), "What kind of step."),
            need(Field::Name, NAME, "Which model, tool, index or guardrail."),
            need(Field::Outcome, Form::Word(StepOutcome::WORDS), "How it ended."),
            may(Field::DurationSeconds, Form::Seconds, "How long it took."),
            may(Field::FirstTokenSeconds, Form::Seconds, "Until the first token came."),
            may(Field::InputTokens, Form::Count, "Tokens that went in."),
            may(Field::OutputTokens, Form::Count, "Tokens that came out."),
        ],
        example: r#"{"type":"step.completed","id":"01J-2","system":"refund-agent","case":"c-123","kind":"model","name":"small-model","outcome":"completed","duration_seconds":1.8,"first_token_seconds":0.35,"input_tokens":2100,"output_tokens":180}"#,
    },
    Type {
        kind: Kind::EscalationOpened,
        meaning: "The system handed a case to people.",
        feeds: "escalations",
        fields: &[
            CASE,
            ESCALATION,
            may(Field::Queue, NAME, "Where it waits; by default the queue of the first route that matches its reason."),
            may(Field::Reason, NAME, "Why; `none` when missing."),
            may(Field::Action, NAME, "What the system was about to do."),
            may(Field::Severity, NAME, "How bad, in your own words."),
        ],
        example: r#"{"type":"escalation.opened","id":"01J-3","time":"2026-11-23T09:00:00.123Z","system":"refund-agent","case":"c-123","escalation":"e-1","queue":"billing","reason":"low_confidence","action":"refund.issue","severity":"high"}"#,
    },
    Type {
        kind: Kind::EscalationAcknowledged,
        meaning: "A person took the case.",
        feeds: "time to acknowledge",
        fields: &[CASE, ESCALATION, BY],
        example: r#"{"type":"escalation.acknowledged","id":"01J-4","system":"refund-agent","case":"c-123","escalation":"e-1","by":"billing-on-call"}"#,
    },
    Type {
        kind: Kind::EscalationReassigned,
        meaning: "The case went to another queue.",
        feeds: "bounced cases",
        fields: &[CASE, need(Field::Queue, NAME, "The queue that it is in now."), ESCALATION, BY],
        example: r#"{"type":"escalation.reassigned","id":"01J-5","system":"refund-agent","case":"c-123","queue":"fraud","escalation":"e-1","by":"billing-on-call"}"#,
    },
    Type {
        kind: Kind::EscalationResolved,
        meaning: "A person decided the case.",
        feeds: "time to resolve; how often the agent was right to ask, and wrong",
        fields: &[
            CASE,
            need(
                Field::Outcome,
                Form::Word(EscalationOutcome::WORDS),
                "`upheld`: what the system was about to do was right; `overturned`: it was wrong; `answered`: it asked \
                 for what it could not know; `dropped`: nobody needed it any more.",
            ),
            ESCALATION,
            BY,
        ],
        example: r#"{"type":"escalation.resolved","id":"01J-6","system":"refund-agent","case":"c-123","outcome":"overturned","escalation":"e-1","by":"billing-on-call"}"#,
    },
    Type {
        kind: Kind::ReviewRequested,
        meaning: "Something waits for a person's approval.",
        feeds: "review load: queue depth, oldest",
        fields: &[
            CASE,
            REVIEW,
            may(Field::Queue, NAME, "The review queue."),
            may(Field::Action, NAME, "What is to be approved."),
        ],
        example: r#"{"type":"review.requested","id":"01J-7","system":"refund-agent","case":"c-124","review":"r-1","queue":"billing","action":"refund.large"}"#,
    },
    Type {
        kind: Kind::ReviewStarted,
        meaning: "A reviewer began.",
        feeds: "wait",
        fields: &[CASE, REVIEW, BY],
        example: r#"{"type":"review.started","id":"01J-8","system":"refund-agent","case":"c-124","review":"r-1","by":"reviewer-2"}"#,
    },
    Type {
        kind: Kind::ReviewCompleted,
        meaning: "A review ended, by a person's decision or without one.",
        feeds: "review load in reviewer-seconds, wait apart from effort; override rate; rubber-stamping",
        fields: &[
            CASE,
            need(Field::Decision, Form::Word(Decision::WORDS), "What was decided."),
            REVIEW,
            BY,
            may(Field::HandlingSeconds, Form::Seconds, "Effort; start to completion when missing."),
            may(
                Field::EditRatio,
                Form::Ratio,
                "How much of the text was changed, computed by you: texts never come here.",
            ),
        ],
        example: r#"{"type":"review.completed","id":"01J-9","system":"refund-agent","case":"c-124","decision":"edited","review":"r-1","by":"reviewer-2","handling_seconds":95,"edit_ratio":0.12}"#,
    },
    Type {
        kind: Kind::ReviewAudited,
        meaning: "A sampled decision was judged again.",
        feeds: "whether overrides and approvals were right: an override rate alone is no quality",
        fields: &[
            CASE,
            need(Field::Appropriate, Form::Flag, "Was the decision right?"),
            REVIEW,
            may(Field::Decision, Form::Word(Decision::WORDS), "The decision that was judged."),
        ],
        example: r#"{"type":"review.audited","id":"01J-10","system":"refund-agent","case":"c-124","appropriate":true,"review":"r-1","decision":"edited"}"#,
    },
    Type {
        kind: Kind::CaseClosed,
        meaning: "The work on a case ended.",
        feeds: "automation, and who really finished",
        fields: &[CASE, need(Field::By, Form::Word(ClosedBy::WORDS), "Who finished it.")],
        example: r#"{"type":"case.closed","id":"01J-11","system":"refund-agent","case":"c-123","by":"ai"}"#,
    },
    Type {
        kind: Kind::CaseReopened,
        meaning: "A closed case came back.",
        feeds: "durable resolution: closed by the AI and still closed after the maturity period (default 7 days)",
        fields: &[CASE, may(Field::Reason, NAME, "Why it came back.")],
        example: r#"{"type":"case.reopened","id":"01J-12","system":"refund-agent","case":"c-123","reason":"not_solved"}"#,
    },
    Type {
        kind: Kind::AppealOpened,
        meaning: "Somebody affected asked for another decision.",
        feeds: "appeals",
        fields: &[CASE, APPEAL, may(Field::Action, NAME, "The action that is appealed.")],
        example: r#"{"type":"appeal.opened","id":"01J-13","system":"refund-agent","case":"c-125","appeal":"a-1","action":"refund.deny"}"#,
    },
    Type {
        kind: Kind::AppealDecided,
        meaning: "The appeal was decided.",
        feeds: "appeals overturned, turnaround",
        fields: &[
            CASE,
            need(Field::Outcome, Form::Word(AppealOutcome::WORDS), "Did the first decision stand?"),
            APPEAL,
        ],
        example: r#"{"type":"appeal.decided","id":"01J-14","system":"refund-agent","case":"c-125","outcome":"overturned","appeal":"a-1"}"#,
    },
    Type {
        kind: Kind::ChangeDeployed,
        meaning: "The system's behavior changed: a prompt, tool, policy, model, data or code went live.",
        feeds: "behavior changes, with who approved; the version in force",
        fields: &[
            need(Field::Kind, Form::Word(ChangeKind::WORDS), "What was changed."),
            need(Field::Version, VERSION, "The version that is in force now."),
            may(Field::Change, ID, "Names the change, for rollbacks to refer to."),
            may(Field::Author, NAME, "Who made it. Never becomes a label."),
            may(Field::Approver, NAME, "Who approved it. Never becomes a label."),
            may(Field::PreviousVersion, VERSION, "The version that it replaced."),
        ],
        example: r#"{"type":"change.deployed","id":"01J-15","system":"refund-agent","kind":"prompt","version":"prompt-42","change":"chg-7","author":"prompt-team","approver":"support-lead","previous_version":"prompt-41"}"#,
    },
    Type {
        kind: Kind::RollbackStarted,
        meaning: "Somebody began to take the system back.",
        feeds: "rollback events",
        fields: &[
            need(Field::Rollback, ID, "Names the rollback."),
            may(Field::Change, ID, "The change that failed."),
            may(Field::Trigger, Form::Word(Trigger::WORDS), "What set it off; `other` when missing."),
            may(Field::To, Form::Word(RollbackTo::WORDS), "Where to; `previous_version` when missing."),
            may(Field::Drill, Form::Flag, "Is it practice? `false` when missing. Drills fail no change."),
        ],
        example: r#"{"type":"rollback.started","id":"01J-16","system":"refund-agent","rollback":"rb-3","change":"chg-7","trigger":"alert","to":"previous_process","drill":false}"#,
    },
    Type {
        kind: Kind::RollbackCompleted,
        meaning: "The rollback ended.",
        feeds: "duration, success, time in fallback",
        fields: &[
            need(Field::Rollback, ID, "The name that it was started with."),
            need(Field::Result, Form::Word(RollbackResult::WORDS), "Did it work?"),
        ],
        example: r#"{"type":"rollback.completed","id":"01J-17","system":"refund-agent","rollback":"rb-3","result":"restored"}"#,
    },
    Type {
        kind: Kind::FallbackEnded,
        meaning: "The system serves again, after a rollback to the previous process.",
        feeds: "time in fallback",
        fields: &[],
        example: r#"{"type":"fallback.ended","id":"01J-18","system":"refund-agent"}"#,
    },
    Type {
        kind: Kind::FeedbackReceived,
        meaning: "A user, or what a user did, said something about the system.",
        feeds: "user trust",
        fields: &[
            need(Field::Signal, Form::Word(Signal::WORDS), "What kind of signal."),
            may(
                Field::Value,
                Form::Feedback,
                "Required for `thumbs` (`up` or `down`) and `rating` (a number on the declared scale, 1 to 5 unless \
                 declared otherwise). Every other signal is negative by itself and has no value.",
            ),
            may(Field::Action, NAME, "The action that it is about."),
        ],
        example: r#"{"type":"feedback.received","id":"01J-19","system":"refund-agent","case":"c-123","signal":"rating","value":4,"action":"refund.issue"}"#,
    },
    Type {
        kind: Kind::InputChecked,
        meaning: "An input that the system relies on was looked at.",
        feeds: "data quality",
        fields: &[
            need(Field::Input, NAME, "Which input, as the configuration declares it."),
            need(Field::Result, Form::Word(InputResult::WORDS), "What was found."),
            may(Field::AgeSeconds, Form::Seconds, "How old the data was."),
        ],
        example: r#"{"type":"input.checked","id":"01J-20","system":"refund-agent","input":"crm","result":"stale","age_seconds":5400}"#,
    },
    Type {
        kind: Kind::ActionAttempted,
        meaning: "The system tried an action, also where it was blocked before it took effect.",
        feeds: "boundaries",
        fields: &[
            need(Field::Action, NAME, "What it tried, as the boundaries declare it."),
            need(Field::Mode, Form::Word(MODES), "In which mode it tried."),
            may(Field::Allowed, Form::Flag, "Did it take effect? `true` when missing."),
        ],
        example: r#"{"type":"action.attempted","id":"01J-21","system":"refund-agent","case":"c-126","action":"account.close","mode":"decide","allowed":false}"#,
    },
    Type {
        kind: Kind::EvaluationCompleted,
        meaning: "An evaluation suite ran.",
        feeds: "maintenance; gate",
        fields: &[
            need(Field::Suite, NAME, "Which suite."),
            need(Field::Passed, Form::Flag, "Did it pass?"),
            may(Field::Score, Form::Ratio, "Its score."),
            may(Field::Version, VERSION, "The version that was evaluated."),
        ],
        example: r#"{"type":"evaluation.completed","id":"01J-22","system":"refund-agent","suite":"golden","passed":true,"score":0.94,"version":"prompt-42"}"#,
    },
    Type {
        kind: Kind::MaintenanceRecorded,
        meaning: "People worked on the system.",
        feeds: "maintenance budget",
        fields: &[
            need(Field::Activity, Form::Word(Activity::WORDS), "What they did."),
            may(Field::Seconds, Form::Seconds, "How long they worked."),
            may(Field::Cost, Form::Amount, "What it cost; needs `currency`."),
            may(Field::Currency, Form::Currency, "The currency of `cost`, and only with it."),
        ],
        example: r#"{"type":"maintenance.recorded","id":"01J-23","system":"refund-agent","activity":"evaluation","seconds":5400,"cost":120.5,"currency":"EUR"}"#,
    },
    Type {
        kind: Kind::CostRecorded,
        meaning: "Running the system cost money.",
        feeds: "running cost",
        fields: &[
            need(Field::Kind, Form::Word(CostKind::WORDS), "What it was spent on."),
            need(Field::Cost, Form::Amount, "How much."),
            need(Field::Currency, Form::Currency, "In which currency."),
        ],
        example: r#"{"type":"cost.recorded","id":"01J-24","system":"refund-agent","kind":"inference","cost":0.0042,"currency":"USD"}"#,
    },
    Type {
        kind: Kind::OwnerAttested,
        meaning: "The owner confirmed: this system is still mine.",
        feeds: "day-90 ownership",
        fields: &[
            need(Field::Owner, NAME, "Who confirms."),
            may(Field::Note, Form::Text(NOTE_BYTES), "Words for people."),
        ],
        example: r#"{"type":"owner.attested","id":"01J-25","system":"refund-agent","owner":"payments-ops","note":"quarterly review, nothing open"}"#,
    },
    Type {
        kind: Kind::DrillCompleted,
        meaning: "The unhappy path was practised.",
        feeds: "proof that the unhappy path works",
        fields: &[
            need(Field::Path, Form::Word(DrillPath::WORDS), "Which path."),
            need(Field::Result, Form::Word(DrillResult::WORDS), "Did it work?"),
            may(Field::Seconds, Form::Seconds, "How long it took."),
        ],
        example: r#"{"type":"drill.completed","id":"01J-26","system":"refund-agent","path":"exception","result":"passed","seconds":240}"#,
    },
];

/// What a task or an attempt can be: `never` is only for boundaries.
pub const MODES: &[&str] = &["decide", "suggest", "escalate"];

/// The fields that a type knows, as a set: its own and the common ones.
pub const fn known(kind: Kind) -> u64 {
    KNOWN[kind as usize]
}

/// The fields that a type must have, as a set; `type` itself is not among them.
pub const fn required(kind: Kind) -> u64 {
    REQUIRED[kind as usize]
}

static KNOWN: [u64; Kind::ALL.len()] = {
    let mut sets = [Field::Type.bit(); Kind::ALL.len()];
    let mut row = 0;
    while row < TABLE.len() {
        assert!(TABLE[row].kind as usize == row, "the table is in the order of Kind");
        sets[row] |= set(COMMON, false) | set(TABLE[row].fields, false);
        row += 1;
    }
    sets
};

static REQUIRED: [u64; Kind::ALL.len()] = {
    let mut sets = [0; Kind::ALL.len()];
    let mut row = 0;
    while row < TABLE.len() {
        sets[row] = set(TABLE[row].fields, true);
        row += 1;
    }
    sets
};

const fn set(fields: &[Spec], only_required: bool) -> u64 {
    let mut set = 0;
    let mut at = 0;
    while at < fields.len() {
        if fields[at].required || !only_required {
            set |= fields[at].field.bit();
        }
        at += 1;
    }
    set
}

const fn need(field: Field, form: Form, meaning: &'static str) -> Spec {
    Spec { field, required: true, form, meaning }
}

const fn may(field: Field, form: Form, meaning: &'static str) -> Spec {
    Spec { field, required: false, form, meaning }
}
