//! The table of paths: each with its methods, its role and its handler. The paths of sources are in `ingest/`, each in
//! its source's file, and come first.

use std::sync::Arc;

use hyper::Method;

use super::answers::{RUNBOOKS, health, metrics, page, ready, reload, report, runbook};
use super::app::{App, Views};
use super::{accept, forget};
use crate::config::auth::Role;
use crate::config::guards::Guards;
use crate::http::route::GET;
use crate::http::{Callers, Endpoint, Site};
use crate::ingest::{self, BatchWriter};
use crate::telemetry::Telemetry;

const ADMIN: Option<Role> = Some(Role::Admin);
const VIEW: Option<Role> = Some(Role::View);
const SCRAPE: Option<Role> = Some(Role::Scrape);
const EVERYBODY: Option<Role> = None;

impl<W: BatchWriter, V: Views> App<W, V> {
    const ROUTES: &'static [Endpoint<App<W, V>>] = &[
        Endpoint::new("/metrics", GET, SCRAPE, |app, call| Box::pin(metrics(app, call)))
            .on_every_listener()
            .for_callers(Callers::All),
        Endpoint::new("/", GET, VIEW, |app, call| Box::pin(page(app, call))).for_callers(Callers::Links),
        Endpoint::new(RUNBOOKS, GET, VIEW, |app, call| Box::pin(runbook(app, call)))
            .with_all_below()
            .for_callers(Callers::Links),
        Endpoint::new("/-/healthy", GET, EVERYBODY, |_, _| Box::pin(health())).on_every_listener(),
        Endpoint::new("/-/ready", GET, EVERYBODY, |app, call| Box::pin(ready(app, call))).on_every_listener(),
        Endpoint::new("/-/reload", "POST, PUT", ADMIN, |app, _| Box::pin(reload(app))),
        Endpoint::new("/api/v1/cases", GET, VIEW, |app, call| Box::pin(report(app, call, V::cases))),
        Endpoint::new("/api/v1/events", GET, VIEW, |app, call| Box::pin(report(app, call, V::events))),
        Endpoint::new("/api/v1/status", GET, VIEW, |app, call| Box::pin(report(app, call, V::status))),
        Endpoint::new("/api/v1/preflight", GET, VIEW, |app, call| Box::pin(report(app, call, V::preflight))),
        Endpoint::new("/api/v1/spike", GET, VIEW, |app, call| Box::pin(report(app, call, V::spike))),
        Endpoint::new("/api/v1/forget", "POST", ADMIN, |app, call| Box::pin(forget::take(app, call))),
        Endpoint::new("/api/v1/accept", "POST", ADMIN, |app, call| Box::pin(accept::take(app, call))),
        Endpoint::new("/api/v1/page-test", "POST, DELETE", ADMIN, |app, call| match call.head.method {
            Method::POST => Box::pin(report(app, call, V::begin_page_test)),
            _ => Box::pin(report(app, call, V::end_page_test)),
        }),
    ];
}

impl<W: BatchWriter, V: Views> Site for App<W, V> {
    fn routes() -> impl Iterator<Item = &'static Endpoint<Self>> {
        ingest::routes::<Self>().chain(Self::ROUTES)
    }

    fn telemetry(&self) -> &Telemetry {
        &self.intake.telemetry
    }

    fn guards(&self) -> Arc<Guards> {
        self.intake.settings.get().guards.clone()
    }
}
