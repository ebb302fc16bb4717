//! Erasure: which names a case has, and whether something is of a case that is to be forgotten.
//!
//! A case is named by hashes of (system, case), so that the record which orders an erasure carries no text of it.

use std::collections::BTreeSet;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::core::{Core, SHARED, SystemId};

/// The name of a lifecycle or a case: a hash of the system and its own name, wide enough that no two are the same. The key is
/// fixed, so that a name is the same in every journal.
pub fn name_of(system: &str, name: &str) -> u128 {
    let mut hasher = SipHasher13::new_with_keys(0x6461_7939_306c_6966, 0x6563_7963_6c65_7321);
    hasher.write(system.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(name.as_bytes());
    hasher.finish128().as_u128()
}

/// The names of a case that is to be forgotten.
pub struct Gone(BTreeSet<u128>);

impl Gone {
    pub fn new(names: impl Iterator<Item = u128>) -> Gone {
        Gone(names.collect())
    }

    /// Whether a row is of the case. A row whose lifecycle has a name of its own is known by its case.
    pub fn is(&self, core: &Core, name: u128, system: SystemId, case: &str) -> bool {
        if case.is_empty() {
            return self.has(name);
        }
        self.has(name_of(core.system_key(system, SHARED), case))
    }

    pub fn has(&self, name: u128) -> bool {
        self.0.contains(&name)
    }
}
