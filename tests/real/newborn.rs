//! What a real Prometheus counts of series that are new: all of it, at the usual scrape intervals.

use std::time::Duration;

use super::world::{percent_encoded, prometheus_with};
use crate::harness::events::lines;
use crate::harness::{Day90, Dir, Request, SOON, event, eventually, repository};

/// `metrics.newborn` and the longer scrape interval, and time for a rule.
const SEEN_WITHIN: Duration = Duration::from_secs(65 + 60 + 45);

/// The shipped rules over a scrape at this interval.
fn config(day90: std::net::SocketAddr, seconds: u32) -> String {
    format!(
        "global: {{scrape_interval: {seconds}s, scrape_timeout: 5s, evaluation_interval: 5s}}\n\
         rule_files: ['{}']\n\
         scrape_configs: [{{job_name: day90, static_configs: [{{targets: ['{day90}']}}]}}]\n",
        repository("alerts/*.rules.yml").display()
    )
}

fn value(prometheus: std::net::SocketAddr, query: &str) -> Option<f64> {
    let path = format!("/api/v1/query?query={}", percent_encoded(query));
    let answer = Request::get(&path).to(prometheus).expect("Prometheus answers").json();
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// Thirty escalations for thirty reasons that nobody gave before, and forty reviews that were rejected before anybody
/// scraped: the shipped rules see them all, at an interval of 15 and of 60 seconds.
#[test]
fn the_rules_see_the_first_value_of_every_series() {
    let day90 = Day90::start();
    let rejected = |at: usize| {
        event("review.completed").with("case", format!("r{at}")).with("queue", "look").with("decision", "rejected")
    };
    let requested = |at: usize| event("review.requested").with("case", format!("r{at}")).with("queue", "look");
    day90.post((0..40).map(requested).collect::<Vec<_>>().iter());
    day90.post((0..40).map(rejected).collect::<Vec<_>>().iter());
    let dir = [15, 60].map(|_| Dir::new());
    let servers =
        [(15, &dir[0]), (60, &dir[1])].map(|(seconds, dir)| prometheus_with(dir, config(day90.address, seconds), &[]));
    for (address, _) in &servers {
        eventually("the first scrape", Duration::from_secs(60) + SOON, || {
            value(*address, "up").filter(|up| *up == 1.0)
        });
    }
    let task = |at: usize| {
        event("task.completed")
            .with("case", format!("t{at}"))
            .with("action", "a")
            .with("outcome", "completed")
            .with("mode", "decide")
    };
    let opened =
        |at: usize| event("escalation.opened").with("case", format!("t{at}")).with("reason", format!("reason-{at}"));
    let both = (0..100).map(task).chain((0..30).map(opened)).collect::<Vec<_>>();
    day90.ask(&Request::events(None, lines(&both))).expect(202);
    for (address, _) in &servers {
        let reasons = "count(increase(day90_escalations_total{reason=~\"reason-.*\"}[5m]) > 0)";
        eventually("thirty reasons", SEEN_WITHIN, || value(*address, reasons).filter(|seen| *seen == 30.0));
        // What increase() adds at the edges of its window is less than a scrape's worth.
        let close = |counted: &f64| (30.0..33.0).contains(counted);
        let rule = "sum(system:day90_escalations:increase5m)";
        eventually("thirty escalations in the rule", SEEN_WITHIN, || value(*address, rule).filter(close));
        let rejected = "sum(increase(day90_reviews_total{decision=\"rejected\"}[10m]))";
        let all = |counted: &f64| (40.0..44.0).contains(counted);
        eventually("forty rejected reviews", SEEN_WITHIN, || value(*address, rejected).filter(all));
    }
}
