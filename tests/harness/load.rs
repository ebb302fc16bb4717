//! Senders that send again what was not acknowledged, with the same ids, as the README tells them to; and what must have
//! come of it.
//!
//! Request k of a sender opens case k and resolves case k - 1, so that the number of open cases stays small however long
//! it goes on.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::events::lines;
use super::http::Connection;
use super::{Day90, Request, Scrape, event, metric};

pub const EVENTS_A_REQUEST: u64 = 4;
/// How long a sender waits after a refusal or when nobody listens. Real ones wait longer.
const BEFORE_RETRY: Duration = Duration::from_millis(2);

/// Senders at work, one thread each.
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the senders share with the test.
struct Shared {
    /// Where the daemon listens now.
    address: Mutex<Option<SocketAddr>>,
    stop: AtomicBool,
    pause: Duration,
    senders: Vec<Sender>,
    cut_off: AtomicU64,
    refused: AtomicU64,
    duplicates: AtomicU64,
    worst_nanos: AtomicU64,
}

/// Requests of one sender.
#[derive(Default)]
struct Sender {
    begun: AtomicU64,
    acknowledged: AtomicU64,
}

/// What the senders went through.
pub struct Totals {
    pub events: u64,
    /// Requests without an answer, because the daemon was gone meanwhile.
    pub cut_off: u64,
    /// Requests that were told to come again.
    pub refused: u64,
    /// Events that were acknowledged as known: kept, but their first acknowledgement never came.
    pub duplicates: u64,
    /// The longest that an acknowledgement took.
    pub worst: Duration,
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Totals { events, cut_off, refused, duplicates, worst } = self;
        write!(
            f,
            "{events} events acknowledged; {cut_off} requests cut off, {refused} refused, {duplicates} events kept \
             unacknowledged; the worst acknowledgement took {worst:?}"
        )
    }
}

impl Load {
    /// Each sender pauses so long after each acknowledgement.
    pub fn start(senders: usize, pause: Duration) -> Load {
        let shared = Arc::new(Shared {
            address: Mutex::new(None),
            stop: AtomicBool::new(false),
            pause,
            senders: (0..senders).map(|_| Sender::default()).collect(),
            cut_off: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            worst_nanos: AtomicU64::new(0),
        });
        let thread = |number| {
            let shared = shared.clone();
            thread::spawn(move || shared.send(number))
        };
        Load { threads: (0..senders).map(thread).collect(), shared }
    }

    pub fn to(&self, day90: &Day90) {
        *self.shared.address.lock().unwrap() = Some(day90.address);
    }

    /// Nobody listens for a while.
    pub fn nowhere(&self) {
        *self.shared.address.lock().unwrap() = None;
    }

    /// Requests that were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.shared.senders.iter().map(|sender| sender.acknowledged.load(Ordering::SeqCst)).sum()
    }

    pub fn totals(&self) -> Totals {
        let shared = &self.shared;
        Totals {
            events: self.acknowledged() * EVENTS_A_REQUEST,
            cut_off: shared.cut_off.load(Ordering::SeqCst),
            refused: shared.refused.load(Ordering::SeqCst),
            duplicates: shared.duplicates.load(Ordering::SeqCst),
            worst: Duration::from_nanos(shared.worst_nanos.load(Ordering::SeqCst)),
        }
    }

    /// Requests that were acknowledged and are not counted. Only while nobody sends.
    pub fn lost(&self, scrape: &Scrape) -> u64 {
        let lost = |(number, sender): (usize, &Sender)| {
            sender.acknowledged.load(Ordering::SeqCst).saturating_sub(counted(scrape, number))
        };
        self.shared.senders.iter().enumerate().map(lost).sum()
    }

    /// Fails unless all that was acknowledged is counted, and nothing twice. Only while nobody sends.
    #[track_caller]
    pub fn expect_nothing_lost(&self, scrape: &Scrape) {
        for (number, sender) in self.shared.senders.iter().enumerate() {
            let (acknowledged, counted) = (sender.acknowledged.load(Ordering::SeqCst), counted(scrape, number));
            let begun = sender.begun.load(Ordering::SeqCst);
            assert!(
                (acknowledged..=begun).contains(&counted),
                "sender {number}: {acknowledged} requests acknowledged, {counted} counted, {begun} begun"
            );
        }
    }

    /// Lets every sender finish the request it is at.
    pub fn finish(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.threads.drain(..).for_each(|thread| thread.join().expect("a sender"));
    }

    /// Fails unless everything is counted exactly once. After [`Load::finish`].
    #[track_caller]
    pub fn expect_exact(&self, scrape: &Scrape) {
        assert!(self.threads.is_empty(), "finish first");
        let requests: Vec<u64> =
            self.shared.senders.iter().map(|sender| sender.acknowledged.load(Ordering::SeqCst)).collect();
        let all: u64 = requests.iter().sum();
        for (number, requests) in requests.iter().enumerate().filter(|(_, requests)| **requests > 0) {
            let tasks = (2 * requests + 1) as f64;
            scrape.expect(metric("day90_tasks_total").label("action", &action(number)).value(tasks));
        }
        let senders = requests.iter().filter(|requests| **requests > 0).count();
        scrape.expect(metric("day90_escalations_total").value(all as f64));
        scrape.expect(metric("day90_escalations_open").value(senders as f64));
        scrape.expect(metric("day90_events_total").value((all * EVENTS_A_REQUEST) as f64));
        scrape.expect(metric("day90_task_duration_seconds_count").value((2 * all + senders as u64) as f64));
    }
}

impl Drop for Load {
    /// A test that fails must not leave its senders behind.
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        *self.shared.address.lock().unwrap() = None;
    }
}

impl Shared {
    /// Sends until it is told to stop, each request until it is acknowledged.
    fn send(&self, number: usize) {
        let sender = &self.senders[number];
        let mut connection: Option<(SocketAddr, Connection)> = None;
        while !self.stop.load(Ordering::SeqCst) {
            let request = sender.begun.fetch_add(1, Ordering::SeqCst);
            let request = Request::events(Some("application/x-ndjson"), body(number, request));
            if !self.until_acknowledged(&request, &mut connection) {
                return;
            }
            sender.acknowledged.fetch_add(1, Ordering::SeqCst);
            thread::sleep(self.pause);
        }
    }

    /// False when it gave up, because it was told to stop and nobody listens.
    fn until_acknowledged(&self, request: &Request, connection: &mut Option<(SocketAddr, Connection)>) -> bool {
        loop {
            let Some(address) = *self.address.lock().unwrap() else {
                if self.stop.load(Ordering::SeqCst) {
                    return false;
                }
                thread::sleep(BEFORE_RETRY);
                continue;
            };
            if connection.as_ref().is_none_or(|(known, _)| *known != address) {
                *connection = Connection::to(address).ok().map(|open| (address, open));
            }
            let Some((_, open)) = connection else {
                thread::sleep(BEFORE_RETRY);
                continue;
            };
            let begun = Instant::now();
            match open.ask(request) {
                Ok(answer) if answer.status == 503 => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    thread::sleep(BEFORE_RETRY);
                }
                Ok(answer) => {
                    let (accepted, duplicates, rejected) = answer.expect(202).counts();
                    assert_eq!((accepted + duplicates, rejected), (EVENTS_A_REQUEST, 0));
                    self.duplicates.fetch_add(duplicates, Ordering::SeqCst);
                    self.worst_nanos.fetch_max(begun.elapsed().as_nanos() as u64, Ordering::SeqCst);
                    return true;
                }
                Err(_) => {
                    *connection = None;
                    self.cut_off.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }
}

/// Requests of a sender that are counted, by its tasks: two in each, and one more in the first.
fn counted(scrape: &Scrape, sender: usize) -> u64 {
    let tasks = scrape.get(&metric("day90_tasks_total").label("action", &action(sender))).unwrap_or(0.0) as u64;
    assert!(tasks == 0 || tasks % 2 == 1, "a request counts whole or not at all: {tasks}");
    tasks.saturating_sub(1).div_ceil(2)
}

fn action(sender: usize) -> String {
    format!("sender-{sender}")
}

fn body(sender: usize, request: u64) -> String {
    let task = |number: u64| {
        event("task.completed")
            .with("id", format!("{sender}-{request}-{number}"))
            .with("action", action(sender))
            .with("outcome", "completed")
            .with("mode", "decide")
            .with("duration_seconds", 1)
    };
    let about = |kind: &str, case: u64| {
        event(kind).with("id", format!("{sender}-{kind}-{case}")).with("case", format!("{sender}-{case}"))
    };
    let third = match request.checked_sub(1) {
        Some(before) => about("escalation.resolved", before).with("outcome", "answered"),
        None => task(3),
    };
    lines(&[task(1), task(2), third, about("escalation.opened", request)])
}
