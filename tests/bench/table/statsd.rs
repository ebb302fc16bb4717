//! The peer: Prometheus' statsd_exporter, which keeps nothing on disk, fed with one line for each event.
//!
//! `tests/bench/run` installs it as a Go module where Go is, and says in DAY90_BENCH_STATSD where it is. Without it the
//! rows say that it is absent.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon::{cpu_nanos, get, status_mib};
use crate::lines::scatter;

const CONNECTIONS: usize = 4;
/// Events in bulk, and one a datagram.
const BULK: usize = 400_000;
const SINGLES: usize = 40_000;
/// Datagrams between two breaths: the exporter drops what it is too slow for.
const BURST: usize = 40;
const BREATH: Duration = Duration::from_millis(1);
/// How long it may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

const ABSENT: &str = "statsd_exporter: absent on this machine";

/// Its CPU time an event over TCP, in large writes.
pub fn bulk() -> String {
    let Some(exporter) = Exporter::start() else { return ABSENT.to_owned() };
    let cpu = exporter.cpu_nanos();
    exporter.feed_bulk();
    format!("statsd_exporter over TCP: {:.0} ns an event", (exporter.cpu_nanos() - cpu) as f64 / BULK as f64)
}

/// Events per CPU second, one a UDP datagram.
pub fn single() -> String {
    let Some(exporter) = Exporter::start() else { return ABSENT.to_owned() };
    let cpu = exporter.cpu_nanos();
    let taken = exporter.feed_datagrams();
    let rate = taken / (exporter.cpu_nanos() - cpu) as f64 * 1e9;
    let lost = (1.0 - taken / SINGLES as f64) * 100.0;
    format!("statsd_exporter, one a UDP datagram: {rate:.0} ({lost:.0} % lost)")
}

/// Resident memory idle, and the most in bulk.
pub fn memory() -> [String; 2] {
    let Some(exporter) = Exporter::start() else { return [ABSENT.to_owned(), ABSENT.to_owned()] };
    std::thread::sleep(Duration::from_millis(500));
    let idle = status_mib(exporter.child.id(), "VmRSS:");
    exporter.feed_bulk();
    let peak = status_mib(exporter.child.id(), "VmHWM:");
    [idle, peak].map(|mib| format!("statsd_exporter: {mib:.1} MiB"))
}

/// The size of its binary as Go builds it.
pub fn binary() -> String {
    let bytes = path().and_then(|path| std::fs::metadata(path).ok()).map(|file| file.len());
    bytes.map_or(ABSENT.to_owned(), |bytes| {
        format!("statsd_exporter, not stripped: {:.1} MiB", bytes as f64 / f64::from(1 << 20))
    })
}

fn path() -> Option<PathBuf> {
    std::env::var_os("DAY90_BENCH_STATSD").map(PathBuf::from).filter(|path| path.is_file())
}

struct Exporter {
    child: Child,
    tcp: SocketAddr,
    udp: SocketAddr,
    web: SocketAddr,
}

impl Exporter {
    fn start() -> Option<Exporter> {
        let (tcp, udp, web) = (free_port(), free_port(), free_port());
        let child = Command::new(path()?)
            .arg(format!("--statsd.listen-tcp={tcp}"))
            .arg(format!("--statsd.listen-udp={udp}"))
            .arg(format!("--web.listen-address={web}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("statsd_exporter starts");
        let exporter = Exporter { child, tcp, udp, web };
        exporter.wait_for("statsd_exporter to start", || get(web, "/metrics").starts_with("HTTP/1.1 200"));
        Some(exporter)
    }

    fn feed_bulk(&self) {
        std::thread::scope(|scope| {
            for sender in 0..CONNECTIONS {
                scope.spawn(move || {
                    let text: String = (0..BULK / CONNECTIONS).map(|event| line(sender, event) + "\n").collect();
                    let mut stream = TcpStream::connect(self.tcp).expect("statsd_exporter listens");
                    stream.write_all(text.as_bytes()).expect("statsd_exporter reads");
                });
            }
        });
        self.wait_for("statsd_exporter to read its lines", || self.lines() >= BULK as f64);
    }

    /// Sends single datagrams, and says how many were taken.
    fn feed_datagrams(&self) -> f64 {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        for event in 0..SINGLES {
            socket.send_to(line(0, event).as_bytes(), self.udp).expect("a datagram on loopback");
            if event % BURST == 0 {
                std::thread::sleep(BREATH);
            }
        }
        let mut before = -1.0;
        self.wait_for("statsd_exporter to read its datagrams", || {
            std::mem::replace(&mut before, self.lines()) == before
        });
        before
    }

    fn lines(&self) -> f64 {
        let text = get(self.web, "/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix("statsd_exporter_lines_total "));
        line.and_then(|value| value.parse().ok()).unwrap_or(0.0)
    }

    fn wait_for(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn cpu_nanos(&self) -> u64 {
        cpu_nanos(self.child.id())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A counter with what an event's series has as labels.
fn line(sender: usize, event: usize) -> String {
    let action = scatter(sender << 40 | event) % 5;
    format!("day90_tasks:1|c|#system:refund-agent,action:action.{action},mode:decide,outcome:completed")
}

/// An address that was free a moment ago: the exporter can't say which one it got.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
