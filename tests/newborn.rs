//! A series that is new is shown at 0 to Prometheus, so that `increase()` sees all that it ever counts; everybody else sees
//! what there is.

use day90::event::time::SECOND;

use crate::harness::{Host, Request, Scrape, event, metric};

/// 2026-11-30T10:00:00Z.
const NOON: i64 = 1_796_032_800 * SECOND;

/// What Prometheus is answered, in a format.
fn scraped(host: &mut Host, format: &str) -> Vec<u8> {
    let request = Request::get("/metrics").header("Accept", format).header("X-Prometheus-Scrape-Timeout-Seconds", "10");
    host.ask_again(&request).expect(200).body
}

fn to_prometheus(host: &mut Host) -> Scrape {
    Scrape::parse(String::from_utf8(scraped(host, "text/plain")).expect("UTF-8"))
}

fn to_a_person(host: &mut Host) -> Scrape {
    Scrape::parse(host.ask_again(&Request::get("/metrics")).expect(200).text())
}

fn post(host: &mut Host, events: &[crate::harness::events::Event]) {
    host.ask_again(&Request::events(None, crate::harness::events::lines(events))).expect(202);
}

/// Thirty escalations, each for a reason that nobody gave before.
fn thirty_reasons(host: &mut Host) {
    let opened =
        |at: usize| event("escalation.opened").with("case", format!("c{at}")).with("reason", format!("reason-{at}"));
    post(host, &(0..30).map(opened).collect::<Vec<_>>());
}

#[test]
fn prometheus_sees_each_new_series_at_0_and_then_its_value() {
    let mut host = Host::start("", NOON);
    let opened = || metric("day90_escalations_total").label("system", "refund-agent");
    thirty_reasons(&mut host);
    to_prometheus(&mut host).expect(opened().value(0.0)).expect(opened().label("reason", "reason-7").value(0.0));
    host.set_clock(NOON + 64 * SECOND);
    to_prometheus(&mut host).expect(opened().value(0.0));
    host.set_clock(NOON + 65 * SECOND);
    to_prometheus(&mut host).expect(opened().value(30.0));
}

#[test]
fn people_and_gauges_see_what_there_is_at_once() {
    let mut host = Host::start("", NOON);
    thirty_reasons(&mut host);
    to_a_person(&mut host).expect(metric("day90_escalations_total").value(30.0));
    let scrape = to_prometheus(&mut host);
    scrape.expect(metric("day90_escalations_open").value(30.0));
    scrape.expect(metric("day90_escalations_total").value(0.0));
}

#[test]
fn a_restart_neither_begins_nor_ends_the_65_seconds() {
    let mut host = Host::start("", NOON);
    thirty_reasons(&mut host);
    host.set_clock(NOON + 40 * SECOND);
    host.restart();
    to_prometheus(&mut host).expect(metric("day90_escalations_total").value(0.0));
    host.set_clock(NOON + 66 * SECOND);
    host.restart();
    to_prometheus(&mut host).expect(metric("day90_escalations_total").value(30.0));
}

#[test]
fn a_longer_scrape_interval_has_a_longer_time_at_0() {
    let mut host = Host::start("metrics: {newborn: 3605s}", NOON);
    thirty_reasons(&mut host);
    host.set_clock(NOON + 3_600 * SECOND);
    to_prometheus(&mut host).expect(metric("day90_escalations_total").value(0.0));
    host.set_clock(NOON + 3_605 * SECOND);
    to_prometheus(&mut host).expect(metric("day90_escalations_total").value(30.0));
}

#[test]
fn a_histogram_is_empty_at_first_in_every_format() {
    let mut host = Host::start("", NOON);
    post(
        &mut host,
        &[event("task.completed")
            .with("action", "a")
            .with("outcome", "completed")
            .with("mode", "decide")
            .with("duration_seconds", 2.5)
            .with("case", "c")],
    );
    let scrape = to_prometheus(&mut host);
    for name in
        ["day90_task_duration_seconds_count", "day90_task_duration_seconds_sum", "day90_task_duration_seconds_bucket"]
    {
        scrape.expect(metric(name).value(0.0));
    }
    let open_metrics =
        String::from_utf8(scraped(&mut host, "application/openmetrics-text;version=1.0.0")).expect("UTF-8");
    let lines: Vec<&str> = open_metrics.lines().filter(|line| line.starts_with("day90_task")).collect();
    assert!(lines.len() > 3 && lines.iter().all(|line| line.ends_with(" 0") || line.ends_with(" 0.0")), "{lines:#?}");
    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let young = scraped(&mut host, protobuf);
    host.set_clock(NOON + 65 * SECOND);
    let grown = scraped(&mut host, protobuf);
    // The buckets and the sum take more bytes than none do, and the case is there.
    assert!(grown.windows(2).any(|two| two == b"\x01c") && grown.len() > young.len());
    to_prometheus(&mut host).expect(metric("day90_task_duration_seconds_sum").value(2.5));
}

#[test]
fn what_was_refused_begins_at_0_too() {
    let mut host = Host::start("", NOON);
    let rejected = || metric("day90_events_rejected_total").label("reason", "type");
    host.ask_again(&Request::events(None, event("nothing.known").to_string())).expect(400);
    to_a_person(&mut host).expect(rejected().value(1.0));
    to_prometheus(&mut host).expect(rejected().value(0.0));
    host.set_clock(NOON + 65 * SECOND);
    to_prometheus(&mut host).expect(rejected().value(1.0));
}

#[test]
fn what_a_bound_made_other_begins_at_0_across_a_restart() {
    let mut host = Host::start("limits: {values_per_label: 3}", NOON);
    thirty_reasons(&mut host);
    let limited = || metric("day90_series_limited_total").label("label", "reason");
    to_a_person(&mut host).expect(limited().value(27.0));
    host.restart();
    to_prometheus(&mut host).expect(limited().value(0.0));
    host.set_clock(NOON + 65 * SECOND);
    to_prometheus(&mut host).expect(limited().value(27.0));
    host.restart();
    to_prometheus(&mut host).expect(limited().value(27.0));
}
