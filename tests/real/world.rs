//! A daemon under traffic, scraped by a real Prometheus with the shipped rules, which alerts through a real Alertmanager
//! with the shipped routes. Tests that run at the same time share one.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use day90::clock::{Clock, SystemClock};
use day90::event::Timestamp;
use serde_json::Value;

use super::webhook::Webhook;
use super::{taught, traffic};
use crate::harness::day90::Process;
use crate::harness::events::lines;
use crate::harness::{Day90, Dir, Request, SOON, event, eventually, repository};

/// A namespace in which the same daemon is scraped without its detector.
pub const COUNTERS_ONLY: &str = "counters-only";
/// What the world's Alertmanager waits for more alerts of a group, seconds.
pub const GROUP_WAIT: f64 = 1.0;

/// Seconds of usual work before the change that makes the first system worse.
const USUAL_SECONDS: u32 = 10;

pub struct World {
    pub webhook: Webhook,
    pub url: String,
    prometheus: SocketAddr,
    spike: Arc<Mutex<Spike>>,
    feeding: Arc<AtomicBool>,
    seconds: Arc<AtomicU32>,
    feeder: Option<JoinHandle<()>>,
    _processes: Vec<Process>,
    _day90: Arc<Day90>,
    _dir: Dir,
}

/// When the spike began, and when day90 itself was first seen to say so.
#[derive(Clone, Copy, Default)]
pub struct Spike {
    pub first_event: Option<Timestamp>,
    pub detected: Option<Timestamp>,
}

impl World {
    /// The one that another test has started, or a new one.
    pub fn shared() -> Arc<World> {
        static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
        // A test that failed while it started one poisons the lock; the next starts its own.
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let world = Arc::new(World::start());
            *shared = Arc::downgrade(&world);
            world
        })
    }

    fn start() -> World {
        let dir = Dir::new();
        let webhook = Webhook::start();
        let day90_dir = Dir::new();
        taught::teach(&day90_dir, &configuration());
        let day90 = Arc::new(Day90::start_in(day90_dir));
        let (alertmanager, alertmanager_process) = alertmanager(&dir, webhook.address);
        let (prometheus, prometheus_process) = prometheus(&dir, day90.address, alertmanager);
        let (feeding, seconds) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let spike = Arc::new(Mutex::new(Spike::default()));
        let mut world = World {
            webhook,
            url: format!("http://{}", day90.address),
            prometheus,
            spike: spike.clone(),
            feeding: feeding.clone(),
            seconds: seconds.clone(),
            feeder: None,
            _processes: vec![prometheus_process, alertmanager_process],
            _day90: day90.clone(),
            _dir: dir,
        };
        // increase() misses what the first scrape finds: each series must be there before it is to move.
        day90.post(&traffic::second(0, traffic::USUAL));
        eventually("the first scrape", SOON, || {
            let found = world.query(&format!("day90_tasks_total{{system=\"{}\"}}", traffic::STEADY));
            (!found.is_empty()).then_some(())
        });
        world.feeder = Some(std::thread::spawn(move || feed(&day90, &feeding, &seconds, &spike)));
        world
    }

    /// The moments of the spike, once day90 has seen it.
    pub fn spike(&self) -> Spike {
        *self.spike.lock().expect("no panic")
    }

    /// Waits until so many seconds of traffic were sent.
    pub fn after_seconds(&self, seconds: u32) {
        let within = Duration::from_secs(u64::from(seconds)) + SOON;
        eventually("traffic", within, || (self.seconds.load(Ordering::Relaxed) >= seconds).then_some(()));
    }

    /// The answer of an instant query: an error fails the test.
    #[track_caller]
    pub fn query(&self, query: &str) -> Vec<Value> {
        let answer = self.ask(&format!("/api/v1/query?query={}", percent_encoded(query)));
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {answer}")).clone()
    }

    /// What the Prometheus API says.
    pub fn ask(&self, path: &str) -> Value {
        Request::get(path).to(self.prometheus).expect("Prometheus answers").json()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.feeding.store(false, Ordering::Relaxed);
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

/// A second of traffic each second: usual work, then the bad change, then the spike.
fn feed(day90: &Day90, feeding: &AtomicBool, seconds: &AtomicU32, spike: &Mutex<Spike>) {
    day90.post(&traffic::history());
    let begun = Instant::now();
    for second in 1.. {
        if !feeding.load(Ordering::Relaxed) {
            return;
        }
        let spikes = second > USUAL_SECONDS;
        if second == USUAL_SECONDS {
            day90.post([&traffic::bad_change()]);
        }
        let mut events = traffic::second(second, if spikes { traffic::SPIKE } else { traffic::USUAL });
        if second == USUAL_SECONDS + 1 {
            spike.lock().expect("no panic").first_event = Some(SystemClock.now());
        }
        // And a sender that is wrong.
        events.push(event("nothing.known"));
        let answer = day90.ask(&Request::events(Some("application/x-ndjson"), lines(&events)));
        assert_eq!(answer.expect(202).counts().2, 1);
        if spikes && spike.lock().expect("no panic").detected.is_none() && says_spike(day90) {
            spike.lock().expect("no panic").detected = Some(SystemClock.now());
        }
        seconds.store(second, Ordering::Relaxed);
        let next = begun + Duration::from_secs(u64::from(second));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn says_spike(day90: &Day90) -> bool {
    let sample = format!("day90_escalation_spike{{system=\"{}\"}} 1", traffic::SPIKING);
    day90.get("/metrics").expect(200).text().contains(&sample)
}

/// The example, with a second system, which is operated as it should be.
fn configuration() -> String {
    let example = std::fs::read_to_string(repository("deploy/day90.example.yaml")).expect("the example");
    let steady = r##"
    owner: {name: help-desk, contact: "#help-desk"}
    boundaries: {answer: {mode: decide}}
    exception_path:
      routes: [{reason: risky, queue: risk, owner: help-desk}, {reason: "*", queue: help-desk, owner: help-desk}]
    objectives: {escalation_ratio: 0.08}
"##;
    // A scrape a second needs no minute to see a new series at 0.
    format!("metrics: {{newborn: 2s}}\n{example}\n  {}:{steady}", traffic::STEADY)
}

/// The shipped routes, to the test's webhook, and without the wait for more alerts of a group.
fn alertmanager(dir: &Dir, webhook: SocketAddr) -> (SocketAddr, Process) {
    let shipped = std::fs::read_to_string(repository("alerts/alertmanager.example.yml")).expect("the example");
    let config = shipped.replace("pager.example.com/day90", &format!("{webhook}/pager"));
    let config = config.replace("tracker.example.com/day90", &format!("{webhook}/tracker"));
    assert_eq!(config.matches(&webhook.to_string()).count(), 2, "both receivers are the test's");
    let config =
        dir.write("alertmanager.yml", config.replace("group_wait: 10s", &format!("group_wait: {GROUP_WAIT}s")));
    let address = free_port();
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", dir.path().join("alertmanager").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg("--cluster.listen-address=");
    (address, start("prometheus-alertmanager", command, dir.path(), address))
}

/// What keeps a key inside the item of a list: a string literal's line break eats the spaces after it.
const INDENT: &str = "  ";

/// The shipped rules, evaluated every second over a scrape every second.
fn prometheus(dir: &Dir, day90: SocketAddr, alertmanager: SocketAddr) -> (SocketAddr, Process) {
    let rules = repository("alerts/*.rules.yml");
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         rule_files: ['{}']\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\n\
         scrape_configs:\n\
         - {{job_name: day90, static_configs: [{{targets: ['{day90}']}}]}}\n\
         - job_name: day90-counters\n\
         {INDENT}static_configs: [{{targets: ['{day90}'], labels: {{namespace: {COUNTERS_ONLY}}}}}]\n\
         {INDENT}metric_relabel_configs: [{{action: drop, source_labels: [__name__], regex: 'day90_escalation_(spike|baseline|recent|dispersion|wander).*'}}]\n",
        rules.display()
    );
    prometheus_with(dir, config, &[])
}

/// Debian's Prometheus, or the one that a variable names, relative to the repository.
fn server() -> std::path::PathBuf {
    std::env::var("DAY90_PROMETHEUS").map_or_else(|_| "prometheus".into(), |path| repository(&path))
}

/// A Prometheus with this configuration, and its address.
pub fn prometheus_with(dir: &Dir, config: String, arguments: &[String]) -> (SocketAddr, Process) {
    let config = dir.write("prometheus.yml", config);
    let address = free_port();
    let mut command = Command::new(server());
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("prometheus").display()))
        .arg(format!("--web.listen-address={address}"))
        .args(arguments);
    (address, start("prometheus", command, dir.path(), address))
}

/// Starts a server and waits until it is ready.
fn start(name: &str, mut command: Command, dir: &Path, address: SocketAddr) -> Process {
    let log = dir.join(format!("{name}.log"));
    let file = File::create(&log).expect("a log");
    command.stdout(file.try_clone().expect("a file")).stderr(file);
    let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; apt-get install {name}"));
    let process = Process(child);
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let begun = Instant::now();
    while !Request::get("/-/ready").to(address).is_ok_and(|answer| answer.status == 200) {
        assert!(begun.elapsed() < SOON, "{name} is not ready:\n{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    process
}

/// A port that was free a moment ago.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback")
}

pub fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
