//! A small random generator (SplitMix64): the same seed gives the same story. It is not for secrets.

#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below the bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// One of the words, by weight.
    pub(crate) fn pick<T: Copy>(&mut self, weighted: &[(T, f64)]) -> T {
        let mut left = self.unit() * weighted.iter().map(|(_, weight)| weight).sum::<f64>();
        for (word, weight) in weighted {
            left -= weight;
            if left < 0.0 {
                return *word;
            }
        }
        weighted.last().expect("there is something to pick from").0
    }

    /// The time until the next event, for events at this rate.
    pub(crate) fn gap(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }

    /// A duration with this median, and the long tail of people and models.
    pub(crate) fn around(&mut self, median: f64) -> f64 {
        // The sum of twelve uniform numbers, less six, is close enough to a normal distribution.
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * (normal * 0.55).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut other) = (Rng::new(7), Rng::new(7));
        assert!((0..100).all(|_| one.next() == other.next()));
        assert_ne!(Rng::new(7).next(), Rng::new(8).next());
    }

    #[test]
    fn gaps_and_picks_are_as_designed() {
        let mut rng = Rng::new(1);
        let mean = (0..20_000).map(|_| rng.gap(4.0)).sum::<f64>() / 20_000.0;
        assert!((mean - 0.25).abs() < 0.01, "{mean}");
        let rare = (0..20_000).filter(|_| rng.pick(&[("rare", 1.0), ("often", 9.0)]) == "rare").count();
        assert!((1800..2200).contains(&rare), "{rare}");
    }
}
