//! The drills as version 1 of the section of rollbacks has them, of day90 0.1.0 and 0.2.0.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::signal::Restore;
use super::Drills;
use crate::event::{DrillPath, Timestamp};
use crate::state::engine::core::SystemId;

impl Restore for Drills {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Drills, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<DrillsV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct DrillsV1 {
    last: BTreeMap<(SystemId, DrillPath, bool), Timestamp>,
}

impl From<DrillsV1> for Drills {
    fn from(stored: DrillsV1) -> Drills {
        let last = stored.last.into_iter().map(|((system, path, passed), at)| ((system, path, passed, None), at));
        Drills { last: last.collect(), ..Drills::default() }
    }
}
