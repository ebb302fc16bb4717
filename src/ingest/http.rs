//! The listener: accepts within a bound, serves each connection, and stops within a grace.
//!
//! Everything runs on the thread that calls [`serve`]: a current-thread runtime with its timer enabled. hyper
//! speaks HTTP/1; `connection` adds the deadlines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use super::connection::{Watch, discard, drive};
use super::route::route;
use super::{App, Views, Writer};
use crate::telemetry::{Closed, Telemetry};

/// How long a client may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deadlines {
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Between two pieces of a body.
    pub body_idle: Duration,
    /// From the first wait for a body to its end.
    pub body_total: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// While the client takes nothing of its answer.
    pub write_stall: Duration,
    /// How long what was sent in vain is read, so that the client gets to read its refusal.
    pub linger: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            first_byte: Duration::from_secs(5),
            head: Duration::from_secs(5),
            body_idle: Duration::from_secs(10),
            body_total: Duration::from_secs(30),
            keep_alive: Duration::from_secs(120),
            write_stall: Duration::from_secs(30),
            linger: Duration::from_secs(2),
        }
    }
}

/// What one listener may hold, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Connections at once: `limits.connections`. Over it an idle one makes room, else the new one gets 503.
    pub connections: usize,
    /// What may be buffered of a connection, each way, in bytes; a request head must fit. At least 8 KiB.
    pub buffer_bytes: usize,
    pub deadlines: Deadlines,
    /// How long requests in flight may take once the listener stops.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            connections: 512,
            buffer_bytes: 64 << 10,
            deadlines: Deadlines::default(),
            grace: Duration::from_secs(10),
        }
    }
}

/// What a listener answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routes {
    All,
    /// `/metrics`, `/-/healthy` and `/-/ready`.
    MetricsOnly,
}

/// Connections that are told 503 at once; beyond it they are closed without a word.
const REFUSING_MAX: usize = 64;
/// How long a refused connection may take to go.
const REFUSING: Duration = Duration::from_secs(1);
/// After a failed accept: out of file descriptors, most likely, and asking again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const REFUSAL: &str = r#"{"error":"too many connections (limits.connections); try this again"}"#;

/// Serves until `shutdown` is ready, then stops accepting, closes what is idle, and gives what is in flight the
/// grace. Returns how many connections were cut off when it was over.
pub async fn serve<W: Writer, V: Views>(
    listener: TcpListener,
    routes: Routes,
    app: App<W, V>,
    bounds: Bounds,
    shutdown: impl Future<Output = ()>,
) -> usize {
    LocalSet::new().run_until(accept(listener, routes, Rc::new(app), bounds, shutdown)).await
}

async fn accept<W: Writer, V: Views>(
    listener: TcpListener,
    routes: Routes,
    app: Rc<App<W, V>>,
    bounds: Bounds,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let mut shutdown = pin!(shutdown);
    let open = Open::new(bounds.connections, app.telemetry.clone());
    let (mut serving, mut refusing) = (JoinSet::new(), JoinSet::new());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = serving.join_next(), if !serving.is_empty() => continue,
            Some(_) = refusing.join_next(), if !refusing.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = open.enter() else {
            app.telemetry.connection_closed(Closed::Refused);
            if refusing.len() < REFUSING_MAX {
                refusing.spawn_local(refuse(stream));
            }
            continue;
        };
        // An answer is written whole; waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        let (app, watch) = (app.clone(), place.watch.clone());
        serving.spawn_local(async move {
            let told = watch.clone();
            let service = service_fn(move |request| Box::pin(route(app.clone(), routes, told.clone(), request)));
            place.leave(drive(stream, service, watch, bounds).await);
        });
    }
    drop(listener);
    open.everybody_leaves();
    let finished = async { while serving.join_next().await.is_some() {} };
    let _ = timeout(bounds.grace, finished).await;
    serving.len()
}

/// Tells a connection that there is no room for it.
async fn refuse(stream: TcpStream) {
    let Ok(mut stream) = stream.into_std() else { return };
    let refusal = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
        REFUSAL.len()
    );
    // Its send buffer is empty: this does not wait.
    if stream.write_all(refusal.as_bytes()).is_err() || stream.shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    if let Ok(stream) = TcpStream::from_std(stream) {
        discard(stream, REFUSING).await;
    }
}

/// The connections that are open, and their bound.
#[derive(Clone)]
struct Open {
    watches: Rc<RefCell<Watches>>,
    max: usize,
    telemetry: Telemetry,
}

#[derive(Default)]
struct Watches {
    next: u64,
    by_number: BTreeMap<u64, Rc<Watch>>,
    /// Connections that were asked to make room and have not gone yet.
    leaving: usize,
}

/// A connection's place; free again when dropped.
struct Place {
    open: Open,
    number: u64,
    watch: Rc<Watch>,
    /// Why it is given up; unless it says otherwise, because the daemon stops.
    closed: Closed,
}

impl Open {
    fn new(max: usize, telemetry: Telemetry) -> Open {
        Open { watches: Rc::default(), max, telemetry }
    }

    /// A place for one more. If it must, a connection that nothing is owed makes room: one that never said anything, else
    /// the one that has been idle longest.
    fn enter(&self) -> Option<Place> {
        let mut watches = self.watches.borrow_mut();
        if watches.by_number.len() - watches.leaving >= self.max {
            let idle = watches.by_number.values().filter_map(|watch| Some((watch.idle_since()?, watch)));
            let (_, oldest) = idle.min_by_key(|(since, _)| *since)?;
            oldest.evict();
            watches.leaving += 1;
        }
        let number = watches.next;
        watches.next += 1;
        let watch = Watch::new();
        watches.by_number.insert(number, watch.clone());
        self.telemetry.connection_opened();
        Some(Place { open: self.clone(), number, watch, closed: Closed::Stopped })
    }

    fn everybody_leaves(&self) {
        self.watches.borrow().by_number.values().for_each(|watch| watch.leave());
    }
}

impl Place {
    fn leave(mut self, closed: Closed) {
        self.closed = if self.watch.was_evicted() { Closed::Evicted } else { closed };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut watches = self.open.watches.borrow_mut();
        watches.by_number.remove(&self.number);
        watches.leaving -= usize::from(self.watch.was_evicted());
        self.open.telemetry.connection_closed(self.closed);
    }
}
