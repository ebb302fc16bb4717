//! The promise of the whole: a spike ends as a page that says what one needs to know, and steady traffic ends in none.

use std::time::Duration;

use super::traffic::{BAD_VERSION, SPIKING, STEADY};
use super::world::World;
use crate::harness::eventually;

/// The rule waits a minute; the rest is scrapes, evaluations and a slow machine.
const PAGED_WITHIN: Duration = Duration::from_secs(240);

#[test]
fn a_spike_pages_with_system_ratio_and_last_change_and_steady_traffic_does_not() {
    let world = World::shared();
    let page = eventually("a page about the spike", PAGED_WITHIN, || {
        let notified = world.webhook.notified();
        notified.into_iter().find(|notified| notified.label("alertname") == "Day90EscalationSpike")
    });
    assert!(page.is_firing(), "{page:?}");
    assert_eq!((page.path.as_str(), page.label("severity"), page.label("system")), ("/pager", "page", SPIKING));
    let ratio = page.annotation("summary").strip_prefix(&format!("{SPIKING} escalates "));
    let ratio = ratio.and_then(|rest| rest.split_once('%')).and_then(|(ratio, _)| ratio.parse::<f64>().ok());
    assert!(ratio.is_some_and(|ratio| (24.0..=61.0).contains(&ratio)), "{page:?}");
    let change = format!("Last behavior change: prompt (now in force: {BAD_VERSION}), deployed 20");
    assert!(page.annotation("description").contains(&change), "{page:?}");
    assert!(page.annotation("runbook_url").ends_with("alerts/runbooks/Day90EscalationSpike.md"), "{page:?}");

    // The steady system was judged by the same rules, and nothing came of it.
    let judged = world.query(&format!("system:day90_escalation:ratio5m{{system=\"{STEADY}\"}}"));
    let ratio = judged[0]["value"][1].as_str().and_then(|ratio| ratio.parse::<f64>().ok());
    assert!(ratio.is_some_and(|ratio| (0.03..=0.05).contains(&ratio)), "{judged:?}");
    assert_eq!(world.query(&format!("ALERTS{{system=\"{STEADY}\"}}")), Vec::<serde_json::Value>::new());
    let others: Vec<_> = world.webhook.notified().into_iter().filter(|told| told.label("system") != SPIKING).collect();
    assert!(others.is_empty(), "{others:?}");
}
