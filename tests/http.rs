//! Each row of the contract's HTTP table, end to end; and every event type in every spelling.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

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
        let counts = [structured, batch, binary].map(|request| day90.ask(&request).expect(202).counts());
        assert_eq!(counts, [(1, 0, 0), (0, 1, 0), (0, 1, 0)], "{event}");
    }
    let short = Day90::start();
    short.post(&one_of_each());
    let without_ids = |day90: &Day90| {
        let fold = day90.scrape().fold();
        let ids = |line: &str| line.contains("dedupe") || line.contains("part=\"ids\"");
        let counts = |line: &&str| !line.contains("_timestamp_seconds") && !ids(line);
        // Durations between the events themselves depend on when they were sent.
        let timeless = |line: &&str| !line.contains("_seconds_") || line.contains("_seconds_count");
        fold.lines().filter(counts).filter(timeless).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_ids(&day90), without_ids(&short), "both spellings count the same");
}

#[test]
fn one_object_an_array_and_lines_packed_or_not() {
    let day90 = Day90::start();
    let task = event("task.completed").with("action", "refund").with("outcome", "completed").with("mode", "decide");
    let two = lines([&task, &task]);
    let zstd = zstd::bulk::compress(two.as_bytes(), 1).unwrap();
    for (request, accepted) in [
        (Request::events(JSON, task.to_string()), 1),
        (Request::events(JSON, format!("[{task},{task}]")), 2),
        (Request::events(NDJSON, format!("{task}\r\n\r\n{task}")), 2),
        (Request::events(None, two.clone()), 2),
        (Request::events(Some("application/x-www-form-urlencoded"), two.clone()), 2),
        (Request::events(NDJSON, gzip(&two)).header("Content-Encoding", "gzip"), 2),
        (Request::events(NDJSON, zstd).header("Content-Encoding", "zstd"), 2),
        (Request::events(NDJSON, two.clone()).header("Content-Encoding", "identity"), 2),
    ] {
        let answer = day90.ask(&request).expect(202);
        assert_eq!(answer.text(), format!(r#"{{"accepted":{accepted},"duplicates":0,"rejected":0,"errors":[]}}"#));
    }
    day90.scrape().expect(metric("day90_tasks_total").label("action", "refund").value(15));
}

#[test]
fn a_repeat_is_a_success_that_changes_nothing() {
    let day90 = Day90::start();
    let opened = event("escalation.opened").with("case", "c-1").with("id", "e-1");
    day90.post([&opened]);
    let before = day90.scrape().fold();
    let again = day90.offer([&opened, &opened]).expect(202);
    assert_eq!(again.text(), r#"{"accepted":0,"duplicates":2,"rejected":0,"errors":[]}"#);
    let after = day90.scrape();
    before.expect_same(&after.fold());
    after.expect(metric("day90_events_duplicate_total").label("source", "http").value(2));
    // Another source is another event.
    let elsewhere = opened.with("source", "another service").with("escalation", "second");
    assert_eq!(day90.offer([&elsewhere]).counts(), (1, 0, 0));
}

#[test]
fn a_bad_event_costs_only_itself_and_is_named() {
    let day90 = Day90::start();
    let good = event("fallback.ended");
    let body = format!("{good}\n\n{}\nnot JSON\n{good}\n", event("escalation.opened"));
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
