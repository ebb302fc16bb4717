//! The client against a daemon that answers as a test says, or doesn't.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A daemon that answers one request a connection with each of `answers`, then closes it, if it says so.
async fn daemon(answers: Vec<(&'static str, bool)>) -> (Client, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let client = Client::new(&format!("http://{}/", listener.local_addr().expect("bound"))).expect("an address");
    let heard = tokio::spawn(async move {
        let mut heard = String::new();
        let mut stream = None;
        for (answer, close) in answers {
            let mut open = match stream.take() {
                Some(open) => open,
                None => listener.accept().await.expect("a client").0,
            };
            let mut bytes = vec![0; 4_096];
            let read = open.read(&mut bytes).await.expect("a request");
            heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
            open.write_all(answer.as_bytes()).await.expect("a listener");
            stream = (!close).then_some(open);
        }
        heard
    });
    (client, heard)
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[test]
fn addresses_that_cannot_work_are_refused_with_a_reason() {
    for (url, why) in [
        ("https://day90.example.com", "https:// is not supported"),
        ("ftp://example.com", "must begin with http://"),
        ("", "write it like"),
        ("/metrics", "names no host"),
        ("http://a:b@example.com", "user name"),
        ("http://example.com/?x=1", "question mark"),
    ] {
        let error = Client::new(url).map(|_| ()).expect_err(url).to_string();
        assert!(error.contains(why), "{url}: {error}");
    }
    let client = Client::new("http://day90.example.com/behind/proxy/").expect("an address");
    assert_eq!((client.authority.as_str(), client.base.as_str()), ("day90.example.com:80", "/behind/proxy"));
    assert_eq!(Client::new("127.0.0.1:9790").expect("no scheme").authority, "127.0.0.1:9790");
}

#[tokio::test]
async fn requests_share_a_connection_and_carry_their_headers() {
    let (client, heard) = daemon(vec![(OK, false), (OK, true)]).await;
    let client = client.with_token("s3cret\n").expect("a token");
    assert_eq!(client.get("/-/healthy").await.expect("an answer").text(), "ok");
    client.post("/v1/events", "application/x-ndjson", Some("gzip"), "xyz").await.expect("an answer");
    let heard = heard.await.expect("no panic");
    for part in ["GET /-/healthy HTTP/1.1\r\n", "authorization: Bearer s3cret\r\n", "content-encoding: gzip\r\n", "xyz"]
    {
        assert!(heard.contains(part), "{part} is not in {heard}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_made_again() {
    let (client, heard) = daemon(vec![(OK, true), (OK, true), (OK, true)]).await;
    for _ in 0..3 {
        assert_eq!(client.post("/v1/events", "application/json", None, "{}").await.expect("an answer").status, 200);
    }
    assert_eq!(heard.await.expect("no panic").matches("POST").count(), 3);
}

#[tokio::test]
async fn nobody_there_is_said_plainly() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let at = listener.local_addr().expect("bound");
    drop(listener);
    let error = Client::new(&format!("http://{at}")).expect("an address").get("/").await.expect_err("nobody");
    assert_eq!(error, ClientError::Unreachable(format!("nothing answers at {at}: is day90 running?")));
}

#[tokio::test]
async fn an_answer_that_does_not_come_may_have_been_taken() {
    let (client, _heard) = daemon(vec![("", false), ("", false)]).await;
    let error = client.with_timeout(Duration::from_millis(50)).get("/").await.expect_err("silence");
    assert!(matches!(&error, ClientError::Unanswered(why) if why.contains("within 50ms")), "{error:?}");
    let (client, _heard) = daemon(vec![("", true)]).await;
    let error = client.post("/v1/events", "application/json", None, "{}").await.expect_err("closed");
    assert!(matches!(error, ClientError::Unanswered(_)), "{error:?}");
}

#[tokio::test]
async fn the_daemons_wish_to_wait_is_read() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    let (client, _heard) = daemon(vec![(busy, true)]).await;
    let answer = client.post("/v1/events", "application/json", None, "{}").await.expect("an answer");
    assert_eq!((answer.status, answer.retry_after()), (503, Some(Duration::from_secs(1))));
    assert!(!answer.is_success());
}
