//! The commands that lead from a page to its cause: `status`, `cases`, `events`, `journal export`, and the runbooks.

use std::io::{BufRead, BufReader};
use std::process::Output;

use crate::harness::day90::{ended, piped};
use crate::harness::events::{Event, lines as ndjson};
use crate::harness::{Day90, Dir, Request, Scrape, event, metric, one_of_each, repository, run};

const CONFIG: &str = r##"
server: {links: {dash: "https://grafana.example.com/d?var-system={system}"}}
systems:
  refund-agent:
    launched: 2026-01-01
    owner: {name: payments-ops, contact: "#payments-ops"}
    boundaries: {account.close: {mode: never}}
    exception_path:
      acknowledge_within: 15m
      resolve_within: 8h
      routes: [{reason: low_confidence, queue: billing}, {reason: "*", queue: triage}]
"##;

#[track_caller]
fn expect(output: &Output, code: i32, parts: &[&str]) -> String {
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    said
}

/// Runs a command against a daemon.
fn ask(day90: &Day90, arguments: &[&str]) -> Output {
    let url = format!("http://{}", day90.address);
    run(&[arguments, &["--url", &url]].concat())
}

/// A moment this many seconds ago.
fn ago(seconds: u64) -> String {
    use day90::clock::{Clock, SystemClock};
    SystemClock.now().plus(-(seconds as i64) * day90::event::time::SECOND).to_string()
}

fn opened(case: &str, reason: &str, seconds: u64) -> Event {
    event("escalation.opened").with("case", case).with("reason", reason).with("time", ago(seconds))
}

fn violation(case: &str) -> Event {
    event("action.attempted").with("case", case).with("action", "account.close").with("mode", "decide")
}

fn drill() -> Event {
    event("drill.completed").with("path", "exception").with("result", "failed")
}

#[test]
fn status_shows_each_system_with_its_verdict_and_needs() {
    let day90 = Day90::start_with(CONFIG);
    let late = [opened("c-1", "low_confidence", 1_200), violation("c-2")];
    day90.post(&late);
    let said = expect(
        &ask(&day90, &["status"]),
        0,
        &[
            "One system needs somebody",
            "refund-agent: not operated, day ",
            "payments-ops",
            "! A boundary was overstepped",
            "[runbooks/Day90BoundaryExceeded]",
            "1 escalation, 1 of them taken by nobody, the oldest for 20 min",
            "1 deadline passed: day90 cases refund-agent",
            "spike     learning",
            "https://grafana.example.com/d?var-system=refund-agent",
        ],
    );
    assert!(!said.contains('\u{1b}'), "{said}");
    let json = ask(&day90, &["status", "refund-agent", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["systems"][0]["verdict"], &json["systems"][0]["tone"]), (&"not_operated".into(), &"bad".into()));
    expect(&ask(&day90, &["status", "nobody"]), 1, &["nobody is not declared"]);
    expect(&ask(&day90, &["status", "No Body"]), 2, &["not a name of a system"]);
    expect(&run(&["status", "--url", "http://127.0.0.1:1"]), 3, &["is day90 running?"]);
}

#[test]
fn cases_lead_to_the_case_that_waits() {
    let day90 = Day90::start_with(CONFIG);
    let mut all = vec![opened("c-late", "low_confidence", 1_200), opened("c-new", "other", 60)];
    all.push(event("review.requested").with("case", "c-9").with("queue", "second look"));
    all.push(event("appeal.opened").with("case", "c-8"));
    day90.post(&all);
    let said =
        expect(&ask(&day90, &["cases", "refund-agent"]), 0, &["KIND", "OVERDUE 5 min: acknowledge", "in 14 min"]);
    let rows: Vec<&str> = said.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(rows, ["CASE", "c-late", "c-new", "c-9", "c-8"], "the oldest first");
    let of_queue = expect(&ask(&day90, &["cases", "refund-agent", "--queue", "second look"]), 0, &["c-9"]);
    assert_eq!(of_queue.lines().count(), 2, "{of_queue}");
    expect(&ask(&day90, &["cases", "refund-agent", "--limit", "1"]), 0, &["c-late", "and 3 cases more: --limit 4"]);
    let json = ask(&day90, &["cases", "refund-agent", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["total"], &json["cases"][0]["overdue"]), (&4.into(), &true.into()));
    expect(&ask(&day90, &["cases", "refund-agent", "--queue", "nowhere"]), 0, &["nothing is open"]);
    // A slip in the name must not read as good news.
    expect(&ask(&day90, &["cases", "refund-agnet"]), 1, &["refund-agnet is not declared"]);
}

#[test]
fn events_are_those_that_are_rare_and_survive_a_restart() {
    let day90 = Day90::start_with(CONFIG);
    day90.post([&violation("c-secret").with("time", ago(7_200)), &drill(), &opened("c-1", "other", 5)]);
    let first =
        expect(&ask(&day90, &["events"]), 0, &["violation", "(declared never)", "case=c-secret", "result=failed"]);
    assert_eq!(first.lines().count(), 2, "{first}");
    let day90 = day90.stop().start_again();
    assert_eq!(expect(&ask(&day90, &["events"]), 0, &[]), first, "from the checkpoint");
    let day90 = day90.kill9().start_again();
    day90.post([&event("evaluation.completed").with("suite", "golden").with("passed", false)]);
    let whole = expect(&ask(&day90, &["events"]), 0, &["suite=golden"]);
    assert!(whole.starts_with(&first), "{whole}");
    for (more, count) in [
        (&["--type", "violation"][..], 1),
        (&["--type", "drill.completed", "--system", "refund-agent"], 1),
        (&["--since", "1h"], 2),
        (&["--limit", "1"], 1),
    ] {
        let said = expect(&ask(&day90, &[&["events"][..], more].concat()), 0, &[]);
        assert_eq!(said.lines().count(), count, "{more:?}: {said}");
    }
    let json = ask(&day90, &["events", "--format", "json"]);
    let lines = String::from_utf8(json.stdout).expect("UTF-8");
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).expect("JSON");
    assert_eq!(first["event"]["case"], "c-secret");
    assert!(!day90.log().contains("c-secret"));
    for (wrong, code) in [(&["--type", "viol"][..], 2), (&["--since", "1"], 2), (&["--system", "nobody"], 1)] {
        expect(&ask(&day90, &[&["events"][..], wrong].concat()), code, &[]);
    }
    expect(&ask(&day90, &["journal", "forget", "--case", "c-secret"]), 0, &[]);
    assert!(!expect(&ask(&day90, &["events"]), 0, &["suite=golden"]).contains("c-secret"));
}

#[test]
fn following_shows_what_comes_and_ends_with_its_reader() {
    let day90 = Day90::start_with(CONFIG);
    day90.post([&drill()]);
    let url = format!("http://{}", day90.address);
    let mut follower = piped(&["events", "--follow", "--url", &url]);
    let mut lines = BufReader::new(follower.stdout.take().expect("piped")).lines();
    assert!(lines.next().unwrap().unwrap().contains("drill.completed"));
    day90.post([&event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide")]);
    day90.post([&violation("c-7")]);
    assert!(lines.next().unwrap().unwrap().contains("case=c-7"));
    drop(lines);
    assert_eq!(ended(&mut follower), Some(0), "nobody reads any more");
}

/// What events were counted as, but for the moments when they came in.
fn counters(scrape: &Scrape) -> Vec<String> {
    const OF_ARRIVAL: [&str; 3] = ["timestamp_seconds", "_created", "day90_events_late"];
    let counts = |line: &&str| ["_total", "_count", "_sum", "_bucket"].iter().any(|part| line.contains(part));
    let fold = scrape.fold();
    let lines = fold.lines().filter(|line| !line.starts_with('#')).filter(counts);
    lines.filter(|line| !OF_ARRIVAL.iter().any(|part| line.contains(part))).map(str::to_owned).collect()
}

#[test]
fn an_export_gives_another_daemon_the_same_counts() {
    let day90 = Day90::start_with(CONFIG);
    let named: Vec<Event> = (1..).zip(one_of_each()).map(|(n, event)| event.with("id", n.to_string())).collect();
    day90.post(&named);
    day90.post([&violation("c-1"), &opened("c-1", "low_confidence", 30), &opened("c-gone", "other", 20)]);
    let expected = counters(&day90.scrape());
    let data = day90.data_dir();
    let data = data.to_str().unwrap();
    let running = run(&["journal", "export", data]);
    let ended = day90.stop();
    let exported = run(&["journal", "export", data]);
    assert_eq!(exported.stdout, running.stdout, "it needs no lock");
    let count = named.len() + 3;
    expect(&exported, 0, &["\"case\":\"c-gone\"", &format!("{count} events exported")]);
    let other = Day90::start_with(CONFIG);
    let lines = String::from_utf8(exported.stdout).expect("UTF-8");
    let dir = Dir::new();
    let file = dir.write("events.ndjson", &lines);
    expect(&ask(&other, &["replay", file.to_str().unwrap()]), 0, &[]);
    assert_eq!(counters(&other.scrape()), expected);
    // Once more: what has an id counts once.
    let again: Vec<&str> = lines.lines().filter(|line| line.contains("\"id\":")).collect();
    let request = Request::events(Some("application/x-ndjson"), again.join("\n"));
    assert_eq!(other.ask(&request).expect(202).counts(), (0, named.len() as u64, 0));

    expect(&run(&["journal", "forget", "--case", "c-gone", "--data-dir", data]), 0, &[]);
    let after = expect(&run(&["journal", "export", data]), 0, &["as counts, in the checkpoint"]);
    assert!(!after.contains("c-gone"), "{after}");
    drop(ended);
    let empty = Dir::new();
    expect(&run(&["journal", "export", empty.path().to_str().unwrap()]), 2, &["no journal is there"]);
}

#[test]
fn an_export_of_a_damaged_journal_gives_what_is_whole() {
    let day90 = Day90::start_with(CONFIG);
    for case in ["c-first", "c-second", "c-third"] {
        day90.post([&opened(case, "other", 5)]);
    }
    let ended = day90.kill9();
    let segment = std::fs::read_dir(ended.data_dir()).unwrap().map(|file| file.unwrap().path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|it| it == "seg")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let at = bytes.windows(8).position(|window| window == b"c-second").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let data = ended.data_dir();
    let said = expect(&run(&["journal", "export", data.to_str().unwrap()]), 1, &["damage: ", "c-first", "c-third"]);
    assert!(!said.contains("c-second"), "{said}");
}

/// The names of all alerts that the shipped rules have.
fn alerts() -> Vec<String> {
    let files = std::fs::read_dir(repository("alerts")).unwrap().map(|file| file.unwrap().path());
    let rules = files.filter(|path| path.to_string_lossy().ends_with(".rules.yml"));
    let texts: Vec<String> = rules.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect()
}

#[test]
fn every_alert_has_its_runbook_on_the_daemon() {
    let day90 = Day90::start_with(CONFIG);
    let index = day90.get("/runbooks/").expect(200).text();
    let alerts = alerts();
    assert!(alerts.len() > 50, "{alerts:?}");
    for alert in alerts {
        let page = day90.get(&format!("/runbooks/{alert}")).expect(200);
        assert!(page.text().contains(&format!("<h1>{alert}")), "{alert}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.header("content-security-policy").is_some());
        assert!(index.contains(&format!("<a href=\"{alert}\">")), "{alert} is not in the list");
    }
    assert_eq!(day90.get("/runbooks/Day90Down.md").expect(200).body, day90.get("/runbooks/Day90Down").expect(200).body);
    assert!(day90.get("/runbooks/Day90Up").expect(404).text().contains("/runbooks/ lists them"));
    day90.get("/runbooks/../metrics").expect(404);
}

#[test]
fn the_page_leads_to_runbooks_and_links_and_to_those_of_a_wiki() {
    let day90 = Day90::start_with(CONFIG);
    day90.post([&violation("c-1")]);
    let page = day90.get("/").expect(200).text();
    assert!(page.contains("<a href=\"runbooks/Day90BoundaryExceeded\">runbook</a>"), "{page}");
    assert!(page.contains("<a href=\"https://grafana.example.com/d?var-system=refund-agent\">dash</a>"), "{page}");
    let day90 = Day90::start_with(
        "server: {runbooks: \"https://wiki.example.com/day90/\"}\nsystems: {a: {boundaries: {x: {mode: never}}}}",
    );
    day90.post([&violation("c-1").with("system", "a").with("action", "x")]);
    for path in ["/", "/runbooks/"] {
        let page = day90.get(path).expect(200).text();
        assert!(page.contains("href=\"https://wiki.example.com/day90/Day90BoundaryExceeded\""), "{path}: {page}");
    }
    assert!(!day90.log().contains("not served"), "{}", day90.log());
}

/// Case B: openings were refused, and `explain` said that nothing came lately.
#[test]
fn explain_and_status_say_which_openings_were_refused() {
    let day90 = Day90::start_with(CONFIG);
    let wrong = event("escalation.opened").with("reason", "low_confidence");
    let text = ndjson(std::iter::repeat_n(&wrong, 30));
    let request = Request::events(Some("application/x-ndjson"), text);
    assert_eq!(day90.ask(&request).expect(400).counts(), (0, 0, 30));
    let said = "30 escalation.opened (missing_field 30) in the last hour";
    let explained = expect(&ask(&day90, &["explain", "refund-agent"]), 0, &[said, "no escalation that was taken"]);
    assert!(!explained.contains("no events lately"), "{explained}");
    expect(&ask(&day90, &["status"]), 0, &[said]);
    let rejected =
        metric("day90_events_rejected_total").label("system", "refund-agent").label("reason", "missing_field");
    day90.scrape().expect(rejected.value(30));
}
