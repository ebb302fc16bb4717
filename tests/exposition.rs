//! What a scraper gets: three formats that say the same, judged by parsers that day90 has nothing to do with.
//!
//! `tests/run` installs prometheus_client in target/python; `DAY90_PYTHON` names another interpreter that has it.

mod golden;

use std::collections::BTreeMap;
use std::process::Command;

use day90::config::Metrics;
use day90::event::Timestamp;
use day90::expose;
use day90::state::engine::exemplar::Exemplar;
use day90::state::engine::family::{Buckets, Metadata, Number, Sink, Type};
use day90::telemetry::Format;
use serde_json::Value;

use crate::harness::day90::python;
use crate::harness::events::Event;
use crate::harness::{Day90, Dir, Request, Scrape, event, metric, one_of_each, run};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";
const PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.1";

const JUDGE: &str = r#"
import json, sys
if sys.argv[1] == "openmetrics":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(open(sys.argv[2], newline="").read()):
    for sample in family.samples:
        exemplar = sample.exemplar and [sample.exemplar.labels, sample.exemplar.value, float(sample.exemplar.timestamp)]
        print(json.dumps([family.type, sample.name, sample.labels, repr(sample.value), exemplar]))
"#;

/// A sample as Python's parser understood it.
#[derive(Debug)]
struct Judged {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
    /// Case, value, time.
    exemplar: Option<(String, f64, f64)>,
}

/// What Python's official parser makes of an exposition; a mistake in it fails the test.
#[track_caller]
fn judge(format: &str, exposition: &[u8]) -> Vec<Judged> {
    let dir = Dir::new();
    let file = dir.write("exposition", exposition);
    let judged = Command::new(python()).args(["-c", JUDGE, format]).arg(file).output();
    let judged = judged.unwrap_or_else(|error| {
        panic!("{}: {error}. tests/run installs it; or set DAY90_PYTHON", python().display());
    });
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    String::from_utf8_lossy(&judged.stdout).lines().map(read).collect()
}

fn read(line: &str) -> Judged {
    let sample: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let labels = |value: &Value| {
        value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect::<BTreeMap<_, _>>()
    };
    let exemplar = sample[4].as_array().map(|parts| {
        assert_eq!(labels(&parts[0]).len(), 1, "the case is all that it names");
        (text(&parts[0]["case"]), parts[1].as_f64().unwrap(), parts[2].as_f64().unwrap())
    });
    Judged { name: text(&sample[1]), labels: labels(&sample[2]), value: text(&sample[3]).parse().unwrap(), exemplar }
}

fn scrape_as(day90: &Day90, accept: &str) -> crate::harness::Answer {
    day90.ask(&Request::get("/metrics").header("Accept", accept)).expect(200)
}

fn openmetrics(day90: &Day90) -> Vec<Judged> {
    judge("openmetrics", &scrape_as(day90, OPENMETRICS).body)
}

fn task(case: &str, seconds: f64) -> Event {
    let task = event("task.completed").with("case", case).with("duration_seconds", seconds);
    task.with("action", "refund").with("outcome", "completed").with("mode", "decide")
}

/// By name and labels; `le` as a number, since the formats spell it differently.
fn by_series(samples: &[Judged]) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let own = |sample: &&Judged| sample.name.starts_with("day90_") && !sample.name.starts_with("day90_dedupe");
    let spelled = |sample: &Judged| {
        let mut labels = sample.labels.clone();
        if let Some(le) = labels.get_mut("le") {
            *le = le.replace("+Inf", "inf").parse::<f64>().unwrap().to_string();
        }
        ((sample.name.clone(), labels), sample.value)
    };
    samples.iter().filter(own).map(spelled).collect()
}

/// Names that read like something else, or like each other.
const NASTY: &[(&str, &str)] = &[
    ("ab", "c"),
    ("a", "bc"),
    ("quote\"d", "back\\slash"),
    ("\\n", "\\\\"),
    ("a,b=\"c\"}", "# EOF"),
    ("Größe", "客服"),
    ("😀", "e\u{301} \u{202e}"),
];

#[test]
fn the_formats_say_the_same_to_other_peoples_parsers() {
    let day90 = Day90::start();
    day90.post(&one_of_each());
    for (queue, reason) in NASTY {
        day90.post([&event("escalation.opened").with("case", *queue).with("queue", *queue).with("reason", *reason)]);
    }
    // Each scrape moves what is said about scrapes, and the daemon writes to its journal whenever it likes.
    let stable = |samples: Vec<Judged>| {
        let mut series = by_series(&samples);
        series.retain(|(name, _), _| {
            !["day90_scrape", "day90_conn", "day90_preflight", "day90_journal"].iter().any(|it| name.starts_with(it))
        });
        series
    };
    let text = stable(judge("text", &day90.get("/metrics").expect(200).body));
    let openmetrics = stable(openmetrics(&day90));
    let differ: Vec<_> = text.iter().filter(|(series, value)| openmetrics.get(series) != Some(value)).collect();
    assert!(differ.is_empty() && text.len() == openmetrics.len() && text.len() > 300, "{differ:#?}");
    for (queue, reason) in NASTY {
        let labels = [("system", "refund-agent"), ("queue", queue), ("reason", reason)];
        let labels = labels.map(|(name, value)| (name.to_owned(), (*value).to_owned())).into();
        assert_eq!(text.get(&("day90_escalations_total".to_owned(), labels)), Some(&1.0), "{queue} {reason}");
    }
}

/// What events cannot bring and an encoder must survive all the same.
#[test]
fn line_breaks_in_values_and_quotes_in_help_are_understood() {
    let pour = |sink: &mut dyn Sink| {
        sink.family("t_total", Type::Counter, "a \"b\" \\ c\nd", &["one", "two"]);
        let exemplar = Exemplar { at: Timestamp::from_seconds(9), nanos: 1, case: "c}# {".into() };
        let metadata = Metadata { created: None, exemplar: Some(&exemplar) };
        sink.counter(&["a\nb", "\\\"\n\\"], Number::Count(3), metadata);
        sink.family("h", Type::Histogram, "", &[]);
        let (bounds, counts) = (&[1e-9, 0.5, 1.0, 1e6][..], &[1, 2, 3, 4, 5][..]);
        sink.histogram(&[], Buckets { bounds, counts, sum: Number::Nanos(1), metadata, ..Buckets::default() });
    };
    for (name, format) in [("text", Format::Text), ("openmetrics", Format::OpenMetrics)] {
        let judged = judge(name, &expose::write(format, Metrics::default(), 0, pour));
        assert_eq!(judged[0].labels["one"], "a\nb");
        assert_eq!(judged[0].labels["two"], "\\\"\n\\");
        let case = judged[0].exemplar.as_ref().map(|(case, ..)| case.as_str());
        assert_eq!(case, (name == "openmetrics").then_some("c}# {"));
    }
}

#[test]
fn a_scraper_gets_the_format_that_it_likes_best_and_is_told_which() {
    let day90 = Day90::start();
    day90.post(&one_of_each());
    for (accept, media, begin) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", &b"# HELP"[..]),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8", b"# TYPE"),
        (PROTOBUF, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", b""),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots",
            b"# TYPE day90__",
        ),
        ("application/nonsense", "text/plain; version=0.0.4; charset=utf-8", b"# HELP"),
    ] {
        let answer = scrape_as(&day90, accept);
        assert_eq!(answer.header("content-type"), Some(media));
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
        assert!(answer.body.starts_with(begin) && answer.body.len() > 10_000, "{accept}: {}", answer.body.len());
    }
    let scrape = day90.scrape();
    for (format, scrapes) in [("text", 2), ("openmetrics", 2), ("protobuf", 1)] {
        scrape.expect(metric("day90_scrape_seconds_count").label("format", format).value(scrapes));
    }
}

#[test]
fn gzip_can_be_switched_off() {
    let ask = |day90: &Day90| day90.ask(&Request::get("/metrics").header("Accept-Encoding", "gzip")).expect(200);
    let day90 = Day90::start_with("metrics: {gzip: true}");
    assert_eq!(ask(&day90).header("content-encoding"), Some("gzip"));
    day90.rewrite_config("metrics: {gzip: false}");
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    assert_eq!(ask(&day90).header("content-encoding"), None);
}

#[test]
fn an_exemplar_leads_to_the_case_with_the_highest_value() {
    let day90 = Day90::start();
    day90.post([&task("c-quick", 0.2), &task("c-slow", 42.5), &task("c-usual", 3.0), &task(&"x".repeat(125), 50.0)]);
    let bucket = |judged: &[Judged]| {
        let found = judged.iter().filter(|sample| sample.name == "day90_task_duration_seconds_bucket");
        found.filter_map(|sample| Some((sample.labels["le"].clone(), sample.exemplar.clone()?))).collect::<Vec<_>>()
    };
    let buckets = bucket(&openmetrics(&day90));
    assert_eq!(buckets.len(), 1, "{buckets:?}");
    let (le, (case, value, at)) = &buckets[0];
    assert_eq!((le.as_str(), case.as_str(), *value), ("60.0", "c-slow", 42.5));
    assert!((1.7e9..1e11).contains(at), "{at}");
    assert!(!day90.get("/metrics").expect(200).text().contains("c-slow"), "the text format has none");
}

#[test]
fn a_forgotten_case_is_no_exemplar_any_more() {
    let day90 = Day90::start();
    day90.post([
        &task("c-secret", 9.0),
        &event("escalation.opened").with("case", "c-secret"),
        &event("escalation.acknowledged").with("case", "c-secret"),
        &event("escalation.opened").with("case", "c-other").with("reason", "policy"),
    ]);
    let said = |accept: &str| String::from_utf8_lossy(&scrape_as(&day90, accept).body).into_owned();
    assert!(said(OPENMETRICS).matches("c-secret").count() >= 3, "{}", said(OPENMETRICS));
    assert!(said(PROTOBUF).contains("c-secret"));
    let url = format!("http://{}", day90.address);
    assert_eq!(run(&["journal", "forget", "--case", "c-secret", "--url", &url]).status.code(), Some(0));
    assert!(!said(OPENMETRICS).contains("c-secret") && !said(PROTOBUF).contains("c-secret"));
    assert!(said(OPENMETRICS).contains("c-other"));
}

#[test]
fn when_a_counter_began_is_said_if_the_configuration_wants_it() {
    let began = |judged: Vec<Judged>| {
        let mut found = judged.into_iter().filter(|sample| sample.name.ends_with("_created"));
        found.find(|sample| sample.name == "day90_task_duration_seconds_created").map(|sample| sample.value)
    };
    let day90 = Day90::start();
    day90.post([&task("c", 1.0)]);
    assert_eq!(began(openmetrics(&day90)), None);
    let day90 = Day90::start_with("metrics: {created: true}");
    day90.post([&task("c", 1.0)]);
    let first = began(openmetrics(&day90)).expect("a moment");
    assert!(first > 1.7e9, "{first}");
    let day90 = day90.stop().start_again();
    day90.post([&task("c", 1.0)]);
    assert_eq!(began(openmetrics(&day90)), Some(first), "a restart changes no beginning");
}

/// Of an observation under old bounds it is known that it is at most the bound of its bucket.
#[test]
fn other_buckets_lose_nothing() {
    let seconds = |bounds: &str| format!("metrics: {{buckets: {{day90_task_duration_seconds: {bounds}}}}}");
    let day90 = Day90::start_with(&seconds("[1, 5, 20]"));
    let expect = |scrape: &Scrape, buckets: &[(&str, u32)]| {
        for (le, count) in buckets {
            scrape.expect(metric("day90_task_duration_seconds_bucket").label("le", le).value(*count));
        }
        let found = scrape.lines_of("day90_task_duration_seconds_bucket").lines().count();
        assert_eq!(found, buckets.len(), "{}", scrape.lines_of("day90_task_duration_seconds"));
    };
    for seconds in [0.5, 1.0, 4.0, 30.0] {
        day90.post([&task("c", seconds)]);
    }
    expect(&day90.scrape(), &[("1", 2), ("5", 3), ("20", 3), ("+Inf", 4)]);
    day90.rewrite_config(&seconds("[2, 5, 40]"));
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    let scrape = day90.scrape();
    expect(&scrape, &[("2", 2), ("5", 3), ("40", 3), ("+Inf", 4)]);
    scrape.expect(metric("day90_task_duration_seconds_sum").value(35.5));
    day90.post([&task("c", 30.0)]);
    expect(&day90.scrape(), &[("2", 2), ("5", 3), ("40", 4), ("+Inf", 5)]);
    // From the journal, from a checkpoint, and with the buckets that day90 has by itself.
    let live = day90.scrape().fold();
    let day90 = day90.kill9().start_again();
    live.expect_same(&day90.scrape().fold());
    let day90 = day90.stop().start_again();
    live.expect_same(&day90.scrape().fold());
    day90.rewrite_config("{}");
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    let scrape = day90.scrape();
    scrape.expect(metric("day90_task_duration_seconds_bucket").label("le", "60").value(4));
    scrape.expect(metric("day90_task_duration_seconds_count").value(5));
}

/// Each request moves two counters that are far apart in the exposition.
#[test]
fn a_scrape_sees_the_whole_of_a_commit_or_nothing() {
    let day90 = Day90::start();
    let (address, over) = (day90.address, std::sync::atomic::AtomicBool::new(false));
    let body = [
        task("c", 1.0),
        event("step.completed").with("kind", "tool").with("name", "lookup").with("outcome", "completed"),
        event("input.checked").with("input", "crm").with("result", "ok"),
    ];
    let body: String = (0..50).flat_map(|_| body.iter()).map(|event| format!("{event}\n")).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut connection = crate::harness::http::Connection::to(address).unwrap();
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let request = Request::events(Some("application/x-ndjson"), body.as_str());
                    assert_eq!(connection.ask(&request).unwrap().expect(202).counts().2, 0);
                }
            });
        }
        let mut seen = std::collections::BTreeSet::new();
        let scrapes = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..200 {
                let scrape = day90.scrape();
                let count = |name: &str| scrape.get(&metric(name)).unwrap_or(0.0);
                let tasks = count("day90_tasks_total");
                assert_eq!(tasks, count("day90_task_duration_seconds_count"));
                assert_eq!(tasks, count("day90_steps_total"));
                assert_eq!(tasks, count("day90_inputs_total"));
                assert_eq!(tasks % 50.0, 0.0);
                seen.insert(tasks as u64);
            }
        }));
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        scrapes.unwrap();
        assert!(seen.len() > 5, "nothing moved: {seen:?}");
    });
}
