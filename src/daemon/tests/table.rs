//! Each row of the contract's HTTP table.

use super::harness::{Setup, post, with};
use crate::config::guards::Guards;
use crate::config::{Access, Config};
use crate::http::Scope;
use crate::ingest::{RequestSettings, summary};
use crate::pipeline::Refusal;

/// The series of rejected events of systems that are not declared.
fn rejected(reason: &str, kind: &str) -> String {
    format!("day90_events_rejected_total{{reason=\"{reason}\",source=\"http\",system=\"other\",type=\"{kind}\"}}")
}

const GOOD: &str = r#"{"type":"fallback.ended","id":"e-1"}"#;
const NO_ID: &str = r#"{"type":"fallback.ended"}"#;
const BAD: &str = r#"{"type":"escalation.opened"}"#;

#[tokio::test]
async fn an_object_an_array_and_lines_are_accepted() {
    with(Setup::default(), async |server| {
        for (headers, body, accepted) in [
            ("Content-Type: application/json\r\n", NO_ID.to_owned(), 1),
            ("Content-Type: application/json; charset=utf-8\r\n", format!("[{NO_ID},{NO_ID}]"), 2),
            ("Content-Type: application/x-ndjson\r\n", format!("{NO_ID}\n\n{NO_ID}\r\n{NO_ID}\n"), 3),
            ("Content-Type: application/x-www-form-urlencoded\r\n", format!("{NO_ID}\n{NO_ID}\n"), 2),
            ("", format!("[{NO_ID}]"), 1),
        ] {
            let answer = server.post(headers, body).await;
            let expected =
                format!(r#"{{"accepted":{accepted},"duplicates":0,"rejected":0,"errors":[],"warnings":[]}}"#);
            assert_eq!((answer.status, answer.text()), (202, expected.as_str()), "{headers}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
        assert_eq!(server.metric("day90_ingest_requests_total{code=\"202\"}"), "5");
        assert_eq!(server.metric("day90_ingest_acknowledge_seconds_count"), "5");
    })
    .await;
}

#[tokio::test]
async fn cloudevents_come_in_all_three_modes() {
    let event = r#"{"specversion":"1.0","id":"c-1","source":"/agents/refund-agent","type":"dev.day90.fallback.ended"}"#;
    with(Setup::default(), async |server| {
        let answer = server.post("Content-Type: application/cloudevents+json\r\n", event).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let batch = format!("[{}]", event.replace("c-1", "c-2"));
        let answer = server.post("Content-Type: application/cloudevents-batch+json\r\n", batch).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let headers = "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: c-3\r\n\
                       ce-source: /agents/refund-agent\r\nce-type: dev.day90.owner.attested\r\n";
        let answer = server.post(headers, r#"{"owner":"payments-ops"}"#).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        // The same event in another mode is the same event.
        let headers = "Content-Type: application/cloudevents+json\r\nPrefer: return=representation\r\n";
        let answer = server.post(headers, event.replace("c-1", "c-3")).await;
        assert_eq!(answer.header("preference-applied"), Some("return=representation"));
        assert_eq!(answer.text(), r#"{"accepted":0,"duplicates":1,"rejected":0,"errors":[],"warnings":[]}"#);
    })
    .await;
}

#[tokio::test]
async fn a_bad_event_costs_only_itself() {
    with(Setup::default(), async |server| {
        let answer = server.post("", format!("{NO_ID}\n\n{BAD}\n{{not JSON\n{NO_ID}\n")).await;
        assert_eq!(answer.status, 202);
        let reply: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((&reply["accepted"], &reply["rejected"]), (&2.into(), &2.into()));
        assert_eq!((&reply["errors"][0]["index"], &reply["errors"][0]["field"]), (&1.into(), &"case".into()));
        assert_eq!((&reply["errors"][1]["index"], reply["errors"][1].get("field")), (&2.into(), None));
        assert_eq!(server.written().indexes, [0, 3]);
        assert_eq!(server.metric(&rejected("missing_field", "escalation.opened")), "1");
        assert_eq!(server.metric(&rejected("syntax", "unknown")), "1");
    })
    .await;
}

#[tokio::test]
async fn of_a_stream_of_values_that_breaks_nothing_is_taken() {
    with(Setup::default(), async |server| {
        let answer = server.post("", format!("[{NO_ID},{BAD},{{not JSON")).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        let reply: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((&reply["accepted"], &reply["rejected"]), (&0.into(), &1.into()));
        assert_eq!(server.written().indexes, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn repeats_are_a_success_and_nothing_but_errors_is_not() {
    with(Setup::default(), async |server| {
        assert_eq!(server.post("", GOOD).await.status, 202);
        let again = server.post("", GOOD).await;
        assert_eq!(
            (again.status, again.text()),
            (202, r#"{"accepted":0,"duplicates":1,"rejected":0,"errors":[],"warnings":[]}"#)
        );
        assert_eq!(server.metric("day90_events_duplicate_total{source=\"http\"}"), "1");
        let bad = server.post("", BAD).await;
        assert_eq!(bad.status, 400);
        assert!(bad.text().contains(r#""rejected":1,"errors":[{"index":0,"field":"case","error":""#), "{}", bad.text());
        assert_eq!(server.post("", "[]").await.status, 202);
        for empty in ["", "\n\n"] {
            let answer = server.post("", empty).await;
            assert_eq!(answer.status, 400, "{empty:?}");
            assert!(answer.text().contains(r#"[{"index":0,"error":"the request holds no event"#), "{}", answer.text());
        }
    })
    .await;
}

#[tokio::test]
async fn what_only_the_writer_can_judge_is_listed_in_its_place() {
    with(Setup::default(), async |server| {
        server.written().over_bound = vec![0];
        let answer = server.post("", format!("{NO_ID}\n{BAD}\n{NO_ID}\n")).await;
        let reply: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((&reply["accepted"], &reply["rejected"]), (&1.into(), &2.into()));
        assert_eq!(reply["errors"][0]["error"], "too many open cases");
        assert_eq!(reply["errors"][1]["index"], 1);
        assert_eq!(server.metric(&rejected("open_cases", "unknown")), "1");
    })
    .await;
}

#[tokio::test]
async fn a_hundred_errors_are_listed_and_all_are_counted() {
    with(Setup::default(), async |server| {
        let answer = server.post("", format!("{BAD}\n").repeat(250)).await;
        let reply: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(reply["rejected"], 250);
        assert_eq!(reply["errors"].as_array().map(Vec::len), Some(summary::ERRORS_MAX));
        assert_eq!(server.metric(&rejected("missing_field", "escalation.opened")), "250");
    })
    .await;
}

#[tokio::test]
async fn content_types_and_encodings_that_are_not_known_take_nothing() {
    with(Setup::default(), async |server| {
        for (headers, status, named) in [
            ("Content-Type: text/html\r\n", 415, "text/html"),
            ("Content-Type: application/json; charset=utf-16\r\n", 415, "utf-16"),
            ("Content-Encoding: br\r\n", 415, "br"),
            ("Content-Encoding: gzip, gzip\r\n", 415, "gzip, gzip"),
            ("Content-Encoding: gzip\r\n", 400, "gzip"),
            ("Content-Encoding: zstd\r\n", 400, "zstd"),
            ("Content-Encoding: deflate\r\n", 400, "deflate"),
        ] {
            let answer = server.post(headers, NO_ID).await;
            assert_eq!(answer.status, status, "{headers}");
            assert!(answer.text().contains(named), "{headers} {}", answer.text());
        }
        assert!(server.written().indexes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_the_writer_asks_to_send_again_and_counts_nothing() {
    with(Setup::default(), async |server| {
        for (refusal, said, reason) in [
            (Refusal::QueueFull, "too much waits", "queue"),
            (Refusal::Disk("no space left".into()), "no space left", "disk"),
            (Refusal::JournalLimit("its limit is near".into()), "its limit", "journal_limit"),
            (Refusal::JournalLost("a sync failed".into()), "a sync failed", "journal_lost"),
            (Refusal::Draining, "stopping", "draining"),
        ] {
            server.written().refuse = Some(refusal);
            let answer = server.post("", format!("{NO_ID}\n{BAD}\n")).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
            assert!(answer.text().contains(said), "{}", answer.text());
            assert_eq!(server.metric(&format!("day90_ingest_refused_total{{reason=\"{reason}\"}}")), "1");
        }
        assert_eq!(server.metric(&rejected("missing_field", "unknown")), "0");
        assert_eq!(server.metric("day90_ingest_requests_total{code=\"503\"}"), "5");
    })
    .await;
}

#[tokio::test]
async fn unknown_paths_and_methods_say_what_there_is() {
    with(Setup::default(), async |server| {
        for path in ["/v1/event", "/metrics/", "/api/v1/else", "/runbooks"] {
            let answer = server.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.text().contains("POST /v1/events; GET, HEAD /metrics"), "{}", answer.text());
        }
        for (method, path, allow) in [
            ("GET", "/v1/events", "POST"),
            ("PUT", "/v1/events", "POST"),
            ("POST", "/metrics", "GET, HEAD"),
            ("GET", "/-/reload", "POST, PUT"),
            ("DELETE", "/", "GET, HEAD"),
        ] {
            let answer =
                server.ask(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_is_answered() {
    with(Setup::default(), async |server| {
        for (path, status, media, body) in [
            ("/-/healthy", 200, "text/plain; charset=utf-8", "day90 is healthy.\n"),
            ("/-/ready", 200, "text/plain; charset=utf-8", "day90 is ready.\n"),
            ("/", 200, "text/html; charset=utf-8", "<h1>day90</h1>"),
            ("/?x=y", 200, "text/html; charset=utf-8", "<h1>day90</h1>"),
            ("/api/v1/cases?system=a", 200, "application/json", r#"{"system":"a"}"#),
            ("/api/v1/cases", 400, "application/json", r#"{"error":"name a system"}"#),
            ("/api/v1/spike", 200, "application/json", r#"{"systems":[]}"#),
            ("/api/v1/spike?system=nobody", 404, "application/json", r#"{"error":"nobody is not known"}"#),
            ("/api/v1/spike?sytem=a", 400, "application/json", r#"{"error":"known is system"}"#),
            ("/api/v1/status", 200, "application/json", r#"{"systems":[]}"#),
            ("/api/v1/events", 200, "application/json", r#"{"systems":[]}"#),
            ("/runbooks/", 200, "text/html; charset=utf-8", "<h1>runbook </h1>"),
            ("/runbooks/Day90Down", 200, "text/html; charset=utf-8", "<h1>runbook Day90Down</h1>"),
        ] {
            let answer = server.get(path).await;
            assert_eq!((answer.status, answer.text()), (status, body), "{path}");
            assert_eq!(answer.header("content-type"), Some(media), "{path}");
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert_eq!(policy.contains("form-action 'self'"), media.contains("html"), "{path}: {policy}");
        }
        for (request, status) in [
            ("POST /api/v1/accept?system=calm", 409),
            ("POST /api/v1/accept?system=full", 503),
            ("POST /api/v1/accept?system=nobody", 404),
            ("POST /api/v1/accept", 400),
            ("GET /api/v1/accept?system=agent", 405),
            ("POST /api/v1/page-test?system=agent", 200),
            ("DELETE /api/v1/page-test?system=agent", 200),
            ("POST /api/v1/page-test?system=nobody", 404),
            ("POST /api/v1/page-test", 400),
            ("GET /api/v1/page-test?system=agent", 405),
        ] {
            let answer = server.ask(format!("{request} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
            assert_eq!(answer.status, status, "{request}: {}", answer.text());
            let begins = request.starts_with("POST");
            assert!(status != 200 || answer.text() == format!("{{\"begin\":{begins}}}"), "{}", answer.text());
        }
        let pressed = "POST /api/v1/accept?system=agent HTTP/1.1\r\nHost: localhost\r\n";
        let answer = server.ask(format!("{pressed}\r\n")).await;
        assert_eq!(
            (answer.status, answer.text()),
            (200, r#"{"per":"tasks","usual":0.1}"#),
            "a program reads what is usual"
        );
        let answer = server.ask(format!("{pressed}Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\r\n")).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("../../")),
            "a browser is led back to the page"
        );
        for method in ["POST", "PUT"] {
            assert_eq!(server.ask(format!("{method} /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n")).await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_request_gets_the_headers_alone() {
    with(Setup::default(), async |server| {
        let mut raw = server.connect().await;
        raw.say("HEAD /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let answer = raw.answer_without_body().await.expect("an answer");
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("18")));
        raw.say("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(raw.answer().await.expect("an answer").text(), "day90 is healthy.\n");
    })
    .await;
}

#[tokio::test]
async fn a_daemon_that_cannot_work_says_why() {
    with(Setup { ready: Err("the journal is being replayed".into()), ..Setup::default() }, async |server| {
        let answer = server.get("/-/ready").await;
        assert_eq!((answer.status, answer.text()), (503, "day90 is not ready: the journal is being replayed\n"));
        assert_eq!(server.get("/-/healthy").await.status, 200);
        let answer = server.ask("POST /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(answer.status, 500);
        assert!(answer.text().contains("stays: the journal is being replayed"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_recorded_now_may_be_asked_for_again() {
    with(Setup { ready: Err("the disk is full".into()), ..Setup::default() }, async |server| {
        let answer = server.ask("POST /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert!(answer.text().contains("stays: the disk is full; try again"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn metrics_are_those_of_the_state_and_of_day90_itself() {
    with(Setup::default(), async |server| {
        let answer = server.get("/metrics").await;
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(answer.text().contains("day90_escalations_total{system=\"refund-agent\",queue=\"bil\\\"ling\"} 3\n"));
        assert!(answer.text().contains("\nday90_ingest_bytes_total 0\n"));
        assert_eq!(answer.header("content-encoding"), None);
        let zipped = server.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n").await;
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped.body[..]), &mut text).expect("gzip");
        assert!(text.contains("day90_escalations_total{"));
        assert_eq!(server.metric("day90_scrape_seconds_count{format=\"text\"}"), "2");
    })
    .await;
}

#[tokio::test]
async fn the_metrics_listener_has_metrics_and_health_alone() {
    with(Setup { scope: Scope::MetricsOnly, ..Setup::default() }, async |server| {
        for (path, status) in
            [("/metrics", 200), ("/-/healthy", 200), ("/-/ready", 200), ("/", 404), ("/-/reload", 404)]
        {
            assert_eq!(server.get(path).await.status, status, "{path}");
        }
        assert_eq!(server.post("", NO_ID).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn each_role_needs_its_own_token_or_admins_and_health_needs_none() {
    let dir = std::env::temp_dir().join(format!("day90-http-tokens-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary directory");
    let token = |name: &str| {
        std::fs::write(dir.join(name), format!("{name}-0123456789abcdef\n")).expect("a temporary file");
        Some(Access { token_file: Some(dir.join(name)), users: Vec::new() })
    };
    let mut config = Config::default();
    (config.auth.ingest, config.auth.scrape) = (token("ingest"), token("scrape"));
    (config.auth.view, config.auth.admin) = (token("view"), token("admin"));
    let guards = Guards::load(&config).map_err(|problems| format!("{problems:?}")).expect("readable tokens");
    std::fs::remove_dir_all(&dir).expect("ours");
    let settings = RequestSettings { default_system: Some("a".into()), ..RequestSettings::new(&config, guards) };
    with(Setup { settings, ..Setup::default() }, async |server| {
        for (path, role) in [
            ("POST /v1/events", "ingest"),
            ("GET /metrics", "scrape"),
            ("GET /", "view"),
            ("GET /api/v1/cases?system=a", "view"),
            ("GET /api/v1/spike", "view"),
            ("POST /api/v1/forget", "admin"),
            ("POST /-/reload", "admin"),
            ("POST /api/v1/page-test?system=agent", "admin"),
            ("POST /api/v1/accept?system=agent", "admin"),
        ] {
            for offered in ["ingest", "scrape", "view", "admin", "none"] {
                let authorization = match offered {
                    "none" => String::new(),
                    offered => format!("Authorization: Bearer {offered}-0123456789abcdef\r\n"),
                };
                let length = NO_ID.len();
                let request = format!(
                    "{path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Length: {length}\r\n\r\n{NO_ID}"
                );
                let answer = server.ask(request).await;
                let opens = offered == role || offered == "admin";
                assert_eq!(answer.status != 401, opens, "{path} with {offered}: {}", answer.status);
                assert_eq!(answer.header("www-authenticate"), (!opens).then_some("Bearer"));
            }
        }
        assert_eq!((server.get("/-/healthy").await.status, server.get("/-/ready").await.status), (200, 200));
        let wrong = server.post("Authorization: Basic aW5nZXN0\r\n", NO_ID).await;
        assert_eq!(wrong.status, 401);
    })
    .await;
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    with(Setup::default(), async |server| {
        let mut raw = server.connect().await;
        let chunked = format!(
            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{NO_ID}\r\n0\r\n\r\n",
            NO_ID.len()
        );
        raw.say([post("", NO_ID), chunked.into_bytes(), post("", NO_ID)].concat()).await;
        for _ in 0..3 {
            assert_eq!(raw.answer().await.expect("an answer").status, 202);
        }
        assert_eq!(server.metric("day90_connections"), "1");
    })
    .await;
}
