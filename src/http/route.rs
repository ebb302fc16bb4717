//! The table of paths, and what happens to a request before its handler: is the path known, is it no page of another site
//! that asks, does the token open it, does it have this method.
//!
//! A [`Endpoint`] holds everything about a path, its handler included. The table belongs to the [`Site`] that is served, so
//! this module knows no handler.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::{Body, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request};

use super::bounds::Scope;
use super::call::Call;
use super::foreign::{self, Callers};
use super::reply::{Answer, ErrorReply, Reply};
use super::watch::{Kind, Watch};
use crate::config::auth::Role;
use crate::config::guards::{Admission, Guards};
use crate::telemetry::{Refused, Telemetry};

/// The answer to a connection without an ordinary place.
const NO_PLACE: &str =
    "too many connections (limits.connections), and this one may ask for /metrics and health alone; try this again";

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
    callers: Callers,
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
        let (scope, callers) = (Scope::All, Callers::Own);
        Endpoint { path, methods, role, scope, is_ingest: false, has_all_below: false, callers, handler }
    }

    /// Who may ask for it from elsewhere; unless this is said, nobody.
    pub const fn for_callers(self, callers: Callers) -> Endpoint<S> {
        Endpoint { callers, ..self }
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

/// What is served: a table of paths, and what its handlers share.
pub trait Site: Sized + 'static {
    /// The table, in the order in which a 404 lists it.
    fn routes() -> impl Iterator<Item = &'static Endpoint<Self>>;
    fn telemetry(&self) -> &Telemetry;
    /// Who may act in which role, now.
    fn guards(&self) -> Arc<Guards>;
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
        // It came when there was no ordinary place; whoever wants more than a probe comes again.
        _ if watch.kind() == Kind::Probe && route.is_none_or(|route| route.scope == Scope::All) => {
            watch.leave();
            Work::Refused(Some(ErrorReply::busy(Refused::Requests, NO_PLACE)))
        }
        _ if !is_framed => Work::Refused(Some(ErrorReply::new(
            Answer::Broken,
            "the request has both Content-Length and Transfer-Encoding: its end is ambiguous; send one of them",
        ))),
        Err(problem) => Work::Refused(Some(problem)),
        Ok(route) => Work::Handled((route.handler)(site.clone(), Call::new(request, scope, watch.clone()))),
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
    if let Some(role) = route.role {
        let guards = site.guards();
        let token = request.headers().get(AUTHORIZATION).and_then(|header| token(header.as_bytes()));
        let entry = guards.entry(scope.listener(), role, token.as_deref());
        if let Some(why) = foreign::refusal(request, route.callers, entry, &guards.hosts) {
            return Err(ErrorReply::new(Answer::Foreign, why));
        }
        if entry == Admission::Closed {
            return Err(ErrorReply::new(Answer::Unauthorized, guards.how_to_open(role)));
        }
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

/// The token of an `Authorization` header: of a program as Bearer, of a browser as the password of Basic.
fn token(header: &[u8]) -> Option<Cow<'_, [u8]>> {
    let at = header.iter().position(|byte| *byte == b' ')?;
    let (scheme, value) = (&header[..at], header[at..].trim_ascii());
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Some(value.into());
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return None;
    }
    let pair = BASE64_STANDARD.decode(value).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair[colon + 1..].to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_bearer_or_the_password_of_anybody() {
        let token = |header: &str| token(header.as_bytes()).map(|token| String::from_utf8_lossy(&token).into_owned());
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer   abc ").as_deref(), Some("abc"));
        // Aladdin:open sesame, as in RFC 7617; then with no name, and with a colon in the password.
        assert_eq!(token("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").as_deref(), Some("open sesame"));
        assert_eq!(token("basic OmFiYw==").as_deref(), Some("abc"));
        assert_eq!(token("Basic YTpiOmM=").as_deref(), Some("b:c"));
        for header in ["", "Bearer", "Basic", "Basic QWxhZGRpbg==", "Basic !!", "Digest abc"] {
            assert_eq!(token(header), None, "{header}");
        }
    }
}
