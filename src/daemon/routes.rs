//! The table of paths: each with its methods, its role and its handler. The paths of sources are in `ingest/`, each in
//! its source's file, and come first.

use hyper::Method;

use super::answers::{RUNBOOKS, health, metrics, page, ready, reload, report, runbook};
use super::app::{App, Views};
use super::forget;
use crate::config::auth::Role;
use crate::http::route::GET;
use crate::http::{Endpoint, Site};
use crate::ingest::{self, BatchWriter};
use crate::telemetry::Telemetry;

const ADMIN: Option<Role> = Some(Role::Admin);
const SCRAPE: Option<Role> = Some(Role::Scrape);
const EVERYBODY: Option<Role> = None;

impl<W: BatchWriter, V: Views> App<W, V> {
    const ROUTES: &'static [Endpoint<App<W, V>>] = &[
        Endpoint::new("/metrics", GET, SCRAPE, |app, call| Box::pin(metrics(app, call))).on_every_listener(),
        Endpoint::new("/", GET, ADMIN, |app, call| Box::pin(page(app, call))),
        Endpoint::new(RUNBOOKS, GET, ADMIN, |app, call| Box::pin(runbook(app, call))).with_all_below(),
        Endpoint::new("/-/healthy", GET, EVERYBODY, |_, _| Box::pin(health())).on_every_listener(),
        Endpoint::new("/-/ready", GET, EVERYBODY, |app, _| Box::pin(ready(app))).on_every_listener(),
        Endpoint::new("/-/reload", "POST, PUT", ADMIN, |app, _| Box::pin(reload(app))),
        Endpoint::new("/api/v1/cases", GET, ADMIN, |app, call| Box::pin(report(app, call, V::cases))),
        Endpoint::new("/api/v1/events", GET, ADMIN, |app, call| Box::pin(report(app, call, V::events))),
        Endpoint::new("/api/v1/status", GET, ADMIN, |app, call| Box::pin(report(app, call, V::status))),
        Endpoint::new("/api/v1/preflight", GET, ADMIN, |app, call| Box::pin(report(app, call, V::preflight))),
        Endpoint::new("/api/v1/spike", GET, ADMIN, |app, call| Box::pin(report(app, call, V::spike))),
        Endpoint::new("/api/v1/forget", "POST", ADMIN, |app, call| Box::pin(forget::take(app, call))),
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

    fn allows(&self, role: Role, token: Option<&[u8]>) -> bool {
        self.intake.settings.get().tokens.allow(role, token)
    }
}
