//! One connection: its deadlines, its place in the bound, its end.
//!
//! hyper's own timeout covers the request head alone. A client that connects and says nothing, drips a body, or
//! takes no answer holds a connection for ever; here every phase has a deadline. [`Watch`] knows the phase: the
//! stream tells it what was read and written, the handler tells it where the request stands. All of a connection
//! runs in one task, so the deadline is looked at each time that the task has run.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::framing::Framing;
use super::http::{Bounds, Deadlines};
use super::reply::Reply;
use crate::telemetry::Closed;

/// What is known of a connection, shared by its stream, its handler and whoever counts connections.
pub(super) struct Watch {
    phase: Cell<Phase>,
    /// When bytes last came in.
    read: Cell<Instant>,
    /// Since when the peer takes nothing, while there is something for it.
    stuck: Cell<Option<Instant>>,
    framing: RefCell<Framing>,
    /// Requests that reached the handler.
    requests: Cell<u64>,
    /// An answer was given before the body was read: it may still be on its way.
    unread: Cell<bool>,
    /// End after the request in hand.
    leave: Cell<bool>,
    /// Its place was given to another connection.
    evicted: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Whether a connection that is idle has sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spoken {
    Never,
    Before,
}

/// Where a connection stands, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Connected; not a byte came.
    Silent(Instant),
    Head(Instant),
    Body(Instant),
    /// The sender waits for us.
    Working,
    /// The last answer was given; nothing is owed.
    Idle(Instant),
}

impl Watch {
    pub(super) fn new() -> Rc<Watch> {
        let now = Instant::now();
        Rc::new(Watch {
            phase: Cell::new(Phase::Silent(now)),
            read: Cell::new(now),
            stuck: Cell::new(None),
            framing: RefCell::default(),
            requests: Cell::new(0),
            unread: Cell::new(false),
            leave: Cell::new(false),
            evicted: Cell::new(false),
            waker: RefCell::new(None),
        })
    }

    /// A request reached the handler. `false`: its length was announced twice.
    pub(super) fn begins(&self) -> bool {
        self.phase.set(Phase::Working);
        let number = self.requests.replace(self.requests.get() + 1);
        !self.framing.borrow().conflicts(number)
    }

    pub(super) fn reads_body(&self) {
        let now = Instant::now();
        self.read.set(now);
        self.phase.set(Phase::Body(now));
    }

    pub(super) fn has_body(&self) {
        self.phase.set(Phase::Working);
    }

    /// The handler has answered; `unread` if it left some of the body.
    pub(super) fn answered(&self, unread: bool) {
        let now = Instant::now();
        self.unread.set(unread);
        self.phase.set(if self.framing.borrow().in_head() { Phase::Head(now) } else { Phase::Idle(now) });
    }

    /// Asks the connection to end as soon as nothing is owed.
    pub(super) fn leave(&self) {
        self.leave.set(true);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Asks the connection to make room for another.
    pub(super) fn evict(&self) {
        self.evicted.set(true);
        self.leave();
    }

    pub(super) fn was_evicted(&self) -> bool {
        self.evicted.get()
    }

    /// Whether nothing is owed to it, so that it can make room for another, and since when. Those that never said
    /// anything go first: connecting alone must not cost a client its place. `None` when it is busy or has been asked
    /// to leave.
    pub(super) fn idle_since(&self) -> Option<(Spoken, Instant)> {
        match self.phase.get() {
            _ if self.leave.get() => None,
            Phase::Silent(since) => Some((Spoken::Never, since)),
            Phase::Idle(since) if self.stuck.get().is_none() => Some((Spoken::Before, since)),
            _ => None,
        }
    }

    fn came_in(&self, bytes: &[u8]) {
        let now = Instant::now();
        self.read.set(now);
        if matches!(self.phase.get(), Phase::Silent(_) | Phase::Idle(_)) {
            self.phase.set(Phase::Head(now));
        }
        self.framing.borrow_mut().feed(bytes);
    }

    fn went_out(&self, written: bool) {
        if !written {
            if self.stuck.get().is_none() {
                self.stuck.set(Some(Instant::now()));
            }
            return;
        }
        self.stuck.set(None);
        if matches!(self.phase.get(), Phase::Idle(_)) {
            self.phase.set(Phase::Idle(Instant::now()));
        }
    }

    /// When this connection must be closed unless something happens, and why.
    fn deadline(&self, deadlines: &Deadlines) -> Option<(Instant, Closed)> {
        let phase = match self.phase.get() {
            Phase::Silent(since) => Some((since + deadlines.first_byte, Closed::FirstByte)),
            Phase::Head(since) => Some((since + deadlines.head, Closed::Head)),
            Phase::Body(since) => {
                let total = (since + deadlines.body_total, Closed::BodyTotal);
                let idle = (self.read.get() + deadlines.body_idle, Closed::BodyIdle);
                Some(if idle.0 < total.0 { idle } else { total })
            }
            Phase::Working => None,
            Phase::Idle(since) => Some((since + deadlines.keep_alive, Closed::KeepAlive)),
        };
        let stuck = self.stuck.get().map(|since| (since + deadlines.write_stall, Closed::WriteStall));
        [phase, stuck].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

/// Serves one connection to its end.
pub(super) async fn drive<S>(stream: TcpStream, service: S, watch: Rc<Watch>, bounds: Bounds) -> Closed
where
    S: Service<Request<Incoming>, Response = Reply, Error = Infallible> + Unpin,
    S::Future: Unpin,
{
    let deadlines = bounds.deadlines;
    let mut connection = http1::Builder::new()
        // A client may close its side once it has sent everything, and still wait for the answer.
        .half_close(true)
        .max_buf_size(bounds.buffer_bytes)
        .serve_connection(TokioIo::new(Watched { stream, watch: watch.clone() }), service);
    let mut alarm = pin!(sleep_until(Instant::now() + deadlines.first_byte));
    let mut leaving = false;
    let closed = poll_fn(|cx| {
        watch.waker.borrow_mut().get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
        if watch.leave.get() && !leaving {
            leaving = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
            return Poll::Ready(match result {
                Err(error) if error.is_parse() => Closed::Malformed,
                _ => Closed::Done,
            });
        }
        ring(alarm.as_mut(), cx, || watch.deadline(&deadlines))
    })
    .await;
    let stream = connection.into_parts().io.into_inner().stream;
    if closed == Closed::Done || closed == Closed::Malformed {
        farewell(stream, watch.unread.get(), deadlines.linger).await;
    }
    closed
}

/// Ready when the deadline has passed. The timer is only set again when it must ring earlier, or has rung too
/// early: most deadlines move back with every byte, and timers cost more than a look at the clock.
fn ring(
    mut alarm: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
    deadline: impl Fn() -> Option<(Instant, Closed)>,
) -> Poll<Closed> {
    let Some((at, why)) = deadline() else { return Poll::Pending };
    if at < alarm.deadline() {
        alarm.as_mut().reset(at);
    }
    loop {
        ready!(alarm.as_mut().poll(cx));
        if Instant::now() >= at {
            return Poll::Ready(why);
        }
        alarm.as_mut().reset(at);
    }
}

/// Says goodbye. Closing a socket with unread bytes in it would take the answer back from the peer, so what is
/// still on its way is read and thrown away, for a while.
async fn farewell(mut stream: TcpStream, unread: bool, linger: Duration) {
    let _ = stream.shutdown().await;
    if unread {
        discard(stream, linger).await;
    }
}

/// Reads what still comes, until the peer closes or `linger` has passed.
pub(super) async fn discard(mut stream: TcpStream, linger: Duration) {
    let mut bytes = vec![0; 16 << 10];
    let _ = timeout(linger, async { while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {} }).await;
}

/// A stream that tells its [`Watch`] what passes.
struct Watched {
    stream: TcpStream,
    watch: Rc<Watch>,
}

impl Watched {
    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.watch.went_out(result.is_ready());
        result
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            self.watch.came_in(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
