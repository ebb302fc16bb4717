//! From the fields of one object to a believed [`Event`]: a type, and for each type its fields.

use super::field::Field;
use super::fields::{Fields, Word};
use super::kinds;
use super::number;
use super::rejection::{Fault, Read, choices};
use super::*;

/// What both spellings say about an event beside its own fields.
pub(super) struct Envelope<'a> {
    pub kind: Kind,
    pub system: Str<'a>,
    pub id: Option<Str<'a>>,
    pub source: Option<Str<'a>>,
    pub time: Option<Timestamp>,
    pub case: Option<Str<'a>>,
}

/// The event that `fields` and its envelope describe. `known` are the fields that are not counted as unknown.
#[inline(always)]
pub(super) fn event<'a>(
    fields: &Fields<'a>,
    envelope: Envelope<'a>,
    known: u64,
    context: &Context<'_>,
) -> Read<Event<'a>> {
    let Envelope { kind, system, id, source, time, case } = envelope;
    let mut unknown_fields = fields.unknown(known)?;
    if case.is_none() && kinds::required(kind) & Field::Case.bit() != 0 {
        return Err(fields.missing(Field::Case, &format!("{kind} needs it")));
    }
    let body = body(fields, kind, &system, context)?;
    if let Body::FeedbackReceived { value: FeedbackValue::None, .. } = body {
        unknown_fields += u32::from(fields.has(Field::Value));
    }
    let (received, inlet) = (context.received, context.inlet);
    Ok(Event { system, id, source, time: time.unwrap_or(received), received, inlet, case, unknown_fields, body })
}

/// The type that a word names; the error completes "`type` …".
pub(super) fn kind_of(word: &str) -> Result<Kind, String> {
    if let Some(kind) = Kind::from_word(word) {
        return Ok(kind);
    }
    let meant = match word.strip_prefix("dev.day90.").and_then(Kind::from_word) {
        Some(kind) => format!("in the short form it is {kind}"),
        None => match rejection::nearest(Kind::WORDS, word) {
            Some(kind) => format!("did you mean {kind}?"),
            None => "docs/events.md lists the types".to_string(),
        },
    };
    Err(format!("is \"{}\", which day90 doesn't know; {meant}", rejection::excerpt(word)))
}

#[inline(never)]
fn body<'a>(f: &Fields<'a>, kind: Kind, system: &str, context: &Context<'_>) -> Read<Body<'a>> {
    use Field as F;
    // Each type says Ok for itself: its parts then go straight to their place, not first to one that fits them all.
    match kind {
        Kind::TaskCompleted => Ok(Body::TaskCompleted {
            action: f.must(kind, F::Action, Fields::name)?,
            outcome: f.must(kind, F::Outcome, Fields::word)?,
            mode: f.must(kind, F::Mode, mode)?,
            duration_seconds: f.seconds(F::DurationSeconds)?,
            version: f.version(F::Version)?,
        }),
        Kind::StepCompleted => Ok(Body::StepCompleted {
            kind: f.must(kind, F::Kind, Fields::word)?,
            name: f.must(kind, F::Name, Fields::name)?,
            outcome: f.must(kind, F::Outcome, Fields::word)?,
            duration_seconds: f.seconds(F::DurationSeconds)?,
            first_token_seconds: f.seconds(F::FirstTokenSeconds)?,
            input_tokens: f.count(F::InputTokens)?,
            output_tokens: f.count(F::OutputTokens)?,
        }),
        Kind::EscalationOpened => Ok(Body::EscalationOpened {
            escalation: f.id(F::Escalation)?,
            queue: f.name(F::Queue)?,
            reason: f.name(F::Reason)?,
            action: f.name(F::Action)?,
            severity: f.name(F::Severity)?,
        }),
        Kind::EscalationAcknowledged => {
            Ok(Body::EscalationAcknowledged { escalation: f.id(F::Escalation)?, by: f.name(F::By)? })
        }
        Kind::EscalationReassigned => Ok(Body::EscalationReassigned {
            escalation: f.id(F::Escalation)?,
            queue: f.must(kind, F::Queue, Fields::name)?,
            by: f.name(F::By)?,
        }),
        Kind::EscalationResolved => Ok(Body::EscalationResolved {
            escalation: f.id(F::Escalation)?,
            outcome: f.must(kind, F::Outcome, Fields::word)?,
            by: f.name(F::By)?,
        }),
        Kind::ReviewRequested => {
            Ok(Body::ReviewRequested { review: f.id(F::Review)?, queue: f.name(F::Queue)?, action: f.name(F::Action)? })
        }
        Kind::ReviewStarted => Ok(Body::ReviewStarted { review: f.id(F::Review)?, by: f.name(F::By)? }),
        Kind::ReviewCompleted => Ok(Body::ReviewCompleted {
            review: f.id(F::Review)?,
            decision: f.must(kind, F::Decision, Fields::word)?,
            by: f.name(F::By)?,
            handling_seconds: f.seconds(F::HandlingSeconds)?,
            edit_ratio: f.ratio(F::EditRatio)?,
        }),
        Kind::ReviewAudited => Ok(Body::ReviewAudited {
            review: f.id(F::Review)?,
            appropriate: f.must(kind, F::Appropriate, Fields::flag)?,
            decision: f.word(F::Decision)?,
        }),
        Kind::CaseClosed => Ok(Body::CaseClosed { by: f.must(kind, F::By, Fields::word)? }),
        Kind::CaseReopened => Ok(Body::CaseReopened { reason: f.name(F::Reason)? }),
        Kind::AppealOpened => Ok(Body::AppealOpened { appeal: f.id(F::Appeal)?, action: f.name(F::Action)? }),
        Kind::AppealDecided => {
            Ok(Body::AppealDecided { appeal: f.id(F::Appeal)?, outcome: f.must(kind, F::Outcome, Fields::word)? })
        }
        Kind::ChangeDeployed => Ok(Body::ChangeDeployed {
            kind: f.must(kind, F::Kind, Fields::word)?,
            version: f.must(kind, F::Version, Fields::version)?,
            change: f.id(F::Change)?,
            author: f.name(F::Author)?,
            approver: f.name(F::Approver)?,
            previous_version: f.version(F::PreviousVersion)?,
        }),
        Kind::RollbackStarted => Ok(Body::RollbackStarted {
            rollback: f.must(kind, F::Rollback, Fields::id)?,
            change: f.id(F::Change)?,
            trigger: f.word(F::Trigger)?.unwrap_or(Trigger::Other),
            to: f.word(F::To)?.unwrap_or(RollbackTo::PreviousVersion),
            drill: f.flag(F::Drill)?.unwrap_or(false),
        }),
        Kind::RollbackCompleted => Ok(Body::RollbackCompleted {
            rollback: f.must(kind, F::Rollback, Fields::id)?,
            result: f.must(kind, F::Result, Fields::word)?,
        }),
        Kind::FallbackEnded => Ok(Body::FallbackEnded),
        Kind::FeedbackReceived => {
            let signal = f.must(kind, F::Signal, Fields::word)?;
            Ok(Body::FeedbackReceived {
                signal,
                value: feedback(f, signal, system, context)?,
                action: f.name(F::Action)?,
            })
        }
        Kind::InputChecked => Ok(Body::InputChecked {
            input: f.must(kind, F::Input, Fields::name)?,
            result: f.must(kind, F::Result, Fields::word)?,
            age_seconds: f.seconds(F::AgeSeconds)?,
        }),
        Kind::ActionAttempted => Ok(Body::ActionAttempted {
            action: f.must(kind, F::Action, Fields::name)?,
            mode: f.must(kind, F::Mode, mode)?,
            allowed: f.flag(F::Allowed)?.unwrap_or(true),
        }),
        Kind::EvaluationCompleted => Ok(Body::EvaluationCompleted {
            suite: f.must(kind, F::Suite, Fields::name)?,
            passed: f.must(kind, F::Passed, Fields::flag)?,
            score: f.ratio(F::Score)?,
            version: f.version(F::Version)?,
        }),
        Kind::MaintenanceRecorded => Ok(Body::MaintenanceRecorded {
            activity: f.must(kind, F::Activity, Fields::word)?,
            seconds: f.seconds(F::Seconds)?,
            money: f.money()?,
        }),
        Kind::CostRecorded => Ok(Body::CostRecorded {
            kind: f.must(kind, F::Kind, Fields::word)?,
            money: f.must(kind, F::Cost, |f, _| f.money())?,
        }),
        Kind::OwnerAttested => Ok(Body::OwnerAttested {
            owner: f.must(kind, F::Owner, Fields::name)?,
            note: f.text(F::Note, kinds::NOTE_BYTES)?,
        }),
        Kind::DrillCompleted => Ok(Body::DrillCompleted {
            path: f.must(kind, F::Path, Fields::word)?,
            result: f.must(kind, F::Result, Fields::word)?,
            seconds: f.seconds(F::Seconds)?,
        }),
    }
}

/// A mode that something can happen in: `never` is only for boundaries.
fn mode(f: &Fields<'_>, field: Field) -> Read<Option<Mode>> {
    match f.word(field)? {
        Some(Mode::Never) => Err(f.wrong(field, &choices(kinds::MODES, ""))),
        mode => Ok(mode),
    }
}

fn feedback(f: &Fields<'_>, signal: Signal, system: &str, context: &Context<'_>) -> Read<FeedbackValue> {
    let missing =
        |expected: &str| -> Box<Fault> { f.missing(Field::Value, &format!("signal {signal} needs {expected}")) };
    match signal {
        Signal::Thumbs => match f.word(Field::Value)? {
            Some(thumb) => Ok(FeedbackValue::Thumb(thumb)),
            None => Err(missing("up or down")),
        },
        Signal::Rating => {
            let (lowest, highest) = (context.rating_scale)(system);
            let Some(rating) =
                f.number(Field::Value, format_args!("a number from {lowest} to {highest}"), number::fixed)?
            else {
                return Err(missing(&format!("a number from {lowest} to {highest}")));
            };
            if rating < lowest || rating > highest {
                let expected = format!("a number from {lowest} to {highest}, the rating scale of {system}");
                return Err(f.wrong(Field::Value, &expected));
            }
            Ok(FeedbackValue::Rating(rating))
        }
        _ => Ok(FeedbackValue::None),
    }
}

macro_rules! closed_sets {
    ($($name:ident)+) => { $(
        impl Word for $name {
            const WORDS: &'static [&'static str] = $name::WORDS;
            fn from_word(word: &str) -> Option<$name> { $name::from_word(word) }
        }
    )+ };
}

closed_sets!(TaskOutcome StepKind StepOutcome EscalationOutcome Decision ClosedBy AppealOutcome ChangeKind Trigger
    RollbackTo RollbackResult Signal Thumb InputResult Activity CostKind DrillPath DrillResult);

impl Word for Mode {
    const WORDS: &'static [&'static str] = kinds::MODES;
    fn from_word(word: &str) -> Option<Mode> {
        Mode::from_word(word)
    }
}
