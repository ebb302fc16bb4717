//! A small HTTP/1.1 client for the commands that talk to a daemon: `emit`, `replay`, `demo`, `preflight`.
//!
//! A [`Client`] keeps one connection and uses it for one request after the other; a clone has a separate connection.
//! Failures are sorted by what the caller does next: see [`ClientError`].

use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take, from the first byte sent to the last byte read.
const ANSWER: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes: a scrape of the largest daemon fits.
const ANSWER_BYTES_MAX: usize = 128 << 20;
/// The port of `http://` addresses that name none.
const PORT_DEFAULT: u16 = 80;

/// Talks to one daemon. Must be used inside a tokio runtime.
pub struct Client {
    /// Host and port, as in the address.
    authority: String,
    /// What precedes every path; empty, or starting with `/`.
    base: String,
    authorization: Option<HeaderValue>,
    answer_within: Duration,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientError {
    /// The address or the request itself is wrong; sending it again changes nothing.
    Wrong(String),
    /// Nothing was sent. Sending again is safe.
    Unreachable(String),
    /// Something was sent and not answered: it may have been taken. Send it again with the same ids.
    Unanswered(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Wrong(text) | ClientError::Unreachable(text) | ClientError::Unanswered(text) => {
                f.write_str(text)
            }
        }
    }
}

impl std::error::Error for ClientError {}

impl Response {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// How long the daemon asks to wait before the same is sent again.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        seconds.trim().parse().ok().map(Duration::from_secs)
    }
}

impl Client {
    /// For an address such as `http://127.0.0.1:9790`. Connects with the first request.
    pub fn new(url: &str) -> Result<Client, ClientError> {
        let wrong = |why: &str| ClientError::Wrong(format!("{url:?} is no address of day90: {why}"));
        let uri: Uri = url.trim().parse().map_err(|_| wrong("write it like http://127.0.0.1:9790"))?;
        match uri.scheme_str() {
            None | Some("http") => {}
            Some("https") => return Err(wrong("https:// is not supported here; use http:// on the same host")),
            Some(_) => return Err(wrong("it must begin with http://")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a user name in it is not supported; use a token"));
        }
        if uri.query().is_some() {
            return Err(wrong("it must end before the question mark"));
        }
        let port = authority.port_u16().unwrap_or(PORT_DEFAULT);
        Ok(Client {
            authority: format!("{}:{port}", authority.host()),
            base: uri.path().trim_end_matches('/').to_owned(),
            authorization: None,
            answer_within: ANSWER,
            connection: Mutex::new(None),
        })
    }

    /// Sends this bearer token with every request.
    pub fn with_token(mut self, token: &str) -> Result<Client, ClientError> {
        let value = HeaderValue::try_from(format!("Bearer {}", token.trim()));
        let mut value =
            value.map_err(|_| ClientError::Wrong("the token has characters that no header can carry".into()))?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// How long an answer may take.
    pub fn with_timeout(mut self, answer_within: Duration) -> Client {
        self.answer_within = answer_within;
        self
    }

    pub async fn get(&self, path: &str) -> Result<Response, ClientError> {
        self.send(self.request(Method::GET, path, HeaderMap::new(), Bytes::new())?).await
    }

    /// Asks for something to be done that needs no body.
    pub async fn command(&self, method: Method, path: &str) -> Result<Response, ClientError> {
        self.send(self.request(method, path, HeaderMap::new(), Bytes::new())?).await
    }

    /// Sends a body; `encoding` is its `Content-Encoding`, if it has one.
    pub async fn post(
        &self,
        path: &str,
        content_type: &str,
        encoding: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Result<Response, ClientError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, header(content_type)?);
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, header(encoding)?);
        }
        self.send(self.request(Method::POST, path, headers, body.into())?).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        let path = format!("{}{path}", self.base);
        *request.uri_mut() = path.parse().map_err(|_| ClientError::Wrong(format!("{path:?} is no path")))?;
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(HOST, header(&self.authority)?);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("day90/", env!("CARGO_PKG_VERSION"))));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response, ClientError> {
        let mut kept = self.connection.lock().await;
        loop {
            let mut sender = match kept.take().filter(|sender| !sender.is_closed()) {
                Some(sender) => sender,
                None => return self.exchange(self.connect().await?, request, &mut kept).await.map_err(|lost| lost.why),
            };
            if sender.ready().await.is_err() {
                continue;
            }
            match self.exchange(sender, request, &mut kept).await {
                Ok(response) => return Ok(response),
                // The daemon closed the idle connection and nothing was sent on it, so the request can go over a new one.
                Err(Lost { request: Some(unsent), .. }) => request = *unsent,
                Err(lost) => return Err(lost.why),
            }
        }
    }

    /// One request and its answer; the connection is kept if it can be used again.
    async fn exchange(
        &self,
        mut sender: SendRequest<Full<Bytes>>,
        request: Request<Full<Bytes>>,
        kept: &mut Option<SendRequest<Full<Bytes>>>,
    ) -> Result<Response, Lost> {
        let asked = async {
            match sender.try_send_request(request).await {
                Ok(answer) => read(answer).await.map_err(|error| Lost { why: self.unanswered(&*error), request: None }),
                Err(mut error) => {
                    let request = error.take_message().map(Box::new);
                    Err(Lost { why: self.unanswered(error.error()), request })
                }
            }
        };
        let within = self.answer_within;
        let response = timeout(within, asked).await.unwrap_or_else(|_| {
            let why = format!("{} took the request and did not answer within {within:?}", self.authority);
            Err(Lost { why: ClientError::Unanswered(why), request: None })
        })?;
        *kept = Some(sender);
        Ok(response)
    }

    fn unanswered(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        let mut why = format!("{} did not answer: {error}", self.authority);
        let mut deeper = error.source();
        while let Some(source) = deeper {
            why.push_str(&format!(": {source}"));
            deeper = source.source();
        }
        ClientError::Unanswered(why)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let at = &self.authority;
        let unreachable = |why: String| ClientError::Unreachable(why);
        let stream = match timeout(CONNECT, TcpStream::connect(at)).await {
            Err(_) => return Err(unreachable(format!("{at} did not take the connection within {CONNECT:?}"))),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                return Err(unreachable(format!("nothing answers at {at}: is day90 running?")));
            }
            Ok(Err(error)) => return Err(unreachable(format!("{at} cannot be reached: {error}"))),
            Ok(Ok(stream)) => stream,
        };
        // Requests are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(format!("{at}: {error}")))?;
        // It ends with the sender; its errors reach whoever waits for the answer.
        tokio::spawn(async move { _ = connection.await });
        Ok(sender)
    }
}

impl Clone for Client {
    /// The same daemon, over a separate connection.
    fn clone(&self) -> Client {
        Client {
            authority: self.authority.clone(),
            base: self.base.clone(),
            authorization: self.authorization.clone(),
            answer_within: self.answer_within,
            connection: Mutex::new(None),
        }
    }
}

/// A request that got no answer, and the request itself if nothing of it was sent.
struct Lost {
    why: ClientError,
    request: Option<Box<Request<Full<Bytes>>>>,
}

async fn read(answer: hyper::Response<Incoming>) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
    Ok(Response { status: head.status.as_u16(), headers: head.headers, body })
}

fn header(text: &str) -> Result<HeaderValue, ClientError> {
    HeaderValue::try_from(text).map_err(|_| ClientError::Wrong(format!("{text:?} does not fit into a header")))
}

#[cfg(test)]
mod tests;
