//! [`Natives`]: the native buckets of all histograms, as a checkpoint stores them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::native::Parts;

/// By the name of the family, by row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Natives(pub BTreeMap<String, Vec<Parts>>);
