//! [`Behavior`]: which versions, or which change, did the work that an event is about.

use super::body::{Str, own};
use super::words::ChangeKind;

/// The common fields `versions`, `version` and `change`. A type that has fields of these names has them in its body, where
/// they mean what the type says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behavior<'a> {
    /// At most one for each kind, in the order of the kinds.
    pub versions: Vec<(ChangeKind, Str<'a>)>,
    /// The version of the kind in which it was deployed, the newest first.
    pub version: Option<Str<'a>>,
    pub change: Option<Str<'a>>,
}

impl Behavior<'_> {
    pub const NONE: Behavior<'static> = Behavior { versions: Vec::new(), version: None, change: None };

    pub fn is_none(&self) -> bool {
        self.versions.is_empty() && self.version.is_none() && self.change.is_none()
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Behavior<'static> {
        Behavior {
            versions: self.versions.into_iter().map(|(kind, version)| (kind, own(version))).collect(),
            version: self.version.map(own),
            change: self.change.map(own),
        }
    }
}
