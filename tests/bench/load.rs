//! Senders: each a thread with a connection of its own, one request after the other.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::time::Instant;

use super::daemon::{Connection, Day90};
use super::lines::Body;

/// What came of a load.
pub struct Sent {
    pub events: usize,
    /// CPU time of the daemon, with what it did behind the answers.
    pub cpu_nanos: u64,
    /// From the first request to the last answer.
    pub seconds: f64,
}

impl Sent {
    pub fn nanos_per_event(&self) -> f64 {
        self.cpu_nanos as f64 / self.events as f64
    }
}

/// Sends the bodies of each sender, and fails when anything isn't accepted.
pub fn send(day90: &Day90, senders: &[Vec<Body>]) -> Sent {
    let (began, cpu) = (Instant::now(), day90.cpu_nanos());
    std::thread::scope(|scope| {
        for bodies in senders {
            scope.spawn(move || {
                let mut connection = Connection::open(day90.address);
                bodies.iter().for_each(|body| post(&mut connection, body));
            });
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    day90.settle();
    let events = senders.iter().flatten().map(|body| body.events).sum();
    Sent { events, cpu_nanos: day90.cpu_nanos() - cpu, seconds }
}

pub fn post(connection: &mut Connection, body: &Body) {
    let reply = connection.post(&body.text);
    let taken = format!("{{\"accepted\":{},\"duplicates\":0,\"rejected\":0,", body.events);
    assert!(reply.starts_with(&taken), "{reply}");
}

/// The middle one; of an even number the mean of the two.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

/// The value that this part of all is not above.
pub fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() as f64 * part) as usize).min(values.len() - 1)]
}

/// The least and the largest.
pub fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
}
