//! What happens in a test of the alerts, as `alerts/tests/*.story` writes it down: events with their times, and the alerts
//! that must come of them.
//!
//! ```text
//! story a rollback fails                    one paragraph each; # begins a comment
//! system rolls                              the system of its events and alerts
//! declares:                                 what day90.yaml says of the system: the indented lines that follow
//!     rollback: {to: previous_process, plan: "https://example.com", drill_every: 90d, within: 15m}
//! at 20m: rollback.started rollback=r1 trigger=human
//! at 21m: rollback.completed rollback=r1 result=failed
//! every 20s from 5m to 2h: task.completed case=t{n} action=answer outcome=completed mode=decide
//! about 20s from 5m to 2h: …                the same with the gaps of chance
//!   then 2m one in 5: escalation.opened case=t{n} reason=unsure       follows each fifth, {n} is the same
//! at 22m: !task.completed outcome=nonsense   an event that the daemon refuses; ? is one that it warns of, ~ one it may not take
//! do 1h: restart                            or another deed of `stream`
//! expect Day90RollbackFailed from 21m to 23m until 1h30m
//!   labels to=previous_process
//!   says "rollback"                         its summary or its description has this
//!   one says "…"  two says "…"              with one daemon, with two
//! two-expect …                              with two daemons alone; one-expect with one
//! also Day90RollbackDrillOverdue            fires too, and it is right that it does
//! ```

use day90::event::Timestamp;
use serde_json::{Map, Value};

use crate::harness::Dice;

/// Bytes that `{long}` becomes.
const LONG: usize = 7_000;
/// Milliseconds since the stream began.
pub type Moment = i64;
const SECOND: i64 = 1_000;

#[derive(Clone, Debug)]
pub struct Story {
    pub file: String,
    pub name: String,
    pub system: String,
    /// Lines of YAML, as they are.
    pub declares: String,
    pub events: Vec<Sent>,
    pub deeds: Vec<(Moment, String)>,
    pub expected: Vec<Expected>,
    /// Alerts that come of it too.
    pub also: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Taken,
    /// Taken, and the sender is warned.
    Warned,
    Refused,
    /// Taken, or 503: then the sender has to send it again.
    Perhaps,
}

/// An event, when it is sent, and what the daemon makes of it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Moment,
    pub event: Map<String, Value>,
    pub fate: Fate,
    pub place: String,
}

#[derive(Clone, Debug)]
pub struct Expected {
    pub alert: String,
    /// With how many daemons it is expected.
    pub daemons: &'static [usize],
    pub from: Moment,
    pub to: Moment,
    pub until: Moment,
    pub labels: Vec<(String, String)>,
    /// What the text has, with one daemon and with two.
    pub says: [Vec<String>; 2],
}

/// When something happens, or happens again and again.
struct Rhythm(Vec<Moment>);

/// Reads the stories of a file.
pub fn read(file: &str, text: &str) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut rhythm: Option<Rhythm> = None;
    let mut declares = false;
    for (at, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", at + 1);
        let plain = without_comment(line);
        if plain.trim().is_empty() || plain.starts_with('#') {
            continue;
        }
        if let Some(name) = plain.strip_prefix("story ") {
            declares = false;
            stories.push(Story {
                file: file.into(),
                name: name.into(),
                system: String::new(),
                declares: String::new(),
                events: Vec::new(),
                deeds: Vec::new(),
                expected: Vec::new(),
                also: Vec::new(),
            });
            continue;
        }
        let story = stories.last_mut().unwrap_or_else(|| panic!("{place}: a line before the first story"));
        if declares && line.starts_with("    ") {
            story.declares.push_str(line);
            story.declares.push('\n');
            continue;
        }
        declares = false;
        line_of(story, &mut rhythm, &mut declares, plain, &place);
    }
    stories
}

/// Up to a ` #` that is not inside quotes.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    let comment = line.char_indices().find(|(at, character)| {
        quoted ^= *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        !quoted && line[*at..].starts_with(" #")
    });
    comment.map_or(line, |(at, _)| &line[..at]).trim_end()
}

fn line_of(story: &mut Story, rhythm: &mut Option<Rhythm>, declares: &mut bool, line: &str, place: &str) {
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match word {
        "system" => story.system = rest.into(),
        "declares:" => *declares = true,
        "at" | "every" | "about" => {
            let (when, event) = rest.split_once(": ").unwrap_or_else(|| panic!("{place}: no event"));
            let began = Rhythm(moments(word, when, place));
            add(story, &began, 0, 1, event, place);
            *rhythm = Some(began);
        }
        "then" => {
            let (when, event) = rest.split_once(": ").unwrap_or_else(|| panic!("{place}: no event"));
            let (after, each) = when.split_once(" one in ").unwrap_or((when, "1"));
            let each = each.parse().unwrap_or_else(|_| panic!("{place}: one in {each}?"));
            let began = rhythm.as_ref().unwrap_or_else(|| panic!("{place}: then, after what?"));
            add(story, began, span(after, place), each, event, place);
        }
        "do" => {
            let (when, deed) = rest.split_once(": ").unwrap_or_else(|| panic!("{place}: do what?"));
            story.deeds.push((span(when, place), deed.into()));
        }
        "expect" => story.expected.push(expected(rest, place, &[1, 2])),
        "one-expect" => story.expected.push(expected(rest, place, &[1])),
        "two-expect" => story.expected.push(expected(rest, place, &[2])),
        "also" => story.also.push(rest.into()),
        "labels" => {
            let pairs = rest.split_whitespace().filter_map(|pair| pair.split_once('='));
            last(story, place).labels.extend(pairs.map(|(name, value)| (name.into(), value.into())));
        }
        "says" | "one" | "two" => {
            let text = rest.strip_prefix("says ").unwrap_or(rest);
            let text: String = serde_json::from_str(text).unwrap_or_else(|_| panic!("{place}: not in quotes: {text}"));
            let says = &mut last(story, place).says;
            if word != "two" {
                says[0].push(text.clone());
            }
            if word != "one" {
                says[1].push(text);
            }
        }
        _ => panic!("{place}: what is {word}?"),
    }
}

fn last<'s>(story: &'s mut Story, place: &str) -> &'s mut Expected {
    story.expected.last_mut().unwrap_or_else(|| panic!("{place}: of which alert?"))
}

fn expected(text: &str, place: &str, daemons: &'static [usize]) -> Expected {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [alert, "from", from, "to", to, "until", until] = words[..] else {
        panic!("{place}: expect ALERT from TIME to TIME until TIME");
    };
    let [from, to, until] = [from, to, until].map(|time| span(time, place));
    Expected { alert: alert.into(), daemons, from, to, until, labels: Vec::new(), says: Default::default() }
}

/// `20m`, or `20s from 5m to 2h`.
fn moments(word: &str, when: &str, place: &str) -> Vec<Moment> {
    if word == "at" {
        return vec![span(when, place)];
    }
    let words: Vec<&str> = when.split_whitespace().collect();
    let [gap, "from", from, "to", to] = words[..] else { panic!("{place}: {word} GAP from TIME to TIME") };
    let [gap, from, to] = [gap, from, to].map(|time| span(time, place));
    let mut dice = Dice::new(place.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into())));
    let (mut at, mut found) = (from, Vec::new());
    while at < to {
        found.push(at);
        at += match word {
            "every" => gap,
            // Exponential gaps, as those of customers who don't know each other.
            _ => (-(1.0 - dice.below(1 << 20) as f64 / (1u64 << 20) as f64).ln() * gap as f64) as i64,
        };
    }
    found
}

fn add(story: &mut Story, rhythm: &Rhythm, after: i64, each: usize, event: &str, place: &str) {
    for (n, moment) in rhythm.0.iter().enumerate().filter(|(n, _)| n % each == 0) {
        let at = moment + after;
        let (fate, event) = match event.split_at(1) {
            ("!", event) => (Fate::Refused, event),
            ("?", event) => (Fate::Warned, event),
            ("~", event) => (Fate::Perhaps, event),
            _ => (Fate::Taken, event),
        };
        let event =
            parse(&event.replace("{n}", &n.to_string()).replace("{long}", &"x".repeat(LONG)), &story.system, at, place);
        story.events.push(Sent { at, event, fate, place: place.into() });
    }
}

/// `type name=value …`: a value is JSON, or else text; `@-20m` is a time.
fn parse(event: &str, system: &str, moment: Moment, place: &str) -> Map<String, Value> {
    let mut words = words(event).into_iter();
    let kind = words.next().unwrap_or_else(|| panic!("{place}: no type"));
    let mut fields = Map::new();
    fields.insert("type".into(), kind.into());
    if !system.is_empty() {
        fields.insert("system".into(), system.into());
    }
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{place}: {word} is no NAME=VALUE"));
        let value = match value.strip_prefix('@') {
            Some(ago) => timestamp(moment + span(ago, place)).to_string().into(),
            None => serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.into())),
        };
        fields.insert(name.into(), value);
    }
    fields
}

/// When the stream began: a Monday, 00:00 UTC.
const BEGAN: i64 = 1_795_996_800;

pub fn timestamp(moment: Moment) -> Timestamp {
    Timestamp::from_seconds(BEGAN).plus(moment * 1_000_000)
}

/// Words apart by blanks, save inside quotes.
fn words(text: &str) -> Vec<String> {
    let (mut found, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for character in text.chars() {
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        match character {
            ' ' if !quoted => found.push(String::new()),
            _ => found.last_mut().expect("one").push(character),
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// `1h30m20s` in milliseconds; a minus before it is before the stream began.
pub fn span(text: &str, place: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (mut sum, mut number) = (0, String::new());
    for character in digits.chars() {
        let unit = match character {
            'w' => 604_800,
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => {
                number.push(character);
                continue;
            }
        };
        sum += number.parse::<i64>().unwrap_or_else(|_| panic!("{place}: {text} is no time")) * unit * SECOND;
        number.clear();
    }
    assert!(number.is_empty(), "{place}: {text} has no unit");
    sign * sum
}
