//! `POST /api/v1/accept?system=…`: a person says that a rise which stays is usual. From the button of the page it answers with
//! the page, otherwise with JSON.

use std::rc::Rc;

use hyper::StatusCode;
use hyper::header::{ACCEPT, HeaderValue, LOCATION};

use super::app::{App, Unaccepted, Unanswered, Views};
use crate::http::Call;
use crate::http::reply::{Answer, ErrorReply, HTML, JSON, Reply, answer};
use crate::ingest::BatchWriter;
use crate::ingest::summary::refused;
use crate::pipeline::Refusal;
use crate::words::printable_json;

/// The status page, as seen from this path: a proxy may serve day90 below a path of its own.
const PAGE: HeaderValue = HeaderValue::from_static("../../");

pub(super) async fn take<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    let accepted = app.views.accept(call.query()).await;
    let json = accepted.map_err(|why| match why {
        Unaccepted::Unanswered(Unanswered::Wrong(why)) => ErrorReply::new(Answer::Broken, why),
        Unaccepted::Unanswered(Unanswered::Unknown(why)) => ErrorReply::new(Answer::NotFound, why),
        Unaccepted::Refused(Refusal::Conflict(why)) => ErrorReply::new(Answer::Conflict, why),
        Unaccepted::Refused(refusal) => refused(refusal),
    })?;
    if !is_browser(&call) {
        return Ok(answer(StatusCode::OK, JSON, printable_json(json)));
    }
    let mut reply = answer(StatusCode::SEE_OTHER, HTML, "");
    reply.headers_mut().insert(LOCATION, PAGE);
    Ok(reply)
}

/// Whether it shows the answer to a person.
fn is_browser(call: &Call) -> bool {
    let accepts = call.head.headers.get(ACCEPT).and_then(|accepts| accepts.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}
