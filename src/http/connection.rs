//! Drives one connection from its first byte to its end, under deadlines.
//!
//! hyper's own timeout covers the request head alone. A client that connects and says nothing, drips a body, or
//! takes no answer would hold a connection for ever; here every phase has a deadline, which [`Watch`] knows. All of a
//! connection runs in one task, so the deadline is checked each time the task has run.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::bounds::ListenerBounds;
use super::reply::Reply;
use super::watch::Watch;
use crate::telemetry::Closed;

/// Serves one connection to its end.
pub(super) async fn drive<S>(stream: TcpStream, service: S, watch: Rc<Watch>, bounds: ListenerBounds) -> Closed
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
        watch.wakes(cx.waker());
        if watch.is_cut_off() {
            return Poll::Ready(Closed::Evicted);
        }
        if watch.is_leaving() && !leaving {
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
        farewell(stream, watch.is_unread(), deadlines.linger).await;
    }
    closed
}

/// Ready when the deadline has passed. The timer is only reset when it must fire earlier or has fired too early: most
/// deadlines move back with every byte, and setting a timer costs more than reading the clock.
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

/// Closes the connection. Closing a socket that holds unread bytes resets it, and the peer may lose the answer; so the
/// rest of the request is read and dropped for a while.
async fn farewell(mut stream: TcpStream, unread: bool, linger: Duration) {
    let _ = stream.shutdown().await;
    if unread {
        discard(stream, linger).await;
    }
}

/// Reads and drops what still comes, until the peer closes or `linger` has passed.
pub(super) async fn discard(mut stream: TcpStream, linger: Duration) {
    let mut bytes = vec![0; 16 << 10];
    let _ = timeout(linger, async { while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {} }).await;
}

/// A stream that reports to its [`Watch`] what passes.
struct Watched {
    stream: TcpStream,
    watch: Rc<Watch>,
}

impl Watched {
    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let written = match &result {
            Poll::Ready(written) => Some(*written.as_ref().unwrap_or(&0)),
            Poll::Pending => None,
        };
        self.watch.went_out(written);
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
