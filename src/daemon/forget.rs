//! `POST /api/v1/forget`: forgets a case, and answers when it is gone from the disk. Of a case that no file has, nothing is
//! written.

use std::rc::Rc;

use hyper::StatusCode;
use serde::Deserialize;

use super::answers::aside;
use super::app::{App, Views};
use crate::event::identifier;
use crate::http::Call;
use crate::http::reply::{Answer, ErrorReply, JSON, Reply, answer};
use crate::ingest::BatchWriter;
use crate::ingest::summary::refused;
use crate::pipeline::{CaseName, Erased};

/// The largest body that can name a case.
const BODY_BYTES_MAX: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    case: String,
    system: Option<String>,
}

pub(super) async fn take<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, mut call: Call) -> Result<Reply, ErrorReply> {
    let intake = &app.intake;
    let mut hold = intake.gate.hold();
    let Some(body) = call.read(BODY_BYTES_MAX, &intake.pool, &mut hold).await? else {
        return Err(ErrorReply::new(
            Answer::Broken,
            "the body ended before its announced length; nothing was forgotten",
        ));
    };
    let asked = case_of(&body);
    // Not back to the pool: it has the case.
    drop(body);
    let asked = asked?;
    let case = asked.case.clone();
    // A record and two checkpoints, for a case that no file has, would only write.
    let (is_there, _held) = aside(&app, 1, (call.reader(), 0), move |views| views.is_on_disk(&case)).await?;
    let erased = match is_there {
        true => intake.writer.forget(asked).await.map_err(refused)?,
        false => Erased { work: 0, left: Vec::new() },
    };
    Ok(answer(StatusCode::OK, JSON, report(&erased)))
}

fn case_of(body: &[u8]) -> Result<CaseName, ErrorReply> {
    let asked: Asked = serde_json::from_slice(body).map_err(|error| {
        let line = format!("{error}; send {{\"case\": \"…\"}}, and \"system\": \"…\" for one system alone");
        ErrorReply::new(Answer::Broken, line)
    })?;
    if asked.case.is_empty() {
        return Err(ErrorReply::new(Answer::Broken, "`case` is empty; name the case that is to be forgotten"));
    }
    Ok(CaseName { case: identifier(&asked.case).into_owned(), system: asked.system })
}

fn report(erased: &Erased) -> String {
    format!("{}\n", serde_json::json!({ "forgotten": erased.work, "complete": true, "look_at": erased.left }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_named_with_or_without_its_system() {
        let case = |system: Option<&str>| CaseName { case: "c-1".into(), system: system.map(str::to_owned) };
        assert_eq!(case_of(br#"{"case":"c-1"}"#).unwrap(), case(None));
        assert_eq!(case_of(br#"{"case":"c-1","system":"agent"}"#).unwrap(), case(Some("agent")));
        let long = "c".repeat(151);
        let named = case_of(format!(r#"{{"case":"{long}"}}"#).as_bytes()).unwrap();
        assert_eq!(named.case, identifier(&long), "a long name is found under the one that its events have");
        for wrong in [&b"c-1"[..], b"{}", br#"{"case":""}"#, br#"{"case":"c-1","sytem":"agent"}"#] {
            assert!(case_of(wrong).is_err(), "{wrong:?}");
        }
    }
}
