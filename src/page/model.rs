//! What the page shows, without markup.

use super::links::Link;

/// How urgent something is. Later ones are more urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Watch,
    /// Somebody should act.
    Bad,
}

/// One system.
pub(super) struct Card {
    pub system: String,
    pub owner: String,
    /// Whether it is operated, as preflight has it; empty where that is not known.
    pub verdict: String,
    pub figures: Vec<Figure>,
    pub attention: Vec<Finding>,
    pub links: Vec<Link>,
    pub sections: Vec<Section>,
}

impl Card {
    /// Of the most urgent finding.
    pub fn tone(&self) -> Tone {
        self.attention.iter().map(|finding| finding.tone).max().unwrap_or(Tone::Good)
    }
}

/// A large number with its name under it.
pub(super) struct Figure {
    pub name: &'static str,
    pub value: String,
    pub note: String,
    pub tone: Tone,
}

/// A sentence about something that needs attention.
pub(super) struct Finding {
    pub tone: Tone,
    pub text: String,
    /// The runbook of the alert that says the same.
    pub runbook: Option<&'static str>,
    /// The system whose rise can be accepted here.
    pub accept: Option<String>,
}

impl Finding {
    /// With the runbook of this name.
    pub fn with(self, runbook: &'static str) -> Finding {
        Finding { runbook: Some(runbook), ..self }
    }
}

/// Rows under a title.
pub(super) struct Section {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// A name, its value, and a note in small print.
pub(super) struct Row {
    pub name: String,
    pub value: String,
    pub note: String,
    pub tone: Tone,
}
