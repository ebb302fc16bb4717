//! Each row of the contract's HTTP table, end to end; and every event type in every spelling.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use day90::clock::{Clock, SystemClock};
use day90::event::time::MINUTE;

use crate::harness::events::lines;
use crate::harness::{Day90, Request, Scrape, event, metric, one_of_each};

const JSON: Option<&str> = Some("application/json");
const NDJSON: Option<&str> = Some("application/x-ndjson");

fn gzip(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_type_is_accepted_in_the_short_form() {
    let day90 = Day90::start();
    let events = one_of_each();
    assert_eq!(events.len(), day90::event::Kind::WORDS.len(), "one of each");
    let answer = day90.offer(&events).expect(202);
    assert_eq!(answer.counts(), (events.len() as u64, 0, 0), "{}", answer.text());
    let scrape = day90.scrape();
    for event in &events {
        scrape.expect(metric("day90_events_total").label("type", event.get("type")).label("source", "http").value(1));
    }
    scrape.expect(metric("day90_unknown_fields_total").value(0));
}

#[test]
fn every_type_is_accepted_as_cloudevents_in_each_mode_and_is_the_same_event() {
    let day90 = Day90::start();
    for (number, event) in one_of_each().iter().enumerate() {
        let cloudevent = event.cloudevent(&format!("ce-{number}"));
        let structured = Request::events(Some("application/cloudevents+json"), cloudevent.to_string());
        let batch = Request::events(Some("application/cloudevents-batch+json"), format!("[{cloudevent}]"));
        let mut binary = Request::events(JSON, cloudevent["data"].to_string());
        for attribute in ["specversion", "type", "source", "id", "subject"] {
            if let Some(value) = cloudevent[attribute].as_str() {
                binary = binary.header(&format!("ce-{attribute}"), value);
            }
        }
        let counts = [structured, batch, binary].map(|request| {
            let silent = day90.ask(&request).expect(202);
            assert_eq!((silent.text().as_str(), silent.header("content-type")), ("", None), "nothing was rejected");
            day90.ask(&request.header("Prefer", "return=representation")).expect(202).counts()
        });
        assert_eq!(counts, [(0, 1, 0); 3], "{event}");
    }
    let short = Day90::start();
    short.post(&one_of_each());
    let without_ids = |day90: &Day90| {
        let fold = day90.scrape().fold();
        // The part `series` has the rare events, which are kept with their ids.
        let parts = ["part=\"ids\"", "day90_memory_bytes{part=\"series\""];
        let ids = |line: &str| line.contains("dedupe") || parts.iter().any(|part| line.contains(part));
        let counts = |line: &&str| !line.contains("_timestamp_seconds") && !ids(line);
        // Durations between the events themselves depend on when they were sent.
        let timeless = |line: &&str| !line.contains("_seconds_") || line.contains("_seconds_count");
        fold.lines().filter(counts).filter(timeless).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_ids(&day90), without_ids(&short), "both spellings count the same");
}

fn zlib(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Whatever a client calls its JSON: fluent-bit had lines under application/json for years, fetch says text/plain of a
/// string, aiohttp application/octet-stream of bytes, and curl -d, urllib and PowerShell say that it is a form.
#[test]
fn one_object_an_array_and_lines_under_any_type_packed_or_not() {
    let day90 = Day90::start();
    let task = event("task.completed").with("action", "refund").with("outcome", "completed").with("mode", "decide");
    let mut counted = 0;
    let mut taken = |request: &Request, accepted: u64, about: &str| {
        let answer = day90.ask(request).expect(202);
        let expected = format!(r#"{{"accepted":{accepted},"duplicates":0,"rejected":0,"errors":[],"warnings":[]}}"#);
        assert_eq!(answer.text(), expected, "{about}");
        counted += accepted;
    };
    let bodies = [
        (task.to_string(), 1),
        (format!("\u{feff}{task}\r\n"), 1),
        (format!("[{task},{task}]"), 2),
        (format!("\n [ {task} ,\n{task} ] \n"), 2),
        (format!("{task}\r\n\r\n{task}"), 2),
        (format!("{task}{task}"), 2),
        (format!("{task} {task}\n{task}"), 3),
        (format!("[{task}][{task},{task}]"), 3),
        (format!("[{task}] {task}"), 2),
        (lines([&task, &task]), 2),
        (
            serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&task.to_string()).unwrap())
                .unwrap(),
            1,
        ),
        ("[]".to_owned(), 0),
        (" [ ]\n[]".to_owned(), 0),
    ];
    let types = [
        None,
        JSON,
        NDJSON,
        Some("application/json; charset=utf-8"),
        Some("application/ndjson"),
        Some("text/plain;charset=UTF-8"),
        Some("application/octet-stream"),
        Some("application/x-www-form-urlencoded"),
    ];
    for (body, accepted) in &bodies {
        for content_type in types {
            taken(&Request::events(content_type, body.clone()), *accepted, &format!("{content_type:?} {body}"));
        }
    }
    let two = lines([&task, &task]);
    for (encoding, packed) in [
        ("gzip", gzip(&two)),
        ("zstd", zstd::bulk::compress(two.as_bytes(), 1).unwrap()),
        ("deflate", zlib(&two)),
        ("deflate", deflate(&two)),
        ("identity", two.clone().into_bytes()),
    ] {
        let request = Request::events(JSON, packed).header("Content-Encoding", encoding);
        taken(&request, 2, encoding);
    }
    day90.scrape().expect(metric("day90_tasks_total").label("action", "refund").value(counted as u32));
}

/// Case A: 500 lines under application/json were 1 accepted, 1 rejected, 498 nowhere.
#[test]
fn every_event_is_in_one_of_three_counts() {
    let day90 = Day90::start();
    let task = |id: u32| {
        let task = event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide");
        task.with("id", format!("L{id}")).to_string()
    };
    let all: String = (0..500).map(|id| task(id) + "\n").collect();
    assert_eq!(day90.ask(&Request::events(JSON, all.clone())).expect(202).counts(), (500, 0, 0));
    let wrong = "{\"type\":\"task.completed\",\"system\":\"refund-agent\"}";
    let mixed: String = (490..510).map(|id| format!("{}\n{wrong}\n{{broken\n", task(id))).collect();
    let answer = day90.ask(&Request::events(JSON, mixed)).expect(202);
    assert_eq!(answer.counts(), (10, 10, 40));
    // Indexes are positions among the events of the request, from 0.
    let indexes: Vec<u64> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| error["index"].as_u64().unwrap()).collect();
    assert!(
        indexes.is_sorted() && indexes.contains(&1) && indexes.contains(&59) && !indexes.contains(&0),
        "{indexes:?}"
    );
    assert_eq!(day90.ask(&Request::events(JSON, all)).expect(202).counts(), (0, 500, 0));
}

/// What isn't lines of objects is one stream of values; where that breaks, nothing is taken.
#[test]
fn a_stream_that_breaks_takes_nothing() {
    let day90 = Day90::start();
    let good = event("fallback.ended").to_string();
    let before = day90.scrape().fold();
    for body in [
        format!("[{good},{good}"),
        format!("[{good},,{good}]"),
        format!("[{good}] x"),
        format!("{good}\n]"),
        format!("[{good},{{]"),
        format!("hello\n{good}\n"),
        "type=fallback.ended&system=refund-agent".to_owned(),
    ] {
        let answer = day90.ask(&Request::events(None, body.clone())).expect(400);
        assert_eq!(answer.counts(), (0, 0, 1), "{body}");
    }
    before.expect_same(&day90.scrape().fold());
    // A value that is JSON and no event costs itself alone.
    let answer = day90.ask(&Request::events(JSON, format!("[{good},5,{good},\"x\",null]"))).expect(202);
    assert_eq!(answer.counts(), (2, 0, 3));
    for blank in ["", " \n\r\n\t"] {
        let answer = day90.ask(&Request::events(NDJSON, blank)).expect(400);
        assert!(answer.text().contains("the request holds no event"), "{}", answer.text());
    }
}

/// Case D: what is ignored cannot be wrong.
#[test]
fn a_field_that_nobody_knows_rejects_nothing_and_is_named() {
    let day90 = Day90::start();
    for value in [
        r#""cut \ud83d""#,
        "1e999999",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
        "null",
        "\"\"",
    ] {
        let body = format!("{{\"type\":\"fallback.ended\",\"system\":\"s\",\"message\":{value}}}");
        let answer = day90.ask(&Request::events(None, body)).expect(202);
        assert_eq!(answer.counts(), (1, 0, 0), "{value}");
        let warnings = answer.json()["warnings"].clone();
        assert_eq!((&warnings[0]["index"], &warnings[0]["field"]), (&0.into(), &"message".into()), "{warnings}");
        assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings}");
    }
    day90.scrape().expect(metric("day90_unknown_fields_total").value(5));
}

/// Case M: what is accepted but cannot take effect is said.
#[test]
fn warnings_say_what_has_no_effect_each_field_once() {
    let day90 = Day90::start_with(
        "systems: {refund-agent: {launched: 2026-09-01, owner: {name: payments-ops, contact: x}, boundaries: {a: {mode: decide}}, inputs: {crm: {max_age: 1h}}}}",
    );
    let task = event("task.completed").with("outcome", "completed").with("mode", "decide");
    let mistyped = event("change.deployed").with("kind", "prompt").with("version", "v9").with("author", "ci");
    let events = [
        task.clone().with("action", "a"),
        event("owner.attested").with("owner", "typo"),
        task.clone().with("action", "b"),
        task.clone().with("action", "c"),
        mistyped.with("aprover", "support-lead"),
        event("input.checked").with("input", "crmm").with("result", "ok"),
        event("fallback.ended").with("system", "refund-agnt"),
    ];
    let answer = day90.offer(&events).expect(202);
    assert_eq!(answer.counts(), (7, 0, 0), "{}", answer.text());
    let json = answer.json();
    let warnings: Vec<(u64, &str, &str)> = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| {
            let text = |name: &str| warning[name].as_str().unwrap();
            (warning["index"].as_u64().unwrap(), text("field"), text("warning"))
        })
        .collect();
    let places: Vec<(u64, &str)> = warnings.iter().map(|(index, field, _)| (*index, *field)).collect();
    assert_eq!(places, [(1, "owner"), (2, "action"), (4, "aprover"), (5, "input"), (6, "system")]);
    assert!(warnings[0].2.contains("payments-ops") && warnings[2].2.contains("approver"), "{warnings:?}");
    // Each in a request of its own, also when it is a repeat; and none where all is well.
    let quiet = day90.offer([&task.with("action", "a")]).expect(202);
    assert!(quiet.text().ends_with(r#""errors":[],"warnings":[]}"#), "{}", quiet.text());
    let many: String =
        (0..300).map(|number| event("fallback.ended").with(&format!("x{number}"), 1).to_string() + "\n").collect();
    let many = day90.ask(&Request::events(NDJSON, many)).expect(202);
    assert_eq!((many.counts().0, many.json()["warnings"].as_array().map(Vec::len)), (300, Some(100)));
}

/// A local time that is marked as UTC is late by whole hours, event after event.
#[test]
fn twenty_events_behind_by_whole_quarter_hours_are_a_warning() {
    let day90 = Day90::start();
    let at = |minutes: i64| SystemClock.now().plus(-minutes * MINUTE).to_string();
    let send = |minutes: i64| {
        let answer = day90.offer([&event("fallback.ended").with("time", at(minutes))]).expect(202);
        answer.json()["warnings"].as_array().unwrap().iter().any(|warning| warning["field"] == "time")
    };
    let told: Vec<bool> = (0..21).map(|_| send(120)).collect();
    assert_eq!((told.iter().filter(|told| **told).count(), told[19], told[20]), (2, true, true));
    assert!(!send(1) && !send(120), "one in time ends the row");
}

/// Case N: the id of a task and that of an escalation are two ids.
#[test]
fn an_id_is_of_its_source_and_type() {
    let day90 = Day90::start();
    let task = event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide");
    let opened = event("escalation.opened").with("case", "c");
    let both = [task.with("id", "req-7"), opened.with("id", "req-7")];
    assert_eq!(day90.offer(&both).expect(202).counts(), (2, 0, 0));
    assert_eq!(day90.offer(&both).expect(202).counts(), (0, 2, 0));
    day90.scrape().expect(metric("day90_escalations_total").value(1)).expect(metric("day90_tasks_total").value(1));
}

#[test]
fn rejected_events_are_counted_with_their_type_and_declared_system() {
    let day90 = Day90::start_with("systems: {refund-agent: {launched: 2026-09-01, formerly: [payment-bot]}}");
    let opened = event("escalation.opened");
    let events = [
        opened.clone(),
        opened.clone().with("system", "payment-bot"),
        opened.with("system", "nobody"),
        event("nothing.known"),
    ];
    assert_eq!(day90.offer(&events).expect(400).counts(), (0, 0, 4));
    let rejected = |reason: &str, kind: &str, system: &str| {
        let rejected = metric("day90_events_rejected_total").label("source", "http").label("reason", reason);
        rejected.label("type", kind).label("system", system)
    };
    day90
        .scrape()
        .expect(rejected("missing_field", "escalation.opened", "refund-agent").value(2))
        .expect(rejected("missing_field", "escalation.opened", "other").value(1))
        .expect(rejected("type", "unknown", "refund-agent").value(1));
}

#[test]
fn a_repeat_is_a_success_that_changes_nothing() {
    let day90 = Day90::start();
    let opened = event("escalation.opened").with("case", "c-1").with("id", "e-1");
    day90.post([&opened]);
    let before = day90.scrape().fold();
    let again = day90.offer([&opened, &opened]).expect(202);
    assert_eq!(again.text(), r#"{"accepted":0,"duplicates":2,"rejected":0,"errors":[],"warnings":[]}"#);
    let after = day90.scrape();
    before.expect_same(&after.fold());
    after.expect(metric("day90_events_duplicate_total").label("source", "http").value(2));
    // Another source is another event.
    let elsewhere = opened.with("source", "another service").with("escalation", "second");
    assert_eq!(day90.offer([&elsewhere]).counts(), (1, 0, 0));
}

/// Case S12: 333 KB of zstd were ten million wrong events, and cost seconds of CPU.
#[test]
fn a_body_of_endless_wrong_events_is_refused_before_it_costs_much() {
    let day90 = Day90::start();
    let noise: String = (0..200_000_u32).map(|at| format!("{:x}", at.wrapping_mul(2_654_435_761) >> 8)).collect();
    for unit in ["{}\n", "{}", "1\n", "{\"type\":\"task.completed\"}\n"] {
        let body = format!("{{\"x\":\"{noise}\"}}\n") + &unit.repeat(25_000_000 / unit.len());
        let packed = zstd::encode_all(body.as_bytes(), 3).expect("memory");
        let begun = std::time::Instant::now();
        let refused =
            day90.ask(&Request::events(NDJSON, packed.clone()).header("Content-Encoding", "zstd")).expect(413);
        assert!(refused.text().contains("more than 100000 events of this request are wrong"), "{}", refused.text());
        println!("{} bytes of {unit:?}: {:?}", packed.len(), begun.elapsed());
    }
    day90.scrape().expect(metric("day90_events_rejected_total").label("reason", "missing_field").value(0));
}

#[test]
fn a_bad_event_costs_only_itself_and_is_named() {
    let day90 = Day90::start();
    let good = event("fallback.ended");
    let body = format!("{good}\n\n{}\n{{not JSON\n{good}\n", event("escalation.opened"));
    let answer = day90.ask(&Request::events(NDJSON, body)).expect(202);
    assert_eq!(answer.counts(), (2, 0, 2));
    let errors = answer.json()["errors"].clone();
    assert_eq!((errors[0]["index"].as_u64(), errors[0]["field"].as_str()), (Some(1), Some("case")));
    assert!(errors[0]["error"].as_str().unwrap().contains("line 3"), "{errors}");
    assert_eq!(errors[1]["index"], 2);
    let none = day90.offer([&event("escalation.opened")]).expect(400);
    assert_eq!(none.counts(), (0, 0, 1));
    let many = day90.ask(&Request::events(NDJSON, "{}\n".repeat(300))).expect(400);
    assert_eq!((many.counts().2, many.json()["errors"].as_array().map(Vec::len)), (300, Some(100)));
    day90.scrape().expect(metric("day90_events_rejected_total").label("reason", "missing_field").value(302));
}

#[test]
fn pages_for_people_and_for_probes() {
    let day90 = Day90::start();
    let opened = event("escalation.opened").with("case", "c-1").with("queue", "billing");
    day90.post([&opened]);
    assert_eq!(day90.get("/-/healthy").expect(200).text(), "day90 is healthy.\n");
    assert_eq!(day90.get("/-/ready").expect(200).text(), "day90 is ready.\n");
    day90.scrape().expect(metric("day90_journal_writable").value(1)).expect(metric("day90_build_info").value(1));
    let page = day90.get("/").expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("refund-agent"), "{}", page.text());
    let cases = day90.get("/api/v1/cases?system=refund-agent").expect(200).json();
    assert_eq!((cases["total"].as_u64(), cases["cases"][0]["case"].as_str()), (Some(1), Some("c-1")), "{cases}");
    let metrics = day90.get("/metrics").expect(200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let packed = day90.ask(&Request::get("/metrics").header("Accept-Encoding", "gzip")).expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut text).unwrap();
    assert!(text.contains("day90_escalations_total{system=\"refund-agent\",queue=\"billing\""), "{text}");
}

#[test]
fn an_empty_page_says_how_to_reach_this_very_daemon() {
    let secrets = crate::harness::Dir::new();
    let token = secrets.write("view", "view-0123456789abcdef");
    let day90 = Day90::start_with(&format!("auth: {{view: {{token_file: {}}}}}", token.display()));
    let page = |host: &str| {
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer view-0123456789abcdef\r\nConnection: close\r\n\r\n"
        );
        crate::harness::http::raw(day90.address, head.as_bytes()).expect("an answer").expect(200).text()
    };
    assert!(page("day90.payments.svc:9790").contains("curl -sS http://day90.payments.svc:9790/v1/events"));
    // What a shell would take for more than a name is not shown.
    assert!(page("a;reboot").contains("curl -sS http://127.0.0.1:9790/v1/events"));
}

/// Case R1: the page's red lines never went, while preflight passed what they were about.
#[test]
fn the_page_marks_what_preflight_fails_and_nothing_else() {
    let day90 = Day90::start_with("systems: {refund-agent: {boundaries: {account.close: {mode: never}}}}");
    let overstepped = "A boundary was overstepped in the last 30 days";
    let closed =
        event("task.completed").with("action", "account.close").with("mode", "decide").with("outcome", "completed");
    let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(60 * 24);
    day90.post([&closed.clone().with("id", "1").with("time", long_ago.to_string())]);
    let page = day90.get("/").expect(200).text();
    assert!(page.contains("overstepped</dt><dd class=\"plain\">1") && !page.contains(overstepped), "{page}");
    day90.post([&closed.with("id", "2")]);
    let page = day90.get("/").expect(200).text();
    assert!(page.contains("overstepped</dt><dd class=\"bad\">2") && page.contains(overstepped), "{page}");
}

#[test]
fn the_listener_for_metrics_has_metrics_and_health_alone() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let day90 = Day90::start_with(&format!("server: {{metrics_listen: \"{free}\"}}"));
    day90.post([&event("fallback.ended")]);
    let status = |request: Request| request.to(free).unwrap().status;
    assert!(Request::get("/metrics").to(free).unwrap().text().contains("type=\"fallback.ended\",source=\"http\"} 1\n"));
    assert_eq!((status(Request::get("/-/healthy")), status(Request::get("/-/ready"))), (200, 200));
    assert_eq!((status(Request::get("/")), status(Request::new("POST", "/-/reload"))), (404, 404));
    assert_eq!(status(Request::events(NDJSON, event("fallback.ended").to_string())), 404);
}

#[test]
fn who_has_no_token_gets_401_and_leaves_no_trace() {
    let secrets = crate::harness::Dir::new();
    let mut config = "auth:\n".to_owned();
    for role in ["ingest", "scrape", "admin"] {
        let path = secrets.write(role, format!("{role}-0123456789abcdef\n"));
        config += &format!("  {role}: {{token_file: {}}}\n", path.display());
    }
    let day90 = Day90::start_with(&config);
    let post = Request::events(NDJSON, event("fallback.ended").to_string());
    let as_role = |request: &Request, role: &str| {
        day90.ask(&request.clone().header("Authorization", &format!("Bearer {role}-0123456789abcdef")))
    };
    let refused = day90.ask(&post).expect(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    as_role(&post, "scrape").expect(401);
    let scrape = || Scrape::parse(as_role(&Request::get("/metrics"), "scrape").expect(200).text());
    let counted = metric("day90_events_total").label("type", "fallback.ended");
    scrape()
        .expect(counted.clone().value(0))
        .expect(metric("day90_ingest_requests_total").label("code", "401").value(2));
    as_role(&post, "ingest").expect(202);
    scrape().expect(counted.value(1));
    day90.get("/metrics").expect(401);
    as_role(&Request::new("POST", "/-/reload"), "ingest").expect(401);
    as_role(&Request::new("POST", "/-/reload"), "admin").expect(200);
    day90.get("/-/ready").expect(200);
}

#[test]
fn a_body_over_the_limit_is_413_before_and_after_decompression() {
    let day90 = Day90::start_with("limits: {body_bytes: 4KiB, decompressed_bytes: 128KiB, decompression_ratio: 100}");
    let many = |bytes: usize| {
        let line = format!("{}\n", event("fallback.ended"));
        line.repeat(bytes / line.len())
    };
    day90.ask(&Request::events(NDJSON, many(4 << 10))).expect(202);
    let before = day90.scrape().fold();
    let plain = day90.ask(&Request::events(NDJSON, many(5 << 10))).expect(413);
    assert!(plain.text().contains("limits.body_bytes"), "{}", plain.text());
    let packed = Request::events(NDJSON, gzip(&many(256 << 10))).header("Content-Encoding", "gzip");
    let packed = day90.ask(&packed).expect(413);
    assert!(packed.text().contains("limits.decompress"), "{}", packed.text());
    before.expect_same(&day90.scrape().fold());
}
