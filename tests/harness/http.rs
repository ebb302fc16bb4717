//! A blocking HTTP client of a few lines, which sends exactly what it is told: also what no HTTP library would send.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::SOON;

/// A request, written out when it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Request {
        Request { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Request {
        Request::new("GET", path)
    }

    /// Events, with a content type if there is one.
    pub fn events(content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Request {
        let request = Request::new("POST", "/v1/events").body(body);
        match content_type {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// Sends it over a connection of its own.
    pub fn to(&self, address: SocketAddr) -> io::Result<Answer> {
        raw(address, &self.bytes("close"))
    }

    fn bytes(&self, connection: &str) -> Vec<u8> {
        let Request { method, path, headers, body } = self;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n");
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// One connection for many requests.
pub struct Connection(TcpStream);

impl Connection {
    pub fn to(address: SocketAddr) -> io::Result<Connection> {
        Connection::within(address, SOON)
    }

    /// With another limit for an answer.
    pub fn within(address: SocketAddr, answer: Duration) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&address, SOON)?;
        stream.set_read_timeout(Some(answer))?;
        stream.set_nodelay(true)?;
        Ok(Connection(stream))
    }

    pub fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.0.write_all(&request.bytes("keep-alive"))?;
        read(&mut self.0)
    }
}

/// Sends these bytes as they are and reads one answer.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> io::Result<Answer> {
    let mut connection = Connection::to(address)?;
    // A daemon that answers before it has read all may close: what counts is the answer.
    let written = connection.0.write_all(bytes);
    read(&mut connection.0).map_err(|error| written.err().unwrap_or(error))
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Accepted, duplicates, rejected.
    pub fn counts(&self) -> (u64, u64, u64) {
        let json = self.json();
        let count = |name: &str| json[name].as_u64().unwrap_or_else(|| panic!("no {name} in {json}"));
        (count("accepted"), count("duplicates"), count("rejected"))
    }

    /// Fails the test unless it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

fn read(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no status in {head:?}")))?;
    let mut answer = Answer { status, head, body: bytes.split_off(head_end + 4) };
    if answer.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        answer.body = unchunk(stream, std::mem::take(&mut answer.body))?;
        return Ok(answer);
    }
    let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while answer.body.len() < length {
        more(stream, &mut answer.body)?;
    }
    Ok(answer)
}

fn unchunk(stream: &mut TcpStream, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            match bytes.windows(2).position(|two| two == b"\r\n") {
                Some(line) => break line,
                None => more(stream, &mut bytes)?,
            }
        };
        let size = String::from_utf8_lossy(&bytes[..line]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        while bytes.len() < line + 2 + size + 2 {
            more(stream, &mut bytes)?;
        }
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&bytes[line + 2..line + 2 + size]);
        bytes.drain(..line + 2 + size + 2);
    }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 64 << 10];
    match stream.read(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => {
            bytes.extend_from_slice(&buffer[..read]);
            Ok(())
        }
    }
}
