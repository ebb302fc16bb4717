//! Events as a sender writes them.

use serde_json::{Map, Value, json};

/// An event in its short form.
#[derive(Clone, Debug)]
pub struct Event(Map<String, Value>);

/// An event of this type of `refund-agent`; the rest is added.
pub fn event(kind: &str) -> Event {
    Event(Map::new()).with("type", kind).with("system", "refund-agent")
}

impl Event {
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Event {
        self.0.insert(name.into(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Event {
        self.0.remove(name);
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn get(&self, name: &str) -> &str {
        self.0[name].as_str().expect("a text")
    }

    /// The same event as CloudEvents has it.
    pub fn cloudevent(&self, id: &str) -> Value {
        let mut data = self.0.clone();
        let kind = data.remove("type").expect("a type");
        let system = data.remove("system").expect("a system");
        let subject = data.remove("case");
        let mut event = json!({
            "specversion": "1.0",
            "type": format!("dev.day90.{}", kind.as_str().expect("a text")),
            "source": format!("/agents/{}", system.as_str().expect("a text")),
            "id": id,
            "data": data,
        });
        if let Some(subject) = subject {
            event["subject"] = subject;
        }
        event
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Value::Object(self.0.clone()).to_string())
    }
}

/// Events as NDJSON.
pub fn lines<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    events.into_iter().map(|event| format!("{event}\n")).collect()
}

/// One event of each type, with every field that its type has.
pub fn one_of_each() -> Vec<Event> {
    let list = include_str!("../data/events/one-of-each.ndjson");
    list.lines().map(|line| Event(serde_json::from_str(line).expect("an object"))).collect()
}
