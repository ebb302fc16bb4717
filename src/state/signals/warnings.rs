//! [`Warnings`]: what the sender of an accepted event should know and only the fold can say, since it takes history.
//!
//! They go into the reply to the request that is being written, and nowhere else: no metric, no checkpoint, no snapshot
//! depends on them, and nobody collects them in a replay.

/// Warnings that are kept of one commit.
const KEPT_MAX: usize = 4_096;

/// Collects warnings while somebody wants them.
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    is_wanted: bool,
    /// The event that is being folded; none while a timer runs.
    event: Option<u64>,
    list: Vec<Said>,
}

/// One warning about the event with this sequence number.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub sequence: u64,
    pub field: &'static str,
    pub warning: String,
}

impl Warnings {
    /// From here on they are collected.
    pub fn begin(&mut self) {
        self.is_wanted = true;
    }

    /// Those that were collected, in the order of their events; from here on none are.
    pub fn end(&mut self) -> Vec<Said> {
        self.is_wanted = false;
        std::mem::take(&mut self.list)
    }

    /// What is said from here on is about this event, or about none.
    pub fn about(&mut self, event: Option<u64>) {
        self.event = event;
    }

    pub(super) fn add(&mut self, field: &'static str, warning: impl FnOnce() -> String) {
        let Some(sequence) = self.event else { return };
        if self.is_wanted && self.list.len() < KEPT_MAX {
            self.list.push(Said { sequence, field, warning: warning() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_an_event_while_it_is_wanted_is_kept() {
        let mut warnings = Warnings::default();
        warnings.about(Some(1));
        warnings.add("a", || unreachable!("nobody wants it, so it isn't put into words"));
        warnings.begin();
        warnings.add("b", || "it has no effect".to_owned());
        warnings.about(None);
        warnings.add("c", || unreachable!("a timer is about no event"));
        let said = Said { sequence: 1, field: "b", warning: "it has no effect".to_owned() };
        assert_eq!(warnings.end(), [said]);
        assert_eq!(warnings.end(), []);
    }
}
