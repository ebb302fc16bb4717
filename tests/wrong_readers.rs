//! Readers that are no ordinary Prometheus, and systems that are no ordinary systems: what is shown stays true.

use std::time::{Duration, Instant};

use day90::event::time::SECOND;

use crate::harness::events::lines;
use crate::harness::{Day90, Host, Request, Scrape, event, metric};

/// 2026-11-30T10:00:00Z.
const BEGAN: i64 = 1_796_032_800 * SECOND;

fn scraped(host: &mut Host) -> Scrape {
    let request = Request::get("/metrics").header("X-Prometheus-Scrape-Timeout-Seconds", "10");
    Scrape::parse(host.ask_again(&request).expect(200).text())
}

fn opened(case: &str) -> crate::harness::events::Event {
    event("escalation.opened").with("case", case).with("reason", "new")
}

/// What `increase()` makes of samples: what they gain, one after the other.
fn increase(samples: &[f64]) -> f64 {
    samples.windows(2).map(|two| if two[1] >= two[0] { two[1] - two[0] } else { two[1] }).sum()
}

#[test]
fn one_who_scrapes_every_second_sees_one_rise_and_no_fall() {
    let mut host = Host::start("", BEGAN);
    let mut samples = Vec::new();
    for second in 0..100 {
        host.set_clock(BEGAN + second * SECOND);
        if second % 10 == 5 {
            host.ask_again(&Request::events(None, opened(&format!("c{second}")).to_string())).expect(202);
        }
        if second == 50 {
            host.restart();
        }
        samples.extend(scraped(&mut host).get(&metric("day90_escalations_total").label("reason", "new")));
    }
    assert_eq!(increase(&samples), 10.0, "{samples:?}");
    assert!(samples.is_sorted(), "a counter never falls: {samples:?}");
}

/// An hour is longer than `metrics.newborn`: the first of it is lost to `increase()`, as the documents say, and nothing else.
#[test]
fn one_who_scrapes_once_an_hour_sees_all_but_the_first_unless_newborn_is_longer() {
    for (config, seen) in [("", 3.0), ("metrics: {newborn: 3605s}", 4.0)] {
        let mut host = Host::start(config, BEGAN);
        let mut samples = Vec::new();
        for hour in 0..6 {
            host.set_clock(BEGAN + (hour * 3_600 + 1_800) * SECOND);
            if hour < 4 {
                host.ask_again(&Request::events(None, opened(&format!("c{hour}")).to_string())).expect(202);
            }
            host.set_clock(BEGAN + (hour + 1) * 3_600 * SECOND);
            samples.extend(scraped(&mut host).get(&metric("day90_escalations_total").label("reason", "new")));
        }
        assert_eq!(increase(&samples), seen, "{config}: {samples:?}");
    }
}

#[test]
fn two_servers_with_different_intervals_see_the_same_in_the_end() {
    let mut host = Host::start("", BEGAN);
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    for second in 0..300 {
        host.set_clock(BEGAN + second * SECOND);
        if second == 47 {
            let thirty: Vec<_> = (0..30).map(|at| opened(&format!("c{at}"))).collect();
            host.ask_again(&Request::events(None, lines(&thirty))).expect(202);
        }
        let sample = metric("day90_escalations_total").label("reason", "new");
        if second % 15 == 3 {
            quick.extend(scraped(&mut host).get(&sample));
        }
        if second % 60 == 46 {
            slow.extend(scraped(&mut host).get(&sample));
        }
    }
    assert_eq!((increase(&quick), increase(&slow)), (30.0, 30.0), "{quick:?} {slow:?}");
}

/// Two hundred values a label are the bound; with another one the sum is still right.
#[test]
fn a_label_of_more_values_than_there_is_room_for_keeps_its_sum() {
    let mut host = Host::start("", BEGAN);
    let many: Vec<_> = (0..250)
        .map(|at| event("escalation.opened").with("case", format!("c{at}")).with("reason", format!("r{at}")))
        .collect();
    host.ask_again(&Request::events(None, lines(&many))).expect(202);
    host.set_clock(BEGAN + 65 * SECOND);
    let scrape = scraped(&mut host);
    scrape.expect(metric("day90_escalations_total").value(250.0));
    scrape.expect(metric("day90_escalations_total").label("reason", "other").value(50.0));
    let limited = metric("day90_series_limited_total").label("label", "reason");
    assert!(scrape.get(&limited).is_some_and(|limited| limited >= 50.0));
}

/// Four hundred declared systems: the page, the status, preflight and a scrape each come in a moment.
#[test]
fn four_hundred_systems_are_shown_in_a_moment() {
    let systems: String = (0..400)
        .map(|at| {
            format!(
                "  s{at}:\n    owner: {{name: desk, contact: \"#desk\"}}\n    exception_path:\n      acknowledge_within: 15m\n      \
                 routes: [{{reason: \"*\", queue: desk, owner: desk}}]\n"
            )
        })
        .collect();
    let day90 = Day90::start_with(&format!("systems:\n{systems}"));
    let events: Vec<_> = (0..400)
        .flat_map(|at| {
            let system = format!("s{at}");
            let task = event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide");
            [task.with("system", &*system), opened("c").with("system", &*system)]
        })
        .collect();
    day90.post(&events);
    for (path, names) in
        [("/", "s399"), ("/api/v1/status", "s399"), ("/api/v1/preflight", "s399"), ("/metrics", "s399")]
    {
        let begun = Instant::now();
        let text = day90.get(path).expect(200).text();
        // Unoptimised, on a busy machine: it takes a fraction of this.
        assert!(begun.elapsed() < Duration::from_secs(10), "{path} took {:?}", begun.elapsed());
        assert!(text.contains(names), "{path}");
    }
}

/// Events that name no system, where none is the default: said, and in nobody's numbers.
#[test]
fn a_system_of_no_name_is_no_system() {
    let day90 = Day90::start();
    let answer = day90.offer([&opened("c").without("system")]);
    assert_eq!((answer.status, answer.counts()), (400, (0, 0, 1)));
    let page = day90.get("/").expect(200).text();
    assert!(page.contains("Waiting for the first event"), "no card for nobody");
}
