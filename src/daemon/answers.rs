//! The handlers of everything that is asked for, rather than sent: health, metrics, pages, reports, the reload.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HOST, HeaderValue, VARY};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::app::{App, RENDERING_MAX, Unanswered, Views};
use crate::expose;
use crate::http::Call;
use crate::http::reply::{Answer, ErrorReply, HTML, JSON, Reply, TEXT, answer};
use crate::ingest::BatchWriter;
use crate::telemetry::Refused;

/// How long an answer waits for its turn: about as long as a scrape may take.
const RENDERING_WAIT: Duration = Duration::from_secs(10);
/// Prometheus, and what scrapes like it, says with this how long it waits.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";
/// For a caller who says no host.
const DEFAULT_HOST: &str = "127.0.0.1:9790";
/// Runbooks are below this path.
pub(super) const RUNBOOKS: &str = "/runbooks/";
/// A page is one document with its style inside: nothing else may be loaded or run.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) async fn health() -> Result<Reply, ErrorReply> {
    Ok(answer(StatusCode::OK, TEXT, "day90 is healthy.\n"))
}

pub(super) async fn ready<W: BatchWriter, V: Views>(app: Rc<App<W, V>>) -> Result<Reply, ErrorReply> {
    Ok(match app.views.ready() {
        Ok(()) => answer(StatusCode::OK, TEXT, "day90 is ready.\n"),
        Err(why) => answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("day90 is not ready: {why}\n")),
    })
}

pub(super) async fn reload<W: BatchWriter, V: Views>(app: Rc<App<W, V>>) -> Result<Reply, ErrorReply> {
    match app.views.reload().await {
        Ok(()) => Ok(answer(StatusCode::OK, TEXT, "The configuration was read again and is in force.\n")),
        Err(why) => Err(ErrorReply::new(Answer::Failed, format!("the configuration in force stays: {why}"))),
    }
}

pub(super) async fn page<W: BatchWriter, V: Views>(app: Rc<App<W, V>>, call: Call) -> Result<Reply, ErrorReply> {
    let host = host_of(&call).to_owned();
    // A page reads all samples, and takes more memory than its text.
    let (page, place) = aside(&app, RENDERING_MAX, move |views| views.page(&host)).await?;
    Ok(html(placed(page, place)))
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
    let (report, place) = aside(&app, 1, move |views| report(views, &query)).await?;
    match report {
        Ok(json) => Ok(answer(StatusCode::OK, JSON, placed(json, place))),
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
    let (body, place) = aside(&app, 1, move |views| {
        let expected = &expositions[chosen.format() as usize];
        let bytes = expected.load(Ordering::Relaxed);
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
    let mut reply = answer(StatusCode::OK, media, placed(body, place));
    reply.headers_mut().insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if let Some(encoding) = chosen.content_encoding() {
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(reply)
}

/// Runs slow work on a blocking thread, a few at once. An answer may be large, so it keeps its places until the client has
/// read it.
async fn aside<W: BatchWriter, V: Views, T: Send + 'static>(
    app: &App<W, V>,
    places: usize,
    work: impl FnOnce(&V) -> T + Send + 'static,
) -> Result<(T, OwnedSemaphorePermit), ErrorReply> {
    let views = app.views.clone();
    let place = timeout(RENDERING_WAIT, app.rendering.clone().acquire_many_owned(places as u32)).await;
    let Ok(Ok(place)) = place else {
        let error = "too many readers take their answers slowly; ask again";
        return Err(ErrorReply::busy(Refused::Memory, error));
    };
    let done = tokio::task::spawn_blocking(move || work(&views)).await;
    let done = done.map_err(|_| ErrorReply::new(Answer::Failed, "this answer could not be made; the log says why"))?;
    Ok((done, place))
}

/// A body that keeps its place while it is being read.
fn placed(body: impl Into<Vec<u8>>, place: OwnedSemaphorePermit) -> Bytes {
    struct Placed {
        body: Vec<u8>,
        _place: OwnedSemaphorePermit,
    }
    impl AsRef<[u8]> for Placed {
        fn as_ref(&self) -> &[u8] {
            &self.body
        }
    }
    Bytes::from_owner(Placed { body: body.into(), _place: place })
}
