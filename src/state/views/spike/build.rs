//! Builds reports from a system's watch and its behavior changes.

use super::report::{BaselineReport, CauseReport, Caution, ChangeReport, Glimpse, PageReport, Recent, SpikeReport};
use crate::event::time::HOUR;
use crate::event::{ChangeKind, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::signals::changes::{Change, Deployed};
use crate::state::signals::spike::causes::{CausePart, Rose};
use crate::state::signals::spike::declared::timezone;
use crate::state::signals::spike::latch::Latch;
use crate::state::signals::spike::seconds::MONTH_SECONDS;
use crate::state::signals::spike::watch::readings::Lately;
use crate::state::signals::spike::watch::{Unit, Watch};
use crate::state::signals::words::Approval;

/// Changes up to this long before the onset may have caused a spike. Nanoseconds.
const CHANGES_BEFORE: i64 = 2 * HOUR;
const CHANGES_SHOWN: usize = 10;
/// A system with more dispersion is called bursty, one with more wander unsteady.
const BURSTY_DISPERSION: f64 = 2.0;
const UNSTEADY_WANDER: f64 = 0.1;

/// What a report of one system is made from.
pub struct Sources<'a> {
    pub core: &'a Core,
    pub system: SystemId,
    pub watch: &'a Watch,
    /// Its behavior changes, if it ever had any.
    pub deployed: Option<&'a Deployed>,
}

impl Glimpse {
    pub fn of(watch: &Watch) -> Glimpse {
        Glimpse {
            page: watch.pages().open,
            pages: watch.pages().total,
            unconfirmed: watch.detector().unconfirmed(),
            state: watch.state(),
            unit: watch.unit(),
            lately: watch.recently(),
            usual: watch.usual(),
        }
    }
}

impl SpikeReport {
    pub fn of(name: &str, sources: &Sources<'_>) -> SpikeReport {
        let Sources { core, system, watch, .. } = *sources;
        let (detector, pages, usual) = (watch.detector(), watch.pages(), watch.usual());
        let recent = recent(watch, core.now, usual);
        let rose = watch.rose(core.now);
        let now = core.now.as_seconds_f64();
        SpikeReport {
            system: name.to_owned(),
            state: watch.state().as_str().to_owned(),
            now,
            timezone: timezone(core, system).to_owned(),
            false_pages_per_month: MONTH_SECONDS / detector.allowed(),
            per: if watch.unit() == Unit::Tasks { "tasks" } else { "seconds" }.to_owned(),
            score: detector.score(),
            usual_ratio: usual,
            page: page(watch),
            new_normal_until: detector.new_normal().map(|left| now + left),
            causes: causes(core, &rose),
            all_alike: rose.alike,
            recent,
            changes: changes(sources),
            baseline: baseline(watch),
            cautions: cautions(watch, core.now),
            last_task: watch.last_task().map(Timestamp::as_seconds_f64),
            last_escalation: watch.last_escalation().map(Timestamp::as_seconds_f64),
            pages: pages.total,
            unconfirmed: detector.unconfirmed(),
            refused: Vec::new(),
        }
    }
}

fn recent(watch: &Watch, now: Timestamp, usual: Option<f64>) -> Option<Recent> {
    let ratio = watch.recent_ratio(now)?;
    Some(match watch.lately(now) {
        Lately::Counted(since) => Recent {
            escalations: since.escalations,
            exposure: since.exposure,
            seconds: since.seconds,
            ratio,
            expected: Some(since.expected),
            factor: since.factor(),
        },
        Lately::Decayed(recent) => Recent {
            escalations: recent.count,
            exposure: recent.exposure,
            seconds: recent.seconds,
            ratio,
            expected: usual.map(|usual| usual * recent.exposure),
            factor: usual.map(|usual| ratio / usual).filter(|factor| factor.is_finite()),
        },
    })
}

fn page(watch: &Watch) -> Option<PageReport> {
    let (page, latch) = (watch.pages().open?, watch.detector().page()?);
    let began = page.began.as_seconds_f64();
    let (least, most) = watch.detector().onset_between();
    Some(PageReport {
        began,
        onset: page.onset.as_seconds_f64(),
        onset_from: began - most,
        onset_to: began - least,
        confirmed: latch.confirmed(),
        new_normal_at: began + Latch::new_normal_after(),
        unanswered_at: began + Latch::unanswered_after(),
    })
}

fn causes(core: &Core, rose: &Rose) -> Vec<CauseReport> {
    let text = |sym| core.labels.text(sym).to_owned();
    let cause = |it: &CausePart| CauseReport {
        queue: text(it.queue),
        reason: text(it.reason),
        part: it.part,
        came: it.came.round(),
        expected: it.expected,
    };
    rose.causes.iter().map(cause).collect()
}

/// The onset is an estimate, so changes between it and the beginning of the page are shown too.
fn changes(sources: &Sources<'_>) -> Vec<ChangeReport> {
    let Some(deployed) = sources.deployed else { return Vec::new() };
    let now = sources.core.now;
    let (onset, page) = sources.watch.pages().open.map_or((now, now), |page| (page.onset, page.began));
    let (from, to) = (onset.plus(-CHANGES_BEFORE), page.max(onset));
    let near = deployed.changes.iter().rev().filter(|change| change.at >= from && change.at <= to);
    near.take(CHANGES_SHOWN).map(ChangeReport::of).collect()
}

impl ChangeReport {
    fn of(change: &Change) -> ChangeReport {
        ChangeReport {
            at: change.at.as_seconds_f64(),
            kind: ChangeKind::as_str(change.kind).to_owned(),
            version: change.version.clone(),
            approval: Approval::as_str(change.approval).to_owned(),
            author: change.author.clone(),
            approver: change.approver.clone(),
        }
    }
}

fn baseline(watch: &Watch) -> BaselineReport {
    let (detector, hour) = (watch.detector(), watch.hour());
    let [(escalations, escalations_needed), (seconds, seconds_needed)] = detector.learned();
    BaselineReport {
        escalations,
        escalations_needed,
        seconds,
        seconds_needed,
        half_life_seconds: detector.baseline().half_life(),
        hour_factor: detector.hour_factor(hour.index()),
        hour: hour.of_day(),
        weekend: hour.is_weekend(),
        dispersion: detector.noise().dispersion(),
        wander: detector.noise().wander(),
    }
}

fn cautions(watch: &Watch, now: Timestamp) -> Vec<Caution> {
    let (learning, noise) = (watch.detector().is_learning(), watch.detector().noise());
    // While a system is learning, its dispersion and wander are priors.
    let all = [
        (Caution::Learning, learning),
        (Caution::Bursty, !learning && noise.dispersion() > BURSTY_DISPERSION),
        (Caution::Unsteady, !learning && noise.wander() > UNSTEADY_WANDER),
        (Caution::NoTasks, watch.unit() == Unit::Seconds && watch.last_escalation().is_some()),
        (Caution::TasksMissing, watch.tasks_have_stopped(now)),
        (Caution::Silent, watch.has_fallen_silent(now)),
        (Caution::LateEvents, watch.is_late()),
        (Caution::ClockBack, watch.clock_is_behind()),
    ];
    all.into_iter().filter_map(|(caution, applies)| applies.then_some(caution)).collect()
}
