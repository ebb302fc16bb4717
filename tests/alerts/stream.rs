//! A stream of events through real daemons, one or two of the same systems by mistake, with a clock that the test holds.
//! They are scraped as Prometheus does it: every 15 seconds around what happens, every minute elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::recorded::{Recorded, STEP};
use super::story::{Fate, Moment, Sent, Story, timestamp};
use crate::harness::{Host, Request};

const MINUTE: Moment = 60_000;
/// How long before and after something happens the scrapes are close.
const AROUND: Moment = 15 * MINUTE;

/// How long a stream is, and between two scrapes where nothing happens.
#[derive(Clone, Copy)]
pub struct Spans {
    pub scrape: Moment,
    pub end: Moment,
}

/// Lives through the stories side by side until `end`, and returns what was exposed.
pub fn live(head: &str, stories: &[Story], daemons: usize, spans: Spans, recorded: &mut Recorded) {
    let small_disk = stories.iter().flat_map(|story| &story.deeds).any(|(_, deed)| deed == "fill-disk");
    recorded.is_steady = !small_disk;
    let mut config = config(head, stories);
    let start = timestamp(0).nanos();
    let mut hosts: Vec<Host> = (0..daemons).map(|_| Host::start_with(&config, start, small_disk)).collect();
    let mut happenings: BTreeMap<Moment, Vec<Happening<'_>>> = BTreeMap::new();
    for story in stories {
        for sent in &story.events {
            happenings.entry(sent.at).or_default().push(Happening::Event(sent));
        }
        for (at, deed) in &story.deeds {
            happenings.entry(*at).or_default().push(Happening::Deed(deed));
        }
    }
    let mut count = 0;
    let mut target = Target::Up;
    let mut began = 0;
    for scrape in scrapes(stories, spans) {
        let later = happenings.split_off(&scrape);
        for (at, now) in std::mem::replace(&mut happenings, later) {
            hosts.iter().for_each(|host| host.set_clock(timestamp(at).nanos()));
            for happening in now {
                match happening {
                    Happening::Event(sent) => {
                        let daemon = daemon_of(&sent.event, &mut count, daemons);
                        send(&mut hosts[daemon], sent);
                    }
                    Happening::Deed(deed) => {
                        if ["restart", "tear", "untear"].contains(&deed) {
                            began = at;
                        }
                        let before = config.clone();
                        for host in &mut hosts {
                            config.clone_from(&before);
                            do_it(host, (at, deed), &mut config, &mut target);
                        }
                    }
                }
            }
        }
        for (at, host) in hosts.iter_mut().enumerate() {
            host.set_clock(timestamp(scrape).nanos());
            let labels = format!("instance=\"day90-{at}:9790\",job=\"day90\",namespace=\"shop\"");
            if target == Target::Gone {
                recorded.end(scrape, &labels);
                continue;
            }
            let text = (target == Target::Up).then(|| host.scrape_as_prometheus());
            recorded.scrape(scrape, &labels, text.as_deref(), began);
        }
    }
}

enum Happening<'s> {
    Event(&'s Sent),
    Deed(&'s str),
}

fn send(host: &mut Host, sent: &Sent) {
    let Sent { event, fate, place, .. } = sent;
    let answer = host.ask_again(&Request::events(None, Value::Object(event.clone()).to_string()));
    let said = answer.text();
    let (status, warns) = match fate {
        Fate::Taken => (202, Some(false)),
        Fate::Warned => (202, Some(true)),
        Fate::Refused => (400, None),
        Fate::Perhaps if answer.status == 503 => (503, None),
        Fate::Perhaps => (202, None),
    };
    assert_eq!(answer.status, status, "{place}: {said}");
    // What the daemon doesn't understand of an event is a slip of the story.
    let warned = !said.contains("\"warnings\":[]");
    assert!(warns.is_none_or(|warns| warns == warned), "{place}: {said}");
}

/// All events of a case come from one replica of the service, and each replica has a daemon of its own.
fn daemon_of(event: &Map<String, Value>, sent: &mut usize, daemons: usize) -> usize {
    *sent += 1;
    let key = ["case", "review", "rollback", "change"].iter().find_map(|name| event.get(*name));
    match key {
        Some(key) => key.to_string().bytes().map(usize::from).sum::<usize>() % daemons,
        None => *sent % daemons,
    }
}

/// How a Prometheus finds the daemons.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Up,
    /// Nothing answers.
    Down,
    /// The configuration of Prometheus has forgotten it.
    Gone,
}

/// What a story does to its daemons, other than sending events.
///
/// ```text
/// restart   stop   start   vanish          the process; nothing answers; it does again; Prometheus has forgotten it
/// config FROM => TO   drop SYSTEM          a piece of the file changes, a system is left out, and it is read again
/// break-config   mend-config               the file is no YAML; it is as it was
/// page-test SYSTEM                         as the command does it
/// raw BODY   request METHOD TYPE BODY      what a sender sends that is no event
/// fill-disk   free-disk                    the disk of the data
/// break-log   mend-log                     whoever reads the log has gone; somebody reads it again; a reload each
/// leap MINUTES                             the clock is so far ahead for a moment, in which somebody asks for something
/// tear   untear                            a crash leaves a long half-written tail, which is kept; somebody removes it
/// ```
fn do_it(host: &mut Host, (at, deed): (Moment, &str), config: &mut String, target: &mut Target) {
    let (deed, rest) = deed.split_once(' ').unwrap_or((deed, ""));
    let reload = |host: &mut Host, text: &str, status: u16| {
        host.rewrite(text);
        host.ask_again(&Request::new("POST", "/-/reload")).expect(status);
    };
    match deed {
        "restart" => host.restart(),
        "leap" => {
            let minutes: Moment = rest.parse().expect("minutes");
            host.set_clock(timestamp(at + minutes * MINUTE).nanos());
            host.ask_again(&Request::get("/api/v1/status")).expect(200);
            host.set_clock(timestamp(at).nanos());
        }
        "stop" => *target = Target::Down,
        "vanish" => *target = Target::Gone,
        "start" => *target = Target::Up,
        "break-config" => reload(host, "systems: {", 500),
        "mend-config" => reload(host, config, 200),
        "config" => {
            let (from, to) = rest.split_once(" => ").expect("FROM => TO");
            assert!(config.contains(from), "{from} is not in the configuration");
            *config = config.replace(from, to);
            reload(host, config, 200);
        }
        "drop" => reload(host, &without(config, rest), 200),
        "page-test" => {
            host.ask_again(&Request::new("POST", &format!("/api/v1/page-test?system={rest}"))).expect(200);
        }
        "raw" => {
            host.ask_again(&Request::events(None, rest));
        }
        "request" => {
            let mut words = rest.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            let request = Request::new(word(), "/v1/events").header("Content-Type", word()).body(word());
            host.ask_again(&request);
        }
        "tear" => host.tear(),
        "untear" => host.untear(),
        "fill-disk" => host.fill_disk(),
        "free-disk" => host.free_disk(),
        "break-log" => host.break_log(),
        "mend-log" => host.mend_log(),
        _ => panic!("nobody knows how to {deed}"),
    }
}

fn without(config: &str, system: &str) -> String {
    let head = format!("  {system}:");
    let mut dropping = false;
    let kept = config.lines().filter(|line| {
        if line.starts_with("  ") && !line.starts_with("   ") {
            dropping = line.starts_with(&head);
        }
        !dropping
    });
    kept.map(|line| format!("{line}\n")).collect()
}

fn config(head: &str, stories: &[Story]) -> String {
    let mut config = format!("{head}\nsystems:\n");
    for story in stories.iter().filter(|story| !story.declares.is_empty()) {
        config.push_str(&format!("  {}:\n{}", story.system, story.declares));
    }
    config
}

/// When Prometheus comes.
fn scrapes(stories: &[Story], Spans { scrape, end }: Spans) -> Vec<Moment> {
    let mut close: BTreeSet<Moment> = BTreeSet::new();
    let mut around = |at: Moment| {
        let from = (at - AROUND).max(0) / STEP;
        close.extend((from..=(at + AROUND).min(end) / STEP).map(|step| step * STEP));
    };
    for story in stories {
        story.deeds.iter().for_each(|(at, _)| around(*at));
        story.expected.iter().for_each(|expected| around(expected.from));
    }
    if scrape > MINUTE {
        close.clear();
    }
    close.extend((0..=end / scrape).map(|turn| turn * scrape));
    close.into_iter().collect()
}
