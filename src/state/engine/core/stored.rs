//! The core as a checkpoint stores it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Core, SystemRow};
use crate::config::model::Model;
use crate::event::Timestamp;
use crate::state::engine::labels::Labels;

impl Core {
    /// The core as a checkpoint stores it, with the facts, which are among its fields there.
    pub fn stored<'a, F: Serialize>(&'a self, facts: &'a F) -> impl Serialize + 'a {
        let head = (self.now, self.sequence, ModelAsJson(Arc::clone(&self.model)));
        (head, &self.labels, &self.systems, facts, &self.limited)
    }

    /// Reads what [`Core::stored`] wrote, and returns the bytes that follow.
    pub fn restore<'a, F: Deserialize<'a>>(bytes: &'a [u8]) -> postcard::Result<(Core, F, &'a [u8])> {
        Core::restore_with::<SystemRow, F>(bytes)
    }

    /// As [`Core::restore`], from version 1 of the section.
    pub fn restore_first<'a, F: Deserialize<'a>>(bytes: &'a [u8]) -> postcard::Result<(Core, F, &'a [u8])> {
        Core::restore_with::<SystemRowV1, F>(bytes)
    }

    fn restore_with<'a, R, F>(bytes: &'a [u8]) -> postcard::Result<(Core, F, &'a [u8])>
    where
        R: Deserialize<'a> + Clone + Into<SystemRow>,
        F: Deserialize<'a>,
    {
        type Head = (Timestamp, u64, ModelAsJson);
        type Limited = BTreeMap<(String, String), u64>;
        let (stored, rest) = postcard::take_from_bytes::<(Head, Labels, Vec<R>, F, Limited)>(bytes)?;
        let ((now, sequence, ModelAsJson(model)), labels, systems, facts, limited) = stored;
        let systems = systems.into_iter().map(R::into).collect();
        Ok((Core { now, sequence, model, labels, systems, limited, ..Core::default() }, facts, rest))
    }
}

/// As version 1 of the section `core` has it, of day90 0.1.0 and 0.2.0. There a system had one name, and was removed when it
/// vanished from the file.
#[derive(Clone, Deserialize)]
struct SystemRowV1 {
    name: Arc<str>,
    declared: bool,
    removed: bool,
}

impl From<SystemRowV1> for SystemRow {
    fn from(SystemRowV1 { name, declared, removed }: SystemRowV1) -> SystemRow {
        SystemRow { key: Arc::clone(&name), name, declared, removed }
    }
}

/// The model is JSON inside a checkpoint: fields may come and go without changing the binary layout.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct ModelAsJson(#[serde(with = "model_json")] Arc<Model>);

mod model_json {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::config::Model;

    pub fn serialize<S: Serializer>(model: &Arc<Model>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(&**model).map_err(serde::ser::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Model>, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map(Arc::new).map_err(serde::de::Error::custom)
    }
}
