//! The status page: what `GET /` shows to a person who has no Grafana open.
//!
//! One self-contained HTML document made from one snapshot, without scripts or requests to other hosts. Counters are shown
//! since the beginning; changes within minutes are for Grafana.
//!
//! * [`samples`] keeps a snapshot (or a scrape) so that samples can be looked up by name; `view` asks for one system.
//! * `card` and `sections` decide what is shown of a system, `attention` what needs somebody, `itself` the footer.
//! * `html` writes what they made (`model`), and is the only place with markup.

mod attention;
mod card;
mod html;
mod itself;
mod model;
pub mod samples;
mod sections;
mod view;

use crate::event::Timestamp;
use model::Card;
use samples::Samples;
use view::View;

/// The whole page, for somebody who reached the daemon at `host`, a name or an address with its port.
pub fn html(samples: &Samples, host: &str, now: Timestamp) -> String {
    let mut cards: Vec<Card> =
        samples.systems().into_iter().map(|system| card::of(&View { samples, system, now })).collect();
    // The worst first; of equal ones by name, as they are.
    cards.sort_by_key(|card| std::cmp::Reverse(card.tone()));
    let itself = View { samples, system: "", now };
    html::document(&cards, &itself::rows(&itself), &attention::of_itself(&itself), host, now)
}

#[cfg(test)]
mod tests;
