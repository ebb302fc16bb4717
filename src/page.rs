//! The status page: what `GET /` shows to a person who has no Grafana open.
//!
//! One self-contained HTML document made from one snapshot, without scripts or requests to other hosts. Counters are shown
//! with what the last 30 days added; changes within minutes are for Grafana.
//!
//! * [`samples`] keeps a snapshot (or a scrape) so that samples can be looked up by name; `view` asks for one system.
//! * [`links`] are where it leads to; [`runbooks`] are the runbooks that day90 serves; [`status()`] is what it shows as data.
//! * `card` and `sections` decide what is shown of a system, `attention` what needs somebody, `itself` the footer.
//! * `html` writes what they made (`model`), and is the only place with markup.

mod attention;
mod card;
mod html;
mod itself;
mod launch;
pub mod links;
mod model;
pub mod runbooks;
pub mod samples;
mod sections;
mod status;
mod view;

use crate::event::Timestamp;
use links::Links;
use model::Card;
use samples::Samples;
pub use status::{Need, Status, SystemStatus, status};
use view::View;

/// The whole page, for somebody who reached the daemon at `host`, a name or an address with its port.
pub fn html(samples: &Samples, links: &Links, host: &str, now: Timestamp) -> String {
    let itself = View { samples, system: "", now };
    let about_itself = (&*itself::rows(&itself), &*attention::of_itself(&itself));
    html::document(&cards(samples, links, now), about_itself, links, host, (now, &samples.window(now)))
}

/// The card of each system: the worst first; of equal ones by name, as they are.
fn cards(samples: &Samples, links: &Links, now: Timestamp) -> Vec<Card> {
    let of = |system| card::of(&View { samples, system, now }, links);
    let mut cards: Vec<Card> = samples.systems().into_iter().map(of).collect();
    cards.sort_by_key(|card| std::cmp::Reverse(card.tone()));
    cards
}

#[cfg(test)]
mod tests;
