//! Every alert from its event: daemons with a clock that the test holds live through the stories of `alerts/tests/`, and
//! what they exposed is the input of the shipped rules, with promtool as the judge. No test invents a series.
//!
//! Each alert fires after the first event ever that is its reason, says the right numbers, and ends; nothing else fires;
//! with one daemon, and with two of the same systems by mistake. A day of ordinary traffic is quiet, and with its threshold
//! at 0 each alert fires on that day.

mod judge;
mod recorded;
mod story;
mod stream;
mod thresholds;

use std::collections::BTreeSet;
use std::path::Path;

use judge::Fired;
use recorded::Recorded;
use story::{Expected, Moment, Story};
use stream::Spans;

use crate::harness::repository;

const MINUTE: Moment = 60_000;
/// Fires for every system that two daemons report, and has to.
const TWO_DAEMONS: &str = "Day90TwoDaemons";

/// The stories of a stream: the files whose name begins with it, and what its configuration has before the systems.
struct Stream {
    /// Between two scrapes where nothing happens, and between two evaluations of the rules.
    scrape: Moment,
    step: Moment,
    head: String,
    stories: Vec<Story>,
}

impl Stream {
    fn read(name: &str) -> Stream {
        // What takes days is asked less often, and what takes weeks is scraped less often too: else it would take hours.
        let [scrape, step] = match name {
            "days" => [MINUTE, 5 * MINUTE],
            "weeks" => [5 * MINUTE, 5 * MINUTE],
            _ => [MINUTE, MINUTE],
        };
        let mut stream = Stream { scrape, step, head: String::new(), stories: Vec::new() };
        let folder = repository("alerts/tests");
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).expect("alerts/tests").map(|file| file.unwrap().path()).collect();
        files.sort();
        for path in files {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            if file == format!("{name}.yaml") {
                stream.head = std::fs::read_to_string(&path).unwrap();
            } else if file.starts_with(&format!("{name}-")) && file.ends_with(".story") {
                stream.stories.extend(story::read(&file, &std::fs::read_to_string(&path).unwrap()));
            }
        }
        assert!(!stream.stories.is_empty(), "{name} has no story");
        stream
    }

    /// The last moment that a story speaks of.
    fn end(&self) -> Moment {
        let last = |story: &Story| {
            let events = story.events.iter().map(|sent| sent.at);
            let until = story.expected.iter().map(|expected| expected.until);
            events.chain(until).max().unwrap_or(0)
        };
        self.stories.iter().map(last).max().unwrap_or(0) / MINUTE * MINUTE + 2 * MINUTE
    }

    /// What the daemons exposed, as the input of a rule test.
    fn exposed(&self, daemons: usize) -> String {
        let mut recorded = Recorded::of(crate::names::samples_in_rules());
        let spans = Spans { scrape: self.scrape, end: self.end() };
        stream::live(&self.head, &self.stories, daemons, spans, &mut recorded);
        recorded.yaml()
    }
}

/// What is wrong with what fired, story by story.
fn faults(stream: &Stream, fired: &[Fired], daemons: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let mut accounted = BTreeSet::new();
    for story in &stream.stories {
        for expected in story.expected.iter().filter(|expected| expected.daemons.contains(&daemons)) {
            faults.extend(missing(story, expected, fired, daemons, &mut accounted));
        }
        for (at, run) in fired.iter().enumerate() {
            let is_of_it = run.system() == story.system || (story.system.is_empty() && run.system().is_empty());
            if is_of_it && story.also.contains(&run.alert) {
                accounted.insert(at);
            }
        }
    }
    for (at, run) in fired.iter().enumerate() {
        let is_known = accounted.contains(&at) || (daemons > 1 && run.alert == TWO_DAEMONS);
        if !is_known {
            faults.push(format!("nobody expects {}", shown(run)));
        }
    }
    faults
}

/// Why an expected alert isn't as it should be.
fn missing(
    story: &Story,
    expected: &Expected,
    fired: &[Fired],
    daemons: usize,
    accounted: &mut BTreeSet<usize>,
) -> Option<String> {
    let Expected { alert, from, to, until, labels, says, .. } = expected;
    let fits = |run: &Fired| {
        let has = |(name, value): &(String, String)| run.labels.get(name) == Some(value);
        run.alert == *alert && labels.iter().all(has) && (run.system() == story.system || run.system().is_empty())
    };
    let runs: Vec<(usize, &Fired)> = fired.iter().enumerate().filter(|(_, run)| fits(run)).collect();
    accounted.extend(runs.iter().map(|(at, _)| *at));
    let place = format!("{} ({}): {alert}", story.file, story.name);
    let Some((_, first)) = runs.iter().min_by_key(|(_, run)| run.from) else {
        return Some(format!("{place} never fires"));
    };
    if !(*from..=*to).contains(&first.from) {
        return Some(format!("{place} fires at {}, not from {} to {}", time(first.from), time(*from), time(*to)));
    }
    let last = runs.iter().map(|(_, run)| run.to).max().unwrap_or(0);
    if last >= *until {
        return Some(format!("{place} still fires at {}, not until {}", time(last), time(*until)));
    }
    let texts = || runs.iter().flat_map(|(_, run)| &run.texts);
    let lacking = says[daemons.min(2) - 1].iter().find(|words| !texts().any(|text| text.contains(&***words)));
    lacking.map(|words| format!("{place} never says {words:?}, but:\n{}", first.texts.last().expect("a text")))
}

fn time(at: Moment) -> String {
    format!("{}h{:02}m", at / MINUTE / 60, at / MINUTE % 60)
}

fn shown(run: &Fired) -> String {
    let Fired { alert, labels, from, to, texts } = run;
    format!("{alert} {labels:?} from {} to {}:\n{}", time(*from), time(*to), texts[0])
}

fn judge(name: &str, daemons: usize) {
    let stream = Stream::read(name);
    let exposed = stream.exposed(daemons);
    let fired = judge::fired(&judge::promtool(), &repository("alerts"), &exposed, stream.end(), stream.step);
    let faults = faults(&stream, &fired, daemons);
    assert!(faults.is_empty(), "{} of {} stories:\n\n{}", faults.len(), stream.stories.len(), faults.join("\n\n"));
}

#[test]
fn each_alert_fires_for_its_first_event_and_ends() {
    judge("incidents", 1);
}

#[test]
fn each_alert_fires_and_ends_with_two_daemons_of_one_system() {
    judge("incidents", 2);
}

#[test]
fn what_takes_days_fires_and_ends() {
    judge("days", 1);
}

#[test]
fn what_takes_days_fires_and_ends_with_two_daemons_of_one_system() {
    judge("days", 2);
}

#[test]
fn what_takes_weeks_fires_and_ends() {
    judge("weeks", 1);
}

#[test]
fn what_the_daemon_itself_needs_fires_and_ends() {
    judge("daemon", 1);
}

#[test]
fn what_two_daemons_need_fires_and_ends() {
    judge("daemon", 2);
}

#[test]
fn an_ordinary_day_is_quiet_and_with_each_threshold_at_0_it_is_not() {
    let stream = Stream::read("quiet");
    for daemons in [1, 2] {
        let exposed = stream.exposed(daemons);
        let fired = |rules: &Path, step| judge::fired(&judge::promtool(), rules, &exposed, stream.end(), step);
        let faults = faults(&stream, &fired(&repository("alerts"), daemons as Moment * MINUTE), daemons);
        assert!(faults.is_empty(), "{daemons} daemons:\n{}", faults.join("\n\n"));
        if daemons == 1 {
            let lowered = thresholds::lowered();
            let heard: BTreeSet<String> = fired(lowered.path(), 10 * MINUTE).into_iter().map(|run| run.alert).collect();
            let silent: Vec<&str> = thresholds::asked().filter(|alert| !heard.contains(*alert)).collect();
            assert!(silent.is_empty(), "with their threshold at 0 they are silent all the same: {silent:?}");
        }
    }
}

#[test]
fn every_alert_has_a_story_and_a_threshold() {
    let stories = ["incidents", "days", "weeks", "daemon"].map(Stream::read);
    let told: BTreeSet<&str> = stories
        .iter()
        .flat_map(|stream| &stream.stories)
        .flat_map(|story| &story.expected)
        .map(|expected| expected.alert.as_str())
        .collect();
    let known: BTreeSet<String> = judge::alerts(&repository("alerts")).into_iter().collect();
    let untold: Vec<&String> = known.iter().filter(|alert| !told.contains(alert.as_str())).collect();
    assert!(untold.is_empty(), "no story has {untold:?}");
    let thresholds: BTreeSet<&str> = thresholds::all().collect();
    let without: Vec<&String> = known.iter().filter(|alert| !thresholds.contains(alert.as_str())).collect();
    assert!(without.is_empty(), "no threshold is known of {without:?}");
}
