//! The table of paths: who may ask, with which method, for what.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderValue, VARY};
use hyper::{Method, Request, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::connection::Watch;
use super::http::Routes;
use super::reply::{Answer, HTML, JSON, Problem, Reply, TEXT, answer};
use super::{App, RENDERING_MAX, Unanswered, Views, Writer, events, forget};
use crate::config::auth::Role;
use crate::expose;
use crate::telemetry::Refused;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Events,
    Metrics,
    Page,
    Healthy,
    Ready,
    Reload,
    Cases,
    Preflight,
    Spike,
    Forget,
    PageTest,
}

const GET: &str = "GET, HEAD";
/// How long an answer waits for its turn: about as long as a scrape may take.
const RENDERING_WAIT: Duration = Duration::from_secs(10);
/// The status page is one document with its style inside: nothing else may be loaded or run.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

impl Path {
    const ALL: &'static [(&'static str, Path)] = &[
        ("/v1/events", Path::Events),
        ("/metrics", Path::Metrics),
        ("/", Path::Page),
        ("/-/healthy", Path::Healthy),
        ("/-/ready", Path::Ready),
        ("/-/reload", Path::Reload),
        ("/api/v1/cases", Path::Cases),
        ("/api/v1/preflight", Path::Preflight),
        ("/api/v1/spike", Path::Spike),
        ("/api/v1/forget", Path::Forget),
        ("/api/v1/page-test", Path::PageTest),
    ];

    fn of(path: &str, routes: Routes) -> Option<Path> {
        Self::known(routes).find(|(name, _)| *name == path).map(|(_, path)| path)
    }

    fn known(routes: Routes) -> impl Iterator<Item = (&'static str, Path)> {
        let open = move |path| routes == Routes::All || matches!(path, Path::Metrics | Path::Healthy | Path::Ready);
        Self::ALL.iter().copied().filter(move |(_, path)| open(*path))
    }

    /// The methods that it has, as `Allow` spells them.
    fn methods(self) -> &'static str {
        match self {
            Path::Events | Path::Forget => "POST",
            Path::Reload => "POST, PUT",
            Path::PageTest => "POST, DELETE",
            _ => GET,
        }
    }

    /// Whose token opens it; health is open to everybody.
    fn role(self) -> Option<Role> {
        match self {
            Path::Events => Some(Role::Ingest),
            Path::Metrics => Some(Role::Scrape),
            Path::Page | Path::Reload | Path::Cases | Path::Preflight | Path::Spike | Path::PageTest | Path::Forget => {
                Some(Role::Admin)
            }
            Path::Healthy | Path::Ready => None,
        }
    }
}

/// Answers one request. Never fails: what went wrong is an answer too.
pub(super) async fn route<W: Writer, V: Views>(
    app: Rc<App<W, V>>,
    routes: Routes,
    watch: Rc<Watch>,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let began = Instant::now();
    let framed = watch.begins();
    let path = Path::of(request.uri().path(), routes);
    // What is not read now will not be: the connection has to end after the answer.
    let mut unread = !request.body().is_end_stream();
    let result = match (framed, admit(&app, routes, path, &request)) {
        (false, _) => Err(Problem::new(
            Answer::Broken,
            "the request has both Content-Length and Transfer-Encoding: its end is ambiguous; send one of them",
        )),
        (true, Err(problem)) => Err(problem),
        (true, Ok(Path::Events)) => events::take(&app, &watch, request, &mut unread).await,
        (true, Ok(Path::Forget)) => forget::take(&app, &watch, request, &mut unread).await,
        (true, Ok(path)) => show(&app, path, &request).await,
    };
    let ambiguous = !framed;
    if let (Some(Path::Events), Err(Some(why))) = (path, result.as_ref().map_err(Problem::refused)) {
        app.telemetry.refused(why);
    }
    let reply = result.unwrap_or_else(|problem| if unread || ambiguous { problem.closing() } else { problem }.reply());
    if path == Some(Path::Events) {
        app.telemetry.request(reply.status().as_u16(), began.elapsed());
    }
    watch.answered(unread);
    Ok(reply)
}

/// Whether the path exists, the caller may use it, and in this way.
fn admit<W: Writer, V: Views>(
    app: &App<W, V>,
    routes: Routes,
    path: Option<Path>,
    request: &Request<Incoming>,
) -> Result<Path, Problem> {
    let Some(path) = path else {
        let known: Vec<_> = Path::known(routes).map(|(name, path)| format!("{} {name}", path.methods())).collect();
        return Err(Problem::new(Answer::NotFound, format!("nothing is here; known are: {}", known.join("; "))));
    };
    let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if path.role().is_some_and(|role| !app.settings.get().tokens.allow(role, header.and_then(bearer))) {
        return Err(Problem::new(Answer::Unauthorized, "this needs a bearer token: send Authorization: Bearer …"));
    }
    let fits = match path.methods() {
        GET => [Method::GET, Method::HEAD].contains(request.method()),
        methods => methods.split(", ").any(|method| method == request.method().as_str()),
    };
    if !fits {
        let allow = path.methods();
        return Err(Problem::new(Answer::Method(allow), format!("this path has {allow} alone")));
    }
    Ok(path)
}

/// The token of an `Authorization` header.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token.trim_ascii())
}

/// Everything that is asked for, rather than sent.
async fn show<W: Writer, V: Views>(app: &App<W, V>, path: Path, request: &Request<Incoming>) -> Result<Reply, Problem> {
    let ok = |media, text: String| Ok(answer(StatusCode::OK, media, text));
    match path {
        Path::Healthy => ok(TEXT, "day90 is healthy.\n".into()),
        Path::Ready => match app.views.ready() {
            Ok(()) => ok(TEXT, "day90 is ready.\n".into()),
            Err(why) => Ok(answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("day90 is not ready: {why}\n"))),
        },
        Path::Reload => match app.views.reload().await {
            Ok(()) => ok(TEXT, "The configuration was read again and is in force.\n".into()),
            Err(why) => Err(Problem::new(Answer::Failed, format!("the configuration in force stays: {why}"))),
        },
        Path::Page => {
            // A page reads all samples, and takes more than its text.
            let (page, place) = aside(app, RENDERING_MAX, |views| views.page()).await?;
            let mut reply = answer(StatusCode::OK, HTML, placed(page, place));
            reply.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
            Ok(reply)
        }
        Path::Cases => json(app, request, |views, query| views.cases(query).map_err(Unanswered::Wrong)).await,
        Path::Preflight => json(app, request, |views, query| views.preflight(query).map_err(Unanswered::Wrong)).await,
        Path::PageTest => {
            let begin = request.method() == Method::POST;
            json(app, request, move |views, query| views.page_test(query, begin)).await
        }
        Path::Spike => json(app, request, V::spike).await,
        Path::Metrics => metrics(app, request).await,
        Path::Events | Path::Forget => Err(Problem::new(Answer::NotFound, "this is sent, not asked for")),
    }
}

/// A report that a query asks for.
async fn json<W: Writer, V: Views>(
    app: &App<W, V>,
    request: &Request<Incoming>,
    report: impl FnOnce(&V, &str) -> Result<String, Unanswered> + Send + 'static,
) -> Result<Reply, Problem> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (report, place) = aside(app, 1, move |views| report(views, &query)).await?;
    match report {
        Ok(json) => Ok(answer(StatusCode::OK, JSON, placed(json, place))),
        Err(Unanswered::Wrong(why)) => Err(Problem::new(Answer::Broken, why)),
        Err(Unanswered::Unknown(why)) => Err(Problem::new(Answer::NotFound, why)),
    }
}

async fn metrics<W: Writer, V: Views>(app: &App<W, V>, request: &Request<Incoming>) -> Result<Reply, Problem> {
    let settings = app.settings.get().metrics;
    let chosen = expose::negotiate::choose(request.headers(), settings);
    let began = Instant::now();
    let (telemetry, expected) = (app.telemetry.clone(), app.exposition.clone());
    let (body, place) = aside(app, 1, move |views| {
        let expected = &expected[chosen.format() as usize];
        let bytes = expected.load(Ordering::Relaxed);
        let exposition = expose::write(chosen.format(), chosen.escaping, settings, bytes, |sink| {
            telemetry.visit(sink);
            views.visit(sink);
        });
        expected.store(exposition.len(), Ordering::Relaxed);
        chosen.pack(exposition)
    })
    .await?;
    app.telemetry.scraped(chosen.format(), began.elapsed());
    let media = HeaderValue::try_from(chosen.content_type()).expect("it is made of fixed words");
    let mut reply = answer(StatusCode::OK, media, placed(body, place));
    reply.headers_mut().insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if let Some(encoding) = chosen.content_encoding() {
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(reply)
}

/// Runs what takes its time on a blocking thread; a few at once. Their answers may be large: each keeps its places until
/// it has been read.
async fn aside<W: Writer, V: Views, T: Send + 'static>(
    app: &App<W, V>,
    places: usize,
    work: impl FnOnce(&V) -> T + Send + 'static,
) -> Result<(T, OwnedSemaphorePermit), Problem> {
    let views = app.views.clone();
    let place = timeout(RENDERING_WAIT, app.rendering.clone().acquire_many_owned(places as u32)).await;
    let Ok(Ok(place)) = place else {
        let error = "too many readers take their answers slowly; ask again";
        return Err(Problem::busy(Refused::Memory, error));
    };
    let done = tokio::task::spawn_blocking(move || work(&views)).await;
    let done = done.map_err(|_| Problem::new(Answer::Failed, "this answer could not be made; the log says why"))?;
    Ok((done, place))
}

/// A body that keeps its place while it is being read.
fn placed(body: impl Into<Vec<u8>>, place: OwnedSemaphorePermit) -> Bytes {
    struct Placed(Vec<u8>, #[expect(dead_code, reason = "dropped with the body")] OwnedSemaphorePermit);
    impl AsRef<[u8]> for Placed {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    Bytes::from_owner(Placed(body.into(), place))
}
