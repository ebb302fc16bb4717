//! The closed sets of words of the event contract, and `words!`, which declares such a set.
//!
//! A set is an enum; each word has its spelling in JSON and in labels, and a number on disk. Nothing of day90 lies below
//! this file, so the configuration and the fold can use the words without knowing how an event is read.

/// What every closed set of words can do; readers and encoders take any set by it.
pub trait Word: Copy + 'static {
    /// The words, in the order of their numbers.
    const WORDS: &'static [&'static str];
    /// On disk it is written out instead of numbered: it was free text once. Text that is no word reads as absent.
    const SPELLED: bool;
    fn from_word(word: &str) -> Option<Self>;
    fn from_number(number: u8) -> Option<Self>;
    /// The number on disk.
    fn number(self) -> u8;
}

/// Declares a closed set of words. The number of a word on disk is its position, which is part of the formats of journal and
/// checkpoint: add words at the end, never reorder them. The words of a `spelled` set are written out on disk.
macro_rules! words {
    (@is_spelled spelled) => { true };
    (@is_spelled) => { false };
    ($(#[$doc:meta])* $name:ident $($spelled:ident)? { $($variant:ident = $word:literal),+ $(,)? }) => {
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
        impl $crate::event::words::Word for $name {
            const WORDS: &'static [&'static str] = $name::WORDS;
            const SPELLED: bool = $crate::event::words!(@is_spelled $($spelled)?);
            fn from_word(word: &str) -> Option<Self> { $name::from_word(word) }
            #[inline]
            fn from_number(number: u8) -> Option<Self> { $name::from_number(number) }
            #[inline]
            fn number(self) -> u8 { self as u8 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use words;

words!(/// The way an event came in; the value of the label `source`. The encoding on disk has room for 256.
    Inlet { Http = "http", Otlp = "otlp", File = "file", Unix = "unix", Webhook = "webhook", Kafka = "kafka" });
words!(/// What an action may do, weakest first: `never` < `escalate` < `suggest` < `decide`.
    Mode { Never = "never", Escalate = "escalate", Suggest = "suggest", Decide = "decide" });
words!(TaskOutcome { Completed = "completed", Failed = "failed", Abandoned = "abandoned" });
words!(StepKind { Model = "model", Tool = "tool", Retrieval = "retrieval", Guardrail = "guardrail", Handoff = "handoff" });
words!(StepOutcome { Completed = "completed", Failed = "failed" });
words!(/// How bad an escalation is. Version 1 of the contract had the sender's own words here.
    Severity spelled { Low = "low", Normal = "normal", High = "high", Critical = "critical" });
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

words!(/// Why an event was refused: the label `reason` of `day90_events_rejected_total`.
    Reason { Syntax = "syntax", Encoding = "encoding", TooLarge = "too_large", Type = "type", MissingField = "missing_field",
        DuplicateField = "duplicate_field", Field = "field", Time = "time", System = "system", OpenCases = "open_cases",
        Memory = "memory",
        TimeAhead = "time_ahead", Removed = "removed" });
words!(/// What was repaired in an event that was taken: the label `repair` of `day90_events_repaired_total`.
    Repair { Shortened = "shortened", Integer = "integer", Cut = "cut", Empty = "empty", Surrogate = "surrogate",
        Money = "money", Currency = "currency", Time = "time" });
