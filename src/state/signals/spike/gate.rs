//! No page without a rise: what came since the onset must be more than usual by itself, whatever the sums say.
//!
//! In a system that hardly ever escalates, time alone fills the sums of [`super::evidence`]; a page for that would be right as
//! often as the setting says, and nobody could see why it came.

use super::counted::Counted;
use super::maths::sqrt;

/// Fewer escalations since the estimated onset do not page.
const ESCALATIONS_MIN: f64 = 3.0;
/// They must exceed the usual number by this factor, and by this many standard deviations.
const FACTOR_MIN: f64 = 1.15;
const DEVIATIONS_MIN: f64 = 1.5;

/// Whether these are more than the `usual` ratio explains, for counts of this dispersion.
pub fn has_risen(since: Counted, usual: f64, dispersion: f64) -> bool {
    let expected = usual * since.exposure;
    let least = since.count - DEVIATIONS_MIN * sqrt(dispersion.max(1.0) * since.count);
    since.count >= ESCALATIONS_MIN && since.count >= FACTOR_MIN * expected && least > expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_are_usual_or_few_are_no_rise() {
        let since = |count: f64, exposure: f64| Counted { count, exposure, seconds: 1.0 };
        assert!(has_risen(since(9.0, 100.0), 0.04, 1.0));
        assert!(!has_risen(since(9.0, 100.0), 0.04, 5.0), "a burst");
        assert!(!has_risen(since(53.0, 618.0), 0.086, 1.0), "as usual");
        assert!(!has_risen(since(2.0, 1.0), 0.04, 1.0), "two");
        assert!(!has_risen(since(110_000.0, 100_000.0), 1.0, 1.0), "a tenth more");
    }
}
