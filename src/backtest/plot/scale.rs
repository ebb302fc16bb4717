//! The scales of a panel: how high it goes, which points are joined, and where the ticks are.

use crate::backtest::curve::Point;
use crate::backtest::track::{PageMade, Track};
use crate::explain::local;
use crate::state::signals::spike::hours;

/// The part of the points that must fit, in addition to all those in pages.
const FITTING_PART: f64 = 0.995;
/// Points further apart than this are not joined. Seconds.
const JOINED_MAX: f64 = 6.0 * 3_600.0;
const TICKS_MAX: f64 = 12.0;
const HOUR: f64 = 3_600.0;
/// Hours between ticks, from the finest to the coarsest.
const TICK_HOURS: [i64; 14] = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1_440, 4_320, 8_760];

/// The top of the scale: everything in pages fits, and nearly all of the rest.
pub(super) fn highest(track: &Track) -> f64 {
    let points = &track.curve.points;
    let mut highs: Vec<f64> = points.iter().map(|point| point.high.max(point.usual.unwrap_or(0.0))).collect();
    highs.sort_by(f64::total_cmp);
    let most = highs.get(((highs.len() as f64 * FITTING_PART) as usize).min(highs.len().saturating_sub(1)));
    let in_pages = points.iter().filter(|point| is_paged(track, point)).map(|point| point.high).fold(0.0, f64::max);
    let highest = most.copied().unwrap_or(0.0).max(in_pages).max(1e-6) * 1.08;
    let step = nice_step(highest / 5.0);
    (highest / step).ceil() * step
}

fn is_paged(track: &Track, point: &Point) -> bool {
    let open = |page: &PageMade| page.began <= point.until && page.ended.is_none_or(|ended| ended >= point.at);
    track.pages.iter().any(open)
}

/// Points that are joined: a line across a night without tasks would show ratios that did not exist.
pub(super) fn runs(points: &[Point]) -> Vec<&[Point]> {
    let apart = |a: &Point, b: &Point| b.at.as_seconds_f64() - a.until.as_seconds_f64() > JOINED_MAX;
    points.chunk_by(|a, b| !apart(a, b)).collect()
}

/// 1, 2 or 5 times a power of ten, at least `least`.
pub(super) fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= least * 0.999_9).unwrap_or(10.0 * power)
}

/// Whole hours or days in the system's own time, with their labels: at most a dozen.
pub(super) fn ticks(timezone: &str, from: f64, to: f64) -> Vec<(f64, String)> {
    let hours = TICK_HOURS.into_iter().find(|hours| (to - from) / (*hours as f64 * HOUR) <= TICKS_MAX);
    let hours = hours.unwrap_or(((to - from) / HOUR / TICKS_MAX) as i64 + 1);
    let format = match hours {
        ..24 => "%a %-d %b %H:%M",
        24..4_320 => "%-d %b",
        _ => "%b %Y",
    };
    let zone = hours::zone(timezone);
    let offset = |at: f64| {
        let at = jiff::Timestamp::from_second(at as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        f64::from(zone.to_offset(at).seconds())
    };
    let step = hours as f64 * HOUR;
    let mut found = Vec::new();
    let mut local_tick = ((from + offset(from)) / step).ceil() * step;
    loop {
        let at = local_tick - offset(local_tick - offset(from));
        if at > to {
            return found;
        }
        // Labels with hours are longer than those of days.
        if at >= from && (hours >= 24 || found.len() < TICKS_MAX as usize) {
            found.push((at, local(timezone, at).strftime(format).to_string()));
        }
        local_tick += step;
    }
}
