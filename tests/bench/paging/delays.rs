//! The tables of the main protocol: false pages; delays compared with the best rule in hindsight, and with one rule that has
//! one threshold for all.

use super::cells::{
    Cell, CellDelays, FRESH, RISES, Thresholds, all_cells, detector_delays, false_pages, rule_delays, tune_rules,
};
use super::numbers::{Delays, Table, Verdict, geometric_mean, largest};
use super::rules::{PAIRS, RULES, rule_name};
use super::traffic::Scenario;

const SPIKES: usize = 30;

pub struct Nulls {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

pub fn nulls() -> Nulls {
    let cells = all_cells();
    let pages = false_pages(&cells, FRESH);
    let mut table = Table::new(&[
        "normal behavior",
        "tasks a second",
        "false pages a month",
        "in the first 21 days",
        "dispersion",
        "wander",
    ]);
    for (cell, pages) in cells.iter().zip(&pages) {
        table.row([
            cell.scenario.name().to_owned(),
            cell.rate.to_string(),
            format!("{:.2} ± {:.2}", pages.a_month(), pages.standard_error()),
            format!("{:.2}", pages.while_learning()),
            format!("{:.2}", pages.dispersion / pages.replicates),
            format!("{:.0} %", 100.0 * pages.wander / pages.replicates),
        ]);
    }
    let worst = largest(pages.iter().map(|pages| pages.a_month()));
    let less_errors = largest(pages.iter().map(|pages| pages.a_month() - 2.0 * pages.standard_error()));
    let learning = largest(pages.iter().map(|pages| pages.while_learning()));
    let verdicts = vec![
        Verdict { name: "false-pages-worst", value: worst, at_most: 1.0 },
        Verdict { name: "false-pages-worst-less-two-standard-errors", value: less_errors, at_most: 1.0 },
        Verdict { name: "false-pages-first-21-days-worst", value: learning, at_most: 0.70 },
    ];
    Nulls { table, verdicts }
}

pub struct AgainstRules {
    /// Every cell, and the means by scenario.
    pub tables: [Table; 2],
    /// One rule and one threshold for all traffic.
    pub one: Table,
    pub verdicts: Vec<Verdict>,
}

/// Delays in the same cells: of the detector, of rules tuned for each cell, and of rules with one threshold.
struct Watched {
    cells: Vec<Cell>,
    detector: Vec<CellDelays<1>>,
    tuned: Vec<CellDelays<RULES>>,
    /// One threshold for the three rates of traffic of a scenario.
    by_scenario: Vec<CellDelays<RULES>>,
    /// One threshold for everything.
    shared: Vec<CellDelays<RULES>>,
}

impl Watched {
    fn new() -> Watched {
        let cells = all_cells();
        let thresholds = tune_rules(&cells);
        let of_scenario = |cell: &Cell| {
            let same = cells.iter().zip(&thresholds).filter(|(other, _)| other.scenario == cell.scenario);
            highest(same.map(|(_, thresholds)| thresholds))
        };
        let by_scenario: Vec<Thresholds> = cells.iter().map(of_scenario).collect();
        let shared = vec![highest(&thresholds); cells.len()];
        Watched {
            detector: detector_delays(&cells, SPIKES),
            tuned: rule_delays(&cells, &thresholds, SPIKES),
            by_scenario: rule_delays(&cells, &by_scenario, SPIKES),
            shared: rule_delays(&cells, &shared, SPIKES),
            cells,
        }
    }

    /// Cell by cell and size by size: the cell, its number, the number of the size, and the detector's delays.
    fn each(&self) -> impl Iterator<Item = (&Cell, usize, usize, &Delays)> {
        let sizes = |at: usize| (0..RISES.len()).map(move |size| (at, size));
        (0..self.cells.len()).flat_map(sizes).map(|(at, size)| (&self.cells[at], at, size, &self.detector[at][size][0]))
    }

    /// The rule with the shortest delay, without the pairs of windows.
    fn best(&self, at: usize, size: usize) -> (usize, &Delays) {
        let rules = self.tuned[at][size][..PAIRS].iter().enumerate();
        rules.min_by(|(_, a), (_, b)| a.mean().total_cmp(&b.mean())).expect("there are rules")
    }
}

fn highest<'a>(all: impl IntoIterator<Item = &'a Thresholds>) -> Thresholds {
    let mut most = [f32::MIN; RULES];
    for one in all {
        most.iter_mut().zip(one).for_each(|(most, one)| *most = most.max(*one));
    }
    most
}

pub fn against_rules() -> AgainstRules {
    let watched = Watched::new();
    let mut table = Table::new(&[
        "normal behavior",
        "tasks a second",
        "size",
        "day90",
        "best rule in hindsight",
        "which",
        "SRE pairs",
        "day90 ÷ best",
    ]);
    let mut ratios: Vec<(Scenario, f64)> = Vec::new();
    for (cell, at, size, delays) in watched.each() {
        let (rule, best) = watched.best(at, size);
        let ratio = delays.mean() / best.mean();
        ratios.push((cell.scenario, ratio));
        table.row([
            cell.scenario.name().to_owned(),
            cell.rate.to_string(),
            format!("×{}", RISES[size]),
            delays.to_string(),
            best.to_string(),
            rule_name(rule),
            watched.tuned[at][size][PAIRS].to_string(),
            format!("{ratio:.2}"),
        ]);
    }
    let of = |scenario: Scenario| ratios.iter().filter(move |(of, _)| *of == scenario).map(|(_, ratio)| *ratio);
    let mut means = Table::new(&["normal behavior", "day90 ÷ best, geometric mean", "best cell", "worst cell"]);
    for scenario in Scenario::ALL {
        let least = of(scenario).fold(f64::MAX, f64::min);
        let mean = geometric_mean(of(scenario));
        let cells = [mean, least, largest(of(scenario))].map(|value| format!("{value:.2}"));
        means.row(std::iter::once(scenario.name().to_owned()).chain(cells));
    }
    let all = geometric_mean(ratios.iter().map(|(_, ratio)| *ratio));
    let (one, one_verdicts) = against_one(&watched);
    let mut verdicts = vec![
        Verdict { name: "plain-null-mean", value: geometric_mean(of(Scenario::Const)), at_most: 1.05 },
        Verdict { name: "plain-null-worst", value: largest(of(Scenario::Const)), at_most: 1.25 },
        Verdict { name: "all-cells-mean", value: all, at_most: 1.15 },
    ];
    verdicts.extend(one_verdicts);
    AgainstRules { tables: [table, means], one, verdicts }
}

/// Each rule with one threshold for everything, which keeps its false pages at one a month in the worst cell.
fn against_one(watched: &Watched) -> (Table, Vec<Verdict>) {
    let mut table = Table::new(&[
        "rule",
        "its delay ÷ day90's, geometric mean",
        "cells of 108 in which it is faster",
        "with a threshold for each kind of behavior",
        "faster in",
    ]);
    let compare = |of: &[CellDelays<RULES>], rule: usize| {
        let ratios: Vec<f64> =
            watched.each().map(|(_, at, size, delays)| of[at][size][rule].mean() / delays.mean()).collect();
        let lost = ratios.iter().filter(|ratio| **ratio < 1.0).count();
        (geometric_mean(ratios), lost as f64)
    };
    let mut shipped = (f64::MAX, 0.0, 0);
    for rule in 0..RULES {
        let (mean, lost) = compare(&watched.shared, rule);
        let (mean_by_scenario, lost_by_scenario) = compare(&watched.by_scenario, rule);
        if mean < shipped.0 {
            shipped = (mean, lost, rule);
        }
        table.row([
            rule_name(rule),
            format!("{mean:.1}"),
            format!("{lost:.0}"),
            format!("{mean_by_scenario:.1}"),
            format!("{lost_by_scenario:.0}"),
        ]);
    }
    for (cell, at, size, delays) in watched.each() {
        let rule = watched.shared[at][size][shipped.2];
        if rule.mean() < delays.mean() {
            let (kind, rate, rise) = (cell.scenario.name(), cell.rate, RISES[size]);
            println!("one rule is faster: {kind} at {rate} tasks a second, ×{rise}: {rule} against {delays} minutes");
        }
    }
    (table, vec![Verdict { name: "one-rule-cells-lost", value: shipped.1, at_most: 0.0 }])
}
