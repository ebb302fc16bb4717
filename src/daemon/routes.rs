//! The table of paths: each with its methods, its role and its handler. The paths of sources are in `ingest/`, each in
//! its source's file, and come first.

use hyper::Method;

use super::answers::{health, metrics, page, ready, reload, report};
use super::app::{App, Unanswered, Views};
use super::forget;
use crate::config::auth::Role;
use crate::http::route::GET;
use crate::http::{Route, Scope, Site};
use crate::ingest::{self, Writer};
use crate::telemetry::Telemetry;

impl<W: Writer, V: Views> App<W, V> {
    const ROUTES: &'static [Route<App<W, V>>] = &[
        Route {
            path: "/metrics",
            methods: GET,
            role: Some(Role::Scrape),
            scope: Scope::MetricsOnly,
            is_ingest: false,
            handler: |app, call| Box::pin(metrics(app, call)),
        },
        Route {
            path: "/",
            methods: GET,
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, _| Box::pin(page(app)),
        },
        Route {
            path: "/-/healthy",
            methods: GET,
            role: None,
            scope: Scope::MetricsOnly,
            is_ingest: false,
            handler: |_, _| Box::pin(health()),
        },
        Route {
            path: "/-/ready",
            methods: GET,
            role: None,
            scope: Scope::MetricsOnly,
            is_ingest: false,
            handler: |app, _| Box::pin(ready(app)),
        },
        Route {
            path: "/-/reload",
            methods: "POST, PUT",
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, _| Box::pin(reload(app)),
        },
        Route {
            path: "/api/v1/cases",
            methods: GET,
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, call| Box::pin(report(app, call, V::cases)),
        },
        Route {
            path: "/api/v1/preflight",
            methods: GET,
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, call| Box::pin(report(app, call, V::preflight)),
        },
        Route {
            path: "/api/v1/spike",
            methods: GET,
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, call| Box::pin(report(app, call, V::spike)),
        },
        Route {
            path: "/api/v1/forget",
            methods: "POST",
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, call| Box::pin(forget::take(app, call)),
        },
        Route {
            path: "/api/v1/page-test",
            methods: "POST, DELETE",
            role: Some(Role::Admin),
            scope: Scope::All,
            is_ingest: false,
            handler: |app, call| {
                let begin = call.head.method == Method::POST;
                Box::pin(report(app, call, move |views: &V, query: &str| -> Result<String, Unanswered> {
                    views.page_test(query, begin)
                }))
            },
        },
    ];
}

impl<W: Writer, V: Views> Site for App<W, V> {
    fn routes() -> impl Iterator<Item = &'static Route<Self>> {
        ingest::routes::<Self>().chain(Self::ROUTES)
    }

    fn telemetry(&self) -> &Telemetry {
        &self.intake.telemetry
    }

    fn allows(&self, role: Role, token: Option<&[u8]>) -> bool {
        self.intake.settings.get().tokens.allow(role, token)
    }
}
