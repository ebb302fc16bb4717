//! The status page: what `GET /` shows to a person who has no Grafana open.
//!
//! One self-contained HTML document made from one snapshot: no script, no request to anywhere else. Counters are
//! shown since the beginning; what moves within minutes is Grafana's to show.
//!
//! * [`samples`] collects a snapshot (or a scrape) so that it can be asked by name.
//! * `card` and `sections` decide what is said about a system, `attention` what deserves a look first.
//! * `html` writes it, and is the only place that makes markup.

mod attention;
mod card;
mod html;
pub mod samples;
mod sections;

use crate::event::Timestamp;
use card::{Card, View};
use samples::Samples;

/// How loudly something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Tone {
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Watch,
    /// Somebody should act.
    Bad,
}

/// The whole page.
pub fn html(samples: &Samples, now: Timestamp) -> String {
    let cards: Vec<Card> =
        samples.systems().into_iter().map(|system| card::of(&View { samples, system, now })).collect();
    let itself = View { samples, system: "", now };
    html::document(&cards, &card::itself(&itself), &attention::of_itself(&itself), now)
}

#[cfg(test)]
mod tests;
