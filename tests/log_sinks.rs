//! Logs that nobody reads, or that cannot be written: the daemon serves, and stops when it is asked to. And lines that
//! come again and again are joined.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write, pipe};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::Value;

use crate::harness::day90::{Process, serve};
use crate::harness::{Day90, Dir, Request, SOON, Scrape, event, eventually, metric};

/// Longest wait for an answer, and for the end: nothing here has reason to take longer, and a second is for the log.
const PROMPT: Duration = Duration::from_secs(8);

/// What a reload refuses: each is another text, and makes a line of several kilobytes.
fn wrong(number: usize) -> String {
    let keys: Vec<String> = (0..60).map(|key| format!("ownr{number}_{key}_{}: {{}}", "x".repeat(80))).collect();
    format!("systems: {{refund-agent: {{{}}}}}\n", keys.join(", "))
}

/// A daemon whose log goes somewhere.
struct Logging {
    dir: Dir,
    process: Process,
    address: SocketAddr,
}

impl Logging {
    fn to(stderr: impl Into<Stdio>) -> Logging {
        Logging::under(&[], stderr)
    }

    fn under(under: &[&str], stderr: impl Into<Stdio>) -> Logging {
        let dir = Dir::new();
        dir.write("day90.yaml", "{}\n");
        let process = serve(under, dir.path(), stderr.into());
        let pid = process.0.id();
        let address = eventually("it listens", SOON, || listening(pid));
        let logging = Logging { dir, process, address };
        eventually("it is ready", SOON, || (logging.ask(&Request::get("/-/ready")) == 200).then_some(()));
        logging
    }

    fn ask(&self, request: &Request) -> u16 {
        let begun = Instant::now();
        let status = request.to(self.address).map_or(0, |answer| answer.status);
        assert!(begun.elapsed() < PROMPT, "{request:?} took {:?}", begun.elapsed());
        status
    }

    fn dropped(&self) -> u64 {
        let text = Request::get("/metrics").to(self.address).expect("it answers").text();
        Scrape::parse(text).get(&metric("day90_log_lines_dropped_total")).expect("it is always there") as u64
    }

    /// Everything that the daemon is for.
    fn serves(&self, case: &str) {
        let opened = event("escalation.opened").with("case", case);
        assert_eq!(self.ask(&Request::events(None, opened.to_string())), 202);
        assert_eq!(self.ask(&Request::get("/-/healthy")), 200);
        assert_eq!(self.ask(&Request::get("/-/ready")), 200);
        assert_eq!(self.ask(&Request::get("/metrics")), 200);
    }

    /// A reload that is refused, which is a line of the log.
    fn refuse_a_reload(&self, number: usize) {
        self.dir.write("day90.yaml", wrong(number));
        assert_eq!(self.ask(&Request::new("POST", "/-/reload")), 500);
    }

    fn signal(&self, name: &str) {
        let pid = self.process.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill").success());
    }

    /// SIGTERM, and what comes of it.
    fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let status = eventually("it ends", PROMPT, || self.process.0.try_wait().expect("a child"));
        status.code()
    }
}

/// Where a process listens, by what Linux says of its sockets: its log can't be asked.
fn listening(pid: u32) -> Option<SocketAddr> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let sockets: Vec<String> = open
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()?.to_str().map(str::to_owned))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_ours = words.get(3) == Some(&"0A") && sockets.iter().any(|inode| words.get(9) == Some(&&**inode));
        let port = u16::from_str_radix(words.get(1)?.rsplit(':').next()?, 16).ok()?;
        is_ours.then_some(SocketAddr::from(([127, 0, 0, 1], port)))
    })
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn said<'l>(lines: &'l [Value], words: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["message"].as_str().is_some_and(|message| message.contains(words))).collect()
}

/// A pipe, whose writer says that it is full where `is_patient` is false, instead of waiting.
fn piped(is_patient: bool) -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    if !is_patient {
        impatient(&writer, true);
    }
    (reader, writer)
}

fn impatient(file: impl AsFd, is_impatient: bool) {
    let flags = fcntl_getfl(&file).expect("flags");
    let flags = if is_impatient { flags | OFlags::NONBLOCK } else { flags - OFlags::NONBLOCK };
    fcntl_setfl(&file, flags).expect("flags");
}

/// It was an abort, exit code 134, at the next line.
#[test]
fn a_log_whose_reader_has_gone_stops_nothing() {
    let (reader, writer) = piped(true);
    let day90 = Logging::to(writer);
    drop(reader);
    day90.signal("HUP");
    eventually("the line is counted", SOON, || (day90.dropped() > 0).then_some(()));
    day90.serves("c-1");
    assert_eq!(day90.stop(), Some(0));
}

/// After 64 KiB everything hung, SIGTERM too. The queue is filled here, not only the pipe.
#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    for is_patient in [true, false] {
        let (reader, writer) = piped(is_patient);
        let day90 = Logging::to(writer);
        for number in 0..200 {
            day90.refuse_a_reload(number);
            day90.signal("HUP");
            if number % 50 == 0 {
                day90.serves(&format!("c-{number}"));
            }
        }
        assert!(day90.dropped() > 0, "it is not enough to fill the queue");
        day90.serves("the last");
        assert_eq!(day90.stop(), Some(0));
        drop(reader);
    }
}

#[test]
fn whoever_reads_again_gets_whole_lines_and_how_many_are_missing() {
    for is_patient in [true, false] {
        let (mut reader, writer) = piped(is_patient);
        let day90 = Logging::to(writer);
        (0..300).for_each(|number| day90.refuse_a_reload(number));
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let dropped = day90.dropped();
        assert!(dropped > 0, "it is not enough to fill the queue");
        assert_eq!(day90.stop(), Some(0));
        let lines = objects(&reading.join().expect("it reads"));
        let lost: Vec<u64> =
            said(&lines, "log lines were lost").iter().filter_map(|line| line["lines"].as_u64()).collect();
        assert_eq!(lost.iter().sum::<u64>(), dropped, "{lost:?}");
        assert_eq!(said(&lines, "the configuration in force stays").len() as u64 + dropped, 300);
        assert_eq!(said(&lines, "day90 has stopped").len(), 1);
    }
}

#[test]
fn a_log_on_a_full_disk_stops_nothing() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let day90 = Logging::to(full);
    day90.refuse_a_reload(0);
    eventually("the lines are counted", SOON, || (day90.dropped() >= 2).then_some(()));
    day90.serves("c-1");
    assert_eq!(day90.stop(), Some(0));
}

/// The descriptor must be no file of the daemon's then, or its log would go there.
#[test]
fn a_log_without_a_descriptor_stops_nothing() {
    let (_reader, writer) = piped(true);
    let day90 = Logging::under(&["bash", "-c", "exec 2>&- \"$0\" \"$@\""], writer);
    let pid = day90.process.0.id();
    let stderr = std::fs::read_link(format!("/proc/{pid}/fd/2"));
    assert!(stderr.as_ref().is_ok_and(|to| to == Path::new("/dev/null")), "{stderr:?}");
    day90.refuse_a_reload(0);
    day90.serves("c-1");
    assert_eq!(day90.stop(), Some(0));
}

#[test]
fn a_named_pipe_is_taken_up_again_when_somebody_opens_it() {
    let dir = Dir::new();
    let path = dir.path().join("log");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    // Each end waits for the other.
    let reader = std::thread::spawn({
        let path = path.clone();
        move || File::open(path).expect("a pipe")
    });
    let writer = OpenOptions::new().write(true).open(&path).expect("a pipe");
    let reader = reader.join().expect("it opens");
    let day90 = Logging::to(writer);
    day90.refuse_a_reload(0);
    drop(reader);
    (1..6).for_each(|number| day90.refuse_a_reload(number));
    let dropped = eventually("the lines are counted", SOON, || Some(day90.dropped()).filter(|dropped| *dropped >= 5));
    day90.serves("c-1");

    let mut reader = File::open(&path).expect("a pipe");
    day90.refuse_a_reload(6);
    assert_eq!(day90.stop(), Some(0));
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("UTF-8");
    let lines = objects(text.trim_start());
    assert_eq!(said(&lines, "log lines were lost")[0]["lines"].as_u64(), Some(dropped), "{text}");
    assert!(
        said(&lines, "in force stays").iter().any(|line| line["why"].as_str().unwrap().contains("ownr6")),
        "{text}"
    );
    assert_eq!(said(&lines, "day90 has stopped").len(), 1);
}

#[test]
fn a_start_that_fails_ends_though_nobody_reads_why() {
    let (reader, mut writer) = piped(false);
    while writer.write(&[b'x'; 4096]).is_ok() {}
    impatient(&writer, false);
    let dir = Dir::new();
    dir.write("day90.yaml", wrong(0));
    let mut process = serve(&[], dir.path(), writer.into());
    let status = eventually("it ends", PROMPT, || process.0.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(78));
    drop(reader);
}

#[test]
fn why_a_start_fails_is_said_where_somebody_reads() {
    let (mut reader, writer) = piped(true);
    let dir = Dir::new();
    dir.write("day90.yaml", "systems: {refund-agent: {ownr: {}}}\n");
    let mut process = serve(&[], dir.path(), writer.into());
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("UTF-8");
    assert_eq!(process.0.wait().expect("a child").code(), Some(78));
    assert!(text.starts_with("day90: invalid configuration:\n") && text.contains("ownr"), "{text}");
}

#[test]
fn the_same_line_again_and_again_is_shown_once_with_how_often_it_came() {
    let day90 = Day90::start_with("{}\n");
    day90.rewrite_config(&wrong(0));
    for _ in 0..30 {
        day90.ask(&Request::new("POST", "/-/reload")).expect(500);
    }
    let scrape = day90.scrape();
    let text = day90.stop().log();
    let lines = objects(&text);
    let stays = said(&lines, "the configuration in force stays");
    assert!(stays.len() < 10, "{text}");
    let times = |line: &&Value| line["repeated"].as_u64().unwrap_or(1);
    assert_eq!(stays.iter().map(times).sum::<u64>(), 30, "{text}");
    scrape.expect(metric("day90_log_lines_dropped_total").value(0));
}

/// Twenty times a second for as long as the descriptors are used up.
#[test]
fn connections_that_cannot_be_accepted_are_a_line_now_and_then() {
    let limit = ["prlimit", "--nofile=36:36"].map(str::to_owned).to_vec();
    let dir = Dir::new();
    let day90 =
        Day90::start_under(limit, &dir.path().join("data"), "{}\n").unwrap_or_else(|ended| panic!("{}", ended.log()));
    // Who has begun a request makes no room at once, as one who says nothing does.
    let half = |_| {
        let mut stream = TcpStream::connect(day90.address).ok()?;
        std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.1\r\n").ok().map(|()| stream)
    };
    let open: Vec<TcpStream> = (0..120).filter_map(half).collect();
    eventually("one isn't accepted", SOON, || day90.log().contains("not accepted").then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    drop(open);
    let text = day90.stop().log();
    let lines = objects(&text);
    let refused = said(&lines, "a connection was not accepted");
    assert!(refused.len() <= 4, "{} lines:\n{text}", refused.len());
    assert!(refused.iter().any(|line| line["repeated"].as_u64() > Some(5)), "{text}");
}
