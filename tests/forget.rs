//! Erasure: after `day90 journal forget` nothing in the data directory names the case, and every counter is as it was.

use std::path::Path;

use crate::harness::dir::contents;
use crate::harness::{Day90, Request, Scrape, event, metric, run};

const CASE: &str = "case-of-mrs-secret";

/// The files that contain a text.
fn holding(data: &Path, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    contents(data).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

/// Every counter and histogram of the fold, line by line.
fn counters(scrape: &Scrape) -> Vec<String> {
    let counts = |line: &&str| ["_total", "_count", "_sum", "_bucket"].iter().any(|part| line.contains(part));
    scrape.fold().lines().filter(|line| !line.starts_with('#')).filter(counts).map(str::to_owned).collect()
}

/// A daemon that knows the case from before a restart, from its journal, and from a torn tail.
fn knowing() -> Day90 {
    let day90 = Day90::start();
    let of_case = |kind: &str| event(kind).with("case", CASE);
    day90.post([&of_case("escalation.opened").with("reason", "policy").with("id", "e-1")]);
    day90.post([&event("escalation.opened").with("case", "another").with("reason", "policy")]);
    let day90 = day90.stop().start_again();
    day90.post([
        &of_case("escalation.acknowledged"),
        &of_case("review.requested").with("review", "r-1").with("queue", "billing"),
        &of_case("case.closed").with("by", "ai"),
        &of_case("task.completed").with("action", "refund").with("outcome", "completed").with("mode", "decide"),
    ]);
    std::fs::write(day90.data_dir().join("torn-00000000000000000009-0000000123.bin"), CASE).unwrap();
    assert_eq!(holding(&day90.data_dir(), CASE).len(), 3, "checkpoint, segment and torn tail");
    day90
}

#[test]
fn a_running_daemon_forgets_a_case_down_to_the_disk() {
    let day90 = knowing();
    let before = counters(&day90.scrape());
    let output = run(&["journal", "forget", "--case", CASE, "--url", &format!("http://{}", day90.address)]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("3 pieces of work"), "{said}");
    assert_eq!(holding(&day90.data_dir(), CASE), [""; 0]);
    assert!(!day90.log().contains(CASE));
    assert!(!day90.get("/api/v1/cases").expect(200).text().contains(CASE));
    let scrape = day90.scrape();
    assert_eq!(counters(&scrape), before);
    scrape.expect(metric("day90_escalations_open").value(1)).expect(metric("day90_reviews_open").value(0));

    let day90 = day90.kill9().start_again();
    assert_eq!(counters(&day90.scrape()), before, "after a restart");
    // An event that was sent before is known by its id; what is new of the case is of a new one.
    let known = event("escalation.opened").with("case", CASE).with("reason", "policy").with("id", "e-1");
    assert_eq!(day90.offer([&known]).expect(202).counts(), (0, 1, 0));
    day90.post([&event("escalation.opened").with("case", CASE).with("reason", "policy")]);
    day90.scrape().expect(metric("day90_escalations_total").value(3)).expect(metric("day90_escalations_open").value(2));
}

/// Case S12: 143 orders to forget what isn't there wrote 1,959 MiB.
#[test]
fn to_forget_what_is_not_there_writes_nothing() {
    let day90 = knowing();
    let before = contents(&day90.data_dir());
    for case in ["never-heard-of", "case-of-mr-nobody"] {
        let answer =
            day90.ask(&Request::new("POST", "/api/v1/forget").body(format!("{{\"case\":\"{case}\"}}"))).expect(200);
        assert_eq!((answer.json()["forgotten"].as_u64(), answer.json()["complete"].as_bool()), (Some(0), Some(true)));
    }
    assert!(contents(&day90.data_dir()) == before, "no file has changed");
}

#[test]
fn events_are_taken_while_a_case_is_forgotten() {
    let day90 = knowing();
    let address = day90.address;
    let forgetting = std::thread::spawn(move || {
        let body = serde_json::json!({ "case": CASE, "system": "refund-agent" }).to_string();
        Request::new("POST", "/api/v1/forget").body(body).to(address).unwrap()
    });
    let mut sent = 0;
    while !forgetting.is_finished() || sent == 0 {
        day90.post([&event("task.completed").with("action", "b").with("outcome", "completed").with("mode", "decide")]);
        sent += 1;
    }
    let answer = forgetting.join().unwrap().expect(200).json();
    assert_eq!(answer, serde_json::json!({ "forgotten": 3, "complete": true, "look_at": [] }));
    assert_eq!(holding(&day90.data_dir(), CASE), [""; 0]);
    day90.kill9().start_again().scrape().expect(metric("day90_tasks_total").value(sent + 1));
}

#[test]
fn a_directory_that_no_daemon_has_forgets_too() {
    let day90 = knowing();
    let before = counters(&day90.scrape());
    let ended = day90.kill9();
    let data = ended.data_dir();
    let output = run(&["journal", "forget", "--case", CASE, "--data-dir", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(holding(&data, CASE), [""; 0]);
    assert_eq!(counters(&ended.start_again().scrape()), before);
}

#[test]
fn what_is_not_the_journals_is_named_and_left() {
    let day90 = knowing();
    let aside = day90.data_dir().join("damaged-00000000000000000001.bin");
    std::fs::write(&aside, CASE).unwrap();
    let output = run(&["journal", "forget", "--case", CASE, "--url", &format!("http://{}", day90.address)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains(aside.to_str().unwrap()));
    assert_eq!(holding(&day90.data_dir(), CASE), ["damaged-00000000000000000001.bin"]);
}

#[test]
fn a_request_that_names_no_case_forgets_nothing() {
    let day90 = knowing();
    for body in ["", "{}", r#"{"case":""}"#, r#"{"case":"c","sytem":"a"}"#] {
        day90.ask(&Request::new("POST", "/api/v1/forget").body(body)).expect(400);
    }
    day90.get("/api/v1/forget").expect(405);
    assert_eq!(holding(&day90.data_dir(), CASE).len(), 3);
}
