//! Sending events to a daemon, and retrying when it asks for that: what `emit`, `send`, `replay`, `page-test` and `demo`
//! share.
//!
//! Every request is waited for, since a command does one thing at a time.

use std::path::Path;
use std::thread;
use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use serde::Deserialize;
use tokio::runtime::{self, Runtime};

use crate::client::{Client, ClientError, Response};
use crate::failure::Failure;
use crate::words::printable;

/// Attempts at one request before giving up.
const ATTEMPTS_MAX: u32 = 6;
/// The longest wait that a `Retry-After` can ask for.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// The first wait if the daemon names none; it doubles with each attempt.
const WAIT_FIRST: Duration = Duration::from_millis(200);
/// A longer file is not a token but some other file. Bytes.
const TOKEN_BYTES_MAX: u64 = 4096;

/// Posts events. It sends the same bytes again after a 503 or a broken connection, so the events should carry ids.
pub(crate) struct Sender {
    client: Client,
    url: String,
    runtime: Runtime,
}

/// The daemon's answer to one request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    pub accepted: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub errors: Vec<Refused>,
    /// What was accepted and has no effect, or not the one that was meant.
    pub warnings: Vec<Warned>,
}

/// One event that was refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Refused {
    pub index: usize,
    pub field: Option<String>,
    pub error: String,
}

/// One thing that was accepted and has no effect.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Warned {
    pub index: usize,
    pub field: Option<String>,
    pub warning: String,
}

impl Refused {
    /// Whether the event is older than the daemon takes.
    pub(crate) fn is_too_old(&self) -> bool {
        self.field.as_deref().is_some_and(|field| field == "time" || field == "ce-time")
            && self.error.contains("event_age")
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        said(f, "", self.field.as_deref(), &self.error)
    }
}

impl std::fmt::Display for Warned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        said(f, "warning: ", self.field.as_deref(), &self.warning)
    }
}

/// What the daemon says goes to a terminal, and it quotes what others sent.
fn said(f: &mut std::fmt::Formatter<'_>, kind: &str, field: Option<&str>, text: &str) -> std::fmt::Result {
    f.write_str(kind)?;
    if let Some(field) = field {
        write!(f, "{}: ", printable(field))?;
    }
    f.write_str(&printable(text))
}

/// What one request came to.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Each event of it has its answer.
    Answered(Reply),
    /// Nothing is known to be counted, and the same may be taken later: after this, if the daemon said when.
    Later(Failure, Option<Duration>),
    /// The body was refused as a whole; parts of it may be taken.
    Body(Failure),
    /// Nothing can be sent like this.
    Never(Failure),
}

/// How the bytes of a body are packed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

impl Sender {
    pub(crate) fn to(url: &str, token: Option<&str>) -> Result<Sender, Failure> {
        let usage = |error: ClientError| Failure::Usage(error.to_string());
        let mut client = Client::new(url).map_err(usage)?;
        if let Some(token) = token {
            client = client.with_token(token).map_err(usage)?;
        }
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Machine(format!("cannot start: {error}")))?;
        Ok(Sender { client, url: url.to_owned(), runtime })
    }

    /// Posts a body of events; retries until it is answered or [`ATTEMPTS_MAX`] is reached.
    pub(crate) fn post(&self, content_type: &str, packing: Packing, body: Vec<u8>) -> Result<Reply, Failure> {
        let mut wait = WAIT_FIRST;
        let body = Bytes::from(body);
        for attempt in 1.. {
            match self.runtime.block_on(self.attempt(content_type, packing, body.clone())) {
                Attempt::Answered(reply) => return Ok(reply),
                Attempt::Later(_, asked) if attempt < ATTEMPTS_MAX => wait = asked.unwrap_or(wait),
                Attempt::Later(failure, _) | Attempt::Body(failure) | Attempt::Never(failure) => return Err(failure),
            }
            thread::sleep(wait.min(WAIT_MAX));
            wait = (wait * 2).min(WAIT_MAX);
        }
        unreachable!("the last attempt returns")
    }

    /// Posts a body of events once.
    pub(crate) async fn attempt(&self, content_type: &str, packing: Packing, body: Bytes) -> Attempt {
        let encoding = (packing == Packing::Gzip).then_some("gzip");
        let response = match self.client.post("/v1/events", content_type, encoding, body).await {
            Ok(response) => response,
            Err(ClientError::Wrong(why)) => return Attempt::Never(Failure::Usage(why)),
            Err(error) => return Attempt::Later(self.unreachable(&error), None),
        };
        match (self.read(&response), response.status) {
            (Ok(reply), _) => Attempt::Answered(reply),
            // What is between here and the daemon answers like this too.
            (Err(failure), 408 | 429 | 500..) => Attempt::Later(failure, response.retry_after()),
            (Err(failure), 400 | 413 | 415) => Attempt::Body(failure),
            (Err(failure), _) => Attempt::Never(failure),
        }
    }

    /// Runs something that makes [`Sender::attempt`]s.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The body at a path, such as `/metrics`.
    pub(crate) fn get(&self, path: &str) -> Result<String, Failure> {
        let response = self.runtime.block_on(self.client.get(path)).map_err(|error| self.unreachable(&error))?;
        if response.status != 200 {
            return Err(self.refused(&response));
        }
        String::from_utf8(response.body.to_vec())
            .map_err(|_| Failure::Refused(format!("{}{path} is not UTF-8", self.url)))
    }

    /// How long an answer may take.
    pub(crate) fn with_timeout(mut self, answer_within: Duration) -> Sender {
        self.client = self.client.with_timeout(answer_within);
        self
    }

    /// Posts JSON once, without a retry; returns the body of the answer.
    pub(crate) fn ask(&self, path: &str, json: String) -> Result<String, Failure> {
        let answer = self.runtime.block_on(self.client.post(path, "application/json", None, json));
        let response = answer.map_err(|error| self.unreachable(&error))?;
        match response.is_success() {
            true => Ok(response.text()),
            false => {
                let (status, text) = (response.status, response.text());
                Err(Failure::Refused(format!("{} answered {status}: {}", self.url, printable(text.trim()))))
            }
        }
    }

    /// Sends a command without a body; returns the body of the answer.
    pub(crate) fn command(&self, method: Method, path: &str) -> Result<String, Failure> {
        let answer = self.runtime.block_on(self.client.command(method, path));
        let response = answer.map_err(|error| self.unreachable(&error))?;
        if response.status == 200 { Ok(response.text()) } else { Err(self.refused(&response)) }
    }

    /// A 202, and a 400 because of rejected events, carry counts; any other answer refuses the whole request.
    fn read(&self, response: &Response) -> Result<Reply, Failure> {
        let counted = matches!(response.status, 202 | 400);
        match serde_json::from_slice::<Reply>(&response.body) {
            Ok(reply) if counted && (response.status == 202 || reply.rejected > 0) => Ok(reply),
            _ => Err(self.refused(response)),
        }
    }

    fn refused(&self, response: &Response) -> Failure {
        let hint = match response.status {
            401 => " (not authorized: give the token with --token-file)",
            413 => " (the body is over the daemon's limit)",
            503 => " (it can write nothing to its journal now; nothing was counted or changed)",
            _ => "",
        };
        let body = String::from_utf8_lossy(&response.body);
        Failure::Refused(format!("{} answered {}{hint}: {}", self.url, response.status, printable(body.trim())))
    }

    fn unreachable(&self, error: &ClientError) -> Failure {
        Failure::Unanswered(format!("{}: {error}", self.url))
    }
}

/// The token in a file, without the white space around it.
pub(crate) fn read_token(path: &Path) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::Usage(format!("--token-file {}: {why}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| wrong(&error.to_string()))?.len();
    if length > TOKEN_BYTES_MAX {
        return Err(wrong("too long for a token"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    match text.trim() {
        "" => Err(wrong("it is empty")),
        token => Ok(token.to_owned()),
    }
}

/// 128 random bits, for the id of an event: it makes a retry count once.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
