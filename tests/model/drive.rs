//! Worlds of histories, and what is told of a difference: its seed, the smallest history that shows it, both values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::generate::Plan;
use super::instants::Instants;
use super::world::{Apart, live};
use crate::harness::size;

/// Histories that one daemon lives through.
const SIDE_BY_SIDE: u64 = 500;
/// Runs that one difference may take to be made small.
const SHRINKS: usize = 300;

fn plan(seed: u64) -> (Instants, Plan) {
    let instants = Instants::new(seed / SIDE_BY_SIDE);
    let plan = Plan::new(seed, &instants);
    (instants, plan)
}

/// Runs all histories from the first on; fails with the story of what differs.
pub fn drive(first: u64, histories: u64) {
    let worlds: Vec<u64> = (first / SIDE_BY_SIDE..(first + histories).div_ceil(SIDE_BY_SIDE)).collect();
    let next = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let stories = Mutex::new(Vec::new());
    let go_on = std::env::var("DAY90_HISTORIES_ALL").is_ok();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(world) = worlds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if failed.load(Ordering::Relaxed) && !go_on {
                        return;
                    }
                    let seeds = (world * SIDE_BY_SIDE).max(first)..((world + 1) * SIDE_BY_SIDE).min(first + histories);
                    if let Some(story) = one_world(seeds.collect()) {
                        failed.store(true, Ordering::Relaxed);
                        stories.lock().expect("no panic").push(story);
                    }
                }
            });
        }
    });
    let stories = stories.into_inner().expect("no panic");
    assert!(stories.is_empty() && !failed.load(Ordering::Relaxed), "{}", stories.join("\n\n"));
}

fn one_world(seeds: Vec<u64>) -> Option<String> {
    let instants = Instants::new(seeds[0] / SIDE_BY_SIDE);
    let plans: Vec<Plan> = seeds.iter().map(|seed| Plan::new(*seed, &instants)).collect();
    let apart = live(&instants, &plans, seeds[0]);
    if apart.is_empty() {
        return None;
    }
    let mut story = summary(&apart, &plans);
    let stories = size("DAY90_HISTORIES_TOLD", 3) as usize;
    let mut told: Vec<String> = Vec::new();
    for one in &apart {
        let family = one.sample.split(';').next().unwrap_or_default().to_owned();
        if told.len() >= stories || told.contains(&family) {
            continue;
        }
        told.push(family);
        let seed = match one.plan {
            Some(at) => Some(plans[at].seed),
            None => seeds.iter().copied().find(|seed| differs(*seed, &one.sample)),
        };
        if let Some(seed) = seed {
            story.push_str(&format!("\nseed {seed}: {}: model {}, daemon {}", one.sample, one.model, one.daemon));
            story.push_str(&tell(seed, &one.sample));
        }
    }
    Some(story)
}

fn differs(seed: u64, sample: &str) -> bool {
    let (instants, plan) = plan(seed);
    live(&instants, &[plan], seed).iter().any(|apart| apart.sample == sample)
}

/// How often each family differs, with a seed to look at.
fn summary(apart: &[Apart], plans: &[Plan]) -> String {
    let mut families: BTreeMap<&str, (usize, Option<u64>)> = BTreeMap::new();
    for one in apart {
        let family = one.sample.split(';').next().unwrap_or_default();
        let entry = families.entry(family).or_insert((0, None));
        entry.0 += 1;
        entry.1 = entry.1.or(one.plan.map(|at| plans[at].seed));
    }
    let lines = families.iter().map(|(family, (count, seed))| {
        format!("  {count:5} {family}{}\n", seed.map(|seed| format!(", as in seed {seed}")).unwrap_or_default())
    });
    format!("{} samples differ in {} histories:\n{}", apart.len(), plans.len(), lines.collect::<String>())
}

/// The smallest history that still shows the difference.
pub fn tell(seed: u64, sample: &str) -> String {
    let (instants, mut plan) = plan(seed);
    let family = sample.split(';').next().unwrap_or_default();
    let whole: BTreeSet<String> = live(&instants, &[plan.clone()], seed).into_iter().map(|one| one.sample).collect();
    // A smaller history may differ in another way: that would tell of something else.
    let shows = |plan: &Plan| {
        let apart = live(&instants, std::slice::from_ref(plan), seed);
        let is_the_same = apart.iter().all(|one| whole.contains(&one.sample));
        apart.into_iter().find(|one| is_the_same && one.sample.split(';').next() == Some(family))
    };
    let Some(mut seen) = shows(&plan) else {
        return format!("\nseed {seed}: {sample} differs among others only\n");
    };
    let mut runs = 0;
    let mut step = plan.sends.len().div_ceil(2);
    while step > 0 && runs < SHRINKS {
        let mut at = 0;
        while at < plan.sends.len() && runs < SHRINKS {
            let mut less = plan.clone();
            less.sends.drain(at..(at + step).min(less.sends.len()));
            runs += 1;
            match shows(&less) {
                Some(still) => (plan, seen) = (less, still),
                None => at += step,
            }
        }
        step /= 2;
    }
    let when = |at: i64| format!("+{:.3} s", (at - instants.at[0]) as f64 / 1e9);
    let mut story = format!(
        "\nseed {seed} (DAY90_HISTORY={seed}), seen at {}: {}\n  model {}, daemon {}\n",
        when(seen.at),
        seen.sample,
        seen.model,
        seen.daemon
    );
    let reloaded = instants.reload * usize::from(plan.before != plan.after);
    story.push_str(&format!("  declared: {}\n", plan.before.written()));
    for (at, send) in plan.sends.iter().enumerate() {
        if reloaded > 0 && send.instant >= reloaded && (at == 0 || plan.sends[at - 1].instant < reloaded) {
            story.push_str(&format!("  reload at {}: {}\n", when(instants.at[reloaded]), plan.after.written()));
        }
        let cloud = if send.cloud { " (CloudEvents)" } else { "" };
        let arrives = when(instants.at[send.instant]);
        let happened = send.event.get("time").and_then(|time| time.as_str()).map(|time| {
            let time = time.parse::<jiff::Timestamp>().expect("a time").as_nanosecond() as i64;
            format!(" (happened {})", when(time))
        });
        story.push_str(&format!("  {arrives}{}{cloud}: {}\n", happened.unwrap_or_default(), send.event));
    }
    story
}
