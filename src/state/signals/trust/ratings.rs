//! Ratings: a histogram whose buckets follow the declared scale, and what a rating says of the system.

use serde::{Deserialize, Serialize};

use crate::event::Fixed;
use crate::state::engine::family::{Buckets, Number};
use crate::state::engine::value::Nanos;
use crate::state::signals::words::Polarity;

/// Buckets of the histogram on a scale that isn't a few whole numbers.
const RATING_STEPS: i64 = 10;

/// A histogram whose buckets follow the declared scale.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ratings {
    pub scale: (Fixed, Fixed),
    bounds: Vec<f64>,
    counts: Vec<u64>,
    sum: Nanos,
}

impl Ratings {
    /// A bucket for each whole number of a short scale of whole numbers, else equal steps.
    pub fn on(scale: (Fixed, Fixed)) -> Ratings {
        let (low, high) = (scale.0.nanos(), scale.1.nanos());
        let unit = Fixed::ONE.nanos();
        let whole = low % unit == 0 && high % unit == 0 && (high - low) / unit <= RATING_STEPS;
        let steps = if whole { (high - low) / unit } else { RATING_STEPS };
        let bound = |step: i64| {
            Fixed::from_nanos(low + (i128::from(high - low) * i128::from(step) / i128::from(steps.max(1))) as i64)
        };
        let bounds: Vec<f64> = (0..=steps).map(|step| bound(step).as_f64()).collect();
        Ratings { scale, counts: vec![0; bounds.len() + 1], bounds, sum: 0 }
    }

    pub fn observe(&mut self, rating: Fixed) {
        let bucket = self.bounds.partition_point(|bound| *bound < rating.as_f64());
        self.counts[bucket] += 1;
        self.sum += i128::from(rating.nanos());
    }

    pub fn buckets(&self) -> Buckets<'_> {
        Buckets { bounds: &self.bounds, counts: &self.counts, sum: Number::Nanos(self.sum), ..Buckets::default() }
    }
}

/// On a scale of 1 to 5 a rating is positive from 4 on and neutral from 3 on; other scales in the same proportion.
pub(super) fn polarity_of(rating: Fixed, (low, high): (Fixed, Fixed)) -> Polarity {
    let (above, span) = (i128::from(rating.nanos() - low.nanos()), i128::from(high.nanos() - low.nanos()));
    if above * 4 >= span * 3 {
        Polarity::Positive
    } else if above * 2 >= span {
        Polarity::Neutral
    } else {
        Polarity::Negative
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_have_the_polarity_of_their_place_on_the_scale() {
        let five = (Fixed::from_units(1), Fixed::from_units(5));
        for (rating, polarity) in [
            (1, Polarity::Negative),
            (2, Polarity::Negative),
            (3, Polarity::Neutral),
            (4, Polarity::Positive),
            (5, Polarity::Positive),
        ] {
            assert_eq!(polarity_of(Fixed::from_units(rating), five), polarity, "{rating} of 5");
        }
        assert_eq!(polarity_of(Fixed::from_units(7), (Fixed::ZERO, Fixed::from_units(10))), Polarity::Neutral);
    }

    #[test]
    fn rating_buckets_are_the_whole_numbers_of_the_scale() {
        assert_eq!(Ratings::on((Fixed::from_units(1), Fixed::from_units(5))).bounds, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(Ratings::on((Fixed::ZERO, Fixed::from_units(100))).bounds.len(), 11);
    }
}
