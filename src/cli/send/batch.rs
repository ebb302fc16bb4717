//! [`Batch`]: the events of one request, and the line of each.

/// Bytes of one request, unless what was read at once has more.
pub(super) const BATCH_BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<(u64, Vec<u8>)>,
    bytes: usize,
}

impl Batch {
    pub(super) fn add(&mut self, line: u64, event: Vec<u8>) {
        self.bytes += event.len() + 1;
        self.events.push((line, event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// One event a line.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes);
        for (_, event) in &self.events {
            body.extend_from_slice(event);
            body.push(b'\n');
        }
        body
    }

    /// The line of the input that the event at this index of the request came from.
    pub(super) fn line(&self, index: usize) -> u64 {
        self.events.get(index).or(self.events.last()).map_or(0, |(line, _)| *line)
    }

    /// Both halves; `None` for a single event.
    pub(super) fn halves(mut self) -> Option<[Batch; 2]> {
        if self.len() < 2 {
            return None;
        }
        let second = self.events.split_off(self.len() / 2);
        let of = |events: Vec<(u64, Vec<u8>)>| Batch {
            bytes: events.iter().map(|(_, event)| event.len() + 1).sum(),
            events,
        };
        Some([of(self.events), of(second)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_everything_in_order() {
        let mut batch = Batch::default();
        (1..=3).for_each(|line| batch.add(line, vec![b'0' + line as u8]));
        let body = batch.body();
        let [first, second] = batch.halves().expect("three events");
        assert_eq!([first.body(), second.body()].concat(), body);
        assert_eq!((first.line(0), second.line(0), second.line(1)), (1, 2, 3));
        assert!(first.halves().is_none());
    }
}
