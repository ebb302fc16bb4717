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

/// Lives through the stories side by side until `end`, and returns what was exposed.
pub fn live(head: &str, stories: &[Story], daemons: usize, end: Moment, recorded: &mut Recorded) {
    let config = config(head, stories);
    let began = timestamp(0).nanos();
    let mut hosts: Vec<Host> = (0..daemons).map(|_| Host::start(&config, began)).collect();
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
    let mut running = true;
    for scrape in scrapes(stories, end) {
        let later = happenings.split_off(&scrape);
        for (at, now) in std::mem::replace(&mut happenings, later) {
            hosts.iter().for_each(|host| host.set_clock(timestamp(at).nanos()));
            for happening in now {
                match happening {
                    Happening::Event(sent) => {
                        let daemon = daemon_of(&sent.event, &mut count, daemons);
                        send(&mut hosts[daemon], sent);
                    }
                    Happening::Deed(deed) => hosts.iter_mut().for_each(|host| do_it(host, deed, &config, &mut running)),
                }
            }
        }
        for (at, host) in hosts.iter_mut().enumerate() {
            host.set_clock(timestamp(scrape).nanos());
            let target = format!("instance=\"day90-{at}:9790\",job=\"day90\",namespace=\"shop\"");
            let text = running.then(|| host.scrape_as_prometheus());
            recorded.scrape(scrape, &target, text.as_deref());
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
    assert_eq!(answer.status, if matches!(fate, Fate::Refused) { 400 } else { 202 }, "{place}: {said}");
    // What the daemon doesn't understand of an event is a slip of the story.
    let fits = matches!(fate, Fate::Warned) != said.contains("\"warnings\":[]");
    assert!(matches!(fate, Fate::Refused) || fits, "{place}: {said}");
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

fn do_it(host: &mut Host, deed: &str, config: &str, running: &mut bool) {
    let (deed, rest) = deed.split_once(' ').unwrap_or((deed, ""));
    match deed {
        "restart" => host.restart(),
        // The process is gone: nothing answers a scrape.
        "stop" => *running = false,
        "start" => *running = true,
        "break-config" => {
            host.rewrite("systems: {");
            host.ask_again(&Request::new("POST", "/-/reload"));
        }
        "mend-config" => {
            host.rewrite(config);
            host.ask_again(&Request::new("POST", "/-/reload")).expect(200);
        }
        // `config FROM => TO`: a piece of the configuration changes.
        "config" => {
            let (from, to) = rest.split_once(" => ").expect("FROM => TO");
            assert!(config.contains(from), "{from} is not in the configuration");
            host.rewrite(&config.replace(from, to));
            host.ask_again(&Request::new("POST", "/-/reload")).expect(200);
        }
        // `drop SYSTEM`: the file forgets a system.
        "drop" => {
            let kept = without(config, rest);
            host.rewrite(&kept);
            host.ask_again(&Request::new("POST", "/-/reload")).expect(200);
        }
        "page-test" => {
            host.ask_again(&Request::new("POST", &format!("/api/v1/page-test?system={rest}"))).expect(200);
        }
        "raw" => {
            host.ask_again(&Request::events(None, rest));
        }
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
fn scrapes(stories: &[Story], end: Moment) -> Vec<Moment> {
    let mut close: BTreeSet<Moment> = BTreeSet::new();
    let mut around = |at: Moment| {
        let from = (at - AROUND).max(0) / STEP;
        close.extend((from..=(at + AROUND).min(end) / STEP).map(|step| step * STEP));
    };
    for story in stories {
        story.deeds.iter().for_each(|(at, _)| around(*at));
        story.expected.iter().for_each(|expected| around(expected.from));
    }
    close.extend((0..=end / MINUTE).map(|minute| minute * MINUTE));
    close.into_iter().collect()
}
