//! Crowds of bad clients: they drip, send halves, and don't read what they asked for, on both listeners. Whoever sends an
//! ordinary request, scrapes, or asks for health is answered all the same.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::harness::events::lines;
use crate::harness::{Day90, Request, event, metric};

const BODY: &str = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
const HALF_HEAD: &str = "GET /metrics HTTP/1.1\r\nHost: local";
/// How long an attack has gone on before anybody is measured, and how long it goes on then.
const BEFORE: Duration = Duration::from_secs(3);

/// Ends an attack, also when a test fails in the middle of it.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Clients that say something, then a byte a second; who is closed comes again.
struct Crowd<'a> {
    address: SocketAddr,
    first: &'a str,
    size: usize,
}

impl Crowd<'_> {
    fn attack(&self, until: &AtomicBool) {
        let mut streams: Vec<Option<TcpStream>> = (0..self.size).map(|_| None).collect();
        while !until.load(Ordering::Relaxed) {
            for place in &mut streams {
                let drips = place.as_mut().is_some_and(|stream| stream.write_all(b" ").is_ok());
                if !drips {
                    *place = self.join();
                }
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn join(&self) -> Option<TcpStream> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok()?;
        stream.write_all(self.first.as_bytes()).ok()?;
        Some(stream)
    }
}

/// How long ordinary requests took under an attack, sorted, and the longest scrape.
fn measure(day90: &Day90, metrics: SocketAddr, crowds: &[Crowd<'_>]) -> (Vec<Duration>, Duration) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&over);
        crowds.iter().for_each(|crowd| _ = scope.spawn(|| crowd.attack(&over)));
        std::thread::sleep(BEFORE);
        let timed = |request: &Request, address| {
            let begun = Instant::now();
            let answer = request.to(address).unwrap_or_else(|error| panic!("{request:?}: {error}"));
            assert!(answer.status < 300, "{request:?}: {} {}", answer.status, answer.text());
            begun.elapsed()
        };
        let (mut took, mut scrapes) = (Vec::new(), Duration::ZERO);
        for number in 0..100 {
            took.push(timed(&Request::events(None, event("fallback.ended").to_string()), day90.address));
            if number % 10 == 0 {
                for (path, address) in [
                    ("/metrics", day90.address),
                    ("/metrics", metrics),
                    ("/-/healthy", metrics),
                    ("/-/ready", day90.address),
                ] {
                    scrapes = scrapes.max(timed(&Request::get(path), address));
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        took.sort();
        (took, scrapes)
    })
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Case S6: of 124 ordinary requests, scrapes and health among them, none was served within 25 s.
#[test]
fn ordinary_requests_scrapes_and_health_are_answered_in_a_crowd() {
    let metrics = free();
    let day90 = Day90::start_with(&format!("server: {{metrics_listen: \"{metrics}\"}}"));
    let crowd = |address, first, size| Crowd { address, first, size };
    let crowds =
        [crowd(day90.address, BODY, 400), crowd(day90.address, HALF_HEAD, 200), crowd(metrics, HALF_HEAD, 600)];
    let (took, scrapes) = measure(&day90, metrics, &crowds);
    let p99 = took[took.len() * 99 / 100 - 1];
    println!("ordinary requests: median {:?}, p99 {p99:?}; the longest scrape {scrapes:?}", took[took.len() / 2]);
    assert!(p99 <= Duration::from_millis(250), "{took:?}");
    assert!(scrapes <= Duration::from_secs(1), "{scrapes:?}");
    day90.scrape().expect(metric("day90_events_total").label("type", "fallback.ended").value(100));
}

/// Sends as senders do. Who comes a moment after hundreds of others finds each place taken by one that is too new to judge,
/// and is asked to come again.
fn send(day90: &Day90, body: &str) {
    let begun = Instant::now();
    loop {
        let request = Request::events(Some("application/x-ndjson"), body.to_owned());
        let Ok(answer) = request.to(day90.address) else {
            // Where hundreds are refused at once, some are closed without a word.
            assert!(begun.elapsed() < Duration::from_secs(20), "no answer");
            std::thread::sleep(Duration::from_millis(200));
            continue;
        };
        if answer.status != 503 || begun.elapsed() > Duration::from_secs(20) {
            assert_eq!(answer.status, 202, "{}", answer.text());
            return;
        }
        assert!(answer.text().contains("too many connections"), "{}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("1"), "{}", answer.text());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Case S9: descriptors ran out, the directory could not be synced, and the daemon ended.
#[test]
fn a_crowd_takes_no_descriptor_that_the_journal_needs() {
    let metrics = free();
    let few = ["prlimit", "--nofile=1024:1024"].map(str::to_owned).to_vec();
    let data = crate::harness::Dir::new();
    let config =
        format!("server: {{metrics_listen: \"{metrics}\"}}\nlimits: {{journal_bytes: 96MiB, connections: 2000}}");
    let mut day90 = Day90::start_under(few, &data.path().join("data"), &config)
        .unwrap_or_else(|ended| panic!("it serves: {}", ended.log()));
    let crowds = [
        Crowd { address: day90.address, first: BODY, size: 1_000 },
        Crowd { address: metrics, first: HALF_HEAD, size: 1_000 },
    ];
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&over);
        crowds.iter().for_each(|crowd| _ = scope.spawn(|| crowd.attack(&over)));
        std::thread::sleep(BEFORE);
        // Enough for segments and checkpoints, which need new files.
        let batch: Vec<_> =
            (0..1_000).map(|at| event("escalation.opened").with("case", format!("c-{at:0>200}"))).collect();
        let body = lines(&batch);
        (0..60).for_each(|_| send(&day90, &body));
    });
    assert!(day90.runs());
    day90.scrape().expect(metric("day90_journal_writable").value(1));
    assert!(day90.log().contains("ulimit -n"), "it says why fewer are taken: {}", day90.log());
}

/// A daemon whose exposition no socket buffer holds.
fn with_a_large_exposition() -> Day90 {
    let day90 = Day90::start_with("limits: {series: 200000, values_per_label: 100000, memory: 512MiB}");
    let task = |at: usize| {
        let action = format!("action-{at:0>50}");
        event("task.completed").with("action", action).with("outcome", "completed").with("mode", "decide")
    };
    for first in (0..60_000).step_by(2_000) {
        let batch: Vec<_> = (first..first + 2_000).map(task).collect();
        day90.post(&batch);
    }
    let large = day90.get("/metrics").expect(200).body.len();
    assert!(large > 8_000_000, "{large} bytes");
    day90
}

/// Asks for the exposition and reads nothing of it.
fn stalls(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").ok().map(|()| stream)
}

/// Case S5: six readers of a large exposition stopped reading, and Prometheus got nothing.
#[test]
fn readers_that_stop_keep_nobody_from_reading() {
    let day90 = with_a_large_exposition();
    let stalled: Vec<_> = (0..24)
        .filter_map(|_| {
            let mut stream = stalls(day90.address)?;
            // It has begun to answer, and nobody reads on.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
            let _ = stream.read(&mut [0; 64]);
            Some(stream)
        })
        .collect();
    for path in ["/metrics", "/metrics", "/metrics", "/api/v1/status", "/"] {
        let begun = Instant::now();
        day90.get(path).expect(200);
        assert!(begun.elapsed() < Duration::from_secs(3), "{path} took {:?}", begun.elapsed());
        println!("{path}: {:?}", begun.elapsed());
    }
    drop(stalled);
    let (now, _) = day90.resident();
    assert!(now < 512 << 20, "memory stays under its limit: {now}");
}

/// Six hundred scrapers that hang: more than there are places, each with an answer that waits to be read, or for its turn.
#[test]
fn a_crowd_of_scrapers_that_hang_keeps_nobody_out() {
    let day90 = with_a_large_exposition();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&over);
        scope.spawn(|| {
            let mut crowd: Vec<_> = (0..600).map(|_| stalls(day90.address)).collect();
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_secs(1));
                // Who was refused or closed asks again.
                crowd.iter_mut().for_each(|place| {
                    let asks = place.as_mut().is_some_and(|stream| {
                        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").is_ok()
                    });
                    if !asks {
                        *place = stalls(day90.address);
                    }
                });
            }
        });
        std::thread::sleep(BEFORE);
        let (mut took, mut scrapes) = (Vec::new(), Vec::new());
        for number in 0..60 {
            let begun = Instant::now();
            Request::events(None, event("fallback.ended").to_string())
                .to(day90.address)
                .expect("an answer")
                .expect(202);
            took.push(begun.elapsed());
            if number % 10 == 0 {
                let begun = Instant::now();
                // As Prometheus asks.
                let packed = Request::get("/metrics").header("Accept-Encoding", "gzip");
                packed.to(day90.address).expect("an answer").expect(200);
                Request::get("/-/healthy").to(day90.address).expect("an answer").expect(200);
                scrapes.push(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        took.sort();
        println!("ordinary requests: median {:?}, longest {:?}; scrapes {scrapes:?}", took[30], took[59]);
        assert!(took[58] <= Duration::from_millis(500), "{took:?}");
        assert!(scrapes.iter().all(|took| *took <= Duration::from_secs(2)), "{scrapes:?}");
    });
}

/// Case S12: when no thread could be started, a scrape ended the daemon.
#[test]
fn without_a_thread_to_start_it_answers_and_takes_events() {
    // The kernel holds everybody but root to a number of threads.
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned).to_vec();
    let data = crate::harness::Dir::new();
    std::os::unix::fs::chown(data.path(), Some(65534), Some(65534)).expect("this test needs root");
    let mut day90 = Day90::start_under(nobody.clone(), &data.path().join("data"), "{}")
        .unwrap_or_else(|ended| panic!("it serves: {}", ended.log()));
    let pid = day90.pid().to_string();
    let as_nobody = [&nobody[1..], &["prlimit", "--pid", &pid, "--nproc=1:1"].map(str::to_owned)].concat();
    let limited = std::process::Command::new(&nobody[0]).args(as_nobody).status();
    assert!(limited.expect("prlimit is installed (Debian package util-linux)").success());
    std::thread::scope(|scope| {
        for path in ["/metrics", "/api/v1/status", "/", "/metrics", "/api/v1/preflight", "/api/v1/spike"] {
            let day90 = &day90;
            scope.spawn(move || day90.get(path).expect(200));
        }
    });
    day90.post([&event("escalation.opened").with("case", "c-1")]);
    let packed = zstd::encode_all(event("fallback.ended").to_string().as_bytes(), 1).expect("memory");
    day90.ask(&Request::events(None, packed).header("Content-Encoding", "zstd")).expect(202);
    // A checkpoint has a thread of its own: without it the order is refused.
    let forget = Request::new("POST", "/api/v1/forget").body("{\"case\":\"c-1\"}");
    day90.ask(&forget).expect(503);
    assert!(day90.runs());
    day90.scrape().expect(metric("day90_journal_writable").value(1));
}
