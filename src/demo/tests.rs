//! A day of the demo's traffic with one incident makes exactly one page. The real daemon is driven through the day, what it
//! exposes becomes the samples of a promtool test, and all shipped rules are evaluated over them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::cast::{BAD_RATIO, REFUNDS, SYSTEMS};
use super::host::Host;
use super::line::Line;
use super::team::Team;
use super::upkeep::{self, BAD_PROMPT, GOOD_PROMPT};
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::event::{Kind, Timestamp};
use crate::send::Packing;

/// 2026-11-18: the same day whenever the test runs, and no weekend, at which traffic is half.
const WEDNESDAY: i64 = 1_794_960_000;
/// Days before it, from which the detector learns what is usual at which hour.
const TAUGHT_DAYS: i64 = 5;
const TEACHING_STEP: i64 = 5 * MINUTE;
/// How often the daemon is scraped and the rules are evaluated: promtool takes most of this test's time.
const SCRAPE_STEP: i64 = 2 * MINUTE;
const SCRAPES: usize = (DAY / SCRAPE_STEP) as usize;
/// The bad prompt is deployed at 13:00 of the day and rolled back 46 minutes later.
const DEPLOYED: i64 = 13 * HOUR;
const ROLLED_BACK: i64 = DEPLOYED + 46 * MINUTE;

/// Samples of a day: for each series its value at each scrape, if it had one.
type Series = BTreeMap<String, Vec<Option<f64>>>;

#[test]
fn a_day_of_traffic_with_one_incident_is_one_page() {
    let begin = Timestamp::from_seconds(WEDNESDAY);
    let rules = rules();
    let series = lived(begin, &names(&rules));
    let dir = std::env::temp_dir().join(format!("day90-one-page-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary directory");
    let test = dir.join("day.test.yml");
    std::fs::write(&test, promtool_test(&series, &rules)).expect("a temporary file");
    let judged = Command::new("promtool").args(["test", "rules"]).arg(&test).output();
    let judged = judged.unwrap_or_else(|error| panic!("promtool: {error}; apt-get install prometheus"));
    let said = [judged.stdout, judged.stderr].concat();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&said));
    std::fs::remove_dir_all(&dir).expect("ours");
}

/// What the daemon exposes at each scrape of the day, of the families that the rules name.
fn lived(day: Timestamp, names: &BTreeSet<String>) -> Series {
    let begin = day.plus(-TAUGHT_DAYS * DAY);
    let host = Host::start("127.0.0.1:0".parse().expect("an address"), begin, day.plus(DAY)).expect("a daemon");
    let mut team = Team::new(90);
    upkeep::plan(&mut team.agenda, &mut team.rng, begin, day.plus(DAY));
    let mut body = Vec::new();
    let mut work = |team: &mut Team, from: Timestamp, to: Timestamp| {
        team.work_history(from, to);
        body.clear();
        team.agenda.until(to, &mut body);
        host.clock.set(to);
        if !body.is_empty() {
            let reply = host.sender.post("application/x-ndjson", Packing::Plain, body.clone()).expect("an answer");
            assert_eq!(reply.rejected, 0, "{:?}", reply.errors);
        }
    };
    for step in 0..TAUGHT_DAYS * DAY / TEACHING_STEP {
        work(&mut team, begin.plus(step * TEACHING_STEP), begin.plus((step + 1) * TEACHING_STEP));
    }
    let mut series = Series::new();
    for scrape in 0..SCRAPES {
        let from = day.plus(scrape as i64 * SCRAPE_STEP);
        incident(&mut team, from, from.since(day));
        work(&mut team, from, from.plus(SCRAPE_STEP));
        let text = host.sender.get("/metrics").expect("a scrape");
        for (name, value) in text.lines().filter_map(|line| line.rsplit_once(' ')) {
            let family = name.split('{').next().unwrap_or_default();
            if !names.contains(family) {
                continue;
            }
            // promtool's day begins at the epoch.
            let moment = family.contains("timestamp_seconds");
            let value = value.parse::<f64>().expect("a number") - if moment { day.as_seconds_f64() } else { 0.0 };
            series.entry(name.to_owned()).or_insert_with(|| vec![None; SCRAPES])[scrape] = Some(value);
        }
    }
    host.stop().expect("it stops");
    series
}

fn incident(team: &mut Team, now: Timestamp, of_day: i64) {
    let system = &SYSTEMS[REFUNDS];
    let of = |kind| Line::new(kind, system.name);
    let change = format!("{}-prompt-{BAD_PROMPT}", system.name);
    if of_day == DEPLOYED {
        team.escalate(REFUNDS, BAD_RATIO);
        let deployed = of(Kind::ChangeDeployed).text("kind", "prompt").text("version", BAD_PROMPT);
        let deployed = deployed.text("change", &change).text("previous_version", GOOD_PROMPT);
        team.agenda.add(now, deployed.text("author", "agent-team").text("approver", "support-lead"));
    }
    if of_day == ROLLED_BACK {
        team.escalate(REFUNDS, system.escalation_ratio);
        let started = of(Kind::RollbackStarted).text("rollback", "r-2").text("change", &change);
        team.agenda.add(now, started.text("trigger", "alert").text("to", "previous_version"));
        let completed = of(Kind::RollbackCompleted).text("rollback", "r-2").text("result", "restored");
        team.agenda.add(now.plus(MINUTE / 2), completed);
    }
}

/// The files of the shipped rules, and their texts.
fn rules() -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts");
    let paths = std::fs::read_dir(dir).expect("alerts/").map(|entry| entry.expect("an entry").path());
    let rules = paths.filter(|path| path.to_str().is_some_and(|path| path.ends_with(".rules.yml")));
    let mut rules: Vec<_> =
        rules.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("rules"))).collect();
    // What others are made of comes first.
    rules.sort_by_key(|(path, _)| (!path.ends_with("recording.rules.yml"), path.clone()));
    rules
}

fn names(rules: &[(String, String)]) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = rules.iter().flat_map(|(_, text)| text.split(move |c| !word(c)));
    words.filter(|name| name.starts_with("day90_")).map(str::to_owned).collect()
}

fn promtool_test(series: &Series, rules: &[(String, String)]) -> String {
    let mut test = "rule_files:\n".to_owned();
    rules.iter().for_each(|(path, _)| _ = writeln!(test, "  - {path}"));
    test.push_str("evaluation_interval: 2m\ngroup_eval_order:\n");
    let groups = rules.iter().flat_map(|(_, text)| text.lines().filter_map(|line| line.strip_prefix("  - name: ")));
    groups.for_each(|group| _ = writeln!(test, "  - {group}"));
    test.push_str("tests:\n  - interval: 2m\n    input_series:\n");
    test.push_str("      - series: up{job=\"day90\",instance=\"a\"}\n        values: 1x719\n");
    for (name, values) in series {
        let name = name.replacen('{', "{job=\"day90\",instance=\"a\",", 1);
        let name = if name.contains('{') { name } else { format!("{name}{{job=\"day90\",instance=\"a\"}}") };
        let value = |value: &Option<f64>| value.map_or_else(|| "_".to_owned(), |value| value.to_string());
        let values = values.iter().map(value).collect::<Vec<_>>().join(" ");
        let _ = write!(test, "      - series: '{name}'\n        values: {values}\n");
    }
    test.push_str(EXPECTED);
    test
}

/// The one page: it fires at half past one, begins once, and no other fires that day.
const EXPECTED: &str = "    promql_expr_test:
      - expr: count by (alertname, system) (max_over_time(ALERTS{severity=\"page\",alertstate=\"firing\"}[1d]))
        eval_time: 1438m
        exp_samples:
          - labels: '{alertname=\"Day90EscalationSpike\",system=\"refund-agent\"}'
            value: 1
      - expr: changes(ALERTS_FOR_STATE{alertname=\"Day90EscalationSpike\"}[1d])
        eval_time: 1438m
        exp_samples:
          - labels: '{alertname=\"Day90EscalationSpike\",severity=\"page\",system=\"refund-agent\"}'
            value: 0
      - expr: ALERTS{alertname=\"Day90EscalationSpike\"}
        eval_time: 810m
        exp_samples:
          - labels: ALERTS{alertname=\"Day90EscalationSpike\",alertstate=\"firing\",severity=\"page\",system=\"refund-agent\"}
            value: 1
      - expr: ALERTS{alertname=\"Day90EscalationSpike\"}
        eval_time: 1080m
";
