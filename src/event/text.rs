//! [`Str`]: text that is borrowed where it can be.

use std::borrow::Cow;

/// Text borrowed from the input where it has no escapes.
pub type Str<'a> = Cow<'a, str>;

pub(super) fn own(text: Str<'_>) -> Str<'static> {
    Cow::Owned(text.into_owned())
}
