//! Systems over HTTP: ids, shares, systems that vanish, are ended, and get other names.

use crate::harness::events::Event;
use crate::harness::samples::Metric;
use crate::harness::{Answer, Day90, Request, event, metric, run};

fn task(system: &str, id: &str) -> Event {
    let task = event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide");
    task.with("system", system).with("id", id)
}

fn opened(system: &str, case: &str) -> Event {
    event("escalation.opened").with("system", system).with("case", case).with("queue", "billing")
}

fn tasks(system: &str, count: u32) -> Metric {
    metric("day90_tasks_total").label("system", system).value(count)
}

fn open(system: &str) -> Metric {
    metric("day90_escalations_open").label("system", system).label("queue", "billing")
}

fn reload(day90: &Day90, config: &str) -> Answer {
    day90.rewrite_config(config);
    day90.ask(&Request::new("POST", "/-/reload"))
}

#[test]
fn one_id_counts_once_for_each_source_and_type() {
    let day90 = Day90::start();
    let escalation = opened("s", "c").with("id", "req-7");
    assert_eq!(day90.offer([&task("s", "req-7"), &escalation]).expect(202).counts(), (2, 0, 0));
    assert_eq!(day90.offer([&task("s", "req-7"), &escalation]).expect(202).counts(), (0, 2, 0));
    let twice = task("s", "req-8");
    assert_eq!(day90.offer([&twice, &twice, &opened("s", "c-8").with("id", "req-8")]).counts(), (2, 1, 0));
    let elsewhere = task("s", "req-7").with("source", "gateway");
    assert_eq!(day90.offer([&elsewhere, &elsewhere, &task("s", "req-7").with("source", "s")]).counts(), (1, 2, 0));
    let without = task("s", "").without("id");
    assert_eq!(day90.offer([&without, &without]).counts(), (2, 0, 0));
    let day90 = day90.kill9().start_again();
    assert_eq!(day90.offer([&twice, &elsewhere, &escalation]).counts(), (0, 3, 0));
    day90.scrape().expect(tasks("s", 5)).expect(open("s").value(2));
}

#[test]
fn one_sender_does_not_flush_the_retries_of_a_declared_system() {
    let day90 = Day90::start_with("limits: {dedupe_ids: 1000}\nsystems: {careful: {}, busy: {}}");
    let careful: Vec<Event> = (0..250).map(|number| task("careful", &number.to_string())).collect();
    day90.post(&careful);
    for system in ["busy", "undeclared"] {
        let flood: Vec<Event> = (0..1_100).map(|number| task(system, &number.to_string())).collect();
        day90.post(&flood);
        assert_eq!(day90.offer(&careful).counts(), (0, 250, 0), "after a flood of {system}");
    }
    let ids = |system: &str| metric("day90_dedupe_window_ids").label("system", system);
    let scrape = day90.scrape();
    scrape.expect(ids("careful").value(250)).expect(ids("busy").value(250)).expect(ids("other").value(500));
    scrape.expect(tasks("careful", 250));
}

#[test]
fn undeclared_names_cannot_take_the_open_cases_of_a_declared_system() {
    let day90 = Day90::start_with("limits: {open_cases: 100}\nsystems: {declared: {}}");
    let flood: Vec<Event> =
        (0..80).map(|number| opened(&format!("name-{}", number % 7), &format!("f-{number}"))).collect();
    assert_eq!(day90.offer(&flood).expect(202).counts(), (50, 0, 30));
    let day90 = day90.kill9().start_again();
    let both: Vec<Event> =
        (0..60).map(|number| opened(["declared", "name-8"][number % 2], &format!("c-{number}"))).collect();
    assert_eq!(day90.offer(&both).expect(202).counts(), (30, 0, 30));
    let more: Vec<Event> = (0..30).map(|number| opened("declared", &format!("d-{number}"))).collect();
    let answer = day90.offer(&more).expect(202);
    assert_eq!(answer.counts(), (20, 0, 10));
    assert!(answer.text().contains("limits.open_cases"), "{}", answer.text());
    day90.scrape().expect(open("declared").value(50));
}

const ROUTED: &str = "
systems:
  agent:
    owner: {name: ops, contact: \"#ops\", attest_every: 90d}
    exception_path: {acknowledge_within: 15m, routes: [{reason: \"*\", queue: billing, owner: ops}]}
";

#[test]
fn a_system_that_is_missing_in_one_reload_keeps_its_state() {
    let day90 = Day90::start_with(ROUTED);
    let attested = event("owner.attested").with("system", "agent").with("owner", "ops");
    let fallback = event("fallback.started").with("system", "agent");
    day90.post([&opened("agent", "c-1"), &attested, &fallback, &task("agent", "1")]);
    let declared = |value: u32| metric("day90_system_declared").label("system", "agent").value(value);
    day90.scrape().expect(declared(1)).expect(open("agent").value(1));
    assert_eq!(reload(&day90, "systems: {}").status, 200);
    day90.scrape().expect(declared(0)).expect(open("agent").value(1)).expect(tasks("agent", 1));
    let day90 = day90.kill9().start_again();
    day90.scrape().expect(declared(0)).expect(open("agent").value(1));
    assert_eq!(day90.offer([&task("agent", "1")]).counts(), (0, 1, 0));
    assert_eq!(reload(&day90, ROUTED).status, 200);
    let scrape = day90.scrape();
    scrape.expect(declared(1)).expect(open("agent").value(1)).expect(tasks("agent", 1));
    assert!(scrape.get(&metric("day90_owner_attested_timestamp_seconds").label("system", "agent")).is_some());
}

#[test]
fn a_removed_system_ends_once_and_its_events_are_rejected() {
    let day90 = Day90::start_with("systems: {old-agent: {}, agent: {}}");
    day90.post([&opened("old-agent", "c-1"), &task("old-agent", "1"), &task("agent", "2")]);
    let removed = "removed: [old-agent]\nsystems: {agent: {}}";
    assert_eq!(reload(&day90, removed).status, 200);
    let gone = |day90: &Day90| {
        let scrape = day90.scrape();
        let shown = day90.get("/metrics").text().contains("old-agent");
        assert!(!shown, "its series are not shown");
        scrape.expect(tasks("agent", 1));
    };
    gone(&day90);
    let answer =
        day90.offer([&task("agent", "3"), &opened("old-agent", "c-2"), &task("old-agent", "1"), &task("agent", "2")]);
    assert_eq!(answer.expect(202).counts(), (1, 1, 2));
    let answer = day90.offer([&task("old-agent", "9")]).expect(400);
    assert!(answer.text().contains("`removed`") && answer.counts() == (0, 0, 1), "{}", answer.text());
    day90.scrape().expect(metric("day90_events_rejected_total").label("reason", "removed").value(3));
    let day90 = day90.stop().start_again();
    assert_eq!(day90.offer([&task("old-agent", "9")]).counts(), (0, 0, 1));
    assert_eq!(reload(&day90, "systems: {agent: {}, old-agent: {}}").status, 200);
    day90.scrape().expect_none(metric("day90_tasks_total").label("system", "old-agent"));
    day90.post([&task("old-agent", "9"), &opened("old-agent", "c-1")]);
    day90.scrape().expect(tasks("old-agent", 1)).expect(open("old-agent").value(1));
}

#[test]
fn state_goes_on_under_a_new_name() {
    let day90 = Day90::start_with("systems: {payment-bot: {}}");
    day90.post([&opened("payment-bot", "c-1"), &opened("payment-bot", "c-2"), &task("payment-bot", "1")]);
    let renamed = "systems: {refund-agent: {formerly: [payment-bot]}}";
    assert_eq!(reload(&day90, renamed).status, 200);
    let resolved = |system: &str, case: &str| {
        event("escalation.resolved").with("system", system).with("case", case).with("outcome", "upheld")
    };
    day90.post([&resolved("refund-agent", "c-1"), &resolved("payment-bot", "c-2"), &task("payment-bot", "2")]);
    assert_eq!(day90.offer([&task("payment-bot", "1")]).counts(), (0, 1, 0), "ids go by the name as sent");
    let day90 = day90.kill9().start_again();
    let scrape = day90.scrape();
    scrape.expect(open("refund-agent").value(0)).expect(tasks("refund-agent", 2));
    scrape.expect_none(metric("day90_tasks_total").label("system", "payment-bot"));
    assert_eq!(reload(&day90, "systems: {clerk: {formerly: [refund-agent, payment-bot]}}").status, 200);
    day90.post([&task("payment-bot", "3"), &task("refund-agent", "3"), &task("clerk", "3")]);
    day90.scrape().expect(tasks("clerk", 5));
}

#[test]
fn two_states_do_not_become_one() {
    let two = "systems: {payment-bot: {}, refund-agent: {}}";
    let day90 = Day90::start_with(two);
    day90.post([&task("payment-bot", "1"), &task("refund-agent", "1")]);
    let renamed = "systems: {refund-agent: {formerly: [payment-bot]}}";
    let answer = reload(&day90, renamed);
    assert!(answer.status == 500 && answer.text().contains("formerly"), "{}", answer.text());
    day90.post([&task("payment-bot", "2")]);
    day90.scrape().expect(tasks("payment-bot", 2)).expect(metric("day90_config_last_reload_successful").value(0));
    let ended = day90.stop();
    let data = ended.data_dir();
    let config = data.parent().unwrap().join("day90.yaml");
    let output = run(&["serve", "--config", config.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(78) && said.contains("systems.refund-agent.formerly"), "{said}");
}
