//! `systems.NAME.owner`: who answers for a system.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use crate::event::time::DAY;

/// The longest contact in bytes: it is a label, and people read it in a page.
const CONTACT_BYTES_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    pub name: String,
    pub contact: String,
    /// How long an attestation is valid, in nanoseconds.
    pub attest_every: i64,
}

impl Default for Owner {
    fn default() -> Owner {
        Owner { name: String::new(), contact: String::new(), attest_every: 90 * DAY }
    }
}

pub fn keys() -> Form<Owner> {
    let mut keys = Map::<Owner>::new();
    keys.key(
        "name",
        form::name(),
        "payments-ops",
        "The team or person, as people know them. It becomes a label.",
        |owner| &mut owner.name,
    )
    .required();
    keys.key(
        "contact",
        form::text(CONTACT_BYTES_MAX),
        "\"#payments-ops\"",
        "Where to reach them: a channel, an address, a number.",
        |owner| &mut owner.contact,
    )
    .required();
    keys.key(
        "attest_every",
        form::duration(),
        "90d",
        "How long an attestation (the event owner.attested) is valid.",
        |owner| &mut owner.attest_every,
    );
    keys.into_form()
}
