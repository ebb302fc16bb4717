//! [`Status`]: what the page shows first of every system, as data: `GET /api/v1/status`, and `day90 status` of it.

use serde::{Deserialize, Serialize};

use super::links::{Link, Links};
use super::model::{Card, Finding, Tone};
use super::samples::Samples;
use super::view::View;
use super::{attention, html, launch};
use crate::event::Timestamp;
use crate::state::views::spike::report::RefusedLately;

/// What all systems, and day90 itself, are at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// RFC 3339.
    pub generated: String,
    /// The sentence that the page is headed with.
    pub headline: String,
    /// The worst first.
    pub systems: Vec<SystemStatus>,
    /// What day90 itself needs.
    pub attention: Vec<Need>,
}

/// One system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemStatus {
    pub system: String,
    /// `good`, `watch` or `bad`: that of the most urgent need.
    pub tone: String,
    /// The declared owner and how to reach them; empty when nobody is declared.
    pub owner: String,
    /// Days since the launch, which is day 0; below 0 before it.
    pub day: Option<i64>,
    pub open: OpenWork,
    /// The state of the spike detector: `learning`, `ok`, `page` or `new_normal`. Its maker fills it in.
    pub spike: Option<String>,
    /// Its events that were refused lately. Filled in likewise: the process knows them, no sample does.
    pub refused: Vec<RefusedLately>,
    pub figures: Vec<NamedFigure>,
    pub attention: Vec<Need>,
    pub links: Vec<Link>,
}

/// What is open, and what of it nobody has taken or is past its deadline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenWork {
    pub escalations: u64,
    pub unacknowledged: u64,
    /// How long the oldest of those has waited. Seconds.
    pub waited_seconds: Option<f64>,
    pub reviews: u64,
    pub appeals: u64,
    /// Deadlines that have passed while what they ask for is owed; an escalation may have two.
    pub overdue: u64,
}

/// A figure in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NamedFigure {
    pub name: String,
    pub value: String,
    pub note: String,
}

/// Something that needs attention.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Need {
    pub tone: String,
    pub text: String,
    /// The address of its runbook, seen from the page.
    pub runbook: Option<String>,
}

/// The status of everything.
pub fn status(samples: &Samples, links: &Links, now: Timestamp) -> Status {
    let cards = super::cards(samples, links, now);
    let itself = attention::of_itself(&View { samples, system: "", now });
    let (_, headline) = html::overall(&cards, &itself);
    let systems = cards.into_iter().map(|card| {
        let system = card.system.clone();
        of(card, &View { samples, system: &system, now }, links)
    });
    Status {
        generated: now.to_string(),
        headline,
        systems: systems.collect(),
        attention: itself.into_iter().map(|finding| need(finding, links)).collect(),
    }
}

fn of(card: Card, view: &View, links: &Links) -> SystemStatus {
    SystemStatus {
        tone: word(card.tone()).to_owned(),
        day: launch::day(view),
        open: open(view),
        spike: None,
        refused: Vec::new(),
        system: card.system,
        owner: card.owner,
        figures: card
            .figures
            .into_iter()
            .map(|figure| NamedFigure { name: figure.name.to_owned(), value: figure.value, note: figure.note })
            .collect(),
        attention: card.attention.into_iter().map(|finding| need(finding, links)).collect(),
        links: card.links,
    }
}

fn open(view: &View) -> OpenWork {
    let count = |family| view.sum(family, &[]).unwrap_or(0.0) as u64;
    let unacknowledged = count("day90_escalations_unacknowledged");
    let oldest = view.oldest("day90_escalation_oldest_unacknowledged_timestamp_seconds").filter(|_| unacknowledged > 0);
    let overdue = ["day90_escalations_overdue", "day90_reviews_overdue", "day90_appeals_overdue"];
    OpenWork {
        escalations: count("day90_escalations_open"),
        unacknowledged,
        waited_seconds: oldest.map(|at| view.age(at)),
        reviews: count("day90_reviews_open"),
        appeals: count("day90_appeals_open"),
        overdue: overdue.into_iter().map(count).sum(),
    }
}

fn need(finding: Finding, links: &Links) -> Need {
    let runbook = finding.runbook.map(|name| links.runbook(name));
    Need { tone: word(finding.tone).to_owned(), text: finding.text, runbook }
}

fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain | Tone::Good => "good",
        Tone::Watch => "watch",
        Tone::Bad => "bad",
    }
}
