//! The command line: what each command does, and the exit code that a script sees.

use std::process::Output;

use crate::harness::day90::{ended, run_with, spawn};
use crate::harness::{Day90, Dir, event, events, metric, one_of_each, repository, run};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn expect(output: &Output, code: i32, contains: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", text(output));
    assert!(text(output).contains(contains), "no {contains:?} in {}", text(output));
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    for arguments in [
        &["serv"][..],
        &["serve", "--nonsense"],
        &["serve", "--listen", "everywhere"],
        &["schema", "nothing"],
        &["replay"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    expect(&run(&["emit", "task.complete", "system=a"]), 2, "the types are");
    expect(&run(&["emit", "fallback.ended", "system"]), 2, "KEY=VALUE");
    expect(&run(&["--help"]), 0, "day90 demo");
    expect(&run(&["--version"]), 0, "day90 ");
}

/// Case R4: the demo went on without its terminal.
#[test]
fn the_demo_ends_with_its_terminal_and_leaves_nothing() {
    let dir = Dir::new();
    let directories = || std::fs::read_dir(dir.path()).expect("a directory").count();
    let place = [("TMPDIR", dir.path().to_str().expect("UTF-8"))];
    let mut demo = spawn(&["demo", "--fast", "--listen", "127.0.0.1:0"], &place);
    for _ in 0..500 {
        if directories() > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(directories(), 1, "its own");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let hung_up = std::process::Command::new("kill").args(["-HUP", &demo.id().to_string()]).status();
    assert!(hung_up.expect("kill").success());
    assert_eq!((ended(&mut demo), directories()), (Some(0), 0));
}

#[test]
fn check_reports_every_mistake_with_its_place() {
    let dir = Dir::new();
    let path = dir.write("day90.yaml", "server: {listn: x}\nsystems:\n  Agent:\n    launched: tomorrow\n");
    let found = run(&["check", "--config", path.to_str().unwrap()]);
    for place in ["day90.yaml:1:10", "did you mean listen?", "day90.yaml:3:3", "day90.yaml:4:15", "3 mistakes"] {
        expect(&found, 1, place);
    }
    let missing = dir.path().join("missing.yaml");
    expect(&run(&["check", "--config", missing.to_str().unwrap()]), 1, "missing.yaml");
}

#[test]
fn the_example_is_without_a_mistake() {
    let example = repository("deploy/day90.example.yaml");
    let dir = Dir::new();
    let data = dir.path().join("data");
    let checked = run(&["check", "--config", example.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    expect(&checked, 0, "all is well");
}

#[test]
fn serve_refuses_a_configuration_with_78_and_a_disk_or_a_port_with_74() {
    let dir = Dir::new();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    let bad = dir.write("bad.yaml", "limits: {series: many}");
    let serve = |config: &str| run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--config", config]);
    expect(&serve(bad.to_str().unwrap()), 78, "bad.yaml:1:18");
    expect(&serve("/nowhere/day90.yaml"), 78, "/nowhere/day90.yaml");
    let tls = dir.write("web.yml", "{}");
    let tls = dir.write("tls.yaml", format!("server: {{web_config: {}}}", tls.display()));
    expect(&serve(tls.to_str().unwrap()), 78, "web_config");
    expect(&run(&["serve", "--listen", "0.0.0.0:0", "--data-dir", data]), 78, "--insecure-listen");
    let file = dir.write("a-file", "");
    expect(&run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", file.to_str().unwrap()]), 74, "a-file");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    expect(&run(&["serve", "--listen", &taken, "--data-dir", data]), 74, "--listen");
}

#[test]
fn a_flag_goes_over_a_variable_and_a_variable_over_the_file() {
    let dir = Dir::new();
    let config = dir.write("day90.yaml", "server: {listen: 0.0.0.0:0}");
    let config = config.to_str().unwrap();
    let data = dir.path().join("data");
    let check = |variables: &[(&str, &str)], flags: &[&str]| {
        let base = ["check", "--config", config, "--data-dir", data.to_str().unwrap()];
        run_with(variables, &[&base[..], flags].concat())
    };
    expect(&check(&[], &[]), 1, "0.0.0.0");
    expect(&check(&[("DAY90_LISTEN", "127.0.0.1:9")], &[]), 0, "all is well");
    expect(&check(&[("DAY90_LISTEN", "127.0.0.1:9")], &["--listen", "0.0.0.0:9"]), 1, "0.0.0.0:9");
}

#[test]
fn emit_sends_one_event_and_says_what_came_of_it() {
    let day90 = Day90::start();
    let url = format!("http://{}", day90.address);
    let sent = run(&["emit", "change.deployed", "system=refund-agent", "kind=prompt", "version=v8", "--url", &url]);
    expect(&sent, 0, "accepted 1, duplicates 0, rejected 0");
    day90.scrape().expect(metric("day90_behavior_info").label("version", "v8").value(1));
    let rejected = run(&["emit", "change.deployed", "system=refund-agent", "kind=prompt", "--url", &url]);
    expect(&rejected, 1, "version");
    let score = ["suite=golden", "passed=true", "score=0.93", "id=same"];
    let arguments = [&["emit", "evaluation.completed", "system=refund-agent"][..], &score, &["--url", &url]].concat();
    expect(&run(&arguments), 0, "accepted 1");
    expect(&run(&arguments), 0, "duplicates 1");
    expect(&run_with(&[("DAY90_URL", &url)], &["emit", "fallback.ended", "system=refund-agent"]), 0, "accepted 1");
}

#[test]
fn replay_sends_files_and_names_the_line_that_is_refused() {
    let day90 = Day90::start();
    let url = format!("http://{}", day90.address);
    let list = repository("tests/data/events/one-of-each.ndjson");
    let count = one_of_each().len();
    expect(&run(&["replay", list.to_str().unwrap(), "--gzip", "--url", &url]), 0, &count.to_string());
    day90.scrape().expect(metric("day90_events_total").value(count as u32));
    let dir = Dir::new();
    let events = events::lines([&event("fallback.ended"), &event("nothing.known"), &event("fallback.ended")]);
    let path = dir.write("events.ndjson", events);
    expect(&run(&["replay", path.to_str().unwrap(), "--url", &url]), 1, "events.ndjson:2");
    day90.scrape().expect(metric("day90_events_total").value(count as u32 + 2));
}

#[test]
fn schema_prints_json_schema() {
    for contract in ["events", "config"] {
        let output = run(&["schema", contract]);
        assert_eq!(output.status.code(), Some(0));
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(schema["$schema"].as_str().is_some_and(|dialect| dialect.contains("json-schema.org")), "{contract}");
    }
}

#[test]
fn explain_says_what_the_detector_knows_of_a_system() {
    let day90 = Day90::start_with("systems: {refund-agent: {launched: 2026-09-01, timezone: Europe/Berlin}}");
    let url = format!("http://{}", day90.address);
    let explain = |more: &[&str]| run(&[&["explain", "--url", &url][..], more].concat());
    expect(&explain(&["refund-agent"]), 0, "learning refund-agent: 0 of 100 escalations and 0.0 of 3 days were seen");
    expect(&explain(&[]), 0, "learning refund-agent");
    expect(&explain(&["refund-agent", "--format", "json"]), 0, "\"state\":\"learning\"");
    expect(&explain(&["nobody"]), 1, "nobody is not declared, and nothing was heard of it");
    expect(&explain(&["No Body"]), 2, "not a name of a system");
    let whole = day90.get("/api/v1/spike").expect(200).json();
    let one = day90.get("/api/v1/spike?system=refund-agent").expect(200).json();
    assert_eq!(whole["systems"][0]["system"], one["system"]);
    assert_eq!(one["timezone"], "Europe/Berlin");
    day90.get("/api/v1/spike?system=nobody").expect(404);
    day90.get("/api/v1/spike?sytem=refund-agent").expect(400);
}

#[test]
fn backtest_says_what_would_have_been_paged_and_draws_it() {
    let dir = Dir::new();
    let line = |minute: u32, kind: &str| {
        let (day, hour, minute) = (1 + minute / 1_440, minute / 60 % 24, minute % 60);
        format!(r#"{{"system":"agent","time":"2026-10-{day:02}T{hour:02}:{minute:02}:00Z",{kind}}}"#)
    };
    let mut lines = Vec::new();
    for minute in 0..10 * 1_440 {
        lines.push(line(minute, r#""type":"task.completed","action":"a","outcome":"completed","mode":"decide""#));
        let risen = (12_000..12_180).contains(&minute);
        if minute % 25 == 7 || risen && minute % 2 == 0 {
            let case = format!(r#""type":"escalation.opened","case":"c-{minute}","queue":"q","reason":"r""#);
            lines.push(line(minute, &case));
        }
    }
    let file = dir.write("events.ndjson", lines.join("\n"));
    let (file, plot) = (file.to_str().unwrap(), dir.path().join("plot.svg"));
    let told = run(&["backtest", file, "--rule", "ratio>0.2 window=1h", "--plot", plot.to_str().unwrap()]);
    expect(&told, 0, "PAGE Fri 9 Oct 08:");
    expect(&told, 0, "in all: 1 page ");
    expect(&told, 0, "drawn into");
    assert!(std::fs::read_to_string(&plot).unwrap().starts_with("<svg"));
    for (arguments, code, part) in [
        (&["backtest", file, "--rule", "ratio=0.2"][..], 2, "a rule is such as"),
        (&["backtest", file, "--setting", "0"], 2, "from 0.001 to 1000"),
        (&["backtest", file, "--plot", "plot.png"], 2, ".svg or .html"),
        (&["backtest", "/nowhere.ndjson"], 2, "/nowhere.ndjson"),
        (&["backtest", file, "--system", "other"], 1, "no task or escalation of other"),
        (&["backtest", file, "--config", "/nowhere.yaml"], 78, "/nowhere.yaml"),
    ] {
        expect(&run(arguments), code, part);
    }
}
