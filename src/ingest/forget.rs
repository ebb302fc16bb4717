//! `POST /api/v1/forget`: has a case forgotten, and answers when it has gone from the disk.

use hyper::Request;
use hyper::StatusCode;
use hyper::body::Incoming;
use serde::Deserialize;

use super::connection::Watch;
use super::reply::{Answer, JSON, Problem, Reply, answer};
use super::{App, BodyLimits, Views, Writer, body, events};
use crate::pipeline::{Case, Erased};

/// A body of more bytes names no case.
const BODY_BYTES_MAX: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    case: String,
    system: Option<String>,
}

/// Takes one request. `unread` is set to false once the body was read to its end.
pub(super) async fn take<W: Writer, V: Views>(
    app: &App<W, V>,
    watch: &Watch,
    request: Request<Incoming>,
    unread: &mut bool,
) -> Result<Reply, Problem> {
    let limits = BodyLimits { body_bytes: BODY_BYTES_MAX, ..BodyLimits::default() };
    let (head, body) = request.into_parts();
    let announced = body::announced(&head.headers, &limits)?;
    let mut hold = app.gate.hold();
    watch.reads_body();
    let read = body::read(body, announced, &limits, &app.pool, &mut hold).await;
    watch.has_body();
    let Some(body) = read? else {
        return Err(Problem::new(Answer::Broken, "the body ended before its announced length; nothing was forgotten"));
    };
    *unread = false;
    let asked = case_of(&body);
    // Not back to the pool: it has the case.
    drop(body);
    let erased = app.writer.forget(asked?).await.map_err(events::refused)?;
    Ok(answer(StatusCode::OK, JSON, told(&erased)))
}

fn case_of(body: &[u8]) -> Result<Case, Problem> {
    let asked: Asked = serde_json::from_slice(body).map_err(|error| {
        let line = format!("{error}; send {{\"case\": \"…\"}}, and \"system\": \"…\" for one system alone");
        Problem::new(Answer::Broken, line)
    })?;
    if asked.case.is_empty() {
        return Err(Problem::new(Answer::Broken, "`case` is empty; name the case that is to be forgotten"));
    }
    Ok(Case { case: asked.case, system: asked.system })
}

fn told(erased: &Erased) -> String {
    format!("{}\n", serde_json::json!({ "forgotten": erased.work, "complete": true, "look_at": erased.left }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_named_with_or_without_its_system() {
        let case = |system: Option<&str>| Case { case: "c-1".into(), system: system.map(str::to_owned) };
        assert_eq!(case_of(br#"{"case":"c-1"}"#).unwrap(), case(None));
        assert_eq!(case_of(br#"{"case":"c-1","system":"agent"}"#).unwrap(), case(Some("agent")));
        for wrong in [&b"c-1"[..], b"{}", br#"{"case":""}"#, br#"{"case":"c-1","sytem":"agent"}"#] {
            assert!(case_of(wrong).is_err(), "{wrong:?}");
        }
    }
}
