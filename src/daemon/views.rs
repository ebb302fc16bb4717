//! What the GETs show of the daemon, and the reload.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use tokio::signal::unix::Signal;
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::World;
use super::facts::facts;
use super::page_test::PageTests;
use crate::clock::Clock;
use crate::config::auth::Tokens;
use crate::config::{self, Config, Overrides};
use crate::event::Timestamp;
use crate::ingest::{self, Live, Settings, Unanswered};
use crate::page::{self, samples::Samples};
use crate::pipeline::{Batch, Case, Erased, Handle, Health, Outcome, Refusal};
use crate::preflight;
use crate::state::Snapshot;
use crate::state::engine::family::Sink;
use crate::state::views::cases::PAGE_MAX;
use crate::telemetry::Telemetry;

/// Open cases on a page, when the caller doesn't say.
const PAGE_DEFAULT: usize = 100;

impl ingest::Writer for Handle {
    async fn submit(&self, batch: Batch) -> Result<Outcome, Refusal> {
        Handle::submit(self, batch).await
    }
    async fn forget(&self, case: Case) -> Result<Erased, Refusal> {
        Handle::forget(self, case).await
    }
    fn id_hash(&self, source: &str, id: &str) -> u128 {
        Handle::id_hash(self, source, id)
    }
}

/// What readers see.
#[derive(Clone)]
pub(super) struct View {
    handle: Handle,
    telemetry: Telemetry,
    reloader: Reloader,
    clock: Arc<dyn Clock>,
    /// When `/metrics` was last asked for, in nanoseconds; [`NEVER`] before. The process knows it, not the journal.
    last_scrape: Arc<AtomicI64>,
    page_tests: PageTests,
}

const NEVER: i64 = i64::MIN;

impl View {
    pub(super) fn new(handle: Handle, telemetry: Telemetry, reloader: Reloader, clock: Arc<dyn Clock>) -> View {
        let last_scrape = Arc::new(AtomicI64::new(NEVER));
        View { handle, telemetry, reloader, clock, last_scrape, page_tests: PageTests::default() }
    }

    fn last_scrape(&self) -> Option<Timestamp> {
        let nanos = self.last_scrape.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Timestamp::from_nanos(nanos))
    }

    /// The time to grade a snapshot by: nothing in it may be ahead.
    fn now(&self, snapshot: &Snapshot) -> Timestamp {
        self.clock.now().max(snapshot.now())
    }
}

impl ingest::Views for View {
    fn visit(&self, sink: &mut dyn Sink) {
        let snapshot = self.handle.snapshot();
        let now = self.now(&snapshot);
        self.last_scrape.store(now.nanos(), Ordering::Relaxed);
        snapshot.visit(sink);
        preflight::metrics::visit(&snapshot, now, Some(now), sink);
        self.page_tests.visit(self.clock.now(), sink);
    }

    fn ready(&self) -> Result<(), String> {
        match &*self.handle.health().borrow() {
            Health::Writable => Ok(()),
            Health::Unwritable(why) | Health::Poisoned(why) => Err(format!("the journal cannot be written: {why}")),
        }
    }

    fn page(&self) -> String {
        let snapshot = self.handle.snapshot();
        let mut samples = Samples::default();
        self.telemetry.visit(&mut samples);
        snapshot.visit(&mut samples);
        page::html(&samples, snapshot.now())
    }

    fn cases(&self, query: &str) -> Result<String, String> {
        let asked = CasesQuery::parse(query)?;
        let snapshot = self.handle.snapshot();
        let (cases, total) = snapshot.cases(asked.system.as_deref(), asked.offset, asked.limit);
        let next = asked.offset + cases.len();
        let next = (next < total && !cases.is_empty()).then_some(next);
        Ok(format!(
            "{}\n",
            json!({ "generated": snapshot.now().to_string(), "total": total, "cases": cases, "next_offset": next })
        ))
    }

    fn preflight(&self, query: &str) -> Result<String, String> {
        let system = system_query(query)?;
        let snapshot = self.handle.snapshot();
        let mut report = preflight::grade(&snapshot, self.now(&snapshot), self.last_scrape());
        if let Some(system) = system {
            report.systems.retain(|found| found.system == system);
            if report.systems.is_empty() {
                return Err(format!("{system} is not declared, and nothing was heard of it"));
            }
        }
        Ok(report.to_json())
    }

    fn page_test(&self, query: &str, begin: bool) -> Result<String, Unanswered> {
        let wrong = || Unanswered::Wrong("say which system: ?system=NAME".to_owned());
        let system = system_query(query).map_err(Unanswered::Wrong)?.ok_or_else(wrong)?;
        let (snapshot, now) = (self.handle.snapshot(), self.clock.now());
        if !snapshot.pasts(now).iter().any(|past| past.name() == system) {
            return Err(Unanswered::Unknown(format!("{system} is not declared, and nothing was heard of it")));
        }
        if begin {
            info!(system, "a test page begins: somebody wants to see whether a page arrives");
            return Ok(self.page_tests.begin(system, now));
        }
        let none = || Unanswered::Unknown(format!("no test page of {system} began within the last hour"));
        self.page_tests.end(system, now).ok_or_else(none)
    }

    fn spike(&self, query: &str) -> Result<String, Unanswered> {
        let system = system_query(query).map_err(Unanswered::Wrong)?;
        let snapshot = self.handle.snapshot();
        let answer = match system {
            None => json!({ "systems": snapshot.spikes() }),
            Some(system) => {
                let report = snapshot.spike(system).ok_or_else(|| {
                    let path = "/api/v1/spike lists those that are known";
                    Unanswered::Unknown(format!("{system} is not declared, and nothing was heard of it; {path}"))
                })?;
                json!(report)
            }
        };
        Ok(format!("{answer}\n"))
    }

    async fn reload(&self) -> Result<(), String> {
        self.reloader.reload().await
    }
}

/// `system=…` or nothing.
fn system_query(query: &str) -> Result<Option<&str>, String> {
    match query.split_once('=') {
        None if query.is_empty() => Ok(None),
        Some(("system", system)) if !system.contains('&') => Ok(Some(system).filter(|system| !system.is_empty())),
        _ => Err("known is system alone".to_owned()),
    }
}

/// `system=…&offset=…&limit=…`, each at most once.
#[derive(Debug, Default, PartialEq)]
struct CasesQuery {
    system: Option<String>,
    offset: usize,
    limit: usize,
}

impl CasesQuery {
    fn parse(query: &str) -> Result<CasesQuery, String> {
        let mut asked = CasesQuery { limit: PAGE_DEFAULT, ..CasesQuery::default() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = || value.parse().map_err(|_| format!("{name} is a whole number, from 0 on"));
            match name {
                "system" => asked.system = Some(value.to_owned()).filter(|system| !system.is_empty()),
                "offset" => asked.offset = number()?,
                "limit" => asked.limit = number()?.clamp(1, PAGE_MAX),
                _ => {
                    return Err(format!(
                        "{name} is not known; known are system, offset and limit (at most {PAGE_MAX})"
                    ));
                }
            }
        }
        Ok(asked)
    }
}

/// Reads the configuration again; a bad file leaves the old one in force.
#[derive(Clone)]
pub(super) struct Reloader(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    overrides: Overrides,
    clock: Arc<dyn Clock>,
    handle: Handle,
    settings: Live,
    telemetry: Telemetry,
    /// The configuration in force. One reload at a time.
    current: Mutex<Config>,
}

impl Reloader {
    pub(super) fn new(
        config: &Config,
        world: &World,
        handle: Handle,
        settings: Live,
        telemetry: Telemetry,
    ) -> Reloader {
        Reloader(Arc::new(Inner {
            path: world.config_path.clone(),
            overrides: world.overrides.clone(),
            clock: world.clock.clone(),
            handle,
            settings,
            telemetry,
            current: Mutex::new(config.clone()),
        }))
    }

    pub(super) async fn reload(&self) -> Result<(), String> {
        let mut current = self.0.current.lock().await;
        let result = self.take(&mut current).await;
        self.0.telemetry.config_reloaded(result.is_ok(), self.0.clock.now());
        match &result {
            Ok(()) => info!("the configuration was read again and is in force"),
            Err(why) => warn!(%why, "the configuration in force stays"),
        }
        result
    }

    async fn take(&self, current: &mut Config) -> Result<(), String> {
        let (path, overrides, now) = (self.0.path.clone(), self.0.overrides.clone(), self.0.clock.now());
        // A large file takes its time to parse: not on the thread that serves.
        let loaded = tokio::task::spawn_blocking(move || {
            let config =
                config::load(path.as_deref(), &overrides, &facts(now)).map_err(|problems| problems.to_string())?;
            if let Some(why) = config.refuses_to_start() {
                return Err(why);
            }
            let tokens = Tokens::load(&config).map_err(|problems| problems.to_string())?;
            Ok((config, tokens))
        });
        let (config, tokens) = loaded.await.map_err(|error| error.to_string())??;
        if config.server != current.server {
            return Err("the server part has changed, which needs a restart: listen addresses and the data directory \
                        are taken once"
                .to_owned());
        }
        if config.limits.connections != current.limits.connections {
            warn!("limits.connections has changed, which takes effect at the next start");
        }
        if config.limits.memory != current.limits.memory {
            warn!(
                "limits.memory has changed: what is remembered follows it now, requests and connections at the next start"
            );
        }
        config.warnings.iter().for_each(|problem| warn!("{problem}"));
        config.not_served().iter().for_each(|unserved| warn!("{unserved}"));
        // Before the model, whose record may need the room that a raised limit gives.
        self.0.handle.limit_journal(config.limits.journal_bytes);
        if config.model != current.model {
            let limit_before = current.limits.journal_bytes;
            self.0.handle.configure(config.model.as_ref().clone()).await.map_err(|refusal| {
                self.0.handle.limit_journal(limit_before);
                match refusal {
                    Refusal::Disk(why) | Refusal::JournalLimit(why) | Refusal::JournalLost(why) => why,
                    Refusal::QueueFull => "the writer is too busy; try again".to_owned(),
                    Refusal::Draining => "day90 is stopping".to_owned(),
                }
            })?;
        }
        self.0.settings.set(Settings::new(&config, tokens));
        *current = config;
        Ok(())
    }

    /// Reloads at each SIGHUP; never returns.
    pub(super) async fn on_hangup(&self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            let _ = self.reload().await;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_a_system_is_read_strictly() {
        assert_eq!(system_query(""), Ok(None));
        assert_eq!(system_query("system=agent"), Ok(Some("agent")));
        for wrong in ["sytem=agent", "agent", "system=a&stage=current"] {
            assert!(system_query(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_query_of_cases_is_read_strictly() {
        let asked = CasesQuery::parse("system=agent&offset=20&limit=5000").unwrap();
        assert_eq!(asked, CasesQuery { system: Some("agent".into()), offset: 20, limit: PAGE_MAX });
        assert!(CasesQuery::parse("limit=many").unwrap_err().contains("whole number"));
        assert!(CasesQuery::parse("sytem=agent").unwrap_err().contains("known are"));
    }
}
