//! The lanes under a chart, on the same time: pages, firings of the rule, changes.

use std::fmt::Write;

use super::frame::{Frame, LEFT, RIGHT, WIDTH, escaped};
use crate::backtest::rule::Watched;
use crate::state::signals::spike::watch::Unit;
use crate::words::fine_percent;

pub(super) const LANE_HEIGHT: f64 = 26.0;
/// Labels of changes closer together than this would overlap, so the second is left out.
const CHANGE_LABEL_WIDTH: f64 = 92.0;
const CHANGE_LABEL_CHARACTERS: usize = 14;

/// What one lane shows.
pub(super) enum Lane<'a> {
    Pages,
    Rule(&'a Watched),
    Changes,
}

impl Lane<'_> {
    /// Draws the lane below `top`.
    pub(super) fn draw(&self, frame: &Frame<'_>, top: f64, out: &mut String) {
        match self {
            Lane::Pages => pages(frame, top, out),
            Lane::Rule(watched) => firings(frame, watched, top, out),
            Lane::Changes => changes(frame, top, out),
        }
    }
}

fn line(top: f64, name: &str, out: &mut String) {
    let y = top + LANE_HEIGHT / 2.0;
    let _ = writeln!(
        out,
        r#"<line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"/><text class="ink small" text-anchor="end" x="{}" y="{:.1}">{name}</text>"#,
        WIDTH - RIGHT,
        LEFT - 8.0,
        y + 4.0
    );
}

fn pages(frame: &Frame<'_>, top: f64, out: &mut String) {
    line(top, "pages", out);
    for page in &frame.track.pages {
        let class = if page.confirmed { "page" } else { "doubt" };
        let ratio = page.why.as_ref().and_then(|why| why.recent.as_ref());
        let ratio = ratio.filter(|_| frame.track.unit == Unit::Tasks);
        let ratio = ratio.map_or_else(String::new, |recent| format!(", {}", fine_percent(recent.ratio)));
        let doubt = if page.confirmed { "" } else { ", not confirmed" };
        let words = format!("page {}{ratio}{doubt}", frame.moment(page.began));
        bar(class, frame.mark(page.began, page.ended), top, &words, out);
    }
}

fn firings(frame: &Frame<'_>, watched: &Watched, top: f64, out: &mut String) {
    line(top, "rule", out);
    for firing in &watched.firings {
        let words = format!("{} fires {}", watched.rule(), frame.moment(firing.began));
        bar("rule", frame.mark(firing.began, firing.ended), top, &words, out);
    }
}

fn bar(class: &str, (x, width): (f64, f64), top: f64, words: &str, out: &mut String) {
    let _ = writeln!(
        out,
        r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="{width:.1}" height="{:.1}" rx="2"><title>{}</title></rect>"#,
        top + 5.0,
        LANE_HEIGHT - 10.0,
        escaped(words)
    );
}

fn changes(frame: &Frame<'_>, top: f64, out: &mut String) {
    line(top, "changes", out);
    let middle = top + LANE_HEIGHT / 2.0;
    let mut free = LEFT;
    for (at, name) in &frame.track.changes {
        let x = frame.at(*at);
        let words = format!("{name}, {}", frame.moment(*at));
        let _ = writeln!(
            out,
            r#"<line class="fall" x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{middle:.1}"/><path class="change" d="M{x:.1} {:.1}l5 9h-10z"><title>{}</title></path>"#,
            frame.chart_top(),
            middle - 5.0,
            escaped(&words)
        );
        if x >= free && x + CHANGE_LABEL_WIDTH <= WIDTH {
            change_label(name, x, middle, out);
            free = x + CHANGE_LABEL_WIDTH;
        }
    }
}

fn change_label(name: &str, x: f64, middle: f64, out: &mut String) {
    let short: String = name.chars().take(CHANGE_LABEL_CHARACTERS).collect();
    let _ = writeln!(
        out,
        r#"<text class="soft small" x="{:.1}" y="{:.1}">{}</text>"#,
        x + 8.0,
        middle - 3.0,
        escaped(&short)
    );
}
