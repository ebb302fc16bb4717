//! `systems.NAME.owner`: who answers for a system.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use crate::event::time::DAY;

/// The longest contact in bytes: it is a label, and people read it in a page.
const CONTACT_BYTES_MAX: usize = 256;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Owner {
        /// The team or person, as people know them. It becomes a label.
        name: String, form::name(), "payments-ops", .required();
        /// Where to reach them: a channel, an address, a number.
        contact: String, form::text(CONTACT_BYTES_MAX), "\"#payments-ops\"", .required();
        /// How long an attestation (the event owner.attested) is valid.
        attest_every: i64 = 90 * DAY, form::duration(), "90d";
    }
}
