//! Sizes, encodings, ambiguous lengths, the bound on connections, and a graceful stop.

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

use super::harness::{Raw, Setup, hurried, post, with};
use crate::http::bounds::PROBES;
use crate::ingest::BodyLimits;

const EVENT: &str = "{\"type\":\"fallback.ended\"}\n";

fn small() -> Setup {
    let mut setup = Setup::default();
    setup.settings.limits = BodyLimits { body_bytes: 8_192, decompressed_bytes: 1 << 20, ..BodyLimits::default() };
    setup
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn compressed_bodies_are_taken() {
    with(Setup::default(), async |server| {
        let plain = EVENT.repeat(10);
        let zstd = zstd::encode_all(plain.as_bytes(), 1).expect("memory");
        let members = [gzip(EVENT.as_bytes()), gzip(EVENT.repeat(9).as_bytes())].concat();
        for (encoding, wire) in
            [("gzip", gzip(plain.as_bytes())), ("x-gzip", members), ("zstd", zstd), ("identity", plain.clone().into())]
        {
            let answer = server.post(&format!("Content-Encoding: {encoding}\r\n"), wire).await;
            assert!(answer.text().starts_with("{\"accepted\":10,"), "{encoding} {}", answer.text());
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_stream_is_400_and_nothing_is_taken() {
    with(Setup::default(), async |server| {
        let whole = gzip(EVENT.repeat(10).as_bytes());
        for wire in [&whole[..whole.len() - 1], &[whole.as_slice(), b"x"].concat(), b""] {
            let answer = server.post("Content-Encoding: gzip\r\n", wire).await;
            assert_eq!(answer.status, 400);
            assert!(answer.text().contains("gzip stream"), "{}", answer.text());
        }
        assert!(server.written().indexes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_body_over_a_limit_is_413_and_names_the_limit() {
    with(small(), async |server| {
        let bomb = gzip(&vec![b' '; 900 << 10]);
        let mut seed = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b' ' + (seed >> 28) as u8
        })
        .take(32_768)
        .collect();
        for (headers, wire, limit) in [
            ("", EVENT.repeat(1_000).into_bytes(), "8192 bytes (limits.body_bytes)"),
            (
                "Content-Encoding: gzip\r\n",
                bomb,
                "100 decompressed bytes for each byte sent (limits.decompression_ratio)",
            ),
            ("Content-Encoding: gzip\r\n", gzip(&noise), "8192 bytes (limits.body_bytes)"),
        ] {
            let answer = server.post(headers, wire).await;
            assert_eq!(answer.status, 413);
            assert!(answer.text().contains(limit), "{} lacks {limit}", answer.text());
        }
        assert!(server.written().indexes.is_empty());
        assert_eq!(server.metric("day90_ingest_requests_total{code=\"413\"}"), "3");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_is_sent() {
    with(small(), async |server| {
        let mut raw = server.connect().await;
        raw.say("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 50000\r\n\r\n")
            .await;
        let answer = raw.answer().await.expect("an answer");
        assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
        raw.closes("").await;
    })
    .await;
}

#[tokio::test]
async fn a_chunked_body_is_cut_off_at_the_limit_and_the_answer_still_arrives() {
    with(small(), async |server| {
        let mut raw = server.connect().await;
        raw.say("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        for _ in 0..50 {
            raw.say(format!("400\r\n{}\r\n", " ".repeat(1_024))).await;
        }
        let answer = raw.answer().await.expect("an answer");
        assert_eq!(answer.status, 413);
        assert!(answer.text().contains("limits.body_bytes"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn a_careful_sender_is_told_to_go_on() {
    with(Setup::default(), async |server| {
        let mut raw = server.connect().await;
        let request = post("Expect: 100-continue\r\n", EVENT);
        let (head, body) = request.split_at(request.len() - EVENT.len());
        raw.say(head).await;
        assert_eq!(raw.answer().await.expect("an interim answer").status, 100);
        raw.say(body).await;
        assert_eq!(raw.answer().await.expect("an answer").status, 202);
    })
    .await;
}

#[tokio::test]
async fn bodies_that_are_held_at_once_are_bounded() {
    with(Setup { held_bytes: 100_000, ..Setup::default() }, async |server| {
        let mut slow = server.connect().await;
        // An eighth of what is held at once is for small requests.
        let request = post("", EVENT.repeat(300));
        slow.say(&request[..1_000]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = server.post("", EVENT.repeat(300)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert!(answer.text().contains("87500 bytes"), "{}", answer.text());
        slow.say(&request[1_000..]).await;
        assert_eq!(slow.answer().await.expect("an answer").status, 202);
        assert_eq!(server.post("", EVENT.repeat(300)).await.status, 202);
    })
    .await;
}

/// hyper alone answers such a request with 200, and a proxy before it may see two requests where day90 sees one.
#[tokio::test]
async fn a_length_that_is_announced_twice_is_400() {
    with(Setup::default(), async |server| {
        let length = format!("Content-Length: {}\r\n", EVENT.len());
        let body = format!("{:x}\r\n{EVENT}\r\n0\r\n\r\n", EVENT.len());
        for headers in [
            format!("{length}Transfer-Encoding: chunked\r\n"),
            format!("Transfer-Encoding: chunked\r\n{length}"),
            format!("transfer-encoding:chunked\r\nX: y\r\ncontent-length:{}\r\n", EVENT.len()),
        ] {
            let mut raw = server.connect().await;
            raw.say(post("", EVENT)).await;
            assert_eq!(raw.answer().await.expect("an answer").status, 202);
            raw.say(format!("POST /v1/events HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}")).await;
            let answer = raw.answer().await.expect("an answer");
            assert_eq!((answer.status, answer.header("connection")), (400, Some("close")), "{headers}");
            assert!(answer.text().contains("ambiguous"), "{}", answer.text());
            raw.closes("").await;
        }
        assert_eq!(server.written().indexes.len(), 3);
    })
    .await;
}

const ASK: &str = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn over_the_bound_the_connection_that_is_idle_longest_makes_room() {
    let mut setup = Setup::default();
    setup.bounds.connections = 2;
    with(setup, async |server| {
        let (mut first, mut second) = (server.connect().await, server.connect().await);
        for raw in [&mut first, &mut second] {
            raw.say(ASK).await;
            assert_eq!(raw.answer().await.expect("an answer").status, 200);
        }
        let mut third = server.connect().await;
        third.say(ASK).await;
        assert_eq!(third.answer().await.expect("an answer").status, 200);
        first.closes("").await;
        second.say(ASK).await;
        assert_eq!(second.answer().await.expect("an answer").status, 200);
        server.wait_for_metric("day90_connections_closed_total{reason=\"evicted\"}", "1").await;
    })
    .await;
}

#[tokio::test]
async fn over_the_bound_a_connection_that_never_spoke_makes_room_before_a_client() {
    let mut setup = Setup::default();
    setup.bounds.connections = 2;
    with(setup, async |server| {
        let mut client = server.connect().await;
        client.say(ASK).await;
        assert_eq!(client.answer().await.expect("an answer").status, 200);
        let mut silent = server.connect().await;
        server.wait_for_metric("day90_connections", "2").await;
        // Who has just connected has a moment to say something.
        tokio::time::sleep(Duration::from_millis(550)).await;
        let mut third = server.connect().await;
        third.say(ASK).await;
        assert_eq!(third.answer().await.expect("an answer").status, 200);
        silent.closes("").await;
        client.say(ASK).await;
        assert_eq!(client.answer().await.expect("an answer").status, 200);
    })
    .await;
}

/// A new connection gets an answer that there are too many, and when to come again.
async fn is_one_too_many(refused: &mut Raw) {
    let answer = refused.answer().await.expect("an answer");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert!(answer.text().contains("limits.connections"), "{}", answer.text());
}

#[tokio::test]
async fn over_the_bound_with_nobody_idle_a_new_connection_may_ask_for_metrics_and_health_alone() {
    let mut setup = Setup::default();
    setup.bounds.connections = 1;
    with(setup, async |server| {
        let release = Rc::new(Notify::new());
        server.written().hold = Some(release.clone());
        let mut busy = server.connect().await;
        busy.say(post("", EVENT)).await;
        server.wait_for_submissions(1).await;
        let mut refused = server.connect().await;
        refused.say(post("", EVENT)).await;
        is_one_too_many(&mut refused).await;
        for path in ["/metrics", "/-/healthy", "/-/ready"] {
            assert_eq!(server.get(path).await.status, 200, "{path}");
        }
        release.notify_one();
        assert_eq!(busy.answer().await.expect("an answer").status, 202);
    })
    .await;
}

#[tokio::test]
async fn over_both_bounds_with_nobody_idle_the_new_connection_gets_503() {
    let mut setup = Setup::default();
    setup.bounds.connections = 1;
    with(setup, async |server| {
        let mut halves = Vec::new();
        for _ in 0..1 + PROBES {
            let mut half = server.connect().await;
            half.say("GET /metrics HTTP/1.1\r\n").await;
            halves.push(half);
            // A connection that has said nothing makes room at once.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut refused = server.connect().await;
        refused.say(ASK).await;
        is_one_too_many(&mut refused).await;
        refused.closes("").await;
        // Two seconds later each of them is known to dribble, and the next one has its place.
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(server.get("/-/healthy").await.status, 200);
        assert_eq!(server.metric("day90_connections_closed_total{reason=\"refused\"}"), "1");
        assert_ne!(server.metric("day90_connections_closed_total{reason=\"evicted\"}"), "0");
    })
    .await;
}

#[tokio::test]
async fn a_stop_answers_what_is_in_flight_and_closes_what_is_idle() {
    with(Setup::default(), async |server| {
        let release = Rc::new(Notify::new());
        server.written().hold = Some(release.clone());
        let (mut idle, mut busy, mut silent) = (server.connect().await, server.connect().await, server.connect().await);
        idle.say(ASK).await;
        assert_eq!(idle.answer().await.expect("an answer").status, 200);
        busy.say(post("", EVENT)).await;
        server.wait_for_submissions(1).await;
        server.stop();
        idle.closes("").await;
        silent.closes("").await;
        assert!(tokio::net::TcpStream::connect(server.at).await.is_err(), "the listener is closed");
        release.notify_one();
        let answer = busy.answer().await.expect("an answer");
        assert_eq!((answer.status, answer.header("connection")), (202, Some("close")));
        assert_eq!(server.stopped().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stop_ends_with_its_grace() {
    let mut setup = hurried(|_| {});
    setup.bounds.grace = Duration::from_millis(100);
    with(setup, async |server| {
        server.written().hold = Some(Rc::new(Notify::new()));
        let mut busy = server.connect().await;
        busy.say(post("", EVENT)).await;
        server.wait_for_submissions(1).await;
        server.stop();
        assert_eq!(server.stopped().await, 1);
        busy.closes("").await;
        assert_eq!(server.metric("day90_connections_closed_total{reason=\"stopped\"}"), "1");
        assert_eq!(server.metric("day90_connections"), "0");
    })
    .await;
}
