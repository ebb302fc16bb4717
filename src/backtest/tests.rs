//! Backtests of generated recordings: a month of a system with one incident after a change.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::event::time::{DAY, HOUR, SECOND};

/// Thursday, 2026-10-01T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_790_812_800);

/// A recording, always the same.
struct Recording {
    lines: Vec<String>,
    random: u64,
}

impl Recording {
    fn new() -> Recording {
        Recording { lines: Vec::new(), random: 11 }
    }

    /// 30 days, 0.03 tasks a second, 4 % escalated; on day 24 a change makes that 35 % for four hours.
    fn month() -> Recording {
        let mut recording = Recording::new();
        let mut at = 0;
        let incident = 24 * DAY + 9 * HOUR;
        let mut changed = false;
        while at < 30 * DAY {
            at += (-(1.0 - recording.draw()).ln() / 0.03 * SECOND as f64) as i64;
            if !changed && at > incident {
                changed = true;
                recording.say(
                    incident - 600 * SECOND,
                    r#""type":"change.deployed","kind":"prompt","version":"v41","approver":"lead""#,
                );
            }
            let ratio = if (incident..incident + 4 * HOUR).contains(&at) { 0.35 } else { 0.04 };
            recording.task(at, ratio);
        }
        recording
    }

    fn task(&mut self, at: i64, ratio: f64) {
        self.say(at, r#""type":"task.completed","action":"answer","outcome":"completed","mode":"decide""#);
        if self.draw() < ratio {
            let case =
                format!(r#""type":"escalation.opened","case":"c-{at}","queue":"billing","reason":"low_confidence""#);
            self.say(at + 1, &case);
        }
    }

    fn say(&mut self, at: i64, body: &str) {
        let mut line = format!(r#"{{"system":"agent","time":"{}","#, START.plus(at));
        let _ = write!(line, "{body}}}");
        self.lines.push(line);
    }

    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A directory that is removed at the end of its test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("day90-backtest-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary directory");
        Dir(path)
    }

    fn file(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, lines.join("\n")).expect("ours");
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn backtest(files: Vec<PathBuf>, rule: Option<&str>) -> Result<BacktestResult, Failure> {
    let rule = rule.map(|rule| Rule::parse(rule).expect("a rule"));
    let options = BacktestOptions { files, system: None, setting: None, rule };
    run(&options, &Config::default(), START.plus(60 * DAY))
}

#[test]
fn a_month_with_one_incident_makes_one_page_and_says_why() {
    let dir = Dir::new("month");
    let file = dir.file("month.ndjson", &Recording::month().lines);
    let result = backtest(vec![file], Some("ratio>0.2 window=1h for=10m min_tasks=20")).expect("a recording");
    let track = &result.systems["agent"];
    assert_eq!((track.paged, track.unconfirmed, track.pages.len()), (1, 0, 1));
    let page = &track.pages[0];
    let late = page.began.since(START.plus(24 * DAY + 9 * HOUR)) / SECOND;
    assert!((0..3_600).contains(&late), "{late} s after the incident began");
    assert!(page.ended.is_some_and(|ended| ended.since(START.plus(24 * DAY + 13 * HOUR)) < 6 * HOUR), "{page:?}");
    let said = text(&result);
    for part in [
        "agent: 1 Oct 2026 to 31 Oct 2026 (30.0 days, times in UTC)",
        "learning until",
        "PAGE Sun 25 Oct 09:",
        "confirmed",
        "100 % of the rise from queue billing, reason low_confidence",
        "prompt v41 at 08:50, approved by lead",
        "the rule ratio>0.2 window=1h for=10m min_tasks=20 fires",
        "in all: 1 page (1.0 a month; the setting accepts 1 false), 0 not confirmed",
        "pages near which the rule fired: 1 of 1",
    ] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn files_are_merged_by_time_and_disorder_within_them_is_put_right() {
    let dir = Dir::new("merged");
    let whole = Recording::month().lines;
    let one = backtest(vec![dir.file("all.ndjson", &whole)], None).expect("a recording");
    let (tasks, others): (Vec<_>, Vec<_>) = whole.iter().cloned().partition(|line| line.contains("task.completed"));
    let mut shuffled = tasks;
    shuffled.chunks_mut(400).for_each(<[String]>::reverse);
    let files = vec![dir.file("others.ndjson", &others), dir.file("tasks.ndjson", &shuffled)];
    let two = backtest(files, None).expect("a recording");
    let pages =
        |result: &BacktestResult| result.systems["agent"].pages.iter().map(|page| page.began).collect::<Vec<_>>();
    assert_eq!(pages(&one), pages(&two));
    assert_eq!((two.read.out_of_order, two.read.events), (0, one.read.events));
}

#[test]
fn what_cannot_be_used_is_counted_and_the_rest_is_used() {
    let dir = Dir::new("refused");
    let mut lines = Recording::month().lines;
    lines.truncate(500);
    lines.insert(3, "{}".to_owned());
    lines.insert(
        4,
        r#"{"type":"task.completed","system":"agent","action":"a","outcome":"completed","mode":"decide"}"#.to_owned(),
    );
    lines.insert(5, r#"{"type":"task.completed","system":"agent","time":"1970-01-01T00:00:00Z","action":"a","outcome":"completed","mode":"decide"}"#.to_owned());
    lines.push(String::new());
    let result = backtest(vec![dir.file("some.ndjson", &lines)], None).expect("the rest is usable");
    assert_eq!((result.read.lines, result.read.refused, result.read.events), (503, 3, 500));
    assert!(text(&result).contains("3 refused"));
}

#[test]
fn nothing_to_use_is_an_error_that_says_what_was_read() {
    let dir = Dir::new("nothing");
    let error = backtest(vec![dir.file("empty.ndjson", &["{}".to_owned()])], None).err().expect("nothing is there");
    assert!(
        error.to_string().contains("no task or escalation in what was read: 0 events in 1 lines; 1 refused"),
        "{error}"
    );
    let error = backtest(vec![dir.0.join("missing")], None).err().expect("no such file");
    assert!(error.to_string().contains("missing"), "{error}");
}

#[test]
fn an_event_counts_once_by_its_id_and_one_system_can_be_chosen() {
    let dir = Dir::new("chosen");
    let with_id = |line: &String, id: usize| line.replacen('{', &format!("{{\"id\":\"{id}\","), 1);
    let mut lines: Vec<String> =
        Recording::month().lines.iter().take(300).enumerate().map(|(id, line)| with_id(line, id)).collect();
    lines.extend(lines.clone());
    lines.push(lines[0].replace("agent", "other-agent"));
    let files = vec![dir.file("twice.ndjson", &lines)];
    let options =
        BacktestOptions { files, system: Some("agent".into()), setting: Some(Fixed::from_units(5)), rule: None };
    let result = run(&options, &Config::default(), START.plus(60 * DAY)).expect("a recording");
    assert_eq!((result.read.duplicates, result.read.elsewhere, result.systems.len()), (300, 1, 1));
    assert_eq!(result.systems["agent"].false_pages_per_month, 5.0);
}

#[test]
fn the_picture_is_whole_and_loads_nothing() {
    let dir = Dir::new("picture");
    let mut lines = Recording::month().lines;
    lines.push(lines[lines.len() - 1].replace("agent", "a.-_b"));
    let file = dir.file("month.ndjson", &lines);
    let result = backtest(vec![file], Some("ratio>0.2 window=1h for=10m")).expect("a recording");
    for html in [false, true] {
        let drawn = draw(&result, html);
        assert_eq!(drawn.matches("<svg").count(), drawn.matches("</svg>").count());
        for part in [
            r#"class="band""#,
            r#"class="usual""#,
            r#"class="page""#,
            r#"class="rule""#,
            r#"class="change""#,
            "prompt v41",
        ] {
            assert!(drawn.contains(part), "{part}");
        }
        assert!(!drawn.contains("NaN") && !drawn.contains("inf,") && !drawn.contains("<script"), "{}", drawn.len());
        assert!(!drawn.replace("http://www.w3.org/2000/svg", "").contains("http"), "it asks nothing of anybody");
        assert!(drawn.len() < 400_000, "{}", drawn.len());
    }
}
