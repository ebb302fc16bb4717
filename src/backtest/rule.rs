//! A threshold rule such as teams write, evaluated once a minute as Prometheus would:
//! `ratio>0.1 window=1h for=10m min_tasks=20` or `escalations>20 window=10m`.
//!
//! Counts are those of `day90_escalations_total` and `day90_tasks_total`: a case that is escalated again counts again.

use std::collections::VecDeque;
use std::fmt;

use crate::event::Timestamp;
use crate::event::time::MINUTE;

/// The longest window and the longest `for`, in minutes: a week.
const MINUTES_MAX: i64 = 7 * 24 * 60;
/// Firings that are kept; all are counted.
const FIRINGS_MAX: usize = 10_000;

const FORM: &str = "a rule is such as 'ratio>0.1 window=1h for=10m min_tasks=20' or 'escalations>20 window=10m'";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Measure {
    Ratio,
    Escalations,
}

/// A rule, as it was written and as it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    measure: Measure,
    above: f64,
    /// Minutes.
    window: i64,
    /// How long it must hold before it fires. Minutes.
    lasting: i64,
    /// With fewer completed tasks in the window a ratio is not judged.
    min_tasks: u64,
    text: String,
}

impl Rule {
    /// Reads a rule as written on the command line; the error says what is wrong and what a rule looks like.
    pub(crate) fn parse(text: &str) -> Result<Rule, String> {
        let mut rule = Rule {
            measure: Measure::Ratio,
            above: f64::NAN,
            window: 60,
            lasting: 0,
            min_tasks: 1,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let tight = text.replace(" >", ">").replace("> ", ">");
        for word in tight.split_whitespace() {
            match word.split_once('>') {
                Some((measure, above)) => (rule.measure, rule.above) = (measured(measure)?, threshold(above)?),
                None => rule.set(word)?,
            }
        }
        if rule.above.is_nan() { Err(format!("the threshold is missing; {FORM}")) } else { Ok(rule) }
    }

    /// Takes one `name=value`.
    fn set(&mut self, word: &str) -> Result<(), String> {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?} is not understood; {FORM}"))?;
        match name {
            "window" => self.window = minutes(value)?.max(1),
            "for" => self.lasting = minutes(value)?,
            "min_tasks" => {
                self.min_tasks = value.parse().map_err(|_| format!("min_tasks={value} is no whole number"))?;
            }
            _ => return Err(format!("{name} is not known; {FORM}")),
        }
        Ok(())
    }

    fn holds(&self, tasks: u64, escalations: u64) -> bool {
        match self.measure {
            Measure::Escalations => escalations as f64 > self.above,
            Measure::Ratio => tasks >= self.min_tasks.max(1) && escalations as f64 / tasks as f64 > self.above,
        }
    }

    /// The threshold, if it is a ratio to tasks.
    pub(crate) fn ratio(&self) -> Option<f64> {
        (self.measure == Measure::Ratio).then_some(self.above)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn measured(text: &str) -> Result<Measure, String> {
    match text {
        "ratio" => Ok(Measure::Ratio),
        "escalations" => Ok(Measure::Escalations),
        _ => Err(format!("{text:?} is neither ratio nor escalations; {FORM}")),
    }
}

/// `0.1`, `10%`, `20`.
fn threshold(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
    let number = number.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    let wrong = || format!("{text:?} is no threshold: a number from 0 on, or one with %; {FORM}");
    Ok(number.ok_or_else(wrong)? / whole)
}

/// `90s`, `10m`, `1h`, `2d`, in whole minutes.
fn minutes(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no time: write 10m, 1h or 2d, at most 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let minutes = number.checked_mul(seconds).ok_or_else(wrong)? / 60;
    if (0..=MINUTES_MAX).contains(&minutes) { Ok(minutes) } else { Err(wrong()) }
}

/// A time for which the rule fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Firing {
    pub began: Timestamp,
    /// `None` if it was still firing when the recording ended.
    pub ended: Option<Timestamp>,
}

/// The rule on one system.
#[derive(Debug)]
pub(crate) struct Watched {
    rule: Rule,
    /// (tasks, escalations) of each minute in the window; the last minute is not over.
    minutes: VecDeque<(u32, u32)>,
    tasks: u64,
    escalations: u64,
    /// That last minute, counted from the epoch.
    minute: i64,
    /// The minute since which the rule holds.
    since: Option<i64>,
    pub firings: Vec<Firing>,
    firing: bool,
    pub fired: u64,
}

impl Watched {
    pub(crate) fn new(rule: Rule, now: Timestamp) -> Watched {
        Watched {
            rule,
            minutes: VecDeque::from([(0, 0)]),
            tasks: 0,
            escalations: 0,
            minute: now.nanos().div_euclid(MINUTE),
            since: None,
            firings: Vec::new(),
            firing: false,
            fired: 0,
        }
    }

    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    pub(crate) fn count(&mut self, now: Timestamp, escalated: bool) {
        self.advance(now);
        let last = self.minutes.back_mut().expect("the last minute is always there");
        if escalated {
            last.1 += 1;
            self.escalations += 1;
        } else {
            last.0 += 1;
            self.tasks += 1;
        }
    }

    /// Evaluates the rule at the end of each minute up to `now`.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        let to = now.nanos().div_euclid(MINUTE);
        while self.minute < to {
            self.minute += 1;
            self.evaluate();
            self.minutes.push_back((0, 0));
            if self.minutes.len() as i64 > self.rule.window {
                let (tasks, escalations) = self.minutes.pop_front().unwrap_or_default();
                self.tasks -= u64::from(tasks);
                self.escalations -= u64::from(escalations);
            }
            if self.tasks + self.escalations == 0 && self.since.is_none() && !self.firing {
                // With an empty window nothing changes until the next event.
                self.minute = to;
                self.minutes = VecDeque::from([(0, 0)]);
            }
        }
    }

    fn evaluate(&mut self) {
        let now = Timestamp::from_nanos(self.minute * MINUTE);
        if !self.rule.holds(self.tasks, self.escalations) {
            self.since = None;
            if std::mem::take(&mut self.firing)
                && let Some(last) = self.firings.last_mut()
            {
                last.ended.get_or_insert(now);
            }
            return;
        }
        let since = *self.since.get_or_insert(self.minute);
        if !self.firing && self.minute - since >= self.rule.lasting {
            self.firing = true;
            self.fired += 1;
            if self.firings.len() < FIRINGS_MAX {
                self.firings.push(Firing { began: now, ended: None });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_nanos(minute * MINUTE)
    }

    /// Ten tasks a minute, of which `escalated` says how many are escalated.
    fn fired(rule: &str, escalated: impl Fn(i64) -> i64) -> Vec<(i64, Option<i64>)> {
        let mut watched = Watched::new(Rule::parse(rule).expect("a rule"), at(0));
        for minute in 0..600 {
            (0..10).for_each(|_| watched.count(at(minute), false));
            (0..escalated(minute)).for_each(|_| watched.count(at(minute), true));
        }
        let in_minutes = |at: Timestamp| at.nanos() / MINUTE;
        watched.firings.iter().map(|it| (in_minutes(it.began), it.ended.map(in_minutes))).collect()
    }

    #[test]
    fn it_fires_when_the_ratio_has_held_for_long_enough() {
        let spike = |minute| if (300..400).contains(&minute) { 3 } else { 0 };
        assert_eq!(fired("ratio>0.1 window=10m", spike), [(304, Some(407))]);
        assert_eq!(fired("ratio > 10% window=10m for=5m", spike), [(309, Some(407))]);
        assert_eq!(fired("ratio>0.1 window=10m for=3h", spike), []);
        assert_eq!(fired("ratio>0.1 window=10m min_tasks=500", spike), []);
    }

    #[test]
    fn it_counts_escalations_without_any_task() {
        assert_eq!(fired("escalations>20 window=10m", |minute| i64::from(minute >= 300) * 3), [(307, None)]);
    }

    #[test]
    fn a_silence_ends_it_and_costs_nothing() {
        let mut watched = Watched::new(Rule::parse("escalations>2 window=10m").expect("a rule"), at(0));
        (0..5).for_each(|_| watched.count(at(0), true));
        watched.count(at(50_000_000), true);
        assert_eq!(watched.firings, [Firing { began: at(1), ended: Some(at(11)) }]);
    }

    #[test]
    fn what_is_no_rule_says_what_one_looks_like() {
        for (text, why) in [
            ("", "threshold is missing"),
            ("ratio>a", "no threshold"),
            ("cost>3", "neither ratio nor"),
            ("ratio>0.1 window=8d", "at most 7d"),
            ("ratio>0.1 windw=1h", "not known"),
            ("ratio 0.1", "not understood"),
        ] {
            let error = Rule::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
