//! The release build as a process, its CPU time and memory as the kernel counts them, and a plain HTTP sender.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long the daemon may take for anything before the benchmark fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running daemon on a directory of its own, removed at the end.
pub struct Day90 {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to ready.
    pub ready_after: Duration,
    dir: PathBuf,
}

impl Day90 {
    pub fn start(name: &str) -> Day90 {
        Day90::start_with(name, &[])
    }

    /// With a configuration file of this text.
    pub fn start_configured(name: &str, text: &str) -> Day90 {
        let path = std::env::temp_dir().join(format!("day90-bench-{name}-{}.yaml", std::process::id()));
        fs::write(&path, text).expect("a temporary file");
        let day90 = Day90::start_with(name, &["--config", path.to_str().expect("a plain path")]);
        let _ = fs::remove_file(&path);
        day90
    }

    pub fn start_with(name: &str, arguments: &[&str]) -> Day90 {
        let dir = std::env::temp_dir().join(format!("day90-bench-{name}-{}", std::process::id()));
        Day90::start_on(dir, arguments)
    }

    fn start_on(dir: PathBuf, arguments: &[&str]) -> Day90 {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_day90"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"])
            .arg(&dir)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the release build starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let address = lines.find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.expect("the log is text")).ok()?;
            line["address"].as_str()?.parse().ok()
        });
        // Somebody has to read the log, or the daemon waits for the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("the log names the address");
        while !get(address, "/-/ready").starts_with("HTTP/1.1 200") {
            assert!(began.elapsed() < PATIENCE, "the daemon is not ready");
            std::thread::sleep(Duration::from_millis(1));
        }
        Day90 { child, address, ready_after: began.elapsed(), dir }
    }

    pub fn kill_and_start(mut self) -> Day90 {
        self.child.kill().expect("it runs");
        self.again()
    }

    pub fn stop_and_start(mut self) -> Day90 {
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(stopped.success());
        self.again()
    }

    fn again(&mut self) -> Day90 {
        self.child.wait().expect("it ends");
        Day90::start_on(std::mem::take(&mut self.dir), &[])
    }

    /// Has it read its configuration again, and gives the answer.
    pub fn reload(&self) -> String {
        ask(self.address, "POST", "/-/reload")
    }

    /// CPU time of all its threads, user and system.
    pub fn cpu_nanos(&self) -> u64 {
        cpu_nanos(self.child.id())
    }

    /// Waits until what goes on behind the answers, such as a checkpoint, has ended.
    pub fn settle(&self) {
        let began = Instant::now();
        let mut before = 0;
        while began.elapsed() < PATIENCE {
            let cpu = self.cpu_nanos();
            if cpu.abs_diff(before) < 1_000_000 {
                break;
            }
            before = cpu;
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn resident_mib(&self) -> f64 {
        status_mib(self.child.id(), "VmRSS:")
    }

    /// The most that was ever resident.
    pub fn peak_mib(&self) -> f64 {
        status_mib(self.child.id(), "VmHWM:")
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The sum of a metric's series.
    pub fn metric(&self, name: &str) -> f64 {
        let text = get(self.address, "/metrics");
        let samples = text.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
        samples.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).expect("a value")).sum()
    }

    pub fn accepted(&self) -> f64 {
        self.metric("day90_events_total{")
    }

    pub fn mean_sync_seconds(&self) -> f64 {
        self.metric("day90_journal_sync_seconds_sum") / self.metric("day90_journal_sync_seconds_count")
    }
}

impl Drop for Day90 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.dir.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// A connection that sends one request after the other.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).expect("the daemon listens");
        stream.set_nodelay(true).expect("a TCP option");
        stream.set_read_timeout(Some(PATIENCE)).expect("a TCP option");
        Connection(BufReader::new(stream))
    }

    /// Sends NDJSON and returns the body of the 202.
    pub fn post(&mut self, text: &str) -> String {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        let stream = self.0.get_mut();
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes())).expect("the daemon reads");
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).expect("the daemon answers");
        assert!(line.starts_with("HTTP/1.1 202"), "{line}");
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("the daemon answers");
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().expect("a length")
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("the daemon answers");
        String::from_utf8(body).expect("JSON")
    }
}

pub fn get(address: SocketAddr, path: &str) -> String {
    ask(address, "GET", path)
}

/// The answer, head and body, to a request with more lines in its head.
pub fn get_with(address: SocketAddr, path: &str, head: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the daemon listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{head}connection: close\r\n\r\n");
    let mut answer = Vec::new();
    let asked = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
    asked.expect("the daemon answers");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..answer.len().min(200)]));
    answer
}

fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else { return String::new() };
    let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    let asked = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    asked.map_or_else(|_| String::new(), |_| answer)
}

/// CPU time of this thread.
pub fn own_cpu_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// CPU time of a process. That of its living threads is exact; that of its whole life, in ticks of 10 ms, has those
/// that have ended too, such as the thread of a checkpoint.
pub fn cpu_nanos(process: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let living: u64 = tasks.map(|task| schedstat(&task.expect("it runs").path().join("schedstat"))).sum();
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    living.max(ticks * 10_000_000)
}

/// A line of a process' status that gives kilobytes.
pub fn status_mib(process: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says so");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

fn schedstat(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}
