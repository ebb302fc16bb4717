//! `events!`: every type of the event contract, declared once.
//!
//! From an entry below come the type's [`Kind`] and [`Body`], how it is read from JSON, its encoding on disk, its row in the
//! table that the JSON Schema and docs/events.md are made from, and its example.
//!
//! # To add a type
//! 1. Add an entry **at the end** of the list: the position of a type is its number on disk.
//! 2. Run `DAY90_BLESS=1 DAY90_BLESS_FORMAT=1 cargo test --lib event::`, which writes docs/events.md and adds the line of
//!    the new type to the golden bytes of the format. No other line of the golden bytes may change.
//! 3. Take it where it counts: `match` on [`Body`] in the signal that it feeds.
//!
//! A word set that no type had goes to words.rs. A field name that no type had needs nothing: names are collected from
//! the entries. So does a form, in `form!` below.
//!
//! # An entry
//! ```text
//! Variant = "the.type" {
//!     when: "When a sender sends it.",
//!     feeds: "what day90 makes of it",
//!     case: required,                          or optional: `case` itself belongs to every event
//!     fields: {                                left out when there are none
//!         must name: Form, "Meaning.";         required:  T in `Body`
//!         or(default) name: Form, "Meaning.";  optional:  T in `Body`, and this expression when it is missing
//!         may name: Form, "Meaning.";          optional:  Option<T> in `Body`
//!     },
//!     example: r#"one event with every field"#,
//! }
//! ```
//! `Declared` is a word that has no default here: the operating model has it, so the fold fills it in.
//!
//! On disk the `must` and `or` fields come first, then the `may` fields, each in the order of the entry. So a type that
//! journals already hold can only grow by a `may` field at the end of its entry, and has at most eight of those.
//!
//! A file that needs the declarations passes the name of a macro, which is called with all of them: `events!(rows);`. So
//! this list depends on nothing, and each user takes from it what it needs.
//!
//! [`Kind`]: super::Kind
//! [`Body`]: super::Body

macro_rules! events {
    ($take:ident) => { $take! {
        TaskCompleted = "task.completed" {
            when: "The system finished one piece of work, well or not.",
            feeds: "the denominator of every rate; latency; boundaries",
            case: optional,
            fields: {
                must action: Name, "What was done, as the boundaries declare it.";
                must outcome: Word(TaskOutcome), "How it ended.";
                must mode: Mode, "What the system did: decided itself, suggested, or escalated.";
                may duration_seconds: Seconds, "How long it took.";
                may version: Version, "The version of the behavior that did it.";
            },
            example: r#"{"type":"task.completed","id":"01J-1","time":"2026-11-23T09:00:00.123Z","system":"refund-agent","case":"c-123","action":"refund.issue","outcome":"completed","mode":"decide","duration_seconds":4.2,"version":"prompt-41"}"#,
        }
        StepCompleted = "step.completed" {
            when: "One step inside a task ended: a model call, a tool call, a retrieval.",
            feeds: "latency where it arises; tokens",
            case: optional,
            fields: {
                must kind: Word(StepKind), "What kind of step.";
                must name: Name, "Which model, tool, index or guardrail.";
                must outcome: Word(StepOutcome), "How it ended.";
                may duration_seconds: Seconds, "How long it took.";
                may first_token_seconds: Seconds, "Until the first token came.";
                may input_tokens: Count, "Tokens that went in.";
                may output_tokens: Count, "Tokens that came out.";
            },
            example: r#"{"type":"step.completed","id":"01J-2","system":"refund-agent","case":"c-123","kind":"model","name":"small-model","outcome":"completed","duration_seconds":1.8,"first_token_seconds":0.35,"input_tokens":2100,"output_tokens":180}"#,
        }
        EscalationOpened = "escalation.opened" {
            when: "The system handed a case to people.",
            feeds: "escalations",
            case: required,
            fields: {
                may escalation: Id, "Names this escalation where a case has several; the case names it otherwise.";
                may queue: Name, "Where it waits; by default the queue of the first route that matches its reason.";
                may reason: Name, "Why; `none` when missing.";
                may action: Name, "What the system was about to do.";
                may severity: Word(Severity), "How bad; a severity may have deadlines of its own.";
            },
            example: r#"{"type":"escalation.opened","id":"01J-3","time":"2026-11-23T09:00:00.123Z","system":"refund-agent","case":"c-123","escalation":"e-1","queue":"billing","reason":"low_confidence","action":"refund.issue","severity":"high"}"#,
        }
        EscalationAcknowledged = "escalation.acknowledged" {
            when: "A person took the case.",
            feeds: "time to acknowledge",
            case: required,
            fields: {
                may escalation: Id, "Names this escalation where a case has several; the case names it otherwise.";
                may by: Name, "Who did it. Never becomes a label.";
            },
            example: r#"{"type":"escalation.acknowledged","id":"01J-4","system":"refund-agent","case":"c-123","escalation":"e-1","by":"billing-on-call"}"#,
        }
        EscalationReassigned = "escalation.reassigned" {
            when: "The case went to another queue.",
            feeds: "bounced cases",
            case: required,
            fields: {
                may escalation: Id, "Names this escalation where a case has several; the case names it otherwise.";
                must queue: Name, "The queue that it is in now.";
                may by: Name, "Who did it. Never becomes a label.";
            },
            example: r#"{"type":"escalation.reassigned","id":"01J-5","system":"refund-agent","case":"c-123","queue":"fraud","escalation":"e-1","by":"billing-on-call"}"#,
        }
        EscalationResolved = "escalation.resolved" {
            when: "A person decided the case.",
            feeds: "time to resolve; how often the agent was right to ask, and wrong",
            case: required,
            fields: {
                may escalation: Id, "Names this escalation where a case has several; the case names it otherwise.";
                must outcome: Word(EscalationOutcome), "`upheld`: what the system was about to do was right; `overturned`: it was wrong; `answered`: it asked for what it could not know; `dropped`: nobody needed it any more.";
                may by: Name, "Who did it. Never becomes a label.";
            },
            example: r#"{"type":"escalation.resolved","id":"01J-6","system":"refund-agent","case":"c-123","outcome":"overturned","escalation":"e-1","by":"billing-on-call"}"#,
        }
        ReviewRequested = "review.requested" {
            when: "Something waits for a person's approval.",
            feeds: "review load: queue depth, oldest",
            case: required,
            fields: {
                may review: Id, "Names this review where a case has several; the case names it otherwise.";
                may queue: Name, "The review queue.";
                may action: Name, "What is to be approved.";
            },
            example: r#"{"type":"review.requested","id":"01J-7","system":"refund-agent","case":"c-124","review":"r-1","queue":"billing","action":"refund.large"}"#,
        }
        ReviewStarted = "review.started" {
            when: "A reviewer began.",
            feeds: "wait",
            case: required,
            fields: {
                may review: Id, "Names this review where a case has several; the case names it otherwise.";
                may by: Name, "Who did it. Never becomes a label.";
            },
            example: r#"{"type":"review.started","id":"01J-8","system":"refund-agent","case":"c-124","review":"r-1","by":"reviewer-2"}"#,
        }
        ReviewCompleted = "review.completed" {
            when: "A review ended, by a person's decision or without one.",
            feeds: "review load in reviewer-seconds, wait apart from effort; override rate; rubber-stamping",
            case: required,
            fields: {
                may review: Id, "Names this review where a case has several; the case names it otherwise.";
                must decision: Word(Decision), "What was decided.";
                may by: Name, "Who did it. Never becomes a label.";
                may handling_seconds: Seconds, "Effort; the last start to completion when missing.";
                may edit_ratio: Ratio, "How much of the text was changed, computed by you: texts never come here.";
                may queue: Name, "The review queue, where the request may never come; the request's own wins.";
                may action: Name, "What was decided about.";
                may wait_seconds: Seconds, "From the request to the start; measured when missing.";
            },
            example: r#"{"type":"review.completed","id":"01J-9","system":"refund-agent","case":"c-124","decision":"edited","review":"r-1","by":"reviewer-2","handling_seconds":95,"edit_ratio":0.12,"queue":"billing","action":"refund.large","wait_seconds":310}"#,
        }
        ReviewAudited = "review.audited" {
            when: "A sampled decision was judged again.",
            feeds: "whether overrides and approvals were right: an override rate alone is no quality",
            case: required,
            fields: {
                may review: Id, "Names this review where a case has several; the case names it otherwise.";
                must appropriate: Flag, "Was the decision right?";
                may decision: Word(Decision), "The decision that was judged.";
            },
            example: r#"{"type":"review.audited","id":"01J-10","system":"refund-agent","case":"c-124","appropriate":true,"review":"r-1","decision":"edited"}"#,
        }
        CaseClosed = "case.closed" {
            when: "The work on a case ended.",
            feeds: "automation, and who really finished",
            case: required,
            fields: {
                must by: Word(ClosedBy), "Who finished it.";
            },
            example: r#"{"type":"case.closed","id":"01J-11","system":"refund-agent","case":"c-123","by":"ai"}"#,
        }
        CaseReopened = "case.reopened" {
            when: "A closed case came back.",
            feeds: "durable resolution: closed by the AI and still closed after the maturity period (default 7 days)",
            case: required,
            fields: {
                may reason: Name, "Why it came back.";
            },
            example: r#"{"type":"case.reopened","id":"01J-12","system":"refund-agent","case":"c-123","reason":"not_solved"}"#,
        }
        AppealOpened = "appeal.opened" {
            when: "Somebody affected asked for another decision.",
            feeds: "appeals",
            case: required,
            fields: {
                may appeal: Id, "Names this appeal where a case has several; the case names it otherwise.";
                may action: Name, "The action that is appealed.";
            },
            example: r#"{"type":"appeal.opened","id":"01J-13","system":"refund-agent","case":"c-125","appeal":"a-1","action":"refund.deny"}"#,
        }
        AppealDecided = "appeal.decided" {
            when: "The appeal was decided.",
            feeds: "appeals overturned, turnaround",
            case: required,
            fields: {
                may appeal: Id, "Names this appeal where a case has several; the case names it otherwise.";
                must outcome: Word(AppealOutcome), "`upheld`: the first decision remains; `overturned`: it was replaced.";
            },
            example: r#"{"type":"appeal.decided","id":"01J-14","system":"refund-agent","case":"c-125","outcome":"overturned","appeal":"a-1"}"#,
        }
        ChangeDeployed = "change.deployed" {
            when: "The system's behavior changed: a prompt, tool, policy, model, data or code went live.",
            feeds: "behavior changes, with who approved; the version in force",
            case: optional,
            fields: {
                must kind: Word(ChangeKind), "What was changed.";
                must version: Version, "The version that is in force now.";
                may change: Id, "Names the change, for approvals and rollbacks to refer to. A change of several kinds is one event for each, under one name.";
                may author: Person, "Who made it. Never becomes a label.";
                may approver: Person, "Who approved it. Never becomes a label.";
                may previous_version: Version, "The version that it replaced.";
                may emergency: Flag, "Was it deployed before anybody could approve it? A later approval is then wanted.";
            },
            example: r#"{"type":"change.deployed","id":"01J-15","system":"refund-agent","kind":"prompt","version":"prompt-42","change":"chg-7","author":"prompt-team","approver":"support-lead","previous_version":"prompt-41","emergency":false}"#,
        }
        RollbackStarted = "rollback.started" {
            when: "Somebody began to take the system back.",
            feeds: "rollback events",
            case: optional,
            fields: {
                must rollback: Id, "Names the rollback.";
                may change: Id, "The change that failed.";
                or(Trigger::Other) trigger: Word(Trigger), "What set it off; `other` when missing.";
                or(None) to: Declared(RollbackTo), "Where to; the declared way when missing, else `previous_version`.";
                or(false) drill: Flag, "Is it practice? `false` when missing. Drills fail no change.";
            },
            example: r#"{"type":"rollback.started","id":"01J-16","system":"refund-agent","rollback":"rb-3","change":"chg-7","trigger":"alert","to":"previous_process","drill":false}"#,
        }
        RollbackCompleted = "rollback.completed" {
            when: "The rollback ended.",
            feeds: "duration, success, time in fallback",
            case: optional,
            fields: {
                must rollback: Id, "The name that it was started with.";
                must result: Word(RollbackResult), "Did it work?";
                may change: Id, "The change that failed, where the start may never come.";
                may to: Word(RollbackTo), "Where to, where the start may never come.";
                may drill: Flag, "Was it practice, where the start may never come?";
                may duration_seconds: Seconds, "How long it took; start to completion when missing.";
            },
            example: r#"{"type":"rollback.completed","id":"01J-17","system":"refund-agent","rollback":"rb-3","result":"restored","change":"chg-7","to":"previous_process","drill":false,"duration_seconds":420}"#,
        }
        FallbackEnded = "fallback.ended" {
            when: "The system serves again, after people did the work.",
            feeds: "time in fallback",
            case: optional,
            fields: {
                may reason: Name, "Why.";
            },
            example: r#"{"type":"fallback.ended","id":"01J-18","system":"refund-agent","reason":"mended"}"#,
        }
        FeedbackReceived = "feedback.received" {
            when: "A user, or what a user did, said something about the system.",
            feeds: "user trust",
            case: optional,
            fields: {
                must signal: Word(Signal), "What kind of signal.";
                or(FeedbackValue::None) value: Feedback(signal), "Required for `thumbs` (`up` or `down`) and `rating` (a number on the declared scale, 1 to 5 unless declared otherwise). Every other signal is negative by itself and has no value.";
                may action: Name, "The action that it is about.";
            },
            example: r#"{"type":"feedback.received","id":"01J-19","system":"refund-agent","case":"c-123","signal":"rating","value":4,"action":"refund.issue"}"#,
        }
        InputChecked = "input.checked" {
            when: "An input that the system relies on was checked.",
            feeds: "data quality",
            case: optional,
            fields: {
                must input: Name, "Which input, as the configuration declares it.";
                must result: Word(InputResult), "What was found.";
                may age_seconds: Seconds, "How old the data was.";
            },
            example: r#"{"type":"input.checked","id":"01J-20","system":"refund-agent","input":"crm","result":"stale","age_seconds":5400}"#,
        }
        ActionAttempted = "action.attempted" {
            when: "The system tried an action, also where it was blocked before it took effect.",
            feeds: "boundaries",
            case: optional,
            fields: {
                must action: Name, "What it tried, as the boundaries declare it.";
                must mode: Mode, "In which mode it tried.";
                or(true) allowed: Flag, "Did it take effect? `true` when missing.";
            },
            example: r#"{"type":"action.attempted","id":"01J-21","system":"refund-agent","case":"c-126","action":"account.close","mode":"decide","allowed":false}"#,
        }
        EvaluationCompleted = "evaluation.completed" {
            when: "An evaluation suite ran.",
            feeds: "maintenance; gate",
            case: optional,
            fields: {
                must suite: Name, "Which suite.";
                must passed: Flag, "Did it pass?";
                may score: Ratio, "Its score.";
                may version: Version, "The version that was evaluated.";
            },
            example: r#"{"type":"evaluation.completed","id":"01J-22","system":"refund-agent","suite":"golden","passed":true,"score":0.94,"version":"prompt-42"}"#,
        }
        MaintenanceRecorded = "maintenance.recorded" {
            when: "People worked on the system.",
            feeds: "maintenance budget",
            case: optional,
            fields: {
                must activity: Word(Activity), "What they did.";
                may seconds: Seconds, "How long they worked.";
                may money: Money, "What it cost; needs `currency`.", "The currency of `cost`, and only with it.";
            },
            example: r#"{"type":"maintenance.recorded","id":"01J-23","system":"refund-agent","activity":"evaluation","seconds":5400,"cost":120.5,"currency":"EUR"}"#,
        }
        CostRecorded = "cost.recorded" {
            when: "Running the system cost money.",
            feeds: "running cost",
            case: optional,
            fields: {
                must kind: Word(CostKind), "What it was spent on.";
                must money: Money, "How much.", "In which currency.";
            },
            example: r#"{"type":"cost.recorded","id":"01J-24","system":"refund-agent","kind":"inference","cost":0.0042,"currency":"USD"}"#,
        }
        OwnerAttested = "owner.attested" {
            when: "The owner confirmed: this system is still mine.",
            feeds: "day-90 ownership",
            case: optional,
            fields: {
                must owner: Person, "Who confirms.";
                may note: Text(NOTE_BYTES), "Words for people.";
            },
            example: r#"{"type":"owner.attested","id":"01J-25","system":"refund-agent","owner":"payments-ops","note":"quarterly review, nothing open"}"#,
        }
        DrillCompleted = "drill.completed" {
            when: "The unhappy path was practised.",
            feeds: "proof that the unhappy path works",
            case: optional,
            fields: {
                must path: Word(DrillPath), "Which path.";
                must result: Word(DrillResult), "Did it work?";
                may seconds: Seconds, "How long it took.";
                may to: Word(RollbackTo), "Where a rollback was practised to; the declared way when missing.";
            },
            example: r#"{"type":"drill.completed","id":"01J-26","system":"refund-agent","path":"rollback","result":"passed","seconds":240,"to":"previous_process"}"#,
        }
        ChangeApproved = "change.approved" {
            when: "Somebody approved a change, before or after it was deployed.",
            feeds: "approval, with its delay",
            case: optional,
            fields: {
                must approver: Person, "Who approved it. Never becomes a label.";
                may change: Id, "The name of the change; else its kind and version.";
                may kind: Word(ChangeKind), "What was changed.";
                may version: Version, "The version that was approved.";
            },
            example: r#"{"type":"change.approved","id":"01J-27","system":"refund-agent","approver":"support-lead","change":"chg-7","kind":"prompt","version":"prompt-42"}"#,
        }
        ChangeFailed = "change.failed" {
            when: "A change failed and was mended forward, without a rollback.",
            feeds: "failed changes",
            case: optional,
            fields: {
                may change: Id, "The name of the change; else its kind and version.";
                may kind: Word(ChangeKind), "What was changed.";
                may version: Version, "The version that failed.";
                may reason: Name, "Why.";
            },
            example: r#"{"type":"change.failed","id":"01J-28","system":"refund-agent","change":"chg-7","kind":"prompt","version":"prompt-42","reason":"wrong_amounts"}"#,
        }
        FallbackStarted = "fallback.started" {
            when: "People do the work again, without a rollback.",
            feeds: "time in fallback",
            case: optional,
            fields: {
                may reason: Name, "Why.";
            },
            example: r#"{"type":"fallback.started","id":"01J-29","system":"refund-agent","reason":"provider_outage"}"#,
        }
    } };
}
pub(super) use events;

/// What each form of an entry is: its `type` in `Body`; its `rows` in the table (`Money` is two fields of JSON); the `field`
/// that it is read from, and the function that can `read` it there; how a copy is made that has its `own` text.
macro_rules! form {
    (type Name) => { Str<'a> };
    (type Person) => { Str<'a> };
    (type Version) => { Str<'a> };
    (type Id) => { Str<'a> };
    (type Text($bytes_max:ident)) => { Str<'a> };
    (type Word($set:ident)) => { $set };
    (type Declared($set:ident)) => { Option<$set> };
    (type Mode) => { Mode };
    (type Seconds) => { Fixed };
    (type Ratio) => { Fixed };
    (type Count) => { u64 };
    (type Flag) => { bool };
    (type Money) => { Money };
    (type Feedback($signal:ident)) => { FeedbackValue };

    (rows $need:ident $name:ident Money $cost:literal $currency:literal) => {
        &[Spec::of(stringify!($need), "cost", Form::Amount, $cost), Spec::of(stringify!($need), "currency", Form::Currency, $currency)]
    };
    (rows $need:ident $name:ident $form:ident $(($of:ident))? $meaning:literal) => {
        &[Spec::of(stringify!($need), stringify!($name), form!(row $form $(($of))?), $meaning)]
    };
    (row Name) => { Form::Name };
    (row Person) => { Form::Text(NAME_BYTES) };
    (row Version) => { Form::Identifier };
    (row Id) => { Form::Identifier };
    (row Text($bytes_max:ident)) => { Form::Text($bytes_max) };
    (row Word($set:ident)) => { Form::Word($set::WORDS) };
    (row Declared($set:ident)) => { Form::Word($set::WORDS) };
    (row Mode) => { Form::Word(MODES) };
    (row Feedback($signal:ident)) => { Form::Feedback };
    // Seconds, Ratio, Count and Flag have a form of the same name.
    (row $form:ident) => { Form::$form };

    (field Money $name:ident) => { const { Field::named("cost") } };
    (field $form:ident $name:ident) => { const { Field::named(stringify!($name)) } };
    (read Name $($around:ident)+) => { Fields::name };
    (read Person $($around:ident)+) => { |f, field| f.text(field, NAME_BYTES) };
    (read Version $($around:ident)+) => { Fields::id };
    (read Id $($around:ident)+) => { Fields::id };
    (read Text($bytes_max:ident) $($around:ident)+) => { |f, field| f.text(field, $bytes_max) };
    (read Word($set:ident) $($around:ident)+) => { Fields::word::<$set> };
    (read Declared($set:ident) $($around:ident)+) => { |f, field| f.word::<$set>(field).map(|word| word.map(Some)) };
    (read Mode $($around:ident)+) => { mode };
    (read Seconds $($around:ident)+) => { Fields::seconds };
    (read Ratio $($around:ident)+) => { Fields::ratio };
    (read Count $($around:ident)+) => { Fields::count };
    (read Flag $($around:ident)+) => { Fields::flag };
    (read Money $($around:ident)+) => { |f, _| f.money() };
    (read Feedback($signal:ident) $($around:ident)+) => { |f, field| feedback(f, field, $signal, $($around),+) };

    (own Name) => { own };
    (own Person) => { own };
    (own Version) => { own };
    (own Id) => { own };
    (own Text($bytes_max:ident)) => { own };
    (own $form:ident $(($of:ident))?) => { std::convert::identity };
}
pub(super) use form;
