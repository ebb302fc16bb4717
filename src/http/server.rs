//! The listener: accepts within a bound, serves each connection, and stops within a grace.
//!
//! Everything runs on the thread that calls [`serve`]: a current-thread runtime with its timer enabled. hyper
//! speaks HTTP/1; `connection` adds the deadlines.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use super::bounds::{ListenerBounds, REFUSING_MAX, Scope};
use super::connection::{discard, drive};
use super::open::Open;
use super::route::{Site, answer};
use crate::telemetry::Closed;

/// How long a refused connection may take to close.
const REFUSING: Duration = Duration::from_secs(1);
/// The pause after a failed accept: most likely there are no file descriptors left, and trying at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const REFUSAL: &str = r#"{"error":"too many connections (limits.connections); try this again"}"#;

/// Serves until `shutdown` is ready, then stops accepting, closes idle connections, and gives requests in flight the
/// grace. Returns how many connections were cut off when it was over.
pub async fn serve<S: Site>(
    listener: TcpListener,
    scope: Scope,
    site: Rc<S>,
    bounds: ListenerBounds,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let serving = Serving { site, scope, bounds, connections: JoinSet::new(), refusing: JoinSet::new() };
    LocalSet::new().run_until(serving.run(listener, shutdown)).await
}

/// A listener at work.
struct Serving<S> {
    site: Rc<S>,
    scope: Scope,
    bounds: ListenerBounds,
    connections: JoinSet<()>,
    refusing: JoinSet<()>,
}

impl<S: Site> Serving<S> {
    async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> usize {
        let mut shutdown = pin!(shutdown);
        let open = Open::new(self.bounds.connections, self.site.telemetry().clone());
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = self.connections.join_next(), if !self.connections.is_empty() => continue,
                Some(_) = self.refusing.join_next(), if !self.refusing.is_empty() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.take(stream, &open),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        open.everybody_leaves();
        let finished = async { while self.connections.join_next().await.is_some() {} };
        let _ = timeout(self.bounds.grace, finished).await;
        self.connections.len()
    }

    /// Serves a connection, or refuses it when there is no room.
    fn take(&mut self, stream: TcpStream, open: &Open) {
        let Some(place) = open.enter() else {
            self.site.telemetry().connection_closed(Closed::Refused);
            if self.refusing.len() < REFUSING_MAX {
                self.refusing.spawn_local(refuse(stream));
            }
            return;
        };
        // An answer is written whole; waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        let (site, scope, bounds, watch) = (self.site.clone(), self.scope, self.bounds, place.watch.clone());
        self.connections.spawn_local(async move {
            let seen = watch.clone();
            let service = service_fn(move |request| answer(&site, scope, &seen, request));
            place.leave(drive(stream, service, watch, bounds).await);
        });
    }
}

/// Answers 503 to a connection for which there is no room.
async fn refuse(stream: TcpStream) {
    let Ok(mut stream) = stream.into_std() else { return };
    let refusal = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
        REFUSAL.len()
    );
    // Its send buffer is empty, so this does not block.
    if stream.write_all(refusal.as_bytes()).is_err() || stream.shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    if let Ok(stream) = TcpStream::from_std(stream) {
        discard(stream, REFUSING).await;
    }
}
