//! A system's spike detector in words, for `day90 explain`, `day90 backtest` and `day90 demo`.
//!
//! It says what a person can use: counts, ratios, times, names of queues and changes. It does not say how sure the detector
//! is: the configured number of false pages a month settles that.

#[cfg(test)]
mod tests;

use crate::state::views::spike::report::{CauseReport, Caution, ChangeReport, PageReport, RefusedLately, SpikeReport};
use crate::words::{self, count, few, plural, span};

/// Columns of a line's label.
const LABEL_WIDTH: usize = 9;
/// A smaller factor is not mentioned.
const FACTOR_SAID: f64 = 1.15;
/// An onset that is known within this many seconds is said as a moment.
const SURE_SECONDS: f64 = 60.0;
/// From this factor on, causes and changes are shown without a page.
const FACTOR_UNUSUAL: f64 = 1.5;

/// The whole report, in lines.
pub fn text(report: &SpikeReport) -> String {
    let mut out = Text(format!("{}\n", headline(report)));
    out.line("now", Some(now(report)));
    out.line("refused", refused(&report.refused));
    out.line("usual", Some(usual(report)));
    if let Some(page) = &report.page {
        out.line("since", Some(since(report, page)));
    }
    if report.page.is_some() || is_unusual(report) {
        out.line("where", causes(report));
        out.line("before", Some(changes(report)));
    }
    if let Some(page) = &report.page {
        let confirmed = if page.confirmed { "confirm it" } else { "do not confirm it yet" };
        out.line("ends", Some(ends(report, page)));
        out.line("chance?", Some(format!("the events since the page {confirmed}")));
    }
    // The headline says this one already.
    let said_above = |caution: &Caution| *caution == Caution::Learning && report.state == "learning";
    for caution in report.cautions.iter().filter(|caution| !said_above(caution)) {
        out.line("careful", Some(careful(report, *caution)));
    }
    out.line("pages", Some(record(report)));
    out.0
}

/// How the page ends.
fn ends(report: &SpikeReport, page: &PageReport) -> String {
    let times = Times(report);
    if report.state == "new_normal" {
        let (system, at) = (&report.system, times.at(page.unanswered_at));
        return format!(
            "it has lasted for a day. Accept as usual? Then: day90 accept {system}. Without an answer the page ends {at}"
        );
    }
    let from = times.at(page.new_normal_at);
    format!(
        "when escalations are clearly as usual again; if they stay like this, you are asked {from} whether that is usual now"
    )
}

/// The onset: a minute where it is known that well, else the interval.
fn since(report: &SpikeReport, page: &PageReport) -> String {
    let times = Times(report);
    let (from, to) = (times.at(page.onset_from), times.both(page.onset_to));
    if page.onset_to - page.onset_from < SURE_SECONDS {
        format!("about {to}")
    } else {
        format!("between {from} and {to}")
    }
}

/// Why a page was opened, in lines: how much, where, and what changed before.
pub fn why(report: &SpikeReport) -> Vec<String> {
    let usual = report.usual_ratio.map_or_else(String::new, |usual| format!(", usually {}", rate(report, usual)));
    let expected = report.recent.as_ref().and_then(|recent| recent.expected);
    let expected = expected.map_or_else(String::new, |expected| format!("; {} would be expected", few(expected)));
    let now = now(report).replace("since then", "since about the onset");
    let mut lines = vec![format!("{now}{usual}{expected}")];
    lines.extend(causes(report));
    lines.push(changes(report));
    lines
}

/// Lines with a label each.
struct Text(String);

impl Text {
    fn line(&mut self, label: &str, words: Option<String>) {
        if let Some(words) = words {
            self.0.push_str(&format!("  {label:<LABEL_WIDTH$} {words}\n"));
        }
    }
}

fn headline(report: &SpikeReport) -> String {
    let (system, times) = (&report.system, Times(report));
    match (&report.page, report.state.as_str()) {
        (Some(page), _) => {
            let ago = span(report.now - page.began);
            format!("PAGE {system}: more escalations than usual, paged {} ({ago} ago)", times.both(page.began))
        }
        (None, "new_normal") => {
            let until = report.new_normal_until.map_or_else(String::new, |until| format!(" until {}", times.at(until)));
            format!(
                "new normal {system}: a rise stayed, and nobody has accepted it (day90 accept {system}); what was usual before is remembered{until}"
            )
        }
        (None, "learning") => format!("learning {system}: {}", how_far(report)),
        _ => format!("ok {system}: nothing unusual, as of {}", times.both(report.now)),
    }
}

fn how_far(report: &SpikeReport) -> String {
    let baseline = &report.baseline;
    let days = |seconds: f64| seconds / 86_400.0;
    format!(
        "{} of {} escalations and {:.1} of {:.0} days were seen; until then only a very large rise is paged",
        count(baseline.escalations.min(baseline.escalations_needed).floor()),
        count(baseline.escalations_needed),
        days(baseline.seconds.min(baseline.seconds_needed)),
        days(baseline.seconds_needed)
    )
}

fn now(report: &SpikeReport) -> String {
    let Some(recent) = &report.recent else {
        let all_refused = report.refused.iter().any(RefusedLately::is_opening);
        return if all_refused { "no escalation that was taken" } else { "no events lately" }.to_owned();
    };
    let when = if report.page.is_some() { "since then" } else { "in the last hour or so" };
    let mut counted = cases(recent.escalations, "escalated case");
    if report.per == "tasks" {
        counted = format!("{counted} in {}", cases(recent.exposure, "task"));
    }
    format!("{}{}: {counted} {when}", rate(report, recent.ratio), times_as_much(recent.factor))
}

/// What was refused in the last hour, openings first: they are counted nowhere else here, so a silence may be theirs.
pub fn refused(refused: &[RefusedLately]) -> Option<String> {
    let of_type = |kind: &str| {
        let of = refused.iter().filter(|it| it.kind == kind);
        let reasons: Vec<String> = of.clone().map(|it| format!("{} {}", it.reason, count(it.events as f64))).collect();
        let sum: u64 = of.map(|it| it.events).sum();
        let name = if kind == "unknown" { "events of an unknown type" } else { kind };
        format!("{} {name} ({})", count(sum as f64), reasons.join(", "))
    };
    let mut kinds: Vec<(bool, &str)> = refused.iter().map(|it| (!it.is_opening(), it.kind.as_str())).collect();
    kinds.sort_by_key(|(is_other, _)| *is_other);
    let mut named: Vec<&str> = Vec::new();
    kinds.iter().for_each(|(_, kind)| {
        if !named.contains(kind) {
            named.push(kind)
        }
    });
    let all: Vec<String> = named.into_iter().map(of_type).collect();
    (!all.is_empty()).then(|| {
        format!("{} in the last hour: not counted, so not judged; the answers to their sender say why", all.join("; "))
    })
}

/// Counts of the detector are sums of weights: rounded to whole cases.
fn cases(number: f64, word: &str) -> String {
    plural(number.round().max(0.0) as u64, word)
}

fn usual(report: &SpikeReport) -> String {
    let Some(usual) = report.usual_ratio else { return "not known yet".to_owned() };
    let expected = report.recent.as_ref().and_then(|recent| recent.expected);
    let expected = expected.map_or_else(String::new, |expected| format!(": {} would be expected", few(expected)));
    format!("{} {}{expected}", rate(report, usual), hour(report))
}

/// `on weekdays from 14 to 15 h`.
fn hour(report: &SpikeReport) -> String {
    let days = if report.baseline.weekend { "weekends" } else { "weekdays" };
    let (from, to) = (report.baseline.hour, (report.baseline.hour + 1) % 24);
    let zone = if report.timezone.is_empty() { "UTC" } else { &report.timezone };
    format!("on {days} from {from} to {to} h ({zone})")
}

fn is_unusual(report: &SpikeReport) -> bool {
    report.recent.as_ref().and_then(|recent| recent.factor).is_some_and(|factor| factor >= FACTOR_UNUSUAL)
}

fn causes(report: &SpikeReport) -> Option<String> {
    let one = |cause: &CauseReport| {
        let part = (cause.part * 100.0).round().clamp(1.0, 100.0);
        let (queue, reason, came, usual) = (&cause.queue, &cause.reason, count(cause.came), few(cause.expected));
        format!("{part:.0} % of the rise from queue {queue}, reason {reason}: {came} came, {usual} are usual")
    };
    let all: Vec<String> = report.causes.iter().map(one).collect();
    match all.is_empty() {
        true if report.all_alike => Some("all queues and reasons rose alike".to_owned()),
        true => report.page.as_ref().map(|_| "no queue or reason rose more than chance explains".to_owned()),
        false => Some(all.join("; ")),
    }
}

fn changes(report: &SpikeReport) -> String {
    let all: Vec<String> = report.changes.iter().map(|it| change(it, &Times(report))).collect();
    if all.is_empty() { "no change in the two hours before".to_owned() } else { all.join("; ") }
}

/// Names people, unlike metrics: the reader operates the system.
fn change(change: &ChangeReport, times: &Times<'_>) -> String {
    let by = match (&change.author, &change.approver) {
        (Some(author), Some(approver)) => format!(" by {author}, approved by {approver}"),
        (Some(author), None) => format!(" by {author}"),
        (None, Some(approver)) => format!(", approved by {approver}"),
        (None, None) => String::new(),
    };
    let approval = match change.approval.as_str() {
        "approved" if change.approver.is_some() => "",
        "approved" => " (approved)",
        "self_approved" => " (nobody else approved it)",
        _ => " (NOT approved by a declared approver)",
    };
    format!("{} {} at {}{by}{approval}", change.kind, change.version, times.at(change.at))
}

fn careful(report: &SpikeReport, caution: Caution) -> String {
    let baseline = &report.baseline;
    let since = |at: Option<f64>| at.map_or_else(String::new, |at| format!(" since {}", Times(report).at(at)));
    let fixed = match caution {
        Caution::Learning => return format!("still learning: {}", how_far(report)),
        Caution::Bursty => return bursty(baseline.dispersion),
        Caution::Unsteady => return unsteady(baseline.wander),
        Caution::TasksMissing => return tasks_missing(&since(report.last_task)),
        Caution::Silent => return silent(&since(report.last_escalation)),
        Caution::NoTasks => {
            "no task.completed comes: escalations are compared with time, so more traffic looks like more escalations"
        }
        Caution::LateEvents => {
            "many events arrive more than 15 minutes after they happened: they are counted, but are no evidence here"
        }
        Caution::ClockBack => {
            "the clock of this machine was set back: day90 holds its time still for limits.arrival_grace, and then goes back too"
        }
    };
    fixed.to_owned()
}

fn bursty(dispersion: f64) -> String {
    format!("escalations come in bursts here ({dispersion:.1} times chance), so pages come later")
}

fn unsteady(wander: f64) -> String {
    let percent = wander * 100.0;
    format!("the ratio drifts by {percent:.0} % when nothing is wrong, and rises within that are not paged")
}

fn tasks_missing(since: &str) -> String {
    format!("no task came{since}: escalations are compared with the usual number of tasks, and nothing is learned")
}

fn silent(since: &str) -> String {
    format!("no escalation came{since}, which is too long for chance: the silence is not learned as usual")
}

fn record(report: &SpikeReport) -> String {
    let setting = few(report.false_pages_per_month);
    let false_ones = if setting == "1" { "false page" } else { "false pages" };
    let so_far = match report.pages {
        0 => "none so far".to_owned(),
        pages => format!("{} so far, {} unconfirmed", count(pages as f64), count(report.unconfirmed as f64)),
    };
    format!("{so_far}; the setting accepts {setting} {false_ones} a month")
}

/// ` (3.0 times as much as usual)`.
fn times_as_much(factor: Option<f64>) -> String {
    match factor {
        Some(factor) if factor >= 9.95 => format!(" ({} times as much as usual)", count(factor)),
        Some(factor) if factor >= FACTOR_SAID => format!(" ({factor:.1} times as much as usual)"),
        _ => String::new(),
    }
}

fn rate(report: &SpikeReport, rate: f64) -> String {
    words::rate(report.per == "tasks", rate)
}

/// Moments, in the system's own time.
struct Times<'a>(&'a SpikeReport);

impl Times<'_> {
    /// `14:07`, with the day unless it is today's.
    fn at(&self, seconds: f64) -> String {
        let (then, now) = (self.local(seconds), self.local(self.0.now));
        let format = if then.date() == now.date() { "%H:%M" } else { "%a %-d %b %H:%M" };
        then.strftime(format).to_string()
    }

    /// `14:07 (13:07 UTC)`.
    fn both(&self, seconds: f64) -> String {
        let local = self.local(seconds);
        if local.offset().seconds() == 0 {
            return format!("{} UTC", self.at(seconds));
        }
        let utc = local.with_time_zone(jiff::tz::TimeZone::UTC);
        format!("{} ({})", self.at(seconds), utc.strftime("%H:%M UTC"))
    }

    fn local(&self, seconds: f64) -> jiff::Zoned {
        local(&self.0.timezone, seconds)
    }
}

/// A moment, given in seconds since the epoch, in a system's own time zone. An empty or unknown name is UTC.
pub fn local(timezone: &str, seconds: f64) -> jiff::Zoned {
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(crate::state::signals::spike::hours::zone(timezone))
}
