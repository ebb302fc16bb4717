//! Whether other settings than one page a month are kept, too: the null models at a tenth, a third, one and four.

use super::numbers::{Table, Verdict, in_parallel, largest};
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, RATES, Scenario, Traffic};

const SETTINGS: [f64; 4] = [0.1, 0.33, 1.0, 4.0];
const WARM_DAYS: f64 = 21.0;
const JUDGED_DAYS: f64 = 60.0;
const REPLICATES: usize = 16;
const SEED: u64 = 40_000_077;

pub struct Settings {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

/// Pages after the first three weeks.
fn pages(scenario: Scenario, rate: f64, setting: f64, replicate: usize) -> f64 {
    let mut traffic = Traffic::new(scenario, rate, SEED + 1_000 * replicate as u64);
    let mut subject = Subject::new(MONTH / setting);
    let mut pages = 0.0;
    for minute in 0..((WARM_DAYS + JUDGED_DAYS) * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let (tasks, count) = traffic.minute(at, 1.0);
        if subject.bin(at, MINUTE, tasks, count) && at >= WARM_DAYS * DAY {
            pages += 1.0;
        }
    }
    pages
}

pub fn run() -> Settings {
    const EACH: usize = RATES.len() * REPLICATES;
    let cells: Vec<(Scenario, f64)> =
        Scenario::ALL.iter().flat_map(|&scenario| SETTINGS.map(|setting| (scenario, setting))).collect();
    let each = in_parallel(cells.len() * EACH, |number| {
        let (scenario, setting) = cells[number / EACH];
        pages(scenario, RATES[number % EACH / REPLICATES], setting, number % REPLICATES)
    });
    let mut table = Table::new(&["normal behavior", "0.1", "0.33", "1", "4"]);
    let (mut beyond, mut pooled) = (Vec::new(), [0.0; SETTINGS.len()]);
    for (scenario, all) in Scenario::ALL.iter().zip(each.chunks(EACH * SETTINGS.len())) {
        let mut row = vec![scenario.name().to_owned()];
        for (at, (setting, pages)) in SETTINGS.iter().zip(all.chunks(EACH)).enumerate() {
            let months = EACH as f64 * JUDGED_DAYS / 30.0;
            let sum: f64 = pages.iter().sum();
            let (part, error) = (sum / months / setting, sum.max(1.0).sqrt() / months / setting);
            beyond.push(part - 3.0 * error);
            pooled[at] += part / Scenario::ALL.len() as f64;
            row.push(format!("{part:.2} ± {error:.2}"));
        }
        table.row(row);
    }
    let verdicts = vec![
        Verdict { name: "pages-by-setting-pooled-worst", value: largest(pooled), at_most: 1.0 },
        Verdict { name: "pages-by-setting-less-three-errors-worst", value: largest(beyond), at_most: 1.0 },
    ];
    Settings { table, verdicts }
}
