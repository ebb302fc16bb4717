//! The report of a backtest: each page with its reason, the firings of the rule, and how the two compare.

use std::fmt::Write;

use super::counts::Counts;
use super::rule::{Firing, Watched};
use super::run::BacktestResult;
use super::track::{PageMade, Track};
use crate::event::Timestamp;
use crate::explain::{local, why};
use crate::state::signals::spike::watch::Unit;
use crate::words::{count, plural, span};

/// Pages that are listed; further ones are counted.
const LISTED_MAX: usize = 50;
/// Firings that are listed; further ones are counted.
const FIRINGS_LISTED_MAX: usize = 12;
/// A firing that begins up to this long after the end of a page belongs to the same incident. Seconds.
const SAME_INCIDENT: f64 = 3_600.0;
const MONTH_DAYS: f64 = 30.0;

/// The whole report.
pub(crate) fn text(outcome: &BacktestResult) -> String {
    let mut out = format!("{}\n", read(&outcome.read));
    for (name, track) in &outcome.systems {
        let _ = write!(out, "\n{}", system(name, track));
    }
    out
}

/// What was read, and what could not be used.
pub(crate) fn read(counts: &Counts) -> String {
    let mut text = format!("{} events in {} lines", count(counts.events as f64), count(counts.lines as f64));
    for (number, what) in [
        (counts.elsewhere, "of other systems"),
        (counts.refused, "refused"),
        (counts.duplicates, "repeats of a known id"),
        (counts.out_of_order, "so far out of order that they count as received when read"),
        (counts.over_bounds, "over the bounds of open cases or of systems"),
    ] {
        if number > 0 {
            let _ = write!(text, "; {} {what}", count(number as f64));
        }
    }
    text
}

fn system(name: &str, track: &Track) -> String {
    let mut out = String::new();
    write_heading(&mut out, name, track);
    for page in track.pages.iter().take(LISTED_MAX) {
        write_page(&mut out, track, page);
    }
    if track.paged as usize > LISTED_MAX {
        let _ = writeln!(out, "  and {} more pages", count((track.paged as usize - LISTED_MAX) as f64));
    }
    if let Some(rule) = &track.rule {
        write_rule(&mut out, track, rule);
    }
    write_total(&mut out, track);
    if let Some(rule) = &track.rule {
        write_comparison(&mut out, track, rule);
    }
    out
}

fn write_heading(out: &mut String, name: &str, track: &Track) {
    let tasks = match track.unit {
        Unit::Tasks => format!("{} tasks, ", count(track.tasks as f64)),
        Unit::Seconds => "no tasks (compared with time), ".to_owned(),
    };
    let escalations = count(track.escalations as f64);
    let (first, last, days) = (day(track, track.first), day(track, track.last), days(track));
    let zone = if track.timezone.is_empty() { "UTC" } else { &track.timezone };
    let _ =
        writeln!(out, "{name}: {first} to {last} ({days:.1} days, times in {zone}), {tasks}{escalations} escalations");
    let _ = match track.learned {
        Some(at) => writeln!(out, "  learning until {}", moment(track, at)),
        None => writeln!(out, "  learning all the time: it takes 3 days and 100 escalations"),
    };
}

fn write_total(out: &mut String, track: &Track) {
    let _ = writeln!(
        out,
        "  in all: {} ({} a month; the setting accepts {} false), {} not confirmed by what came after",
        plural(track.paged, "page"),
        a_month(track.paged, days(track)),
        track.false_pages_per_month,
        track.unconfirmed
    );
}

fn write_page(out: &mut String, track: &Track, page: &PageMade) {
    let end = match page.ended {
        None => "open at the end of the recording".to_owned(),
        Some(ended) => {
            let lasted = span(ended.as_seconds_f64() - page.began.as_seconds_f64());
            let how = if page.new_normal { ", as the new normal" } else { "" };
            format!("to {}{how} ({lasted})", until(track, page.began, ended))
        }
    };
    let confirmed = if page.confirmed { "confirmed" } else { "not confirmed by what came after" };
    let delay = span(page.began.as_seconds_f64() - page.onset.as_seconds_f64());
    let _ = writeln!(out, "\n  PAGE {} {end}, {confirmed}", moment(track, page.began));
    let _ = writeln!(out, "    since about {} ({delay} before)", until(track, page.began, page.onset));
    for line in page.why.iter().flat_map(why) {
        let _ = writeln!(out, "    {line}");
    }
}

fn write_rule(out: &mut String, track: &Track, watched: &Watched) {
    let _ = writeln!(out, "\n  the rule {} fires", watched.rule());
    for firing in watched.firings.iter().take(FIRINGS_LISTED_MAX) {
        let began = moment(track, firing.began);
        let _ = match firing.ended {
            None => writeln!(out, "    {began}, until the end of the recording"),
            Some(ended) => {
                let lasted = span(ended.as_seconds_f64() - firing.began.as_seconds_f64());
                writeln!(out, "    {began} to {} ({lasted})", until(track, firing.began, ended))
            }
        };
    }
    let more = (watched.fired as usize).saturating_sub(FIRINGS_LISTED_MAX);
    if more > 0 {
        let _ = writeln!(out, "    and {} times more", count(more as f64));
    }
    if watched.fired == 0 {
        let _ = writeln!(out, "    never");
    }
    out.push('\n');
}

fn write_comparison(out: &mut String, track: &Track, watched: &Watched) {
    let overlap = overlap(&track.pages, &watched.firings);
    let _ = writeln!(
        out,
        "  the rule: {} ({} a month), of which {} near no page",
        plural(watched.fired, "firing"),
        a_month(watched.fired, days(track)),
        watched.fired as usize - overlap.firings.min(watched.fired as usize)
    );
    let (leads, pages) = (overlap.leads.len(), track.pages.len());
    let _ = writeln!(out, "  pages near which the rule fired: {leads} of {pages}{}", lead(&overlap.leads));
}

/// Which came earlier, the pages or the firings of the rule near them.
fn lead(leads: &[f64]) -> String {
    if leads.is_empty() {
        return String::new();
    }
    let mut sorted = leads.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted[sorted.len() / 2] {
        middle if middle.abs() < 30.0 => "; both came at about the same time".to_owned(),
        middle if middle > 0.0 => format!("; the page came {} earlier (median)", span(middle)),
        middle => format!("; the rule fired {} earlier (median)", span(-middle)),
    }
}

struct Overlap {
    /// Firings near a page.
    firings: usize,
    /// For each page with a firing near it: by how many seconds the page came first.
    leads: Vec<f64>,
}

fn overlap(pages: &[PageMade], firings: &[Firing]) -> Overlap {
    let span = |began: Timestamp, ended: Option<Timestamp>| {
        (began.as_seconds_f64(), ended.map_or(f64::INFINITY, Timestamp::as_seconds_f64))
    };
    let near = |page: &PageMade, firing: &Firing| {
        let ((from, to), (begins, ends)) = (span(page.onset, page.ended), span(firing.began, firing.ended));
        begins <= to + SAME_INCIDENT && ends >= from
    };
    let leads = pages.iter().filter_map(|page| {
        let first = firings.iter().find(|firing| near(page, firing))?;
        Some(first.began.as_seconds_f64() - page.began.as_seconds_f64())
    });
    Overlap {
        firings: firings.iter().filter(|firing| pages.iter().any(|page| near(page, firing))).count(),
        leads: leads.collect(),
    }
}

fn days(track: &Track) -> f64 {
    (track.last.as_seconds_f64() - track.first.as_seconds_f64()) / 86_400.0
}

fn a_month(number: u64, days: f64) -> String {
    if days < 1.0 { "–".to_owned() } else { format!("{:.1}", number as f64 * MONTH_DAYS / days) }
}

fn day(track: &Track, at: Timestamp) -> String {
    local(&track.timezone, at.as_seconds_f64()).strftime("%-d %b %Y").to_string()
}

fn moment(track: &Track, at: Timestamp) -> String {
    local(&track.timezone, at.as_seconds_f64()).strftime("%a %-d %b %H:%M").to_string()
}

/// A moment, shown after `began`: with its day only if that differs.
fn until(track: &Track, began: Timestamp, at: Timestamp) -> String {
    let local = |at: Timestamp| local(&track.timezone, at.as_seconds_f64());
    if local(began).date() == local(at).date() { local(at).strftime("%H:%M").to_string() } else { moment(track, at) }
}
