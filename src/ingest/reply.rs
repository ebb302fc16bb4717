//! Answers: the reply to a batch of events, and the one sentence that every other refusal carries.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::telemetry::Refused;

pub(super) type Reply = Response<Full<Bytes>>;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub(super) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Errors that one reply lists; all are counted.
pub(super) const ERRORS_MAX: usize = 100;
/// How long a refused sender should wait before it sends the same again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// What became of the events of one request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    pub(super) errors: Vec<Fault>,
}

/// One rejected event.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    /// Its position among the events of the request, from 0.
    pub(super) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) error: String,
}

impl Summary {
    /// 202 when anything was taken, even if it was known already; else 400.
    pub(super) fn reply(self) -> Reply {
        let taken = self.accepted + self.duplicates > 0;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        answer(if taken { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }, JSON, body)
    }
}

/// What the sender should do differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    Broken,
    Unauthorized,
    NotFound,
    /// With the methods that the path has.
    Method(&'static str),
    TooLarge,
    Unsupported,
    Busy,
    Failed,
}

/// A request that was refused as a whole.
#[derive(Debug)]
pub(super) struct Problem {
    answer: Answer,
    error: String,
    close: bool,
    /// Why the sender must try again, when that is the answer.
    refused: Option<Refused>,
}

impl Problem {
    pub(super) fn new(answer: Answer, error: impl Into<String>) -> Problem {
        Problem { answer, error: error.into(), close: false, refused: None }
    }

    pub(super) fn busy(refused: Refused, error: impl Into<String>) -> Problem {
        Problem { refused: Some(refused), ..Problem::new(Answer::Busy, error) }
    }

    pub(super) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// The connection is of no more use after this answer.
    pub(super) fn closing(mut self) -> Problem {
        self.close = true;
        self
    }

    pub(super) fn reply(self) -> Reply {
        let status = match self.answer {
            Answer::Broken => StatusCode::BAD_REQUEST,
            Answer::Unauthorized => StatusCode::UNAUTHORIZED,
            Answer::NotFound => StatusCode::NOT_FOUND,
            Answer::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Answer::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Answer::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Answer::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Answer::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut reply = answer(status, JSON, serde_json::json!({ "error": self.error }).to_string());
        let headers = reply.headers_mut();
        match self.answer {
            Answer::Unauthorized => _ = headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Answer::Method(methods) => _ = headers.insert(ALLOW, HeaderValue::from_static(methods)),
            Answer::Busy => _ = headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS),
            _ => {}
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }
}

/// A reply with a body of known length.
pub(super) fn answer(status: StatusCode, media: HeaderValue, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, media);
    reply
}
