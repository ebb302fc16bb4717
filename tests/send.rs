//! `day90 send`: through a real pipe whose writer is slow, past a daemon that goes away, with lines that are wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::day90::Process;
use crate::harness::{Day90, Dir, SOON, event, eventually, metric, run};

/// A running `day90 send -` with a pipe as its input.
struct Sending {
    process: Process,
    input: Option<ChildStdin>,
}

/// How it ended, and what it said.
struct Sent {
    code: Option<i32>,
    said: String,
}

impl Sending {
    fn to(url: &str, more: &[&str]) -> Sending {
        let mut command = Command::new(env!("CARGO_BIN_EXE_day90"));
        command.args(["send", "-", "--url", url]).args(more);
        let child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the built day90");
        let mut process = Process(child);
        let input = process.0.stdin.take();
        Sending { process, input }
    }

    fn write(&mut self, text: &str) {
        self.input.as_mut().expect("it is open").write_all(text.as_bytes()).expect("it reads");
    }

    /// Closes the pipe and waits for its end.
    fn end(mut self) -> Sent {
        drop(self.input.take());
        self.wait()
    }

    fn wait(mut self) -> Sent {
        let child: &mut Child = &mut self.process.0;
        let code = eventually("it ends", SOON, || child.try_wait().expect("a child")).code();
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
        Sent { code, said }
    }
}

fn task(number: u32) -> String {
    format!(
        "{}\n",
        event("task.completed")
            .with("action", "a")
            .with("outcome", "completed")
            .with("mode", "decide")
            .with("case", format!("c-{number}"))
    )
}

fn tasks(day90: &Day90) -> f64 {
    day90.scrape().get(&metric("day90_tasks_total")).unwrap_or(0.0)
}

fn url(day90: &Day90) -> String {
    format!("http://{}", day90.address)
}

#[test]
fn a_line_is_sent_while_its_writer_waits() {
    let day90 = Day90::start();
    let mut sending = Sending::to(&url(&day90), &[]);
    for number in 1..=3 {
        sending.write(&task(number));
        let written = Instant::now();
        eventually("the line is counted", Duration::from_secs(2), || {
            (tasks(&day90) == f64::from(number)).then_some(())
        });
        assert!(written.elapsed() < Duration::from_secs(1), "{:?}", written.elapsed());
    }
    // Half a line waits for its other half.
    let line = task(4);
    sending.write(&line[..20]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(tasks(&day90), 3.0);
    sending.write(&line[20..]);
    eventually("the line is counted", SOON, || (tasks(&day90) == 4.0).then_some(()));
    // The last one needs no end.
    sending.write(task(5).trim_end());
    let sent = sending.end();
    assert_eq!(sent.code, Some(0), "{}", sent.said);
    assert!(sent.said.ends_with("5 lines: accepted 5, duplicates 0, rejected 0\n"), "{}", sent.said);
}

#[test]
fn a_followed_log_goes_through_jq_as_it_is_written() {
    let (day90, dir) = (Day90::start(), Dir::new());
    let log = dir.write("agent.log", "");
    let script = r#"tail -n +1 -F "$0" 2>/dev/null | jq -c --unbuffered 'select(.msg == "handoff") | {type: "escalation.opened", system: "refund-agent", case: .id, reason: .why}' | "$1" send - --url "$2""#;
    let mut command = Command::new("bash");
    command.args(["-c", script]).arg(&log).arg(env!("CARGO_BIN_EXE_day90")).arg(url(&day90));
    // The shell, tail and jq are to end with the test.
    let mut shell = std::os::unix::process::CommandExt::process_group(&mut command, 0).spawn().expect("bash");
    let opened = || day90.scrape().get(&metric("day90_escalations_total")).unwrap_or(0.0);
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    for number in 1..=2 {
        writeln!(file, r#"{{"msg":"noise"}}"#).unwrap();
        writeln!(file, r#"{{"msg":"handoff","id":"c-{number}","why":"unsure"}}"#).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    let pid = shell.id();
    eventually("both lines arrive", SOON, || (opened() == 2.0).then_some(()));
    let killed = Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status();
    assert!(killed.expect("kill").success());
    let _ = shell.wait();
}

#[test]
fn what_is_wrong_costs_itself_and_is_named_by_its_line() {
    let day90 = Day90::start();
    let mut sending = Sending::to(&url(&day90), &[]);
    let wrong = event("escalation.opened").to_string();
    sending.write(&format!("{}ERROR it failed\n\n{wrong}\n{{\"type\":\n{}[1]\n{}", task(1), task(2), task(3)));
    let sent = sending.end();
    assert_eq!(sent.code, Some(1), "{}", sent.said);
    for said in ["line 2: this is not JSON", "line 4: case: ", "line 5: ", "line 7: this is 1; expected an event"] {
        assert!(sent.said.contains(said), "no {said:?} in {}", sent.said);
    }
    assert!(sent.said.ends_with("8 lines: accepted 3, duplicates 0, rejected 4\n"), "{}", sent.said);
    assert_eq!(tasks(&day90), 3.0);
}

#[test]
fn a_daemon_that_restarts_costs_nothing_and_counts_once() {
    let day90 = Day90::start_with("server: {listen: \"127.0.0.1:0\"}");
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sending = Sending::to(&format!("http://{}", gate.local_addr().unwrap()), &[]);
    // The first attempt is taken and its answer lost; the second gets through.
    sending.write(&task(1));
    let forward = |answers: bool| {
        let (mut client, _) = gate.accept().unwrap();
        let mut request = vec![0; 64 << 10];
        let mut length = 0;
        while !request[..length].ends_with(b"}\n") {
            length += client.read(&mut request[length..]).unwrap();
        }
        let mut daemon = std::net::TcpStream::connect(day90.address).unwrap();
        daemon.write_all(&request[..length]).unwrap();
        let mut answer = BufReader::new(daemon);
        let mut head = String::new();
        while answer.read_line(&mut head).unwrap() > 2 {}
        let size = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; size];
        answer.read_exact(&mut body).unwrap();
        if answers {
            client.write_all(head.as_bytes()).unwrap();
            client.write_all(&body).unwrap();
        }
        String::from_utf8(body).unwrap()
    };
    assert!(forward(false).contains("\"accepted\":1"));
    assert!(forward(true).contains("\"duplicates\":1"), "the same id");
    let sent = sending.end();
    assert_eq!(sent.code, Some(0), "{}", sent.said);
    assert!(sent.said.contains("trying again") && sent.said.contains("it answers again"), "{}", sent.said);
    assert!(sent.said.ends_with("1 line: accepted 0, duplicates 1, rejected 0\n"), "{}", sent.said);
    assert_eq!(tasks(&day90), 1.0);
}

#[test]
fn nobody_there_is_exit_code_3_and_says_what_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut sending = Sending::to(&nobody, &["--give-up-after", "0.5"]);
    sending.write(&task(1));
    let sent = sending.end();
    assert_eq!(sent.code, Some(3), "{}", sent.said);
    for said in ["is day90 running?", "trying again", "1 event from line 1 on was not acknowledged"] {
        assert!(sent.said.contains(said), "no {said:?} in {}", sent.said);
    }
    let emitted = run(&["emit", "fallback.ended", "system=a", "--url", &nobody]);
    assert_eq!(emitted.status.code(), Some(3), "{}", String::from_utf8_lossy(&emitted.stderr));
}

#[test]
fn lines_that_come_fast_share_requests_and_a_file_is_sent_whole() {
    let (day90, dir) = (Day90::start_with("limits: {body_bytes: 64KiB}"), Dir::new());
    let lines: String = (0..20_000).map(task).collect();
    let path = dir.write("events.ndjson", &lines);
    let sent = run(&["send", path.to_str().unwrap(), "--url", &url(&day90)]);
    let said = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert_eq!(sent.status.code(), Some(0), "{said}");
    assert!(said.ends_with("20000 lines: accepted 20000, duplicates 0, rejected 0\n"), "{said}");
    let scrape = day90.scrape();
    scrape.expect(metric("day90_tasks_total").value(20_000));
    let requests = scrape.get(&metric("day90_ingest_requests_total").label("code", "202")).unwrap();
    assert!((20.0..2_000.0).contains(&requests), "{requests} requests, cut where the daemon takes no more");
}

#[test]
fn a_command_that_is_ended_sends_what_it_has_read() {
    let day90 = Day90::start();
    let mut sending = Sending::to(&url(&day90), &[]);
    sending.write(&task(1));
    eventually("the line is counted", SOON, || (tasks(&day90) == 1.0).then_some(()));
    let pid = sending.process.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let sent = sending.wait();
    assert_eq!(sent.code, Some(0), "{}", sent.said);
    assert!(sent.said.ends_with("1 line: accepted 1, duplicates 0, rejected 0\n"), "{}", sent.said);
}

#[test]
fn replay_of_a_pipe_names_send() {
    let output = run(&["replay", "-"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("day90 send -"), "{said}");
}
