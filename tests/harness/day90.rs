//! The built daemon as a child process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use super::events::{Event, lines};
use super::{Answer, Cgroup, Dir, Request, SOON, Scrape};

/// A child process that doesn't outlive its test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a daemon runs on, while it runs and afterwards.
#[derive(Clone)]
struct Place {
    dir: Arc<Dir>,
    config: bool,
    /// No file may grow beyond this many KiB: to the daemon a full disk.
    file_kib: Option<u32>,
    /// Where its process lives.
    cgroup: Option<Arc<Cgroup>>,
}

/// A running daemon.
pub struct Day90 {
    place: Place,
    process: Process,
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

/// A daemon that has ended; its files are still there.
pub struct Ended {
    place: Place,
    log: Vec<String>,
}

impl Day90 {
    /// Without a configuration file.
    pub fn start() -> Day90 {
        Place { dir: Arc::new(Dir::new()), config: false, file_kib: None, cgroup: None }.start()
    }

    /// With this configuration file.
    pub fn start_with(config: &str) -> Day90 {
        let dir = Dir::new();
        dir.write("day90.yaml", config);
        Place { dir: Arc::new(dir), config: true, file_kib: None, cgroup: None }.start()
    }

    /// With this configuration file, inside a cgroup.
    pub fn start_inside(cgroup: &Arc<Cgroup>, config: &str) -> Day90 {
        let dir = Dir::new();
        dir.write("day90.yaml", config);
        Place { dir: Arc::new(dir), config: true, file_kib: None, cgroup: Some(cgroup.clone()) }.start()
    }

    /// Peak and present of its resident memory, in bytes, as the kernel counts them.
    pub fn resident(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).expect("it runs");
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says it");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
        };
        (of("VmHWM:"), of("VmRSS:"))
    }

    /// On files that are there already.
    pub fn start_on(data: &Path) -> Day90 {
        let dir = Dir::new();
        super::dir::copy(data, &dir.path().join("data"));
        Place { dir: Arc::new(dir), config: false, file_kib: None, cgroup: None }.start()
    }

    /// On a disk that takes files up to this size.
    pub fn start_with_room_for(file_kib: u32) -> Day90 {
        Place { dir: Arc::new(Dir::new()), config: false, file_kib: Some(file_kib), cgroup: None }.start()
    }

    /// Now there is room again.
    pub fn make_room(&mut self) {
        let pid = self.process.0.id().to_string();
        let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid]).status();
        assert!(lifted.expect("prlimit of util-linux").success());
        self.place.file_kib = None;
    }

    pub fn data_dir(&self) -> PathBuf {
        self.place.data_dir()
    }

    /// Writes the configuration anew; it is not in force yet.
    pub fn rewrite_config(&self, config: &str) {
        self.place.dir.write("day90.yaml", config);
    }

    pub fn ask(&self, request: &Request) -> Answer {
        request.to(self.address).unwrap_or_else(|error| panic!("{request:?}: {error}\n{}", self.log()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(&Request::get(path))
    }

    /// Sends events, all of which must be accepted.
    #[track_caller]
    pub fn post<'a>(&self, events: impl IntoIterator<Item = &'a Event>) -> &Day90 {
        let answer = self.offer(events);
        assert_eq!((answer.status, answer.counts().2), (202, 0), "{}", answer.text());
        self
    }

    /// Sends events and says what came of them.
    pub fn offer<'a>(&self, events: impl IntoIterator<Item = &'a Event>) -> Answer {
        self.ask(&Request::events(Some("application/x-ndjson"), lines(events)))
    }

    pub fn scrape(&self) -> Scrape {
        Scrape::parse(self.get("/metrics").expect(200).text())
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no panic").join("\n")
    }

    pub fn signal(&self, name: &str) -> &Day90 {
        let pid = self.process.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill").success());
        self
    }

    /// SIGKILL: nothing is written, flushed or said.
    pub fn kill9(mut self) -> Ended {
        self.process.0.kill().expect("it runs");
        self.process.0.wait().expect("a child");
        Ended { log: self.log.lock().expect("no panic").clone(), place: self.place.clone() }
    }

    /// SIGTERM, as a supervisor stops it; it must end with code 0.
    #[track_caller]
    pub fn stop(mut self) -> Ended {
        self.signal("TERM");
        let code = wait(&mut self.process.0, SOON);
        assert_eq!(code, Some(0), "{}", self.log());
        Ended { log: self.log.lock().expect("no panic").clone(), place: self.place.clone() }
    }
}

impl Ended {
    pub fn data_dir(&self) -> PathBuf {
        self.place.data_dir()
    }

    pub fn log(&self) -> String {
        self.log.join("\n")
    }

    pub fn start_again(self) -> Day90 {
        self.place.start()
    }

    /// A start that doesn't come to serving: its exit code and what it said.
    pub fn start_in_vain(&self) -> (Option<i32>, String) {
        let output = end(&mut self.place.command());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// `day90 check` on its files.
    pub fn check(&self) -> Output {
        let data = self.data_dir();
        run(&["check", "--data-dir", data.to_str().expect("UTF-8")])
    }
}

impl Place {
    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self) -> Command {
        let mut command = match (self.file_kib, &self.cgroup) {
            (None, None) => day90(),
            // The shell goes in and becomes the daemon: not a page of it is counted elsewhere.
            (None, Some(cgroup)) => {
                let mut command = without_variables("bash");
                let inside = format!("echo $$ >{} && exec \"$0\" \"$@\"", cgroup.members().display());
                command.args(["-c", &inside, env!("CARGO_BIN_EXE_day90")]);
                command
            }
            // The signal is ignored, so that a write that doesn't fit is an error, as on a full disk.
            (Some(kib), _) => {
                let limited = format!("trap '' XFSZ; ulimit -S -f {kib}; exec \"$0\" \"$@\"");
                let mut command = without_variables("bash");
                command.args(["-c", &limited, env!("CARGO_BIN_EXE_day90")]);
                command
            }
        };
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(self.data_dir());
        if self.config {
            command.arg("--config").arg(self.dir.path().join("day90.yaml"));
        }
        command
    }

    fn start(self) -> Day90 {
        let mut process = Process(self.command().stderr(Stdio::piped()).spawn().expect("the built day90"));
        let stderr = BufReader::new(process.0.stderr.take().expect("piped"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (tell, address) = mpsc::channel();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = said["address"].as_str() {
                    let _ = tell.send(address.parse().expect("an address"));
                }
                kept.lock().expect("no panic").push(line);
            }
        });
        let address = address.recv_timeout(SOON);
        let address =
            address.unwrap_or_else(|_| panic!("it doesn't serve:\n{}", log.lock().expect("no panic").join("\n")));
        Day90 { place: self, process, address, log }
    }
}

fn day90() -> Command {
    without_variables(env!("CARGO_BIN_EXE_day90"))
}

fn without_variables(program: &str) -> Command {
    let mut command = Command::new(program);
    // What the tester's shell has set must not matter.
    for name in
        ["DAY90_CONFIG", "DAY90_LISTEN", "DAY90_METRICS_LISTEN", "DAY90_DATA_DIR", "DAY90_URL", "DAY90_LOG", "RUST_LOG"]
    {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command of day90 to its end.
pub fn run(arguments: &[&str]) -> Output {
    end(day90().args(arguments))
}

/// As [`run`], with variables.
pub fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    end(day90().envs(variables.iter().copied()).args(arguments))
}

/// Waits for a command's end, within bounds.
fn end(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the built day90");
    let pid = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match ended.recv_timeout(SOON) {
        Ok(output) => output.expect("a child"),
        Err(_) => {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
            panic!("{command:?} doesn't end");
        }
    }
}

/// The exit code, unless it takes too long.
fn wait(child: &mut Child, within: Duration) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < within {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}
