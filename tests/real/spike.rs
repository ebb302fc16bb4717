//! The promise of the whole: a spike ends as a page that says what one needs to know, and steady traffic ends in none.

use std::time::Duration;

use serde_json::Value;

use super::traffic::{SPIKING, STEADY};
use super::webhook::Notified;
use super::world::{COUNTERS_ONLY, GROUP_WAIT, World};
use crate::harness::eventually;

/// The detector, scrapes, evaluations and a slow machine.
const PAGED_WITHIN: Duration = Duration::from_secs(120);
/// The rule of the fallback waits a minute more.
const PAGED_BY_RULE_WITHIN: Duration = Duration::from_secs(240);

fn page(world: &World, alertname: &str, within: Duration) -> Notified {
    eventually(alertname, within, || {
        world.webhook.notified().into_iter().find(|notified| notified.label("alertname") == alertname)
    })
}

#[test]
fn a_spike_pages_with_all_that_on_call_asks_and_steady_traffic_does_not() {
    let world = World::shared();
    let page = page(&world, "Day90EscalationSpike", PAGED_WITHIN);
    assert!(page.is_firing(), "{page:?}");
    assert_eq!((page.path.as_str(), page.label("severity"), page.label("system")), ("/pager", "page", SPIKING));
    assert_eq!(page.label("namespace"), "", "{page:?}");
    // "refund-agent: 41.2% of tasks escalated, usually 5.1%, since about 09:14 UTC"
    let summary = page.annotation("summary");
    let ratios: Vec<f64> = summary.split(&[' ', ',']).filter_map(|word| word.strip_suffix('%')?.parse().ok()).collect();
    assert!(
        matches!(ratios[..], [now, usual] if (10.0..=61.0).contains(&now) && (4.0..=6.0).contains(&usual)),
        "{summary}"
    );
    let description = page.annotation("description");
    for said in [
        " times the usual: ",
        " were expected.",
        "\nWhere: billing, low_confidence: ",
        "prompt, unapproved: 1",
        "\nPages so far: 1, unconfirmed 0; set: ",
        "\nOwner: payments-ops #payments-ops. Who changed what: day90 explain refund-agent",
    ] {
        assert!(description.contains(said), "no {said:?} in {description}");
    }
    assert!(
        !description.contains(super::traffic::BAD_VERSION) && !description.contains("prompt-team"),
        "{description}"
    );
    assert!(page.annotation("runbook_url").ends_with("alerts/runbooks/Day90EscalationSpike.md"), "{page:?}");

    // The steady system was judged by the same rules, and nothing came of it.
    let judged = world.query(&format!("system:day90_escalation:ratio5m{{system=\"{STEADY}\"}}"));
    let ratio = judged[0]["value"][1].as_str().and_then(|ratio| ratio.parse::<f64>().ok());
    assert!(ratio.is_some_and(|ratio| (0.03..=0.05).contains(&ratio)), "{judged:?}");
    let watched = world.query(&format!("day90_escalation_spike_state{{system=\"{STEADY}\",state=\"ok\"}}"));
    assert_eq!(watched[0]["value"][1], "1", "{watched:?}");
    assert_eq!(world.query(&format!("ALERTS{{system=\"{STEADY}\"}}")), Vec::<Value>::new());
    let others: Vec<_> = world.webhook.notified().into_iter().filter(|told| told.label("system") != SPIKING).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn who_scrapes_counters_only_is_paged_by_the_rule_and_who_has_the_detector_is_not() {
    let world = World::shared();
    let page = page(&world, "Day90EscalationSpikeByRule", PAGED_BY_RULE_WITHIN);
    assert_eq!((page.path.as_str(), page.label("namespace"), page.label("system")), ("/pager", COUNTERS_ONLY, SPIKING));
    assert!(page.annotation("description").contains("By rule: the detector's series are not here"), "{page:?}");
    let notified = world.webhook.notified();
    let by_rule = notified.iter().filter(|told| told.label("alertname") == "Day90EscalationSpikeByRule");
    assert!(by_rule.clone().all(|told| told.label("namespace") == COUNTERS_ONLY), "{by_rule:?}");
}

/// The first moment at which a series had the value 1 in Prometheus, Unix seconds.
fn first_one(world: &World, series: &str) -> f64 {
    let answer = world.query(&format!("{series}[10m]"));
    let samples = answer[0]["values"].as_array().unwrap_or_else(|| panic!("{series}: {answer:?}")).clone();
    let first = samples.iter().find(|sample| sample[1] == "1").unwrap_or_else(|| panic!("{series}: {answer:?}"));
    first[0].as_f64().expect("a time")
}

/// docs/alerting.md quotes what this prints: `tests/run event_to_phone` with `--nocapture`.
#[test]
fn from_event_to_phone_is_measured_in_its_parts() {
    let world = World::shared();
    let page = page(&world, "Day90EscalationSpike", PAGED_WITHIN);
    let spike = world.spike();
    let event = spike.first_event.expect("it began").as_seconds_f64();
    let detected = spike.detected.expect("day90 saw it before anybody").as_seconds_f64();
    let scraped = first_one(&world, &format!("day90_escalation_spike{{job=\"day90\",system=\"{SPIKING}\"}}"));
    let alert = format!("ALERTS{{alertname=\"Day90EscalationSpike\",alertstate=\"firing\",system=\"{SPIKING}\"}}");
    let evaluated = first_one(&world, &alert);
    let notified = page.at.as_seconds_f64();
    let parts = [
        ("detector: first event of the spike at a POST to day90_escalation_spike 1", detected - event),
        ("scrape (every 1 s)", scraped - detected),
        ("evaluation (every 1 s)", evaluated - scraped),
        ("group_wait, as set", GROUP_WAIT),
        ("delivery: Prometheus to Alertmanager to the webhook", notified - evaluated - GROUP_WAIT),
        ("all: from event to phone", notified - event),
    ];
    parts.iter().for_each(|(part, seconds)| println!("{seconds:>7.2} s  {part}"));
    // The detector is asked after each second of traffic, so Prometheus may have seen it up to that much earlier.
    assert!(event <= detected && event <= scraped && scraped <= evaluated && evaluated <= notified, "{parts:?}");
}
