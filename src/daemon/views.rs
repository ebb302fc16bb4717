//! What the GETs show of the daemon: the state, graded and as pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use tracing::info;

use super::app::{Unaccepted, Unanswered, Views};
use super::page_test::PageTests;
use super::queries::{CasesQuery, rare_query, system_query};
use super::reload::{Reloader, Unchanged};
use crate::clock::Clock;
use crate::event::time::SECOND;
use crate::event::{Kind, Timestamp};
use crate::ingest;
use crate::journal::Disk;
use crate::journal::mentions::mentions;
use crate::page::links::Links;
use crate::page::{
    self,
    samples::{Graded, Samples},
};
use crate::pipeline::ahead::AHEAD_MAX;
use crate::pipeline::{Batch, CaseName, Erased, Handle, Health, Outcome, Refusal};
use crate::preflight::report::SystemReport;
use crate::preflight::{self, Stage};
use crate::state::Snapshot;
use crate::state::engine::family::Sink;
use crate::state::views::cases::CaseFilter;
use crate::state::views::spike::report::SpikeReport;
use crate::telemetry::Telemetry;

impl ingest::BatchWriter for Handle {
    async fn submit(&self, batch: Batch) -> Result<Outcome, Refusal> {
        Handle::submit(self, batch).await
    }
    async fn forget(&self, case: CaseName) -> Result<Erased, Refusal> {
        Handle::forget(self, case).await
    }
    fn id_hash(&self, source: &str, kind: Kind, id: &str) -> u128 {
        Handle::id_hash(self, source, kind, id)
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
    links: Arc<Links>,
    disk: Arc<dyn Disk>,
}

const NEVER: i64 = i64::MIN;

impl View {
    pub(super) fn new(
        handle: Handle,
        telemetry: Telemetry,
        reloader: Reloader,
        clock: Arc<dyn Clock>,
        links: Links,
        disk: Arc<dyn Disk>,
    ) -> View {
        let (last_scrape, page_tests) = (Arc::new(AtomicI64::new(NEVER)), PageTests::default());
        View { handle, telemetry, reloader, clock, last_scrape, page_tests, links: Arc::new(links), disk }
    }

    /// Everything that the page is made from.
    fn samples(&self, snapshot: &Snapshot) -> Samples {
        let (lately, since) = snapshot.clone().of_the_last_days();
        let mut samples = Samples::since(since);
        self.telemetry.visit(&mut samples);
        lately.visit(&mut samples);
        let is_paged = |system: &&str| samples.sum(system, "day90_escalation_spike", &[]) == Some(1.0);
        let pages = samples.systems().into_iter().filter(is_paged).filter_map(|system| snapshot.spike(system));
        let between =
            |report: SpikeReport| Some((report.system, report.page.map(|page| (page.onset_from, page.onset_to))?));
        samples.onsets = pages.filter_map(between).collect();
        let report = preflight::grade(snapshot, self.now(snapshot), self.last_scrape());
        preflight::metrics::show(&report, &mut samples);
        samples.graded = report.systems.iter().map(|system| (system.system.clone(), graded(system))).collect();
        samples
    }

    /// The detector's report of a system, with what was refused before the fold could see it.
    fn with_refused(&self, mut report: SpikeReport) -> SpikeReport {
        report.refused = self.telemetry.refused_lately(&report.system);
        report
    }

    fn last_scrape(&self) -> Option<Timestamp> {
        let nanos = self.last_scrape.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Timestamp::from_nanos(nanos))
    }

    /// The system that a test page is asked for, if it is known, and the time.
    fn system_of_a_page_test<'q>(&self, query: &'q str) -> Result<(&'q str, Timestamp), Unanswered> {
        let wrong = || Unanswered::Wrong("say which system: ?system=NAME".to_owned());
        let system = system_query(query).map_err(Unanswered::Wrong)?.ok_or_else(wrong)?;
        let (snapshot, now) = (self.handle.snapshot(), self.clock.now());
        if !snapshot.pasts(now).iter().any(|past| past.name() == system) {
            return Err(Unanswered::Unknown(format!("{system} is not declared, and nothing was heard of it")));
        }
        Ok((system, now))
    }

    /// The time to grade a snapshot by: nothing in it may be later.
    fn now(&self, snapshot: &Snapshot) -> Timestamp {
        self.clock.now().max(snapshot.now())
    }
}

/// What the page shows of a system's checklist. A line that isn't declared has nothing that could lapse.
fn graded(system: &SystemReport) -> Graded {
    let mut lapsed = Vec::new();
    for item in &system.items {
        let is_declared = !item.checks.iter().any(|check| check.fails() && check.stage == Stage::Declared);
        let fails = item.checks.iter().filter(|check| is_declared && check.fails() && check.stage == Stage::Current);
        lapsed.extend(fails.map(|check| (item.item.name.to_owned(), check.check.to_string(), check.evidence.clone())));
    }
    Graded { verdict: system.sentence(), lapsed }
}

fn unknown(system: &str, path: &str) -> Unanswered {
    let error = format!("{system} is not declared, and nothing was heard of it; {path} lists those that are known");
    Unanswered::Unknown(error)
}

impl Views for View {
    fn visit(&self, newborn: Option<i64>, sink: &mut dyn Sink) {
        let mut snapshot = self.handle.snapshot();
        let now = self.now(&snapshot);
        self.last_scrape.store(now.nanos(), Ordering::Relaxed);
        if let Some(span) = newborn {
            snapshot = snapshot.with_newborn_after(now.plus(-span));
        }
        snapshot.visit(sink);
        preflight::metrics::visit(&snapshot, now, Some(now), sink);
        self.page_tests.visit(self.clock.now(), sink);
    }

    fn look_at_the_clock(&self) {
        let (snapshot, now) = (self.handle.snapshot(), self.clock.now());
        let ahead = snapshot.now().since(now).max(0);
        self.telemetry.state_ahead(ahead as f64 / SECOND as f64);
        if ahead > AHEAD_MAX {
            self.handle.check_clock();
        }
    }

    fn ready(&self) -> Result<(), String> {
        match &*self.handle.health().borrow() {
            Health::Writable => Ok(()),
            Health::Unwritable(why) | Health::Poisoned(why) => Err(format!("the journal cannot be written: {why}")),
        }
    }

    fn is_on_disk(&self, case: &str) -> bool {
        // What cannot be read may have it.
        mentions(&*self.disk, case.as_bytes()).unwrap_or(true)
    }

    fn page(&self, host: &str) -> String {
        let snapshot = self.handle.snapshot();
        page::html(&self.samples(&snapshot), &self.links, host, snapshot.now())
    }

    fn runbook(&self, path: &str) -> Option<String> {
        match path {
            "" => Some(page::runbooks::index(&self.links)),
            name => page::runbooks::named(name).map(|runbook| page::runbooks::html(runbook, &self.links)),
        }
    }

    fn status(&self, query: &str) -> Result<String, Unanswered> {
        let asked = system_query(query).map_err(Unanswered::Wrong)?;
        let snapshot = self.handle.snapshot();
        let mut status = page::status(&self.samples(&snapshot), &self.links, snapshot.now());
        if let Some(system) = asked {
            status.systems.retain(|found| found.system == system);
            if status.systems.is_empty() {
                return Err(unknown(system, "/api/v1/status"));
            }
        }
        for system in &mut status.systems {
            system.spike = snapshot.spike(&system.system).map(|report| report.state);
            system.refused = self.telemetry.refused_lately(&system.system);
        }
        Ok(format!("{}\n", json!(status)))
    }

    fn events(&self, query: &str) -> Result<String, Unanswered> {
        let snapshot = self.handle.snapshot();
        let asked = rare_query(query, self.now(&snapshot)).map_err(Unanswered::Wrong)?;
        if let Some(system) = &asked.system
            && !snapshot.knows(system)
        {
            return Err(unknown(system, "/api/v1/status"));
        }
        // Not through a value: the events are written as they are.
        let answer = serde_json::to_string(&snapshot.rare_events(&asked));
        answer.map(|json| json + "\n").map_err(|error| Unanswered::Wrong(error.to_string()))
    }

    fn cases(&self, query: &str) -> Result<String, Unanswered> {
        let asked = CasesQuery::parse(query).map_err(Unanswered::Wrong)?;
        let snapshot = self.handle.snapshot();
        if let Some(system) = asked.system.as_deref().filter(|system| !snapshot.knows(system)) {
            return Err(unknown(system, "/api/v1/status"));
        }
        let filter = CaseFilter { system: asked.system.as_deref(), queue: asked.queue.as_deref() };
        let now = self.now(&snapshot);
        let (cases, total) = snapshot.cases_of(&filter, now, asked.offset, asked.limit);
        let next = asked.offset + cases.len();
        let next = (next < total && !cases.is_empty()).then_some(next);
        Ok(format!(
            "{}\n",
            json!({ "generated": now.to_string(), "total": total, "cases": cases, "next_offset": next })
        ))
    }

    fn preflight(&self, query: &str) -> Result<String, Unanswered> {
        let system = system_query(query).map_err(Unanswered::Wrong)?;
        let snapshot = self.handle.snapshot();
        let mut report = preflight::grade(&snapshot, self.now(&snapshot), self.last_scrape());
        if let Some(system) = system {
            report.systems.retain(|found| found.system == system);
            if report.systems.is_empty() {
                return Err(Unanswered::Wrong(format!("{system} is not declared, and nothing was heard of it")));
            }
        }
        Ok(report.to_json())
    }

    fn begin_page_test(&self, query: &str) -> Result<String, Unanswered> {
        let (system, now) = self.system_of_a_page_test(query)?;
        info!(system, "a test page begins: somebody wants to see whether a page arrives");
        Ok(self.page_tests.begin(system, now))
    }

    fn end_page_test(&self, query: &str) -> Result<String, Unanswered> {
        let (system, now) = self.system_of_a_page_test(query)?;
        let none = || Unanswered::Unknown(format!("no test page of {system} began within the last hour"));
        self.page_tests.end(system, now).ok_or_else(none)
    }

    fn spike(&self, query: &str) -> Result<String, Unanswered> {
        let system = system_query(query).map_err(Unanswered::Wrong)?;
        let snapshot = self.handle.snapshot();
        let answer = match system {
            None => {
                let reports = snapshot.spikes().into_iter().map(|report| self.with_refused(report));
                json!({ "systems": reports.collect::<Vec<_>>() })
            }
            Some(system) => {
                let report = snapshot.spike(system).ok_or_else(|| unknown(system, "/api/v1/spike"))?;
                json!(self.with_refused(report))
            }
        };
        Ok(format!("{answer}\n"))
    }

    async fn accept(&self, query: &str) -> Result<String, Unaccepted> {
        let wrong = || Unanswered::Wrong("say which system: ?system=NAME".to_owned());
        let asked = system_query(query).map_err(Unanswered::Wrong).and_then(|system| system.ok_or_else(wrong));
        let system = asked.map_err(Unaccepted::Unanswered)?;
        let report = self.handle.snapshot().spike(system);
        let report = report.ok_or_else(|| Unaccepted::Unanswered(unknown(system, "/api/v1/spike")))?;
        let accepted = self.handle.accept(system).await.map_err(Unaccepted::Refused)?;
        Ok(format!("{}\n", json!({ "system": system, "per": report.per, "usual": accepted.usual })))
    }

    async fn reload(&self) -> Result<(), Unchanged> {
        self.reloader.reload().await
    }
}
