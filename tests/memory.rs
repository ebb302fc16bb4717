//! `limits.memory` holds: everything that a sender can make grow, all at once, on a daemon inside a cgroup that the kernel
//! enforces, while ordinary clients are served. The attackers live outside it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::events::Event;
use crate::harness::http::Connection;
use crate::harness::{Cgroup, Day90, Request, SOON, event, metric, one_of_each, run};

const MIB: u64 = 1 << 20;
const LIMIT: u64 = 96 * MIB;
const CGROUP: u64 = 128 * MIB;
const IDLE_CONNECTIONS: usize = 10_000;
/// How long everything goes on at once, at least.
const ATTACK: Duration = Duration::from_secs(8);
const CLIENTS: u64 = 4;
const EVENTS_A_BODY: u64 = 1_000;
/// Names that the attackers make up for every event.
const FRESH: &[&str] = &[
    "id",
    "case",
    "action",
    "version",
    "name",
    "escalation",
    "queue",
    "reason",
    "review",
    "appeal",
    "change",
    "author",
    "approver",
    "previous_version",
    "rollback",
    "input",
    "suite",
    "owner",
];

/// What everybody who talks to the daemon shares.
struct Siege {
    address: SocketAddr,
    over: AtomicBool,
    number: AtomicU64,
    /// Events that attackers were told are kept.
    accepted: AtomicU64,
    /// Answers to attackers, by status; 0 where none came.
    answers: Mutex<BTreeMap<u16, u64>>,
    bombs: Vec<Request>,
}

impl Siege {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    /// Sends until it is over, and remembers what was promised.
    fn send(&self, requests: impl Iterator<Item = Request>) {
        let mut open: Option<Connection> = None;
        for request in requests.take_while(|_| self.goes_on()) {
            let mut connection = match open.take().map_or_else(|| Connection::to(self.address), Ok) {
                Ok(connection) => connection,
                Err(_) => continue,
            };
            let status = match connection.ask(&request) {
                Ok(answer) => {
                    if answer.status == 202 {
                        self.accepted.fetch_add(answer.counts().0, Ordering::Relaxed);
                    }
                    let stays = answer.header("connection") != Some("close");
                    open = stays.then_some(connection);
                    answer.status
                }
                Err(_) => 0,
            };
            *self.answers.lock().unwrap().entry(status).or_default() += 1;
        }
    }

    /// Bodies in which everything that can be new is new; every other one only opens what nobody will ever close.
    fn bodies(&self) -> impl Iterator<Item = Request> {
        let all = one_of_each();
        let openings = ["escalation.opened", "review.requested", "appeal.opened", "rollback.started"];
        let opening: Vec<Event> = all.iter().filter(|event| openings.contains(&event.get("type"))).cloned().collect();
        let forms = [all, opening].map(|events| events.into_iter().map(form).collect::<Vec<_>>());
        (0_usize..).map(move |turn| {
            let forms = &forms[turn % 2];
            let number = self.number.fetch_add(EVENTS_A_BODY, Ordering::Relaxed);
            let lines = (number..number + EVENTS_A_BODY).map(|number| {
                let unique = format!("{number:016x}-{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let system = if number.is_multiple_of(16) { unique.as_str() } else { "besieged" };
                forms[number as usize % forms.len()].replace('@', &unique).replace('%', system)
            });
            Request::events(Some("application/x-ndjson"), lines.collect::<String>())
        })
    }

    fn bombs(&self, first: usize) -> impl Iterator<Item = Request> {
        (first..).map(|turn| self.bombs[turn % self.bombs.len()].clone())
    }

    /// Ten thousand connections that say nothing or drip; then stays until it is over.
    fn idle(&self) -> usize {
        let mut open = Vec::with_capacity(IDLE_CONNECTIONS);
        while open.len() < IDLE_CONNECTIONS {
            // On a busy machine a connect may fail, or the daemon may be gone, which the kernel's count of kills tells.
            let Ok(mut stream) = TcpStream::connect_timeout(&self.address, Duration::from_secs(5)) else {
                if !self.goes_on() {
                    return open.len();
                }
                thread::sleep(Duration::from_millis(5));
                continue;
            };
            if open.len().is_multiple_of(50) {
                let _ = stream.write_all(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Drip: ");
            }
            open.push(stream);
        }
        while self.goes_on() {
            open.iter_mut().step_by(50).for_each(|stream| drop(stream.write(b"d")));
            thread::sleep(Duration::from_millis(200));
        }
        open.len()
    }

    /// One event a request, again until it is acknowledged: (acknowledged, how long each acknowledgement took, refusals).
    fn client(&self, client: u64) -> (u64, Vec<Duration>, u64) {
        let (mut acknowledged, mut took, mut refused) = (0, Vec::new(), 0);
        let mut connection = None;
        while self.goes_on() {
            let task = event("task.completed")
                .with("system", "ordinary")
                .with("id", format!("{client}-{acknowledged}"))
                .with("action", "refund")
                .with("outcome", "completed")
                .with("mode", "decide");
            let request = Request::events(Some("application/json"), task.to_string());
            let begun = Instant::now();
            // Not told to stop in the middle: what was tried is tried until it is known.
            loop {
                assert!(begun.elapsed() < 2 * SOON, "an ordinary client was not served for {:?}", begun.elapsed());
                let open = match connection.take() {
                    Some(open) => Ok(open),
                    None => Connection::to(self.address),
                };
                match open.and_then(|mut open| open.ask(&request).map(|answer| (open, answer))) {
                    Ok((open, answer)) if answer.status == 202 => {
                        let (accepted, duplicates, rejected) = answer.counts();
                        assert_eq!((accepted + duplicates, rejected), (1, 0));
                        connection = Some(open);
                        break;
                    }
                    Ok((_, answer)) => assert_eq!(answer.status, 503, "{}", answer.text()),
                    Err(_) => {}
                }
                refused += 1;
                thread::sleep(Duration::from_millis(20));
            }
            took.push(begun.elapsed());
            acknowledged += 1;
            thread::sleep(Duration::from_millis(5));
        }
        (acknowledged, took, refused)
    }

    fn scraper(&self) -> Vec<(Duration, usize)> {
        let mut scrapes = Vec::new();
        while self.goes_on() {
            let begun = Instant::now();
            if let Ok(answer) = Request::get("/metrics").to(self.address)
                && answer.status == 200
            {
                scrapes.push((begun.elapsed(), answer.body.len()));
            }
            thread::sleep(Duration::from_millis(500));
        }
        scrapes
    }
}

/// A line with places for what is new (`@`) and for the system (`%`).
fn form(event: Event) -> String {
    let fresh = FRESH.iter().filter(|name| **name == "id" || event.has(name));
    let formed = fresh.fold(event.clone(), |formed, name| formed.with(name, "@"));
    format!("{}\n", formed.with("system", "%"))
}

/// Bodies that become a hundred times as long, and more; some of them within the limits.
fn bombs() -> Vec<Request> {
    let line = event("task.completed").with("action", "bomb").with("outcome", "completed").with("mode", "decide");
    let plain = |bytes: usize| format!("{line}\n").repeat(bytes / 100);
    // Compresses to about a fiftieth.
    let varied = |bytes: usize| {
        let lines =
            (0..bytes / 100).map(|number| if number % 4 == 0 { format!("{number:x}\n") } else { format!("{line}\n") });
        lines.collect::<String>()
    };
    let bodies = [plain(60 << 20), varied(10 << 20), " ".repeat(60 << 20), varied(30 << 20)];
    let bombs = bodies.iter().flat_map(|body| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(body.as_bytes()).expect("memory");
        let gzip = gzip.finish().expect("memory");
        [("gzip", gzip), ("zstd", zstd::encode_all(body.as_bytes(), 3).expect("memory"))]
    });
    let request = |body| Request::events(Some("application/x-ndjson"), body);
    bombs.map(|(encoding, body)| request(body).header("Content-Encoding", encoding)).collect()
}

/// Scrapers that take their answer a byte at a time.
fn sip(siege: &Siege) {
    let Ok(mut stream) = TcpStream::connect(siege.address) else { return };
    let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    while siege.goes_on() {
        let _ = stream.read(&mut [0]);
        thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn memory_stays_under_its_limit_whatever_is_sent_and_ordinary_clients_are_served() {
    let raised =
        Command::new("prlimit").args(["--nofile=20000:20000", "--pid", &std::process::id().to_string()]).status();
    assert!(raised.expect("prlimit of util-linux").success(), "this test needs 10,000 sockets, and root to have them");
    let cgroup = Cgroup::of(CGROUP);
    let day90 = Day90::start_inside(&cgroup, "limits: {memory: 96MiB}");
    println!("idle: {} MiB resident", day90.resident().1 / MIB);
    let siege = Arc::new(Siege {
        address: day90.address,
        over: AtomicBool::new(false),
        number: AtomicU64::new(0),
        accepted: AtomicU64::new(0),
        answers: Mutex::default(),
        bombs: bombs(),
    });
    let begin = |work: fn(&Siege)| {
        let siege = siege.clone();
        thread::spawn(move || work(&siege))
    };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let siege = siege.clone();
            thread::spawn(move || siege.client(client))
        })
        .collect();
    let mut attackers: Vec<_> = (0..2).map(|_| begin(|siege| siege.send(siege.bodies()))).collect();
    attackers.extend((0..3).map(|_| begin(|siege| siege.send(siege.bombs(0)))));
    attackers.extend((0..3).map(|_| begin(|siege| siege.send(siege.bombs(3)))));
    attackers.push(begin(sip));
    let idle = {
        let siege = siege.clone();
        thread::spawn(move || siege.idle())
    };
    let scraper = {
        let siege = siege.clone();
        thread::spawn(move || siege.scraper())
    };
    thread::sleep(ATTACK);
    // First: of a daemon that was killed nothing else can be asked.
    assert_eq!(cgroup.kills(), 0, "the kernel killed it");
    siege.over.store(true, Ordering::Relaxed);
    let connections = idle.join().expect("the connections");
    let scrapes = scraper.join().expect("the scraper");
    attackers.into_iter().for_each(|attacker| attacker.join().expect("an attacker"));
    let (mut acknowledged, mut took, mut refused) = (0, Vec::new(), 0);
    for client in clients {
        let (count, times, again) = client.join().expect("a client");
        (acknowledged, refused) = (acknowledged + count, refused + again);
        took.extend(times);
    }
    took.sort_unstable();
    let answers = siege.answers.lock().unwrap().clone();
    assert_eq!(cgroup.kills(), 0, "the kernel killed it");
    assert_eq!(connections, IDLE_CONNECTIONS, "idle connections");
    let (peak, now) = day90.resident();
    println!(
        "attackers: {} events kept, answers {answers:?}, {connections} idle connections",
        siege.accepted.load(Ordering::Relaxed)
    );
    println!(
        "ordinary clients: {acknowledged} acknowledged, {refused} tries again, p50 {:?}, p99 {:?}, slowest {:?}",
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took[took.len() - 1]
    );
    println!(
        "scrapes: {} answered, slowest {:?}, largest {} KiB",
        scrapes.len(),
        scrapes.iter().map(|(took, _)| *took).max().unwrap_or_default(),
        scrapes.iter().map(|(_, bytes)| bytes / 1_024).max().unwrap_or_default()
    );
    println!(
        "resident: peak {} MiB, now {} MiB; cgroup with page cache: {} MiB",
        peak / MIB,
        now / MIB,
        cgroup.peak() / MIB
    );

    let scrape = day90.scrape();
    for name in
        ["day90_memory_bytes{", "day90_ingest_refused_total{", "day90_lifecycles_forgotten_total{", "day90_series"]
    {
        println!("{}", scrape.lines_of(name).trim_end());
    }
    assert!(peak <= LIMIT, "{} MiB of {}", peak / MIB, LIMIT / MIB);
    assert!(acknowledged > CLIENTS * 20, "ordinary clients were served {acknowledged} times");
    assert!(scrapes.len() >= 3, "{} scrapes were answered", scrapes.len());
    let ordinary = metric("day90_tasks_total").label("system", "ordinary").value(acknowledged as f64);
    scrape.expect(ordinary.clone());
    let all = scrape.get(&metric("day90_events_total")).expect("events");
    let promised = (siege.accepted.load(Ordering::Relaxed) + acknowledged) as f64;
    assert!(all >= promised, "{promised} events were acknowledged, {all} are counted");

    // What it came to fits when it is read back, too.
    let before = day90.scrape().fold();
    let day90 = day90.kill9().start_again();
    println!("after SIGKILL: {} MiB resident at most", day90.resident().0 / MIB);
    before.expect_same(&day90.scrape().fold());
    let day90 = day90.stop().start_again();
    println!("after a checkpoint: {} MiB resident at most", day90.resident().0 / MIB);
    before.expect_same(&day90.scrape().fold());
    assert!(day90.resident().0 <= LIMIT);
    assert_eq!(cgroup.kills(), 0, "the kernel killed it");
}

#[test]
fn the_default_memory_holds_200_000_open_escalations_and_a_restart_with_them() {
    let day90 = Day90::start();
    let idle = day90.resident().1;
    let form =
        form(event("escalation.opened").with("case", "case-0123").with("queue", "billing").with("reason", "amount"));
    let form = form.replace('%', "agent");
    for body in 0..200 {
        let lines = (0..EVENTS_A_BODY).map(|at| form.replace('@', &format!("{:024x}", body * EVENTS_A_BODY + at)));
        let answer = day90.ask(&Request::events(Some("application/x-ndjson"), lines.collect::<String>()));
        assert_eq!((answer.status, answer.counts()), (202, (EVENTS_A_BODY, 0, 0)), "body {body}: {}", answer.text());
    }
    let (peak, now) = day90.resident();
    println!("{} MiB, {} MiB at most: {} bytes each, with its id", now / MIB, peak / MIB, (now - idle) / 200_000);
    println!("{}", day90.scrape().lines_of("day90_memory_bytes{"));
    assert!(peak <= 256 * MIB, "{} MiB", peak / MIB);
    let day90 = day90.stop().start_again();
    println!("restarted: {} MiB, {} MiB at most", day90.resident().1 / MIB, day90.resident().0 / MIB);
    assert!(day90.resident().0 <= 256 * MIB);
    let open = metric("day90_open_lifecycles").label("family", "escalation").value(200_000.0);
    day90.scrape().expect(open);
}

/// Case S11: with `limits.memory` below what the journal holds, `check` said that all is well, and the process took twice the
/// limit.
#[test]
fn a_state_that_outgrew_the_limit_is_said_and_not_started() {
    let day90 = Day90::start_with("limits: {memory: 256MiB}");
    for first in (0..120_000).step_by(2_000) {
        let opened = |at: usize| event("escalation.opened").with("case", format!("case-{at}"));
        let batch: Vec<_> = (first..first + 2_000).map(opened).collect();
        day90.post(&batch);
    }
    day90.rewrite_config("limits: {memory: 48MiB}");
    let stopped = day90.stop();
    let data = stopped.data_dir();
    let config = data.with_file_name("day90.yaml");
    let checked = run(&["check", "--config", config.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.contains("limits.memory is 48MiB") && said.contains("needs at least"), "{said}");
    let (code, log) = stopped.start_in_vain();
    assert_eq!(code, Some(78), "{log}");
    let enough =
        said.split("needs at least ").nth(1).and_then(|rest| rest.split(':').next()).expect("a size").to_owned();
    assert!(log.contains(&enough), "{log}");
}
