//! The handlers of everything that is asked for, rather than sent: health, metrics, pages, reports, the reload.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HOST, HeaderValue, VARY};
use tokio::time::timeout;

use super::app::{App, RENDERING_MAX, Unanswered, Views};
use super::readers::Held;
use super::reload::Unchanged;
use crate::expose;
use crate::http::reply::{Answer, ErrorReply, HTML, JSON, Reply, TEXT, answer};
use crate::http::{Call, Peer, Scope};
use crate::ingest::BatchWriter;
use crate::telemetry::Refused;
use crate::words::printable_json;

/// About what a page or a report takes. Bytes.
const REPORT_BYTES: usize = 256 << 10;
/// A packed exposition is one part in this many of the plain one, or less.
const PACKED_PART: usize = 8;
/// How long an answer waits for its turn: about as long as a scrape may take.
const RENDERING_WAIT: Duration = Duration::from_secs(10);
/// Prometheus, and what scrapes like it, says with this how long it waits.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";
/// For a caller who says no host.
const DEFAULT_HOST: &str = "127.0.0.1:9790";
/// Runbooks are below this path.
pub(super) const RUNBOOKS: &str = "/runbooks/";
/// A page is one document with its style inside: nothing else may be loaded or run, and its buttons ask this daemon alone.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

pub(super) async fn health() -> Result<Reply, ErrorReply> {
    Ok(answer(StatusCode::OK, TEXT, "day90 is healthy.\n"))
}

pub(super) async fn ready<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    Ok(match app.views.ready() {
        Ok(()) => answer(StatusCode::OK, TEXT, "day90 is ready.\n"),
        // The reason may name paths of this host, and the listener for metrics is for others.
        Err(_) if call.scope == Scope::MetricsOnly => {
            answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "day90 is not ready: its log and its main listener say why\n")
        }
        Err(why) => answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("day90 is not ready: {why}\n")),
    })
}

pub(super) async fn reload<W: BatchWriter, V: Views>(app: Rc<App<W, V>>) -> Result<Reply, ErrorReply> {
    match app.views.reload().await {
        Ok(()) => Ok(answer(StatusCode::OK, TEXT, "The configuration was read again and is in force.\n")),
        Err(unchanged) => {
            let answer = match &unchanged {
                Unchanged::Mistake(_) => Answer::Failed,
                Unchanged::Unrecorded(_) => Answer::Busy,
            };
            Err(ErrorReply::new(answer, format!("the configuration in force stays: {unchanged}")))
        }
    }
}

pub(super) async fn page<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    let host = host_of(&call).to_owned();
    // A page reads all samples, and takes more memory than its text.
    let reader = call.reader();
    let (page, held) = aside(&app, RENDERING_MAX, (reader, REPORT_BYTES), move |views| views.page(&host)).await?;
    Ok(html(kept(page, held)))
}

/// A runbook, or the list of them.
pub(super) async fn runbook<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    let path = call.head.uri.path().strip_prefix(RUNBOOKS).unwrap_or_default();
    let page = app.views.runbook(path);
    let none = || ErrorReply::new(Answer::NotFound, format!("no runbook has this name; {RUNBOOKS} lists them"));
    Ok(html(page.ok_or_else(none)?))
}

fn html(page: impl Into<Bytes>) -> Reply {
    let mut reply = answer(StatusCode::OK, HTML, page);
    reply.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    reply
}

/// Where the caller reached this daemon: what it says, if that can be pasted into a shell as it is.
fn host_of(call: &Call) -> &str {
    const BYTES_MAX: usize = 255;
    let is_plain = |host: &&str| {
        (1..=BYTES_MAX).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte))
    };
    let said = call.head.headers.get(HOST).and_then(|host| host.to_str().ok());
    said.filter(is_plain).unwrap_or(DEFAULT_HOST)
}

/// A JSON report that a query asks for.
pub(super) async fn report<W: BatchWriter, V: Views>(
    app: Rc<App<W, V>>,
    call: Call,
    report: impl FnOnce(&V, &str) -> Result<String, Unanswered> + Send + 'static,
) -> Result<Reply, ErrorReply> {
    let query = call.query().to_owned();
    let reader = call.reader();
    let (report, held) =
        aside(&app, 1, (reader, REPORT_BYTES), move |views| report(views, &query).map(printable_json)).await?;
    match report {
        Ok(json) => Ok(answer(StatusCode::OK, JSON, kept(json, held))),
        Err(Unanswered::Wrong(why)) => Err(ErrorReply::new(Answer::Broken, why)),
        Err(Unanswered::Unknown(why)) => Err(ErrorReply::new(Answer::NotFound, why)),
    }
}

pub(super) async fn metrics<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    let settings = app.intake.settings.get().metrics;
    // Whoever counts increases begins to count at the first sample that it sees. People see what there is.
    let newborn = call.head.headers.contains_key(SCRAPE_TIMEOUT).then_some(settings.newborn);
    let chosen = expose::negotiate::choose(&call.head.headers, settings);
    let began = Instant::now();
    let (telemetry, expositions) = (app.intake.telemetry.clone(), app.expositions.clone());
    let now = app.intake.clock.now();
    let bytes = expositions[chosen.format() as usize].load(Ordering::Relaxed);
    let wanted = if chosen.gzip { bytes / PACKED_PART } else { bytes };
    let (body, held) = aside(&app, 1, (call.reader(), wanted), move |views| {
        let expected = &expositions[chosen.format() as usize];
        views.look_at_the_clock();
        let exposition = expose::answer(chosen, settings, bytes, |sink| {
            telemetry.visit_at(now, newborn, sink);
            views.visit(newborn, sink);
        });
        expected.store(exposition.plain_bytes, Ordering::Relaxed);
        exposition.bytes
    })
    .await?;
    app.intake.telemetry.scraped(chosen.format(), began.elapsed());
    let media = HeaderValue::try_from(chosen.content_type()).expect("it is made of fixed words");
    let mut reply = answer(StatusCode::OK, media, kept(body, held));
    reply.headers_mut().insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if let Some(encoding) = chosen.content_encoding() {
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(reply)
}

/// Runs slow work on a blocking thread, a few at once. The answer is about `bytes` long, and `reader` will read it.
pub(super) async fn aside<W: BatchWriter, V: Views, T: Send + 'static>(
    app: &App<W, V>,
    places: usize,
    (reader, bytes): (Peer, usize),
    work: impl FnOnce(&V) -> T + Send + 'static,
) -> Result<(T, Arc<Held>), ErrorReply> {
    let busy = |error| ErrorReply::busy(Refused::Memory, error);
    let held = app.readers.room(bytes, reader, RENDERING_WAIT).await;
    let held = held.ok_or_else(|| busy("too many readers take their answers slowly; ask again"))?;
    let place = timeout(RENDERING_WAIT, app.rendering.acquire_many(places as u32)).await;
    let Ok(Ok(_place)) = place else { return Err(busy("too many answers are being made; ask again")) };
    let views = app.views.clone();
    let done = tokio::task::spawn_blocking(move || work(&views)).await;
    let done = done.map_err(|_| ErrorReply::new(Answer::Failed, "this answer could not be made; the log says why"))?;
    Ok((done, held))
}

/// A body that is counted among what waits to be read, until it is.
fn kept(body: impl Into<Vec<u8>>, held: Arc<Held>) -> Bytes {
    struct Kept {
        body: Vec<u8>,
        _held: Arc<Held>,
    }
    impl AsRef<[u8]> for Kept {
        fn as_ref(&self) -> &[u8] {
            &self.body
        }
    }
    let body = body.into();
    held.is(body.len());
    Bytes::from_owner(Kept { body, _held: held })
}
