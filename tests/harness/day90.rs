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
    data: PathBuf,
    config: bool,
    /// A program and its arguments that the daemon runs under: a limit, or strace with a fault.
    under: Vec<String>,
    /// A file system of its own.
    _disk: Option<Arc<Tmpfs>>,
    /// After the file system that may be mounted in it.
    dir: Arc<Dir>,
}

/// A file system in memory, gone when it is dropped.
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: PathBuf, mib: u32) -> Tmpfs {
        std::fs::create_dir_all(&at).expect("a directory");
        let options = format!("size={mib}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).output();
        let mounted = mounted.expect("mount of util-linux");
        let said = String::from_utf8_lossy(&mounted.stderr);
        assert!(mounted.status.success(), "this test mounts a tmpfs of {mib} MiB, which takes root: {said}");
        Tmpfs(at)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: the daemon may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
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
    /// Its process number was.
    pub pid: u32,
    /// The exit code of one that never served.
    pub code: Option<i32>,
}

impl Day90 {
    /// Without a configuration file.
    pub fn start() -> Day90 {
        Place::new(Dir::new()).start()
    }

    /// With this configuration file.
    pub fn start_with(config: &str) -> Day90 {
        Place::new(Dir::new()).with_config(config).start()
    }

    /// In a directory that has its configuration, and perhaps data.
    pub fn start_in(dir: Dir) -> Day90 {
        Place { config: true, ..Place::new(dir) }.start()
    }

    /// On files that are there already.
    pub fn start_on(data: &Path) -> Day90 {
        let dir = Dir::new();
        super::dir::copy(data, &dir.path().join("data"));
        Place::new(dir).start()
    }

    /// On a disk that takes files up to this size.
    pub fn start_with_room_for(file_kib: u32) -> Day90 {
        let under = room_for(u64::from(file_kib) << 10);
        Place { under, ..Place::new(Dir::new()) }.start()
    }

    /// With this data directory, which is left where it is, and this configuration, under a program that does it some
    /// harm. When the daemon doesn't come to serving: what is left of it.
    pub fn start_under(under: Vec<String>, data: &Path, config: &str) -> Result<Day90, Ended> {
        let place = Place::new(Dir::new()).with_config(config);
        Place { data: data.to_owned(), under, ..place }.try_start()
    }

    /// With this configuration file, inside a cgroup.
    pub fn start_inside(cgroup: &Cgroup, config: &str) -> Day90 {
        Place { under: cgroup.under(), ..Place::new(Dir::new()).with_config(config) }.start()
    }

    /// Peak and present of its resident memory, in bytes, as the kernel counts them.
    pub fn resident(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says it");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
        };
        (of("VmHWM:"), of("VmRSS:"))
    }

    /// On a disk of this size.
    pub fn start_on_disk_of(mib: u32, config: &str) -> Day90 {
        let place = Place::new(Dir::new()).with_config(config);
        let disk = Tmpfs::mount(place.data.clone(), mib);
        Place { _disk: Some(Arc::new(disk)), ..place }.start()
    }

    /// Now there is room again.
    pub fn make_room(&mut self) {
        let pid = self.process.0.id().to_string();
        let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid]).status();
        assert!(lifted.expect("prlimit of util-linux").success());
        self.place.under.clear();
    }

    pub fn data_dir(&self) -> PathBuf {
        self.place.data_dir()
    }

    /// Writes the configuration again; it is not in force yet.
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

    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Whether the process is still there.
    pub fn runs(&mut self) -> bool {
        self.process.0.try_wait().expect("a child").is_none()
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
        self.ended()
    }

    /// SIGTERM, as a supervisor stops it; it must end with code 0.
    #[track_caller]
    pub fn stop(mut self) -> Ended {
        self.signal("TERM");
        let code = wait(&mut self.process.0, SOON);
        assert_eq!(code, Some(0), "{}", self.log());
        self.ended()
    }

    /// SIGTERM, whatever comes of it: also to one that has ended already. Its exit code, `None` when it was killed.
    pub fn terminate(mut self) -> (Option<i32>, Ended) {
        let _ = Command::new("kill").args(["-TERM", &self.pid().to_string()]).stderr(Stdio::null()).status();
        let code = wait(&mut self.process.0, SOON);
        assert!(!self.runs(), "it doesn't end:\n{}", self.log());
        (code, self.ended())
    }

    fn ended(&self) -> Ended {
        // Its last lines may still be on their way: the thread that reads them lets go of the log after the last one.
        let begun = Instant::now();
        while Arc::strong_count(&self.log) > 1 && begun.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let log = self.log.lock().expect("no panic").clone();
        Ended { place: self.place.clone(), log, pid: self.pid(), code: None }
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

    /// On the same files, with nothing that does harm any more.
    pub fn start_unharmed(self) -> Day90 {
        Place { under: Vec::new(), ..self.place }.start()
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
    fn new(dir: Dir) -> Place {
        Place { data: dir.path().join("data"), dir: Arc::new(dir), config: false, under: Vec::new(), _disk: None }
    }

    fn with_config(self, config: &str) -> Place {
        self.dir.write("day90.yaml", config);
        Place { config: true, ..self }
    }

    fn data_dir(&self) -> PathBuf {
        self.data.clone()
    }

    fn command(&self) -> Command {
        let mut command = match self.under.split_first() {
            None => day90(),
            Some((program, arguments)) => {
                let mut command = without_variables(program);
                command.args(arguments).arg(env!("CARGO_BIN_EXE_day90"));
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
        self.try_start().unwrap_or_else(|ended| panic!("it doesn't serve:\n{}", ended.log()))
    }

    fn try_start(self) -> Result<Day90, Ended> {
        let mut process = Process(self.command().stderr(Stdio::piped()).spawn().expect("the built day90"));
        let stderr = BufReader::new(process.0.stderr.take().expect("piped"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (tell, address) = mpsc::channel();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                let address = said["address"].as_str().map(|address| address.parse().expect("an address"));
                kept.lock().expect("no panic").push(line);
                if let Some(address) = address {
                    let _ = tell.send(address);
                }
            }
        });
        match address.recv_timeout(SOON) {
            Ok(address) => Ok(Day90 { place: self, process, address, log }),
            Err(_) => {
                let code = wait(&mut process.0, Duration::from_secs(1));
                let log = log.lock().expect("no panic").clone();
                Err(Ended { place: self, log, pid: process.0.id(), code })
            }
        }
    }
}

/// To the daemon a disk on which no file may grow beyond this many bytes: a write over it is cut short there, and the
/// next fails.
pub fn room_for(file_bytes: u64) -> Vec<String> {
    // The signal is ignored, so that a write that doesn't fit is an error, as on a full disk.
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={file_bytes}:unlimited \"$0\" \"$@\"");
    ["bash", "-c", &limited].map(str::to_owned).to_vec()
}

fn day90() -> Command {
    without_variables(env!("CARGO_BIN_EXE_day90"))
}

fn without_variables(program: &str) -> Command {
    let mut command = Command::new(program);
    // What the tester's shell has set must not matter.
    for name in [
        "DAY90_CONFIG",
        "DAY90_LISTEN",
        "DAY90_METRICS_LISTEN",
        "DAY90_DATA_DIR",
        "DAY90_URL",
        "DAY90_LOG",
        "RUST_LOG",
        "DAY90_MALLOC",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Starts a daemon in a directory that has its configuration, under another program if one is named, with its log where the
/// caller wants it.
pub fn serve(under: &[&str], dir: &Path, stderr: Stdio) -> Process {
    let under = under.iter().map(|word| (*word).to_owned()).collect();
    let place = Place { data: dir.join("data"), dir: Arc::new(Dir::new()), config: false, under, _disk: None };
    let mut command = place.command();
    command.arg("--config").arg(dir.join("day90.yaml"));
    Process(command.stdout(Stdio::null()).stderr(stderr).spawn().expect("the built day90"))
}

/// Starts a command of day90, whose output nobody reads.
pub fn spawn(arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = day90();
    command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the built day90")
}

/// Starts a command of day90, whose output is read from a pipe.
pub fn piped(arguments: &[&str]) -> Child {
    let mut command = day90();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("the built day90")
}

/// The exit code of a command that was started, or nothing if it doesn't end soon.
pub fn ended(child: &mut Child) -> Option<i32> {
    let code = wait(child, SOON);
    if code.is_none() {
        let _ = child.kill();
    }
    code
}

/// Runs a command of day90 to its end.
pub fn run(arguments: &[&str]) -> Output {
    end(day90().args(arguments))
}

/// As [`run`], with variables.
pub fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    end(day90().envs(variables.iter().copied()).args(arguments))
}

/// An interpreter with what the judges need.
pub fn python() -> PathBuf {
    std::env::var("DAY90_PYTHON").map_or_else(|_| super::repository("target/python/bin/python"), Into::into)
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
