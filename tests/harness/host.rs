//! The real daemon in the test's process, with a clock that the test holds, and a client on loopback.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use day90::clock::DrivenClock;
use day90::config::{self, Overrides};
use day90::daemon;
use day90::event::Timestamp;
use day90::telemetry::logging::Log;
use tokio::sync::oneshot;
use tracing_subscriber::fmt;

use super::http::Connection;
use super::mount::Filesystem;
use super::{Answer, Dir, Request};

/// Days pass between two requests, and the fold lives through every minute of them for 500 systems.
const PATIENCE: Duration = Duration::from_secs(300);

/// Room for a journal, two checkpoints and what the daemon leaves free.
const DISK_MIB: u32 = 96;
/// Half-written bytes that a crash leaves.
const TORN_BYTES: usize = 17 << 20;

/// A daemon that runs on a thread of its own. Its files are left when it stops.
pub struct Host {
    dir: Arc<Dir>,
    /// A disk of its own, so small that it can be filled.
    disk: Option<Filesystem>,
    clock: Arc<DrivenClock>,
    sink: Sink,
    running: Option<Running>,
}

/// Where the log goes. What is written stays nowhere.
#[derive(Clone)]
struct Sink(Arc<Mutex<File>>);

impl Sink {
    fn of_one_who_reads() -> File {
        File::create("/dev/null").expect("/dev/null")
    }

    /// A pipe whose reader has gone.
    fn of_nobody() -> File {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        OwnedFd::from(writer).into()
    }

    fn replace(&self, file: File) {
        *self.0.lock().expect("no panic") = file;
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Running {
    address: SocketAddr,
    log: Log,
    connection: Connection,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Host {
    pub fn start(config: &str, now: i64) -> Host {
        Host::start_with(config, now, false)
    }

    /// Its data may be on a disk that a test can fill. That takes root.
    pub fn start_with(config: &str, now: i64, small_disk: bool) -> Host {
        let clock = Arc::new(DrivenClock::at(Timestamp::from_nanos(now)));
        let disk = small_disk.then(|| Filesystem::tmpfs(DISK_MIB));
        let sink = Sink(Arc::new(Mutex::new(Sink::of_one_who_reads())));
        let mut host = Host { dir: Arc::new(Dir::new()), disk, clock, sink, running: None };
        host.rewrite(config);
        host.run();
        host
    }

    /// Leaves nothing on its disk.
    pub fn fill_disk(&self) {
        let mut file = std::fs::File::create(self.filling()).expect("a file");
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    pub fn free_disk(&self) {
        std::fs::remove_file(self.filling()).expect("it was filled");
    }

    /// Whoever read the log has gone, and the configuration is read again, which the log says in vain.
    pub fn break_log(&mut self) {
        self.sink.replace(Sink::of_nobody());
        self.reload_and_flush();
        assert!(self.running.as_ref().expect("it runs").log.dropped().get() > 0, "it drops no line");
    }

    /// Somebody reads it again.
    pub fn mend_log(&mut self) {
        self.sink.replace(Sink::of_one_who_reads());
        self.reload_and_flush();
    }

    /// Reads the configuration again, and waits until the log is through with it.
    fn reload_and_flush(&mut self) {
        self.ask_again(&Request::new("POST", "/-/reload")).expect(200);
        assert!(self.running.as_ref().expect("it runs").log.flush(PATIENCE));
    }

    /// Starts again after a crash that left half-written bytes at the journal's end.
    pub fn tear(&mut self) {
        self.stop();
        let last = self.files("journal-").pop().expect("a segment");
        let mut file = std::fs::OpenOptions::new().append(true).open(last).expect("a segment");
        file.write_all(&vec![0xa5; TORN_BYTES]).expect("it is written");
        self.run();
    }

    /// Removes the torn tail that was kept, and starts again.
    pub fn untear(&mut self) {
        self.stop();
        let torn: Vec<PathBuf> =
            self.files("").into_iter().filter(|path| path.to_string_lossy().contains("torn")).collect();
        assert!(!torn.is_empty(), "no torn tail was kept: {:?}", self.files(""));
        torn.iter().for_each(|path| std::fs::remove_file(path).expect("it is removed"));
        self.run();
    }

    /// The files of the data whose name begins so, by name.
    fn files(&self, beginning: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.data()).expect("the data");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
        files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)));
        files.sort();
        files
    }

    fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.dir.path().join("data"), Filesystem::data)
    }

    fn filling(&self) -> PathBuf {
        self.disk.as_ref().expect("a small disk").data().with_file_name("filling")
    }

    pub fn set_clock(&self, now: i64) {
        self.clock.set(Timestamp::from_nanos(now));
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("day90.yaml")
    }

    pub fn rewrite(&self, config: &str) {
        self.dir.write("day90.yaml", config);
    }

    pub fn restart(&mut self) {
        self.stop();
        self.run();
    }

    fn run(&mut self) {
        let overrides = Overrides { data_dir: Some(self.data()), ..Overrides::default() };
        let path = self.path();
        let given = daemon::given(day90::clock::Clock::now(&*self.clock));
        let config = config::load(Some(&path), &overrides, &given).unwrap_or_else(|problems| panic!("{problems}"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let clock = self.clock.clone();
        let (stop, stopped) = oneshot::channel();
        let log = Log::start(true, self.sink.clone()).expect("a thread");
        let lines = fmt::Subscriber::builder().json().with_writer(log.clone()).finish();
        let lines_dropped = log.dropped().clone();
        let thread = std::thread::spawn(move || {
            let metrics_listener = None;
            let config_path = Some(path);
            let world = daemon::World { clock, listener, metrics_listener, config_path, overrides, lines_dropped };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let run = || runtime.block_on(daemon::run(config, world, async { drop(stopped.await) }));
            let ended = tracing::subscriber::with_default(lines, run);
            ended.unwrap_or_else(|halt| panic!("the daemon: {halt}"));
        });
        let connection = Connection::within(address, PATIENCE).expect("it listens");
        self.running = Some(Running { address, log, connection, stop, thread });
    }

    fn stop(&mut self) {
        let Some(Running { stop, thread, connection, .. }) = self.running.take() else { return };
        drop(connection);
        let _ = stop.send(());
        let ended = thread.join();
        if !std::thread::panicking() {
            ended.expect("the daemon stops well");
        }
    }

    pub fn ask(&mut self, request: &Request) -> Answer {
        let running = self.running.as_mut().expect("it runs");
        running.connection.ask(request).unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// As [`Host::ask`], over a new connection where the daemon has closed this one.
    pub fn ask_again(&mut self, request: &Request) -> Answer {
        let running = self.running.as_mut().expect("it runs");
        if let Ok(answer) = running.connection.ask(request) {
            return answer;
        }
        running.connection = Connection::within(running.address, PATIENCE).expect("it listens");
        self.ask(request)
    }

    /// The text that a Prometheus is answered.
    pub fn scrape_as_prometheus(&mut self) -> String {
        let request = Request::get("/metrics").header("X-Prometheus-Scrape-Timeout-Seconds", "10");
        self.ask_again(&request).expect(200).text()
    }

    /// The whole exposition in text form.
    pub fn scrape(&self) -> String {
        let running = self.running.as_ref().expect("it runs");
        let mut stream = TcpStream::connect(running.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an exposition");
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let body = &answer[head + 4..];
        let body = if text.contains("transfer-encoding: chunked") { joined(body) } else { body.to_vec() };
        String::from_utf8(body).expect("UTF-8")
    }
}

/// The chunks of a body in one piece.
fn joined(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len());
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").expect("a size");
        let size = std::str::from_utf8(&bytes[..end]).expect("ASCII");
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}
