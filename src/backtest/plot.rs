//! The picture of a backtest: one self-contained SVG, or an HTML page with that SVG.
//!
//! A panel for each system. The `chart` has the ratio (a line, and a band from the lowest to the highest half hour) and
//! the usual ratio; below it, on the same time, the `lanes` have the pages, the firings of the rule, and the changes.
//! `frame` has the coordinates and `scale` the steps. Colors follow the reader's choice of light or dark.

mod chart;
mod frame;
mod lanes;
mod scale;

use std::cmp::Reverse;
use std::fmt::Write;

use super::run::BacktestResult;
use super::track::Track;
use frame::{Frame, LEFT, WIDTH};
use lanes::{LANE_HEIGHT, Lane};

/// Systems that are drawn: those with the most pages.
const PANELS_MAX: usize = 12;
const MARGIN: f64 = 12.0;
/// The labels of the time axis.
const AXIS_HEIGHT: f64 = 34.0;
/// Between two panels.
const GAP: f64 = 28.0;
const STYLE: &str = include_str!("plot/style.css");

/// The picture of an outcome, as SVG or as HTML.
pub(crate) fn draw(outcome: &BacktestResult, html: bool) -> String {
    let mut chosen: Vec<(&String, &Track)> = outcome.systems.iter().collect();
    chosen.sort_by_key(|(name, track)| (Reverse(track.paged), (*name).clone()));
    let left_out = chosen.len().saturating_sub(PANELS_MAX);
    chosen.truncate(PANELS_MAX);
    let mut body = String::new();
    let mut top = MARGIN;
    for (name, track) in chosen {
        top = panel(name, track, top, &mut body) + GAP;
    }
    if left_out > 0 {
        let _ = writeln!(
            body,
            r#"<text class="soft" x="{LEFT}" y="{top}">{left_out} systems with fewer pages are not drawn</text>"#
        );
        top += GAP;
    }
    let svg = svg(&body, top);
    if html { page(&svg) } else { svg }
}

/// Draws one system below `top`; returns its lower edge.
fn panel(name: &str, track: &Track, top: f64, out: &mut String) -> f64 {
    let frame = Frame::of(track, top);
    chart::draw(&frame, name, track.rule.as_ref().and_then(|watched| watched.rule().ratio()), out);
    let mut lanes = vec![Lane::Pages];
    lanes.extend(track.rule.as_ref().map(Lane::Rule));
    if !track.changes.is_empty() {
        lanes.push(Lane::Changes);
    }
    let mut bottom = frame.chart_bottom() + AXIS_HEIGHT;
    for lane in lanes {
        lane.draw(&frame, bottom, out);
        bottom += LANE_HEIGHT;
    }
    bottom
}

fn svg(body: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"day90\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"What day90 would have paged for\">\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

fn page(svg: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>day90 backtest</title>\n\
         <style>body{{margin:0;background:#fff}}@media(prefers-color-scheme:dark){{body{{background:#14181f}}}}\
         svg{{display:block;max-width:1500px;margin:0 auto}}</style>\n{svg}</html>\n"
    )
}
