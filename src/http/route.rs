//! The table of paths, and what happens to a request before its handler: is the path known, does the token open it, does
//! it have this method.
//!
//! A [`Endpoint`] holds everything about a path, its handler included. The table belongs to the [`Site`] that is served, so
//! this module knows no handler.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use hyper::body::{Body, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{Method, Request};

use super::call::Call;
use super::reply::{Answer, ErrorReply, Reply};
use super::watch::Watch;
use crate::config::auth::Role;
use crate::telemetry::Telemetry;

/// What a handler returns: a future, boxed because each handler has its own type.
pub type Handling = Pin<Box<dyn Future<Output = Result<Reply, ErrorReply>>>>;

/// Everything about one path.
pub struct Endpoint<S: 'static> {
    path: &'static str,
    /// The methods, as `Allow` spells them.
    methods: &'static str,
    /// Whose token opens it; `None` is open to everybody.
    role: Option<Role>,
    /// The narrowest listener that answers it.
    scope: Scope,
    /// Events come in here: `day90_ingest_*` counts its answers.
    is_ingest: bool,
    /// It answers every path that begins like this one.
    has_all_below: bool,
    handler: fn(Rc<S>, Call) -> Handling,
}

impl<S> Endpoint<S> {
    /// A path of the main listener. `methods` are as `Allow` spells them; the token of `role` opens it, or nobody needs
    /// one.
    pub const fn new(
        path: &'static str,
        methods: &'static str,
        role: Option<Role>,
        handler: fn(Rc<S>, Call) -> Handling,
    ) -> Endpoint<S> {
        Endpoint { path, methods, role, scope: Scope::All, is_ingest: false, has_all_below: false, handler }
    }

    /// The listener for metrics answers it too.
    pub const fn on_every_listener(self) -> Endpoint<S> {
        Endpoint { scope: Scope::MetricsOnly, ..self }
    }

    /// It answers every path below it too.
    pub const fn with_all_below(self) -> Endpoint<S> {
        Endpoint { has_all_below: true, ..self }
    }

    fn is_for(&self, path: &str) -> bool {
        self.path == path || self.has_all_below && path.starts_with(self.path)
    }

    /// Events come in here: `day90_ingest_*` counts its answers.
    pub const fn counted_as_ingest(self) -> Endpoint<S> {
        Endpoint { is_ingest: true, ..self }
    }
}

/// What a listener answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// `/metrics`, `/-/healthy` and `/-/ready`.
    MetricsOnly,
}

/// What is served: a table of paths, and what its handlers share.
pub trait Site: Sized + 'static {
    /// The table, in the order in which a 404 lists it.
    fn routes() -> impl Iterator<Item = &'static Endpoint<Self>>;
    fn telemetry(&self) -> &Telemetry;
    /// Whether a request that presents this bearer token may act in a role.
    fn allows(&self, role: Role, token: Option<&[u8]>) -> bool;
}

/// The methods of a path that is only read.
pub const GET: &str = "GET, HEAD";

/// Begins to answer one request. Never fails: what went wrong is an answer too.
pub(super) fn answer<S: Site>(
    site: &Rc<S>,
    scope: Scope,
    watch: &Rc<Watch>,
    request: Request<Incoming>,
) -> Answering<S> {
    let began = Instant::now();
    let is_framed = watch.begins(!request.body().is_end_stream());
    let route = known::<S>(scope).find(|route| route.is_for(request.uri().path()));
    let work = match admit(&**site, scope, route, &request) {
        _ if !is_framed => Work::Refused(Some(ErrorReply::new(
            Answer::Broken,
            "the request has both Content-Length and Transfer-Encoding: its end is ambiguous; send one of them",
        ))),
        Err(problem) => Work::Refused(Some(problem)),
        Ok(route) => Work::Handled((route.handler)(site.clone(), Call::new(request, watch.clone()))),
    };
    let is_ingest = route.is_some_and(|route| route.is_ingest);
    Answering { site: site.clone(), watch: watch.clone(), is_ingest, is_framed, began, work }
}

/// A request on its way to its reply. Written by hand, so that a request costs one allocation: its handler.
pub(super) struct Answering<S> {
    site: Rc<S>,
    watch: Rc<Watch>,
    is_ingest: bool,
    is_framed: bool,
    began: Instant,
    work: Work,
}

enum Work {
    /// Taken when it is polled.
    Refused(Option<ErrorReply>),
    Handled(Handling),
}

impl<S: Site> Future for Answering<S> {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match &mut self.work {
            Work::Handled(handling) => ready!(handling.as_mut().poll(cx)),
            Work::Refused(problem) => Err(problem.take().expect("it is polled once")),
        };
        Poll::Ready(Ok(self.finish(result)))
    }
}

impl<S: Site> Answering<S> {
    fn finish(&self, result: Result<Reply, ErrorReply>) -> Reply {
        // Where the next request begins is unknown, so the connection has to end after this answer.
        let is_last = self.watch.is_body_left() || !self.is_framed;
        let telemetry = self.site.telemetry();
        let reply = result.unwrap_or_else(|problem| {
            if let (true, Some(why)) = (self.is_ingest, problem.refused()) {
                telemetry.refused(why);
            }
            if is_last { problem.closing().reply() } else { problem.reply() }
        });
        if self.is_ingest {
            telemetry.request(reply.status().as_u16(), self.began.elapsed());
        }
        self.watch.answered();
        reply
    }
}

/// What a listener of this scope answers.
fn known<S: Site>(scope: Scope) -> impl Iterator<Item = &'static Endpoint<S>> {
    S::routes().filter(move |route| scope == Scope::All || route.scope == Scope::MetricsOnly)
}

/// Whether the path exists, the caller may use it, and with this method.
fn admit<S: Site>(
    site: &S,
    scope: Scope,
    route: Option<&'static Endpoint<S>>,
    request: &Request<Incoming>,
) -> Result<&'static Endpoint<S>, ErrorReply> {
    let Some(route) = route else {
        let known: Vec<_> = known::<S>(scope).map(|route| format!("{} {}", route.methods, route.path)).collect();
        return Err(ErrorReply::new(Answer::NotFound, format!("nothing is here; known are: {}", known.join("; "))));
    };
    let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if route.role.is_some_and(|role| !site.allows(role, header.and_then(bearer))) {
        return Err(ErrorReply::new(Answer::Unauthorized, "this needs a bearer token: send Authorization: Bearer …"));
    }
    if !has_method(route.methods, request.method()) {
        let allow = route.methods;
        return Err(ErrorReply::new(Answer::Method(allow), format!("this path has {allow} alone")));
    }
    Ok(route)
}

fn has_method(methods: &str, method: &Method) -> bool {
    methods.split(", ").any(|known| known == method.as_str())
}

/// The token of an `Authorization` header.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token.trim_ascii())
}
