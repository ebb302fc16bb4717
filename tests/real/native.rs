//! Native histograms and every other format, in a real Prometheus: stored, queried, and equal to what was sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::Value;

use super::world::{percent_encoded, prometheus_with};
use crate::harness::day90::Process;
use crate::harness::{Day90, Dir, Request, SOON, event, eventually};

/// `metrics.newborn` of these daemons.
const NEWBORN: Duration = Duration::from_secs(1);
/// Observations of one series.
const OBSERVATIONS: usize = 1_000;
/// Two neighboring bounds of schema 3 are that much apart: no quantile can be off by more.
const BUCKET: f64 = 1.090_507_732_665_257_7;

struct Prometheus {
    address: SocketAddr,
    _process: Process,
    _dir: Dir,
}

impl Prometheus {
    /// Scrapes these every second.
    fn start(targets: &[(&str, SocketAddr)], native: bool) -> Prometheus {
        let dir = Dir::new();
        let mut config = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
        for (job, target) in targets {
            config += &format!("- {{job_name: {job}, static_configs: [{{targets: ['{target}']}}]}}\n");
        }
        let features = if native { "native-histograms" } else { "exemplar-storage" };
        let (address, process) = prometheus_with(&dir, config, &[format!("--enable-feature={features}")]);
        Prometheus { address, _process: process, _dir: dir }
    }

    fn ask(&self, path: &str) -> Value {
        Request::get(path).to(self.address).expect("Prometheus answers").json()
    }

    /// The number that a query gives, as soon as it gives one.
    #[track_caller]
    fn number(&self, query: &str) -> f64 {
        eventually(query, SOON, || {
            let answer = self.ask(&format!("/api/v1/query?query={}", percent_encoded(query)));
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            let results = answer["data"]["result"].as_array().expect("a vector").clone();
            assert!(results.len() <= 1, "{query}: {answer}");
            results.first()?["value"][1].as_str()?.parse().ok()
        })
    }
}

/// A way to day90 that asks in one format, whatever Prometheus would rather have.
fn asking(accept: &'static str, day90: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            let Ok(answer) = Request::get("/metrics").header("Accept", accept).to(day90) else { return };
            let media = answer.header("content-type").expect("a type");
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {media}\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), &answer.body].concat());
        }
    });
    address
}

/// Durations from 20 milliseconds to a quarter of an hour, in no order, and some of no time at all.
fn durations() -> Vec<f64> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let seconds = |unit: f64| (0.02 * 45_000_f64.powf(unit) * 1e6).round() / 1e6;
    (0..OBSERVATIONS).map(|number| if number % 100 == 0 { 0.0 } else { seconds(next()) }).collect()
}

fn feed(day90: &Day90) -> Vec<f64> {
    let mut durations = durations();
    let task = |(number, seconds): (usize, &f64)| {
        let task = event("task.completed").with("case", format!("c-{number}")).with("duration_seconds", *seconds);
        task.with("action", "refund").with("outcome", "completed").with("mode", "decide")
    };
    day90.post(&durations.iter().enumerate().map(task).collect::<Vec<_>>());
    durations.sort_by(f64::total_cmp);
    // Prometheus is shown a new series at 0 for `metrics.newborn`, a second here.
    std::thread::sleep(NEWBORN + Duration::from_millis(100));
    durations
}

#[test]
fn native_histograms_are_stored_and_say_what_was_sent() {
    let day90 = Day90::start_with("metrics: {newborn: 1s}");
    let sorted = feed(&day90);
    let prometheus = Prometheus::start(&[("day90", day90.address)], true);
    let of = |function: &str| prometheus.number(&format!("histogram_{function}(day90_task_duration_seconds)"));
    assert_eq!(of("count"), OBSERVATIONS as f64);
    assert!((of("sum") - sorted.iter().sum::<f64>()).abs() < 1e-6, "{}", of("sum"));
    for quantile in [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] {
        let found = prometheus.number(&format!("histogram_quantile({quantile}, day90_task_duration_seconds)"));
        let sent = sorted[(quantile * OBSERVATIONS as f64) as usize - 1];
        let off = found / sent;
        assert!((1.0 / BUCKET..=BUCKET).contains(&off), "quantile {quantile}: sent {sent}, found {found}");
    }
    // One more, and restarts: no reset is seen, and nothing counts twice.
    let task = event("task.completed").with("action", "refund").with("outcome", "completed").with("mode", "decide");
    day90.post([&task.with("duration_seconds", 1.0)]);
    eventually("the next scrape", SOON, || (of("count") == OBSERVATIONS as f64 + 1.0).then_some(()));
    assert_eq!(prometheus.number("resets(day90_task_duration_seconds[1m])"), 0.0);
    assert_eq!(prometheus.number("up"), 1.0);
}

#[test]
fn every_format_is_scraped_and_says_the_same() {
    let day90 = Day90::start();
    let sorted = feed(&day90);
    let targets = [
        ("text", asking("text/plain;version=0.0.4", day90.address)),
        ("openmetrics", asking("application/openmetrics-text;version=1.0.0", day90.address)),
        (
            "protobuf",
            asking(
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                day90.address,
            ),
        ),
    ];
    // Without the feature the classic buckets of the protobuf format are taken, if it is taken at all.
    let classic = Prometheus::start(&targets[..2], false);
    for (job, _) in &targets[..2] {
        let of = |name: &str| classic.number(&format!("day90_task_duration_seconds_{name}{{job=\"{job}\"}}"));
        assert_eq!(of("count"), OBSERVATIONS as f64);
        assert!((of("sum") - sorted.iter().sum::<f64>()).abs() < 1e-6);
        let below = sorted.iter().filter(|seconds| **seconds <= 1.0).count() as f64;
        let buckets = format!("sum(day90_task_duration_seconds_bucket{{job=\"{job}\",le=~\"1|1[.]0\"}})");
        assert_eq!(classic.number(&buckets), below, "{job}");
        assert_eq!(classic.number(&format!("sum(day90_tasks_total{{job=\"{job}\"}})")), OBSERVATIONS as f64);
    }
    let found = eventually("an exemplar", SOON, || {
        let query = percent_encoded("day90_task_duration_seconds_bucket{job=\"openmetrics\"}");
        let answer = classic.ask(&format!("/api/v1/query_exemplars?query={query}&start=0&end=9999999999"));
        answer["data"][0]["exemplars"][0].as_object().cloned()
    });
    assert!(found["labels"]["case"].as_str().is_some_and(|case| case.starts_with("c-")), "{found:?}");
    let native = Prometheus::start(&targets, true);
    let tasks = |job: &str| native.number(&format!("sum(day90_tasks_total{{job=\"{job}\"}})"));
    for (job, _) in &targets {
        assert_eq!(tasks(job), OBSERVATIONS as f64, "{job}");
    }
    assert_eq!(native.number("histogram_count(day90_task_duration_seconds{job=\"protobuf\"})"), OBSERVATIONS as f64);
}

#[test]
fn without_native_histograms_a_prometheus_that_would_take_them_keeps_the_classic_series() {
    let day90 = Day90::start_with("metrics: {native_histograms: false, newborn: 1s}");
    feed(&day90);
    let prometheus = Prometheus::start(&[("day90", day90.address)], true);
    assert_eq!(prometheus.number("day90_task_duration_seconds_count"), OBSERVATIONS as f64);
    let answer = prometheus.ask("/api/v1/query?query=histogram_count(day90_task_duration_seconds)");
    assert_eq!(answer["data"]["result"].as_array().map(Vec::len), Some(0), "{answer}");
}
