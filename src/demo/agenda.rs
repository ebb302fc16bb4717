//! What the team will do, in order of time; and when its people get to it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::line::Line;
use crate::event::Timestamp;

/// Events that will happen, each at its time.
#[derive(Default)]
pub(crate) struct Agenda {
    waiting: BinaryHeap<Reverse<(Timestamp, u64, Line)>>,
    next_id: u64,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: Timestamp, line: Line) {
        self.next_id += 1;
        self.waiting.push(Reverse((at, self.next_id, line)));
    }

    /// Moves everything after this moment closer to it: `pace` is the part of the wait that is left.
    pub(crate) fn hurry(&mut self, pace: f64, moment: Timestamp) {
        let sooner = |at: Timestamp| at.min(moment.plus((at.since(moment) as f64 * pace) as i64));
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        self.waiting = waiting.map(|Reverse((at, id, line))| Reverse((sooner(at), id, line))).collect();
    }

    /// Writes the events up to this moment, one a line; returns how many.
    pub(crate) fn until(&mut self, moment: Timestamp, body: &mut Vec<u8>) -> usize {
        let mut events = 0;
        while self.waiting.peek().is_some_and(|Reverse((at, ..))| *at <= moment) {
            let Some(Reverse((at, id, line))) = self.waiting.pop() else { break };
            body.extend_from_slice(line.end(at, id).as_bytes());
            body.push(b'\n');
            events += 1;
        }
        events
    }
}

/// People who work one case at a time.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    role: &'static str,
    /// When each person is free again.
    free_at: Vec<Timestamp>,
}

/// Who takes a case, and when.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub by: String,
    pub at: Timestamp,
    seat: usize,
}

impl Desk {
    pub(crate) fn new(role: &'static str, people: usize) -> Desk {
        Desk { role, free_at: vec![Timestamp::EPOCH; people] }
    }

    /// The person who is free first takes the case, at this moment or once free.
    pub(crate) fn take(&mut self, moment: Timestamp) -> Taken {
        let seats = self.free_at.iter().enumerate();
        let (seat, free_at) = seats.min_by_key(|(_, free_at)| **free_at).expect("a desk has people");
        Taken { by: format!("{}-{}", self.role, seat + 1), at: moment.max(*free_at), seat }
    }

    /// Keeps that person busy until then.
    pub(crate) fn busy(&mut self, taken: &Taken, until: Timestamp) {
        self.free_at[taken.seat] = until;
    }

    /// Frees everybody, when the demo's time changes its pace.
    pub(crate) fn clear(&mut self) {
        self.free_at.fill(Timestamp::EPOCH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    #[test]
    fn things_happen_in_the_order_of_time() {
        let mut agenda = Agenda::default();
        for second in [3, 1, 2] {
            let at = Timestamp::from_seconds(second);
            agenda.add(at, Line::new(Kind::FallbackEnded, "a"));
        }
        let mut body = Vec::new();
        assert_eq!(agenda.until(Timestamp::from_seconds(2), &mut body), 2);
        let body = String::from_utf8(body).expect("text");
        assert!(body.find("00:00:01Z").expect("first") < body.find("00:00:02Z").expect("second"), "{body}");
    }

    #[test]
    fn hurried_events_keep_their_order_and_have_their_new_time() {
        let mut agenda = Agenda::default();
        for second in [160, 40] {
            agenda.add(Timestamp::from_seconds(second), Line::new(Kind::FallbackEnded, "a"));
        }
        agenda.hurry(0.1, Timestamp::from_seconds(100));
        let mut body = Vec::new();
        agenda.until(Timestamp::from_seconds(106), &mut body);
        let body = String::from_utf8(body).expect("text");
        assert!(body.contains("00:00:40Z") && body.contains("00:01:46Z"), "{body}");
    }

    #[test]
    fn a_full_desk_makes_cases_wait() {
        let mut desk = Desk::new("on-call", 1);
        let first = desk.take(Timestamp::from_seconds(10));
        desk.busy(&first, Timestamp::from_seconds(60));
        assert_eq!(desk.take(Timestamp::from_seconds(20)).at, Timestamp::from_seconds(60));
    }
}
