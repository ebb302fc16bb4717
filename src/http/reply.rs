//! What goes back: a body with its media type, or an [`ErrorReply`], which is a refusal in one sentence.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use crate::telemetry::Refused;
use crate::words::printable_json;

pub type Reply = Response<Full<Bytes>>;

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// How long a refused sender should wait before it sends the same again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The kind of refusal; it decides the status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Broken,
    Unauthorized,
    /// It comes from a page of another site.
    Foreign,
    NotFound,
    /// What is asked for contradicts what is.
    Conflict,
    /// Holds the methods of the path, as `Allow` spells them.
    Method(&'static str),
    TooLarge,
    Unsupported,
    Busy,
    Failed,
}

/// A request that was refused as a whole.
#[derive(Debug)]
pub struct ErrorReply {
    answer: Answer,
    error: String,
    close: bool,
    /// Why the sender must send again, when the answer is [`Answer::Busy`].
    refused: Option<Refused>,
}

impl ErrorReply {
    pub fn new(answer: Answer, error: impl Into<String>) -> ErrorReply {
        ErrorReply { answer, error: error.into(), close: false, refused: None }
    }

    /// A 503: the sender may send the same again.
    pub fn busy(refused: Refused, error: impl Into<String>) -> ErrorReply {
        ErrorReply { refused: Some(refused), ..ErrorReply::new(Answer::Busy, error) }
    }

    pub fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Closes the connection after this answer.
    pub fn closing(mut self) -> ErrorReply {
        self.close = true;
        self
    }

    pub fn reply(self) -> Reply {
        let status = match self.answer {
            Answer::Broken => StatusCode::BAD_REQUEST,
            Answer::Unauthorized => StatusCode::UNAUTHORIZED,
            Answer::Foreign => StatusCode::FORBIDDEN,
            Answer::NotFound => StatusCode::NOT_FOUND,
            Answer::Conflict => StatusCode::CONFLICT,
            Answer::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Answer::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Answer::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Answer::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Answer::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let json = serde_json::json!({ "error": self.error }).to_string();
        let mut reply = answer(status, JSON, printable_json(json));
        let headers = reply.headers_mut();
        match self.answer {
            Answer::Unauthorized => {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                // A browser asks its person, and sends the token as the password.
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"day90\", charset=\"UTF-8\""));
            }
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
pub fn answer(status: StatusCode, media: HeaderValue, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, media);
    reply
}

/// A reply without a body.
pub fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}
