//! One event that passed every check of the contract: [`Event`], and [`Body`], the part of it that depends on its type.
//!
//! An event borrows from the request body it was read from, or from the journal frame it was decoded from, so that the
//! hot path copies nothing.

use super::behavior::Behavior;
use super::declarations::{events, form};
use super::repairs::Repairs;
pub use super::text::Str;
use super::text::own;
use super::words::*;
use super::{Fixed, Money, Timestamp};

/// One event that passed every check of the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The AI system: 1–64 of `[a-z0-9._-]`.
    pub system: Str<'a>,
    /// The sender's id. Without one, nothing is deduplicated.
    pub id: Option<Str<'a>>,
    /// Who made the id: 1–256 bytes; `None` means the system.
    pub source: Option<Str<'a>>,
    /// When it happened; the time of receipt when the sender gave none.
    pub time: Timestamp,
    /// When it was received, by the daemon's clock.
    pub received: Timestamp,
    /// The way it came in.
    pub inlet: Inlet,
    /// The piece of work that the events of one lifecycle share.
    pub case: Option<Str<'a>>,
    /// How many fields the contract doesn't know; they were ignored.
    pub unknown_fields: u32,
    /// What was repaired in it.
    pub repairs: Repairs,
    /// A duration was negative, and is 0 here: clocks disagree.
    pub skewed: bool,
    /// What did the work, where the event says so.
    pub behavior: Option<Box<Behavior<'a>>>,
    pub body: Body<'a>,
}

/// What a piece of feedback said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackValue {
    /// Every signal that is negative by itself.
    None,
    Thumb(Thumb),
    /// On the declared scale (checked).
    Rating(Fixed),
}

/// The type of a field in `Body`.
macro_rules! kept {
    (may $type:ty) => { Option<$type> };
    (must $type:ty) => { $type };
    (or $type:ty) => { $type };
}

/// A field whose texts are copied.
macro_rules! owned {
    (may $field:ident $own:expr) => {
        $field.map($own)
    };
    (must $field:ident $own:expr) => {
        $own($field)
    };
    (or $field:ident $own:expr) => {
        $own($field)
    };
}

macro_rules! bodies {
    ($($kind:ident = $word:literal {
        when: $when:literal, feeds: $feeds:literal, case: $case:ident,
        $(fields: {
            $($need:ident $(($default:expr))? $field:ident: $form:ident $(($of:ident))?, $($meaning:literal),+;)+
        },)?
        example: $example:literal,
    })+) => {
        words!(/// The types of the event contract, in the order of its table.
            Kind { $($kind = $word),+ });

        /// The fields of each type. Names are those of the contract; `*_seconds` are [`Fixed`] seconds, never negative.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body<'a> {
            $(#[doc = $when] $kind $({ $($field: kept!($need form!(type $form $(($of))?)),)+ })?,)+
        }

        impl Body<'_> {
            pub fn kind(&self) -> Kind {
                match self { $(Body::$kind { .. } => Kind::$kind,)+ }
            }

            /// A copy that borrows nothing.
            pub fn into_owned(self) -> Body<'static> {
                match self {
                    $(Body::$kind $({ $($field,)+ })? =>
                        Body::$kind $({ $($field: owned!($need $field form!(own $form $(($of))?)),)+ })?,)+
                }
            }
        }
    };
}

events!(bodies);

impl Body<'_> {
    /// A body that is to be replaced. No constant: that would be copied whole.
    #[inline(always)]
    pub(super) fn nothing() -> Body<'static> {
        Body::FallbackEnded { reason: None }
    }
}

impl Event<'_> {
    /// An event that is to be replaced.
    #[inline(always)]
    pub fn nothing() -> Event<'static> {
        Event {
            system: Str::Borrowed(""),
            id: None,
            source: None,
            time: Timestamp::EPOCH,
            received: Timestamp::EPOCH,
            inlet: Inlet::Http,
            case: None,
            unknown_fields: 0,
            repairs: Repairs::NONE,
            skewed: false,
            behavior: None,
            body: Body::nothing(),
        }
    }

    /// Who made the id: the system where the event doesn't say.
    pub fn id_source(&self) -> &str {
        self.source.as_deref().unwrap_or(&self.system)
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Event<'static> {
        Event {
            system: own(self.system),
            id: self.id.map(own),
            source: self.source.map(own),
            time: self.time,
            received: self.received,
            inlet: self.inlet,
            case: self.case.map(own),
            unknown_fields: self.unknown_fields,
            repairs: self.repairs,
            skewed: self.skewed,
            behavior: self.behavior.map(|behavior| Box::new(behavior.into_owned())),
            body: self.body.into_owned(),
        }
    }
}
