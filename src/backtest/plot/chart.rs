//! The chart of a panel: title, legend, grid, shaded pages, and the curves of the ratio.

use std::fmt::Write;

use super::frame::{CHART_HEIGHT, Frame, LEFT, RIGHT, WIDTH, escaped};
use super::scale;
use crate::backtest::curve::Point;
use crate::event::Timestamp;
use crate::explain::local;
use crate::state::signals::spike::watch::Unit;

const LEGEND: [(&str, &str); 2] = [("usual", "usual at this hour"), ("ratio", "ratio; shaded: its half hours")];
/// The line in front of a legend's words, and the room it takes with its margins.
const LEGEND_LINE: f64 = 22.0;
const LEGEND_ROOM: f64 = 50.0;
/// Roughly, of one character.
const CHARACTER_WIDTH: f64 = 7.0;
/// Narrower than this, the learning time has no label.
const LEARNING_LABEL_WIDTH: f64 = 54.0;

/// Draws the chart; `bound` is the threshold of a rule on the ratio to tasks.
pub(super) fn draw(frame: &Frame<'_>, name: &str, bound: Option<f64>, out: &mut String) {
    title(frame, name, out);
    legend(frame, out);
    learning(frame, out);
    ratios(frame, out);
    times(frame, out);
    shades(frame, out);
    if let Some(bound) = bound.filter(|bound| frame.track.unit == Unit::Tasks && *bound <= frame.highest) {
        threshold(frame, bound, out);
    }
    scale::runs(&frame.track.curve.points).into_iter().for_each(|points| curves(frame, points, out));
}

fn title(frame: &Frame<'_>, name: &str, out: &mut String) {
    let track = frame.track;
    let day = |at: Timestamp| local(&track.timezone, at.as_seconds_f64()).strftime("%-d %b %Y").to_string();
    let zone = if track.timezone.is_empty() { "UTC" } else { &track.timezone };
    let unit = match track.unit {
        Unit::Tasks => "escalated cases to completed tasks",
        Unit::Seconds => "escalated cases an hour",
    };
    let _ = writeln!(
        out,
        r#"<text class="ink title" x="{LEFT}" y="{:.0}">{}</text><text class="soft" x="{LEFT}" y="{:.0}">{} to {}, {unit}, times in {}</text>"#,
        frame.top + 18.0,
        escaped(name),
        frame.top + 38.0,
        day(track.first),
        day(track.last),
        escaped(zone),
    );
}

fn legend(frame: &Frame<'_>, out: &mut String) {
    let y = frame.top + 14.0;
    let mut x = WIDTH - RIGHT;
    for (class, words) in LEGEND {
        x -= CHARACTER_WIDTH * words.len() as f64;
        let to = x - 8.0;
        let _ = writeln!(out, r#"<text class="soft small" x="{x:.0}" y="{:.0}">{words}</text>"#, y + 4.0);
        let _ = writeln!(
            out,
            r#"<line class="{class}" x1="{:.0}" y1="{y:.0}" x2="{to:.0}" y2="{y:.0}"/>"#,
            to - LEGEND_LINE
        );
        x -= LEGEND_ROOM;
    }
}

/// The time in which the detector was learning.
fn learning(frame: &Frame<'_>, out: &mut String) {
    let until = frame.track.learned.map_or(frame.to, Timestamp::as_seconds_f64);
    let width = frame.x(until) - LEFT;
    if width < 1.0 {
        return;
    }
    let top = frame.chart_top();
    let _ = writeln!(
        out,
        r#"<rect class="learning" x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{CHART_HEIGHT}"><title>learning</title></rect>"#
    );
    if width > LEARNING_LABEL_WIDTH {
        let _ = writeln!(out, r#"<text class="soft small" x="{}" y="{:.0}">learning</text>"#, LEFT + 6.0, top + 16.0);
    }
}

fn ratios(frame: &Frame<'_>, out: &mut String) {
    let step = scale::nice_step(frame.highest / 5.0);
    let mut ratio = 0.0;
    while ratio <= frame.highest * 1.000_1 {
        let y = frame.y(ratio);
        let class = if ratio == 0.0 { "frame" } else { "grid" };
        let _ = writeln!(
            out,
            r#"<line class="{class}" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"/><text class="soft small" text-anchor="end" x="{}" y="{:.1}">{}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            ratio_text(frame.track.unit, ratio, step)
        );
        ratio += step;
    }
}

/// A ratio with as many digits as the step between two of them needs.
fn ratio_text(unit: Unit, ratio: f64, step: f64) -> String {
    match unit {
        Unit::Tasks => {
            let digits = match step {
                0.009_9.. => 0,
                0.000_99.. => 1,
                _ => 2,
            };
            format!("{:.digits$} %", ratio * 100.0)
        }
        Unit::Seconds => format!("{:.*}", usize::from(step * 3_600.0 < 0.99), ratio * 3_600.0),
    }
}

fn times(frame: &Frame<'_>, out: &mut String) {
    let (top, bottom) = (frame.chart_top(), frame.chart_bottom());
    for (at, words) in scale::ticks(&frame.track.timezone, frame.from, frame.to) {
        let x = frame.x(at);
        let _ = writeln!(
            out,
            r#"<line class="grid" x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{:.1}"/><text class="soft small" text-anchor="middle" x="{x:.1}" y="{:.1}">{words}</text>"#,
            bottom + 5.0,
            bottom + 20.0
        );
    }
}

/// The pages, drawn before the curves so that they lie under them.
fn shades(frame: &Frame<'_>, out: &mut String) {
    for page in &frame.track.pages {
        let (x, width) = frame.mark(page.began, page.ended);
        let _ = writeln!(
            out,
            r#"<rect class="shade" x="{x:.1}" y="{:.1}" width="{width:.1}" height="{CHART_HEIGHT}"/>"#,
            frame.chart_top()
        );
    }
}

fn threshold(frame: &Frame<'_>, bound: f64, out: &mut String) {
    let y = frame.y(bound);
    let _ = writeln!(
        out,
        r#"<line class="bound" x1="{LEFT}" y1="{y:.1}" x2="{}" y2="{y:.1}"><title>the rule's threshold</title></line>"#,
        WIDTH - RIGHT
    );
}

/// The ratio, a band from the lowest to the highest half hour, and the usual ratio.
fn curves(frame: &Frame<'_>, points: &[Point], out: &mut String) {
    let middle = |point: &Point| 0.5 * (point.at.as_seconds_f64() + point.until.as_seconds_f64());
    let place = |point: &Point, ratio: f64| format!("{:.1},{:.1}", frame.x(middle(point)), frame.y(ratio));
    let highs = points.iter().map(|point| place(point, point.high));
    let lows = points.iter().rev().map(|point| place(point, point.low));
    let band: Vec<String> = highs.chain(lows).collect();
    let ratio: Vec<String> = points.iter().map(|point| place(point, point.ratio())).collect();
    let usual: Vec<String> = points.iter().filter_map(|point| Some(place(point, point.usual?))).collect();
    let _ = writeln!(out, r#"<polygon class="band" points="{}"/>"#, band.join(" "));
    let _ = writeln!(out, r#"<polyline class="ratio" points="{}"/>"#, ratio.join(" "));
    let _ = writeln!(out, r#"<polyline class="usual" points="{}"/>"#, usual.join(" "));
}
