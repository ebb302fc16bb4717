//! What is named as the cause of a rise in simulated systems, and the deviations against an exact test.

use super::*;

const USUAL: f64 = 1_500.0;

/// Escalations of several pairs, by chance: for each pair how many come a day, and by what factor it rises.
struct World {
    causes: Causes,
    seed: u64,
}

impl World {
    fn chance(&mut self) -> f64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Minutes in which each pair comes at its rate a day.
    fn minutes(&mut self, from: i64, to: i64, a_day: &[f64]) {
        for minute in from..to {
            for (pair, a_day) in a_day.iter().enumerate() {
                let mut left = -(1.0 - self.chance()).ln();
                while left < a_day / 1_440.0 {
                    self.causes.add(pair as Sym, 100 + pair as Sym, at(minute));
                    left -= (1.0 - self.chance()).ln();
                }
            }
        }
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds(60 * minute)
}

/// What is said after `hours` of a rise by these factors, in 100 systems with these shares of 1,500 a day.
fn said(shares: &[f64], factors: &[f64], hours: i64) -> Vec<Rose> {
    const DAYS: i64 = 21 * 1_440;
    let usual: Vec<f64> = shares.iter().map(|share| share * USUAL).collect();
    let risen: Vec<f64> = usual.iter().zip(factors).map(|(usual, factor)| usual * factor).collect();
    let one = |number: u64| {
        let mut world = World { causes: Causes::default(), seed: 88_172_645_463_325_252 + 7_919 * number };
        world.minutes(0, DAYS, &usual);
        let end = DAYS + 60 * hours;
        world.minutes(DAYS, end, &risen);
        world.causes.rose(Onset { at: at(DAYS), now: at(end), expected: USUAL * hours as f64 / 24.0, dispersion: 1.0 })
    };
    (0..100).map(one).collect()
}

fn names(said: &[Rose], pair: Sym) -> usize {
    said.iter().filter(|rose| rose.causes.first().is_some_and(|first| first.queue == pair)).count()
}

#[test]
fn a_small_queue_that_rises_eightfold_is_named_and_the_largest_is_not() {
    let said = said(&[0.02, 0.5, 0.3, 0.18], &[8.0, 1.0, 1.0, 1.0], 2);
    assert!(names(&said, 0) >= 95, "{}", names(&said, 0));
    assert!(said.iter().all(|rose| rose.causes.iter().all(|cause| cause.queue == 0)));
}

#[test]
fn where_all_rise_alike_none_is_named() {
    let said = said(&[0.3, 0.25, 0.2, 0.15, 0.1], &[3.0; 5], 2);
    let alike = said.iter().filter(|rose| rose.alike).count();
    assert!(alike >= 95, "{alike}");
    assert!(said.iter().all(|rose| rose.causes.is_empty() || !rose.alike));
}

#[test]
fn one_of_five_that_rises_is_named_with_its_part() {
    let said = said(&[0.2; 5], &[1.0, 1.0, 6.0, 1.0, 1.0], 1);
    assert!(names(&said, 2) >= 99, "{}", names(&said, 2));
    let parts: f64 = said.iter().filter_map(|rose| rose.causes.first()).map(|cause| cause.part).sum::<f64>() / 100.0;
    assert!(parts > 0.8, "{parts}");
}

#[test]
fn a_pair_that_makes_nearly_all_escalations_is_named_when_it_rises() {
    let said = said(&[0.96, 0.04], &[4.0, 1.0], 1);
    assert!(names(&said, 0) >= 99, "{}", names(&said, 0));
}

#[test]
fn where_nothing_rises_nothing_is_named() {
    let said = said(&[0.4, 0.3, 0.2, 0.1], &[1.0; 4], 3);
    let named = said.iter().filter(|rose| !rose.causes.is_empty()).count();
    assert!(named <= 5, "{named}");
}

#[test]
fn of_two_queues_that_change_places_the_one_that_grew_is_named() {
    let said = said(&[0.1, 0.3, 0.6], &[3.0, 1.0 / 3.0, 1.0], 3);
    assert!(names(&said, 0) >= 95, "{}", names(&said, 0));
}

#[test]
fn a_queue_name_for_each_case_is_bounded_and_names_none() {
    let mut causes = Causes::default();
    (0..1_000).for_each(|queue| causes.add(queue, 1, at(i64::from(queue))));
    assert_eq!(causes.pairs.len(), CAUSES_MAX);
    let rose = causes.rose(Onset { at: at(900), now: at(1_000), expected: 30.0, dispersion: 1.0 });
    assert!(rose.causes.is_empty(), "{rose:?}");
}

/// Exact tails of the binomial distribution, as normal quantiles: what `norm.isf(binom.sf(k - 1, n, p))` of scipy is.
#[test]
fn deviations_are_near_those_of_the_exact_test() {
    for (recent, usual, part, exact) in [
        (20.0, 480.0, 0.02, 2.734),
        (40.0, 960.0, 0.02, 3.925),
        (12.0, 88.0, 0.05, 2.630),
        (300.0, 700.0, 0.25, 3.549),
        (8.0, 92.0, 0.08, -0.133),
    ] {
        let ours = deviations(recent, usual, part);
        assert!((ours - exact).abs() < 0.25, "{recent} of {}: {ours}, exactly {exact}", recent + usual);
    }
}
