//! The picture of a backtest: one SVG that needs nothing else, or the same in an HTML page.
//!
//! A panel for each system: the ratio (a line, and a band from the lowest to the highest half hour), the usual ratio,
//! and below them, on the same time, the pages, the firings of the rule, and the changes. Colors follow the reader's
//! choice of light or dark.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::rule::Watched;
use super::run::{Point, Result, Track};
use crate::event::Timestamp;
use crate::page::spike::{local, percentage};
use crate::state::signals::spike::hours;
use crate::state::signals::spike::watch::Unit;

/// Systems that are drawn: those with the most pages.
const PANELS_MAX: usize = 12;
const WIDTH: f64 = 1_200.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 28.0;
const CHART_HEIGHT: f64 = 260.0;
const TITLE_HEIGHT: f64 = 64.0;
const LANE_HEIGHT: f64 = 26.0;
const AXIS_HEIGHT: f64 = 34.0;
const GAP: f64 = 28.0;
/// Labels of changes that still can be read beside each other.
const CHANGE_LABEL_WIDTH: f64 = 92.0;
/// The part of the points that the scale must hold, beside all those in pages.
const SCALE_PART: f64 = 0.995;
/// Points further apart than this are not joined. Seconds.
const JOINED_MAX: f64 = 6.0 * 3_600.0;
/// The narrowest mark that is still seen.
const MARK_MIN: f64 = 2.5;

const STYLE: &str = "
  .day90 { --paper: #ffffff; --ink: #1c2430; --soft: #667085; --line: #e4e7ec; --ratio: #2f6fb7;
    --page: #c8322b; --doubt: #e08a85; --rule: #b7791f; --change: #4d7c4a;
    font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
  @media (prefers-color-scheme: dark) {
    .day90 { --paper: #14181f; --ink: #e6e9ee; --soft: #98a2b3; --line: #2b323d; --ratio: #74aee8;
      --page: #ff6b61; --doubt: #a85a55; --rule: #e0ad55; --change: #8fc28b; } }
  .paper { fill: var(--paper); } .ink { fill: var(--ink); } .soft { fill: var(--soft); }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12px; }
  .grid { stroke: var(--line); stroke-width: 1; } .frame { stroke: var(--soft); stroke-width: 1; }
  .band { fill: var(--ratio); opacity: .25; } .ratio { fill: none; stroke: var(--ratio); stroke-width: 1.6; }
  .usual { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; }
  .shade { fill: var(--page); opacity: .12; } .page { fill: var(--page); } .doubt { fill: var(--doubt); }
  .rule { fill: var(--rule); } .bound { stroke: var(--rule); stroke-width: 1.2; stroke-dasharray: 2 3; }
  .learning { fill: var(--soft); opacity: .08; } .change { fill: var(--change); }
  .fall { stroke: var(--change); stroke-width: 1; opacity: .45; }
";

pub(crate) fn draw(result: &Result, html: bool) -> String {
    let mut chosen: Vec<(&String, &Track)> = result.systems.iter().collect();
    chosen.sort_by_key(|(name, track)| (std::cmp::Reverse(track.paged), (*name).clone()));
    let left_out = chosen.len().saturating_sub(PANELS_MAX);
    chosen.truncate(PANELS_MAX);
    let mut body = String::new();
    let mut top = 12.0;
    for (name, track) in chosen {
        let panel = Panel::of(track, top);
        panel.draw(name, &mut body);
        top = panel.bottom() + GAP;
    }
    if left_out > 0 {
        let _ = writeln!(
            body,
            r#"<text class="soft" x="{LEFT}" y="{top}">{left_out} systems with fewer pages are not drawn</text>"#
        );
        top += GAP;
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"day90\" viewBox=\"0 0 {WIDTH} {top}\" role=\"img\" \
         aria-label=\"What day90 would have paged for\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{top}\"/>\n{body}</svg>\n"
    );
    if !html {
        return svg;
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>day90 backtest</title>\n\
         <style>body{{margin:0;background:#fff}}@media(prefers-color-scheme:dark){{body{{background:#14181f}}}}\
         svg{{display:block;max-width:1500px;margin:0 auto}}</style>\n{svg}</html>\n"
    )
}

/// One system: where time and ratio stand on the paper.
struct Panel<'a> {
    track: &'a Track,
    top: f64,
    from: f64,
    to: f64,
    highest: f64,
    lanes: Vec<Lane<'a>>,
}

enum Lane<'a> {
    Pages,
    Rule(&'a Watched),
    Changes,
}

impl<'a> Panel<'a> {
    fn of(track: &'a Track, top: f64) -> Panel<'a> {
        let (from, to) = (track.first.as_seconds_f64(), track.last.as_seconds_f64());
        let mut lanes = vec![Lane::Pages];
        lanes.extend(track.rule.as_ref().map(Lane::Rule));
        if !track.changes.is_empty() {
            lanes.push(Lane::Changes);
        }
        Panel { track, top, from, to: to.max(from + 3_600.0), highest: highest(track), lanes }
    }

    fn chart_top(&self) -> f64 {
        self.top + TITLE_HEIGHT
    }

    fn chart_bottom(&self) -> f64 {
        self.chart_top() + CHART_HEIGHT
    }

    fn bottom(&self) -> f64 {
        self.chart_bottom() + AXIS_HEIGHT + LANE_HEIGHT * self.lanes.len() as f64
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + (seconds.clamp(self.from, self.to) - self.from) / (self.to - self.from) * (WIDTH - LEFT - RIGHT)
    }

    fn at(&self, at: Timestamp) -> f64 {
        self.x(at.as_seconds_f64())
    }

    fn y(&self, ratio: f64) -> f64 {
        self.chart_bottom() - (ratio / self.highest).clamp(0.0, 1.0) * CHART_HEIGHT
    }

    fn draw(&self, name: &str, out: &mut String) {
        self.title(name, out);
        self.learning(out);
        self.ratios(out);
        self.times(out);
        self.shades(out);
        self.curves(out);
        for (number, lane) in self.lanes.iter().enumerate() {
            let top = self.chart_bottom() + AXIS_HEIGHT + LANE_HEIGHT * number as f64;
            match lane {
                Lane::Pages => self.pages(top, out),
                Lane::Rule(watched) => self.firings(watched, top, out),
                Lane::Changes => self.changes(top, out),
            }
        }
    }

    fn title(&self, name: &str, out: &mut String) {
        let day = |at: Timestamp| local(&self.track.timezone, at.as_seconds_f64()).strftime("%-d %b %Y").to_string();
        let zone = if self.track.timezone.is_empty() { "UTC" } else { &self.track.timezone };
        let _ = writeln!(
            out,
            r#"<text class="ink title" x="{LEFT}" y="{:.0}">{}</text><text class="soft" x="{LEFT}" y="{:.0}">{} to {}, {}, times in {}</text>"#,
            self.top + 18.0,
            escaped(name),
            self.top + 38.0,
            day(self.track.first),
            day(self.track.last),
            if self.track.unit == Unit::Tasks {
                "escalated cases to completed tasks"
            } else {
                "escalated cases an hour"
            },
            escaped(zone),
        );
        self.legend(out);
    }

    fn legend(&self, out: &mut String) {
        let y = self.top + 14.0;
        let mut x = WIDTH - RIGHT;
        for (class, words) in [("usual", "usual at this hour"), ("ratio", "ratio; shaded: its half hours")] {
            x -= 7.0 * words.len() as f64;
            let _ = writeln!(out, r#"<text class="soft small" x="{x:.0}" y="{:.0}">{words}</text>"#, y + 4.0);
            let _ = writeln!(
                out,
                r#"<line class="{class}" x1="{:.0}" y1="{y:.0}" x2="{:.0}" y2="{y:.0}"/>"#,
                x - 30.0,
                x - 8.0
            );
            x -= 50.0;
        }
    }

    /// The time in which little was known.
    fn learning(&self, out: &mut String) {
        let until = self.track.learned.map_or(self.to, Timestamp::as_seconds_f64);
        let width = self.x(until) - LEFT;
        if width < 1.0 {
            return;
        }
        let top = self.chart_top();
        let _ = writeln!(
            out,
            r#"<rect class="learning" x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{CHART_HEIGHT}"><title>learning</title></rect>"#
        );
        if width > 54.0 {
            let _ =
                writeln!(out, r#"<text class="soft small" x="{}" y="{:.0}">learning</text>"#, LEFT + 6.0, top + 16.0);
        }
    }

    fn ratios(&self, out: &mut String) {
        let step = nice_step(self.highest / 5.0);
        let mut ratio = 0.0;
        while ratio <= self.highest * 1.000_1 {
            let y = self.y(ratio);
            let class = if ratio == 0.0 { "frame" } else { "grid" };
            let _ = writeln!(
                out,
                r#"<line class="{class}" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"/><text class="soft small" text-anchor="end" x="{}" y="{:.1}">{}</text>"#,
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                self.ratio_text(ratio, step)
            );
            ratio += step;
        }
    }

    fn ratio_text(&self, ratio: f64, step: f64) -> String {
        match self.track.unit {
            Unit::Tasks => {
                let digits = if step >= 0.009_9 {
                    0
                } else if step >= 0.000_99 {
                    1
                } else {
                    2
                };
                format!("{:.digits$} %", ratio * 100.0)
            }
            Unit::Seconds => format!("{:.*}", usize::from(step * 3_600.0 < 0.99), ratio * 3_600.0),
        }
    }

    fn times(&self, out: &mut String) {
        let (top, bottom) = (self.chart_top(), self.chart_bottom());
        for (at, words) in ticks(&self.track.timezone, self.from, self.to) {
            let x = self.x(at);
            let _ = writeln!(
                out,
                r#"<line class="grid" x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{:.1}"/><text class="soft small" text-anchor="middle" x="{x:.1}" y="{:.1}">{words}</text>"#,
                bottom + 5.0,
                bottom + 20.0
            );
        }
    }

    /// The pages, behind the curves.
    fn shades(&self, out: &mut String) {
        for page in &self.track.pages {
            let (x, width) = self.mark(page.began, page.ended);
            let _ = writeln!(
                out,
                r#"<rect class="shade" x="{x:.1}" y="{:.1}" width="{width:.1}" height="{CHART_HEIGHT}"/>"#,
                self.chart_top()
            );
        }
    }

    fn curves(&self, out: &mut String) {
        if let Some(bound) = self.lanes.iter().find_map(|lane| match lane {
            Lane::Rule(watched) => watched.rule().ratio().filter(|_| self.track.unit == Unit::Tasks),
            _ => None,
        }) && bound <= self.highest
        {
            let y = self.y(bound);
            let _ = writeln!(
                out,
                r#"<line class="bound" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"><title>the rule's threshold</title></line>"#,
                WIDTH - RIGHT
            );
        }
        for run in runs(&self.track.curve.points) {
            let middle = |point: &Point| 0.5 * (point.at.as_seconds_f64() + point.until.as_seconds_f64());
            let place = |point: &Point, ratio: f64| format!("{:.1},{:.1}", self.x(middle(point)), self.y(ratio));
            let highs = run.iter().map(|point| place(point, point.high));
            let lows = run.iter().rev().map(|point| place(point, point.low));
            let band: Vec<String> = highs.chain(lows).collect();
            let line: Vec<String> = run.iter().map(|point| place(point, point.ratio())).collect();
            let usual: Vec<String> = run.iter().filter_map(|point| Some(place(point, point.usual?))).collect();
            let _ = writeln!(out, r#"<polygon class="band" points="{}"/>"#, band.join(" "));
            let _ = writeln!(out, r#"<polyline class="ratio" points="{}"/>"#, line.join(" "));
            let _ = writeln!(out, r#"<polyline class="usual" points="{}"/>"#, usual.join(" "));
        }
    }

    fn lane(&self, top: f64, name: &str, out: &mut String) {
        let y = top + LANE_HEIGHT / 2.0;
        let _ = writeln!(
            out,
            r#"<line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"/><text class="ink small" text-anchor="end" x="{}" y="{:.1}">{name}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0
        );
    }

    fn pages(&self, top: f64, out: &mut String) {
        self.lane(top, "pages", out);
        for page in &self.track.pages {
            let (x, width) = self.mark(page.began, page.ended);
            let class = if page.confirmed { "page" } else { "doubt" };
            let ratio = page.why.as_ref().and_then(|why| why.recent.as_ref());
            let ratio = ratio.filter(|_| self.track.unit == Unit::Tasks);
            let ratio = ratio.map_or_else(String::new, |recent| format!(", {}", percentage(recent.ratio)));
            let doubt = if page.confirmed { "" } else { ", not confirmed" };
            let words = format!("page {}{ratio}{doubt}", self.moment(page.began));
            self.bar(class, x, width, top, &words, out);
        }
    }

    fn firings(&self, watched: &Watched, top: f64, out: &mut String) {
        self.lane(top, "rule", out);
        for firing in &watched.firings {
            let (x, width) = self.mark(firing.began, firing.ended);
            let words = format!("{} fires {}", watched.rule(), self.moment(firing.began));
            self.bar("rule", x, width, top, &words, out);
        }
    }

    fn changes(&self, top: f64, out: &mut String) {
        self.lane(top, "changes", out);
        let middle = top + LANE_HEIGHT / 2.0;
        let mut free = LEFT;
        for (at, name) in &self.track.changes {
            let x = self.at(*at);
            let words = format!("{name}, {}", self.moment(*at));
            let _ = writeln!(
                out,
                r#"<line class="fall" x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{middle:.1}"/><path class="change" d="M{x:.1} {:.1}l5 9h-10z"><title>{}</title></path>"#,
                self.chart_top(),
                middle - 5.0,
                escaped(&words)
            );
            if x >= free && x + CHANGE_LABEL_WIDTH <= WIDTH {
                let short: String = name.chars().take(14).collect();
                let _ = writeln!(
                    out,
                    r#"<text class="soft small" x="{:.1}" y="{:.1}">{}</text>"#,
                    x + 8.0,
                    middle - 3.0,
                    escaped(&short)
                );
                free = x + CHANGE_LABEL_WIDTH;
            }
        }
    }

    fn bar(&self, class: &str, x: f64, width: f64, top: f64, words: &str, out: &mut String) {
        let _ = writeln!(
            out,
            r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="{width:.1}" height="{:.1}" rx="2"><title>{}</title></rect>"#,
            top + 5.0,
            LANE_HEIGHT - 10.0,
            escaped(words)
        );
    }

    /// From where, and how wide.
    fn mark(&self, began: Timestamp, ended: Option<Timestamp>) -> (f64, f64) {
        let from = self.at(began);
        let to = ended.map_or(self.x(self.to), |ended| self.at(ended));
        (from, (to - from).max(MARK_MIN))
    }

    fn moment(&self, at: Timestamp) -> String {
        local(&self.track.timezone, at.as_seconds_f64()).strftime("%a %-d %b %H:%M").to_string()
    }
}

/// The top of the scale: all that stands in pages, and nearly all of the rest.
fn highest(track: &Track) -> f64 {
    let paged = |point: &Point| {
        let open =
            |page: &super::run::PageMade| page.began <= point.until && page.ended.is_none_or(|ended| ended >= point.at);
        track.pages.iter().any(open)
    };
    let mut highs: Vec<f64> =
        track.curve.points.iter().map(|point| point.high.max(point.usual.unwrap_or(0.0))).collect();
    highs.sort_by(f64::total_cmp);
    let most = highs.get(((highs.len() as f64 * SCALE_PART) as usize).min(highs.len().saturating_sub(1)));
    let in_pages = track.curve.points.iter().filter(|point| paged(point)).map(|point| point.high).fold(0.0, f64::max);
    let highest = most.copied().unwrap_or(0.0).max(in_pages).max(1e-6) * 1.08;
    let step = nice_step(highest / 5.0);
    (highest / step).ceil() * step
}

/// Points that belong together: a line over a night without tasks would tell of ratios that nobody saw.
fn runs(points: &[Point]) -> Vec<&[Point]> {
    let apart = |a: &Point, b: &Point| b.at.as_seconds_f64() - a.until.as_seconds_f64() > JOINED_MAX;
    points.chunk_by(|a, b| !apart(a, b)).collect()
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= least * 0.999_9).unwrap_or(10.0 * power)
}

/// Whole hours or days in the system's own time, and their names; at most a dozen.
fn ticks(timezone: &str, from: f64, to: f64) -> Vec<(f64, String)> {
    const TICKS_MAX: f64 = 12.0;
    const HOURS: [i64; 14] = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1_440, 4_320, 8_760];
    let hours = HOURS.into_iter().find(|hours| (to - from) / (*hours as f64 * 3_600.0) <= TICKS_MAX);
    let hours = hours.unwrap_or(((to - from) / 3_600.0 / TICKS_MAX) as i64 + 1);
    let zone: TimeZone = hours::zone(timezone);
    let step = hours as f64 * 3_600.0;
    let offset = |at: f64| {
        let at = jiff::Timestamp::from_second(at as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        f64::from(zone.to_offset(at).seconds())
    };
    let mut found = Vec::new();
    let mut local_tick = ((from + offset(from)) / step).ceil() * step;
    loop {
        let at = local_tick - offset(local_tick - offset(from));
        if at > to {
            return found;
        }
        let zoned = local(timezone, at);
        let format = if hours < 24 {
            "%a %-d %b %H:%M"
        } else if hours < 4_320 {
            "%-d %b"
        } else {
            "%b %Y"
        };
        // Names of moments are longer than those of days.
        if at >= from && (hours >= 24 || found.len() < 12) {
            found.push((at, zoned.strftime(format).to_string()));
        }
        local_tick += step;
    }
}

/// Text in markup. Names come from events.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
