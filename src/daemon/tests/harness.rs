//! A server on its own port, and a client that sends exactly the bytes that a test gives it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::pending;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::clock::DrivenClock;
use crate::daemon::app::{App, Parts, Room, Unaccepted, Unanswered, Views};
use crate::daemon::reload::Unchanged;
use crate::event::{Kind, Timestamp};
use crate::expose::text::Text;
use crate::http::gate::Gate;
use crate::http::{Deadlines, ListenerBounds, Scope, serve};
use crate::ingest::source::INFLATING_MAX;
use crate::ingest::{BatchWriter, Live, RequestSettings};
use crate::pipeline::{Batch, CaseName, Erased, Outcome, Refusal};
use crate::pool::Pool;
use crate::state::engine::family::{Number, Sink, Type};
use crate::telemetry::Telemetry;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// A writer that remembers what it was given.
#[derive(Clone, Default)]
pub(super) struct FakeWriter(Rc<RefCell<Written>>);

#[derive(Default)]
pub(super) struct Written {
    /// Indexes in their requests, of all that was accepted.
    pub(super) indexes: Vec<u32>,
    ids: HashSet<u128>,
    pub(super) refuse: Option<Refusal>,
    /// Answers wait for this.
    pub(super) hold: Option<Rc<Notify>>,
    pub(super) waiting: usize,
    /// The fate of openings: these indexes are over the bound.
    pub(super) over_bound: Vec<u32>,
}

impl BatchWriter for FakeWriter {
    async fn submit(&self, batch: Batch) -> Result<Outcome, Refusal> {
        self.0.borrow_mut().waiting += 1;
        let hold = self.0.borrow().hold.clone();
        if let Some(hold) = hold {
            hold.notified().await;
        }
        let mut written = self.0.borrow_mut();
        written.waiting -= 1;
        if let Some(refusal) = &written.refuse {
            return Err(refusal.clone());
        }
        assert_eq!(batch.entries.last().map(|entry| entry.end as usize), Some(batch.bytes.len()));
        let mut outcome = Outcome::default();
        for entry in batch.entries {
            if written.over_bound.contains(&entry.index) {
                outcome.rejected.push((entry.index, rejection("too many open cases")));
            } else if entry.id != 0 && !written.ids.insert(entry.id) {
                outcome.duplicates += 1;
            } else {
                outcome.accepted += 1;
                written.indexes.push(entry.index);
            }
        }
        Ok(outcome)
    }

    async fn forget(&self, _: CaseName) -> Result<Erased, Refusal> {
        Ok(Erased { work: 1, left: Vec::new() })
    }
    fn id_hash(&self, source: &str, kind: Kind, id: &str) -> u128 {
        let both = format!("{source}\n{kind}\n{id}");
        both.bytes().fold(1, |hash: u128, byte| hash.wrapping_mul(1_000_003) ^ u128::from(byte)) | 1
    }
}

fn rejection(error: &str) -> crate::event::Rejection {
    crate::event::Rejection::new(crate::event::Reason::OpenCases, error)
}

#[derive(Clone)]
pub(super) struct FakeViews {
    ready: Result<(), String>,
}

impl Views for FakeViews {
    fn visit(&self, _: Option<i64>, sink: &mut dyn Sink) {
        sink.family("day90_escalations_total", Type::Counter, "Escalations.", &["system", "queue"]);
        sink.sample(&["refund-agent", "bil\"ling"], Number::Count(3));
    }
    fn ready(&self) -> Result<(), String> {
        self.ready.clone()
    }
    fn look_at_the_clock(&self) {}
    fn is_on_disk(&self, _: &str) -> bool {
        true
    }
    fn page(&self, _: &str) -> String {
        "<h1>day90</h1>".into()
    }
    fn runbook(&self, path: &str) -> Option<String> {
        ["", "Day90Down"].contains(&path).then(|| format!("<h1>runbook {path}</h1>"))
    }
    fn status(&self, query: &str) -> Result<String, Unanswered> {
        self.preflight(query)
    }
    fn events(&self, query: &str) -> Result<String, Unanswered> {
        self.preflight(query)
    }
    fn cases(&self, query: &str) -> Result<String, Unanswered> {
        let system = query.strip_prefix("system=").ok_or(Unanswered::Wrong("name a system".into()))?;
        Ok(format!("{{\"system\":\"{system}\"}}"))
    }
    fn preflight(&self, query: &str) -> Result<String, Unanswered> {
        if query.is_empty() { Ok("{\"systems\":[]}".into()) } else { Err(Unanswered::Wrong("known is system".into())) }
    }
    fn begin_page_test(&self, query: &str) -> Result<String, Unanswered> {
        match query {
            "system=agent" => Ok("{\"begin\":true}".into()),
            "system=nobody" => Err(Unanswered::Unknown("nobody is not known".into())),
            _ => Err(Unanswered::Wrong("say which system".into())),
        }
    }
    fn end_page_test(&self, query: &str) -> Result<String, Unanswered> {
        self.begin_page_test(query).map(|_| "{\"begin\":false}".into())
    }
    fn spike(&self, query: &str) -> Result<String, Unanswered> {
        match query {
            "" => Ok("{\"systems\":[]}".into()),
            "system=nobody" => Err(Unanswered::Unknown("nobody is not known".into())),
            _ => Err(Unanswered::Wrong("known is system".into())),
        }
    }
    async fn accept(&self, query: &str) -> Result<String, Unaccepted> {
        match query {
            "system=agent" => Ok("{\"per\":\"tasks\",\"usual\":0.1}".into()),
            "system=calm" => Err(Unaccepted::Refused(Refusal::Conflict("nothing has risen in calm".into()))),
            "system=full" => Err(Unaccepted::Refused(Refusal::Disk("the disk is full".into()))),
            "system=nobody" => Err(Unaccepted::Unanswered(Unanswered::Unknown("nobody is not known".into()))),
            _ => Err(Unaccepted::Unanswered(Unanswered::Wrong("say which system".into()))),
        }
    }
    async fn reload(&self) -> Result<(), Unchanged> {
        match &self.ready {
            Ok(()) => Ok(()),
            Err(why) if why.contains("full") => Err(Unchanged::Unrecorded(Refusal::Disk(why.clone()))),
            Err(why) => Err(Unchanged::Mistake(why.clone())),
        }
    }
}

/// What a test wants of its server.
pub(super) struct Setup {
    pub(super) settings: RequestSettings,
    pub(super) bounds: ListenerBounds,
    pub(super) scope: Scope,
    pub(super) ready: Result<(), String>,
    pub(super) held_bytes: usize,
    pub(super) answers_bytes: usize,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            settings: RequestSettings { default_system: Some("refund-agent".into()), ..RequestSettings::default() },
            bounds: ListenerBounds::default(),
            scope: Scope::All,
            ready: Ok(()),
            held_bytes: 64 << 20,
            answers_bytes: 64 << 20,
        }
    }
}

/// Deadlines that a test can wait for; `ms` for the one under test, and long ones otherwise.
pub(super) fn hurried(set: impl FnOnce(&mut Deadlines)) -> Setup {
    let mut setup = Setup::default();
    set(&mut setup.bounds.deadlines);
    setup
}

/// A running server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) at: SocketAddr,
    pub(super) writer: FakeWriter,
    telemetry: Telemetry,
    stop: Rc<Notify>,
    cut_off: Rc<RefCell<Option<usize>>>,
}

/// Runs a server for as long as the test runs.
pub(super) async fn with(setup: Setup, test: impl AsyncFnOnce(Server)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let server = Server {
        at: listener.local_addr().expect("bound"),
        writer: FakeWriter::default(),
        telemetry: Telemetry::new(),
        stop: Rc::new(Notify::new()),
        cut_off: Rc::default(),
    };
    let clock = Arc::new(DrivenClock::at(Timestamp::from_seconds(1_795_413_000)));
    let app = App::new(Parts {
        writer: server.writer.clone(),
        views: FakeViews { ready: setup.ready },
        telemetry: server.telemetry.clone(),
        clock,
        settings: Live::new(setup.settings),
        pool: Pool::default(),
        room: Room { gate: Gate::new(setup.held_bytes), inflating: INFLATING_MAX, answers: setup.answers_bytes },
    });
    let (stop, cut_off) = (server.stop.clone(), server.cut_off.clone());
    let serving = async {
        let left = serve(listener, setup.scope, Rc::new(app), setup.bounds, stop.notified()).await;
        *cut_off.borrow_mut() = Some(left);
        pending::<()>().await;
    };
    tokio::select! {
        () = serving => {}
        done = timeout(3 * PATIENCE, test(server)) => done.expect("the test ends"),
    }
}

impl Server {
    pub(super) fn written(&self) -> std::cell::RefMut<'_, Written> {
        self.writer.0.borrow_mut()
    }

    pub(super) async fn connect(&self) -> Raw {
        Raw { stream: TcpStream::connect(self.at).await.expect("the server listens"), ahead: Vec::new() }
    }

    /// One request on a new connection.
    pub(super) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut raw = self.connect().await;
        raw.say(request).await;
        raw.answer().await.expect("an answer")
    }

    /// Posts events with these headers.
    pub(super) async fn post(&self, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask(post(headers, body)).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
    }

    /// The value of one of the daemon's own metrics.
    pub(super) fn metric(&self, series: &str) -> String {
        let mut text = Text::new();
        self.telemetry.visit(&mut text);
        let text = String::from_utf8(text.into_bytes()).expect("UTF-8");
        let line = text.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}"));
        line.trim().to_owned()
    }

    pub(super) async fn wait_for_metric(&self, series: &str, value: &str) {
        let give_up = Instant::now() + PATIENCE;
        while self.metric(series) != value {
            assert!(Instant::now() < give_up, "{series} is {}, not {value}", self.metric(series));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the writer has this many submissions in hand.
    pub(super) async fn wait_for_submissions(&self, number: usize) {
        while self.written().waiting < number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn stop(&self) {
        self.stop.notify_one();
    }

    /// How many connections were cut off when the server had stopped.
    pub(super) async fn stopped(&self) -> usize {
        loop {
            if let Some(cut_off) = *self.cut_off.borrow() {
                return cut_off;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(super) fn post(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head =
        format!("POST /v1/events HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A connection on which the test says what it likes.
pub(super) struct Raw {
    pub(super) stream: TcpStream,
    ahead: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| Some(line.split_once(':')?.0.eq_ignore_ascii_case(name));
        self.head.lines().find(|found| line(found) == Some(true)).map(|found| found[name.len() + 1..].trim())
    }
}

impl Raw {
    pub(super) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the server reads");
    }

    /// The next answer, whose length is its `Content-Length`; `None` when the server closes instead.
    pub(super) async fn answer(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read(true)).await.expect("an answer in time")
    }

    /// The next answer of a HEAD request.
    pub(super) async fn answer_without_body(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read(false)).await.expect("an answer in time")
    }

    async fn read(&mut self, with_body: bool) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.ahead.drain(..end).collect()).expect("ASCII");
        let status = head[9..12].parse().expect("a status");
        let mut answer = Answer { status, head, body: Vec::new() };
        let length: usize = answer.header("content-length").map_or(0, |text| text.parse().expect("a number"));
        while with_body && self.ahead.len() < length {
            self.more().await?;
        }
        answer.body = self.ahead.drain(..if with_body { length } else { 0 }).collect();
        Some(answer)
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.ahead).await.unwrap_or(0);
        (read > 0).then_some(())
    }

    /// How long it takes until the server closes, saying no more than `said`.
    pub(super) async fn closes(&mut self, said: &str) -> Duration {
        let began = Instant::now();
        let end = async { while self.more().await.is_some() {} };
        timeout(PATIENCE, end).await.expect("the server closes the connection");
        assert_eq!(String::from_utf8_lossy(&self.ahead), said);
        began.elapsed()
    }
}
