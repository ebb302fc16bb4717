//! [`Call`]: one admitted request as its handler gets it, and the reading of its body within limits.

use std::rc::Rc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request};

use super::bounds::Scope;
use super::gate::Hold;
use super::reply::{Answer, ErrorReply};
use super::watch::{Peer, Watch};
use crate::pool::Pool;

/// The largest first buffer of a body: what is announced may never come.
const FIRST_BYTES_MAX: usize = 1 << 20;
/// The first buffer of a chunked body, whose length is unknown.
const FIRST_BYTES_CHUNKED: usize = 64 << 10;
/// Bytes that a request takes of the gate at once.
const HOLD_STEP_BYTES: usize = 64 << 10;

/// A request whose path, token and method were checked.
pub struct Call {
    pub head: Parts,
    /// What the listener answers that it came to.
    pub scope: Scope,
    body: Incoming,
    watch: Rc<Watch>,
}

impl Call {
    pub(super) fn new(request: Request<Incoming>, scope: Scope, watch: Rc<Watch>) -> Call {
        let (head, body) = request.into_parts();
        Call { head, scope, body, watch }
    }

    /// Whoever reads the answer.
    pub fn reader(&self) -> Peer {
        Peer(self.watch.clone())
    }

    /// What follows the question mark; empty when nothing does.
    pub fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Reads the body to its end into a pooled buffer, at most `max` bytes (`limits.body_bytes`). A length that is
    /// announced as longer is refused before a byte of it is read. `Ok(None)`: the body ended early.
    ///
    /// # Errors
    /// When the body is too long, or when the gate has no room for it.
    pub async fn read(&mut self, max: usize, pool: &Pool, hold: &mut Hold) -> Result<Option<Vec<u8>>, ErrorReply> {
        let announced = announced(&self.head.headers, max)?;
        self.watch.reads_body();
        let mut bytes = pool.take(announced.unwrap_or(FIRST_BYTES_CHUNKED).min(FIRST_BYTES_MAX));
        let read = fill(&mut bytes, &mut self.body, announced, max, hold).await;
        let is_whole = matches!(read, Ok(true));
        self.watch.has_read_body(is_whole);
        if is_whole {
            return Ok(Some(bytes));
        }
        pool.put(bytes);
        read.map(|_| None)
    }
}

/// Reads until the body ends; false when it ends early.
async fn fill(
    bytes: &mut Vec<u8>,
    body: &mut Incoming,
    announced: Option<usize>,
    max: usize,
    hold: &mut Hold,
) -> Result<bool, ErrorReply> {
    let mut held = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Ok(false) };
        let Some(data) = frame.data_ref() else { continue };
        let length = bytes.len() + data.len();
        if length > max {
            return Err(too_long(max, "longer"));
        }
        while length > held {
            hold.grow(HOLD_STEP_BYTES)?;
            held += HOLD_STEP_BYTES;
        }
        if length > bytes.capacity() {
            let whole = announced.unwrap_or(2 * length).min(max).max(length);
            bytes.reserve_exact(whole - bytes.len());
        }
        bytes.extend_from_slice(data);
    }
    Ok(true)
}

/// The length that the request announces, if it does.
fn announced(headers: &HeaderMap, max: usize) -> Result<Option<usize>, ErrorReply> {
    let Some(length) = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    match length.trim().parse::<u64>() {
        Ok(length) if length <= max as u64 => Ok(Some(length as usize)),
        _ => Err(too_long(max, &format!("{length} bytes"))),
    }
}

fn too_long(max: usize, found: &str) -> ErrorReply {
    let error = format!(
        "the body is {found}, over the limit of {max} bytes (limits.body_bytes); nothing was taken: send fewer events \
         at once"
    );
    ErrorReply::new(Answer::TooLarge, error)
}
