//! A system's spike detector in words: `day90 explain`, `day90 backtest`, and a line of the status page.
//!
//! What a person can use, and nothing else: counts, ratios, times, names of queues and changes. How sure the detector is
//! goes without saying: it pages at the setting.

#[cfg(test)]
mod tests;

use crate::state::views::spike::report::{CauseReport, Caution, ChangeReport, Recent, Report};
use crate::words::{count, span};

/// Where a line's words begin.
const LABEL_WIDTH: usize = 9;
/// A factor nearer to 1 than this isn't worth a word.
const FACTOR_SAID: f64 = 1.15;

/// All that is known, in lines.
pub fn text(report: &Report) -> String {
    let mut said = Text(format!("{}\n", headline(report)));
    said.line("now", now(report));
    said.line("usual", usual(report));
    if let Some(page) = &report.page {
        let times = Times(report);
        let new_normal = format!("if it stays, it counts as the new normal from {}", times.at(page.new_normal_at));
        said.line("since", Some(format!("about {}", times.both(page.onset))));
        said.line("where", causes(report));
        said.line("before", Some(changes(report)));
        said.line("ends", Some(format!("when what comes is clearly as usual again; {new_normal}")));
        let confirmed = if page.confirmed {
            "what came since the page confirms it"
        } else {
            "what came since the page has not confirmed it yet"
        };
        said.line("chance?", Some(confirmed.to_owned()));
    } else if standing_out(report) {
        said.line("where", causes(report));
        said.line("before", Some(changes(report)));
    }
    // The first line has said it.
    let said_already = |caution: &Caution| *caution == Caution::Learning && report.state == "learning";
    for caution in report.cautions.iter().filter(|caution| !said_already(caution)) {
        said.line("careful", Some(careful(report, *caution)));
    }
    said.line("pages", Some(record(report)));
    said.0
}

/// Why a page was opened, in lines: what came, where, and what changed before.
pub fn why(report: &Report) -> Vec<String> {
    let usual = report.usual_ratio.map_or_else(String::new, |usual| format!(", usually {}", ratio(report, usual)));
    let expected = report.recent.as_ref().and_then(|recent| recent.expected);
    let expected = expected.map_or_else(String::new, |expected| format!("; {} would be expected", few(expected)));
    let now = now(report).unwrap_or_default().replace("since then", "since about the onset");
    let mut lines = vec![format!("{now}{usual}{expected}")];
    lines.extend(causes(report));
    lines.push(changes(report));
    lines
}

/// Lines of a label and what is said under it.
struct Text(String);

impl Text {
    fn line(&mut self, label: &str, words: Option<String>) {
        if let Some(words) = words {
            self.0.push_str(&format!("  {label:<LABEL_WIDTH$} {words}\n"));
        }
    }
}

fn headline(report: &Report) -> String {
    let (system, times) = (&report.system, Times(report));
    match (&report.page, report.state.as_str()) {
        (Some(page), _) => {
            let so_long = span(report.now - page.began);
            format!("PAGE {system}: more escalations than usual, paged {} ({so_long} ago)", times.both(page.began))
        }
        (None, "new_normal") => {
            let until = report.new_normal_until.map_or_else(String::new, |until| format!(" until {}", times.at(until)));
            format!("new normal {system}: a rise stayed, and is taken for usual now; called new{until}")
        }
        (None, "learning") => format!("learning {system}: {}", how_far(report)),
        _ => format!("ok {system}: nothing unusual, as of {}", times.both(report.now)),
    }
}

fn how_far(report: &Report) -> String {
    let baseline = &report.baseline;
    let days = |seconds: f64| seconds / 86_400.0;
    format!(
        "{} of {} escalations and {:.1} of {:.0} days were seen; until then only what stands out far is paged",
        count(baseline.escalations.min(baseline.escalations_needed).floor()),
        count(baseline.escalations_needed),
        days(baseline.seconds.min(baseline.seconds_needed)),
        days(baseline.seconds_needed)
    )
}

fn now(report: &Report) -> Option<String> {
    let Some(recent) = &report.recent else { return Some("nothing came lately".to_owned()) };
    let when = if report.page.is_some() { "since then" } else { "in the last hour or so" };
    let cases = plural(recent.escalations, "escalated case");
    let of = match report.per.as_str() {
        "tasks" => format!("{cases} in {}", plural(recent.exposure, "task")),
        _ => cases,
    };
    Some(format!("{}{}: {of} {when}", ratio(report, recent.ratio), times_as_much(recent.factor)))
}

fn plural(number: f64, what: &str) -> String {
    let number = number.round();
    format!("{} {what}{}", count(number), if number == 1.0 { "" } else { "s" })
}

fn usual(report: &Report) -> Option<String> {
    let Some(usual) = report.usual_ratio else { return Some("not known yet".to_owned()) };
    let expected = report.recent.as_ref().and_then(|recent| recent.expected);
    let expected = expected.map_or_else(String::new, |expected| format!(": {} would be expected", few(expected)));
    Some(format!("{} {}{expected}", ratio(report, usual), hour(report)))
}

/// `on weekdays from 14 to 15 h`.
fn hour(report: &Report) -> String {
    let days = if report.baseline.weekend { "weekends" } else { "weekdays" };
    let (from, to) = (report.baseline.hour, (report.baseline.hour + 1) % 24);
    let zone = if report.timezone.is_empty() { "UTC" } else { &report.timezone };
    format!("on {days} from {from} to {to} h ({zone})")
}

fn standing_out(report: &Report) -> bool {
    report.recent.as_ref().and_then(|recent: &Recent| recent.factor).is_some_and(|factor| factor >= 1.5)
}

fn causes(report: &Report) -> Option<String> {
    let said = |cause: &CauseReport| {
        let part = (cause.part * 100.0).round().clamp(1.0, 100.0);
        format!("{part:.0} % of the rise from queue {}, reason {}", cause.queue, cause.reason)
    };
    let all: Vec<String> = report.causes.iter().map(said).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Names of people are allowed here: this is for who operates the system.
fn changes(report: &Report) -> String {
    let times = Times(report);
    let said = |change: &ChangeReport| {
        let by = match (&change.author, &change.approver) {
            (Some(author), Some(approver)) => format!(" by {author}, approved by {approver}"),
            (Some(author), None) => format!(" by {author}"),
            (None, Some(approver)) => format!(", approved by {approver}"),
            (None, None) => String::new(),
        };
        let standing = match change.approval.as_str() {
            "approved" if change.approver.is_some() => "",
            "approved" => " (approved)",
            "self_approved" => " (nobody else approved it)",
            _ => " (NOT approved by whom it takes)",
        };
        format!("{} {} at {}{by}{standing}", change.kind, change.version, times.at(change.at))
    };
    let all: Vec<String> = report.changes.iter().map(said).collect();
    if all.is_empty() { "no change in the two hours before".to_owned() } else { all.join("; ") }
}

fn careful(report: &Report, caution: Caution) -> String {
    let (baseline, times) = (&report.baseline, Times(report));
    match caution {
        Caution::Learning => format!("still learning: {}", how_far(report)),
        Caution::Bursty => {
            format!("escalations come in bursts here ({:.1} times chance), so pages come later", baseline.dispersion)
        }
        Caution::Unsteady => format!(
            "the ratio drifts by {:.0} % when nothing is wrong, and rises within that are not paged",
            baseline.wander * 100.0
        ),
        Caution::NoTasks => {
            "no task.completed comes: escalations are held against time, so more traffic looks like more escalations"
                .to_owned()
        }
        Caution::TasksMissing => {
            let last = report.last_task.map_or_else(String::new, |last| format!(" since {}", times.at(last)));
            format!(
                "no task came{last}: escalations are held against the tasks that usually come, and nothing is learned"
            )
        }
        Caution::Silent => {
            let last = report.last_escalation.map_or_else(String::new, |last| format!(" since {}", times.at(last)));
            format!("nothing came{last}, which is too long for chance: the silence is not learned as usual")
        }
        Caution::LateEvents => {
            "many events come more than 5 minutes after they happened: they are counted, but are no evidence here"
                .to_owned()
        }
        Caution::ClockBack => {
            "the clock of this machine was set back: time stands still here until it has caught up".to_owned()
        }
    }
}

fn record(report: &Report) -> String {
    let setting = few(report.false_pages_per_month);
    let false_ones = if setting == "1" { "false page" } else { "false pages" };
    let so_far = match report.pages {
        0 => "none so far".to_owned(),
        pages => format!("{} so far, {} unconfirmed", count(pages as f64), count(report.unconfirmed as f64)),
    };
    format!("{so_far}; the setting bears {setting} {false_ones} a month")
}

/// ` (3.0 times as much as usual)`.
fn times_as_much(factor: Option<f64>) -> String {
    match factor {
        Some(factor) if factor >= 9.95 => format!(" ({} times as much as usual)", count(factor)),
        Some(factor) if factor >= FACTOR_SAID => format!(" ({factor:.1} times as much as usual)"),
        _ => String::new(),
    }
}

/// A ratio to a task as a percentage of two digits or more; one to a second as cases in an hour or a day.
pub fn ratio(report: &Report, ratio: f64) -> String {
    ratio_of(report.per == "tasks", ratio)
}

/// As [`ratio`], where only the unit is known.
pub fn ratio_of(per_task: bool, ratio: f64) -> String {
    if per_task {
        return percentage(ratio);
    }
    let an_hour = ratio * 3_600.0;
    if an_hour >= 1.0 { format!("{} an hour", few(an_hour)) } else { format!("{} a day", few(an_hour * 24.0)) }
}

/// `0.0394` → `3.9 %`, `0.118` → `11.8 %`, `0.00071` → `0.071 %`.
pub fn percentage(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let digits = match percent {
        p if p >= 99.95 || p == 0.0 => 0,
        p if p >= 0.995 => 1,
        p if p >= 0.0995 => 2,
        _ => 3,
    };
    format!("{percent:.digits$} %")
}

/// A number that may be small: `8.6`, `0.43`, `120`.
fn few(number: f64) -> String {
    let digits = match number.abs() {
        n if n >= 9.95 || (n - n.round()).abs() < 1e-6 => return count(number),
        n if n >= 0.995 => 1,
        _ => 2,
    };
    format!("{number:.digits$}")
}

/// Moments, in the system's own time.
struct Times<'a>(&'a Report);

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

/// A moment in a system's own time zone; an empty or unknown name is UTC.
pub fn local(timezone: &str, seconds: f64) -> jiff::Zoned {
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(crate::state::signals::spike::hours::zone(timezone))
}
