//! Clients that hold a connection without making progress: each kind is closed by a separate deadline.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use super::harness::{Raw, Server, hurried, post, with};

/// The deadline under test.
const SHORT: Duration = Duration::from_millis(150);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_millis(1_500);
const ASK: &str = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn is_closed(server: &Server, raw: &mut Raw, reason: &str) {
    let took = raw.closes("").await;
    assert!((SHORT - Duration::from_millis(20)..SHORT + SLACK).contains(&took), "closed after {took:?}");
    server.wait_for_metric(&format!("day90_connections_closed_total{{reason=\"{reason}\"}}"), "1").await;
    assert_eq!(server.metric("day90_connections"), "0");
}

#[tokio::test]
async fn one_that_says_nothing() {
    with(hurried(|deadlines| deadlines.first_byte = SHORT), async |server| {
        is_closed(&server, &mut server.connect().await, "first_byte").await;
    })
    .await;
}

#[tokio::test]
async fn one_that_stops_within_its_headers() {
    with(hurried(|deadlines| deadlines.head = SHORT), async |server| {
        let mut raw = server.connect().await;
        raw.say("POST /v1/events HTTP/1.1\r\nHost: localhost\r\n").await;
        is_closed(&server, &mut raw, "head").await;
    })
    .await;
}

#[tokio::test]
async fn one_that_drips_its_headers() {
    with(hurried(|deadlines| deadlines.head = SHORT), async |server| {
        let mut raw = server.connect().await;
        let began = tokio::time::Instant::now();
        for byte in post("", "").iter().cycle() {
            if raw.stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            assert!(began.elapsed() < SHORT + SLACK, "the headers may drip for ever");
        }
        server.wait_for_metric("day90_connections_closed_total{reason=\"head\"}", "1").await;
    })
    .await;
}

#[tokio::test]
async fn one_that_drips_the_headers_of_a_later_request() {
    with(hurried(|deadlines| deadlines.head = SHORT), async |server| {
        let mut raw = server.connect().await;
        raw.say([ASK.as_bytes(), b"GET /-/heal"].concat()).await;
        assert_eq!(raw.answer().await.expect("an answer").status, 200);
        is_closed(&server, &mut raw, "head").await;
    })
    .await;
}

#[tokio::test]
async fn one_with_half_an_http2_preface() {
    with(hurried(|deadlines| deadlines.head = SHORT), async |server| {
        let mut raw = server.connect().await;
        raw.say("PRI * HTT").await;
        is_closed(&server, &mut raw, "head").await;
        // More of it, and it is no HTTP/1: an answer says so at once.
        let mut raw = server.connect().await;
        raw.say("PRI * HTTP/2.0\r\n").await;
        assert_eq!(raw.answer().await.expect("an answer").status, 400);
        raw.closes("").await;
        server.wait_for_metric("day90_connections_closed_total{reason=\"malformed\"}", "1").await;
    })
    .await;
}

#[tokio::test]
async fn one_whose_body_stalls() {
    with(hurried(|deadlines| deadlines.body_idle = SHORT), async |server| {
        let mut raw = server.connect().await;
        raw.say(&post("", " ".repeat(1_000))[..500]).await;
        is_closed(&server, &mut raw, "body_idle").await;
    })
    .await;
}

#[tokio::test]
async fn one_whose_body_drips() {
    let setup = hurried(|deadlines| (deadlines.body_idle, deadlines.body_total) = (2 * SHORT, 3 * SHORT));
    with(setup, async |server| {
        let mut raw = server.connect().await;
        let began = tokio::time::Instant::now();
        raw.say("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        while raw.stream.write_all(b"1\r\n \r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
            assert!(began.elapsed() < 3 * SHORT + SLACK, "the body may drip for ever");
        }
        server.wait_for_metric("day90_connections_closed_total{reason=\"body_total\"}", "1").await;
    })
    .await;
}

#[tokio::test]
async fn one_that_asks_no_more() {
    with(hurried(|deadlines| deadlines.keep_alive = SHORT), async |server| {
        let mut raw = server.connect().await;
        raw.say(ASK).await;
        assert_eq!(raw.answer().await.expect("an answer").status, 200);
        is_closed(&server, &mut raw, "keep_alive").await;
    })
    .await;
}

#[tokio::test]
async fn one_that_takes_no_answer() {
    with(hurried(|deadlines| deadlines.write_stall = SHORT), async |server| {
        let socket = TcpSocket::new_v4().expect("a socket");
        // What the kernel takes for a client that doesn't read is not waiting any more.
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        let mut stream = socket.connect(server.at).await.expect("the server listens");
        let ask = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
        let asking = async { while stream.write_all(ask.as_bytes()).await.is_ok() {} };
        let closed = server.wait_for_metric("day90_connections_closed_total{reason=\"write_stall\"}", "1");
        tokio::select! {
            () = closed => {}
            () = asking => closed_is_counted(&server).await,
        }
    })
    .await;
}

async fn closed_is_counted(server: &Server) {
    server.wait_for_metric("day90_connections_closed_total{reason=\"write_stall\"}", "1").await;
}

#[tokio::test]
async fn but_not_one_that_waits_for_the_disk() {
    let setup = hurried(|deadlines| {
        (deadlines.first_byte, deadlines.head, deadlines.body_idle, deadlines.body_total, deadlines.keep_alive) =
            (SHORT, SHORT, SHORT, SHORT, SHORT);
    });
    with(setup, async |server| {
        let release = std::rc::Rc::new(tokio::sync::Notify::new());
        server.written().hold = Some(release.clone());
        let mut raw = server.connect().await;
        raw.say(post("", "{\"type\":\"fallback.ended\"}")).await;
        tokio::time::sleep(3 * SHORT).await;
        release.notify_one();
        assert_eq!(raw.answer().await.expect("an answer").status, 202);
    })
    .await;
}
