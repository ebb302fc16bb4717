//! A body becomes one [`Batch`]: split, parse, encode. What is wrong with one event stays with it.

use hyper::header::HeaderMap;

use super::media::{self, Media};
use super::source::{BatchWriter, Intake};
use super::summary::{ERRORS_MAX, Fault};
use crate::event::split::{Events, Numbered};
use crate::event::{self, Context, Event, Reason, Rejection};
use crate::http::gate::Hold;
use crate::http::reply::ErrorReply;
use crate::pool::{Batch, Entry};

/// Events that are parsed before another connection gets its turn: a body of a mebibyte has about as many.
const EVENTS_IN_A_TURN: u32 = 4_096;
/// What an event takes in a body, roughly, in bytes; only to size a list.
const EVENT_BYTES: usize = 200;
/// An encoded event takes about a third of its text. A larger buffer would be missing in the pool for the next body.
const ENCODED_PART: usize = 2;

/// A decoded body, and what its events are read by.
pub(super) struct Body<'b> {
    pub(super) media: Media,
    pub(super) headers: &'b HeaderMap,
    pub(super) plain: &'b [u8],
    pub(super) context: &'b Context<'b>,
}

/// What a body came to.
pub(super) struct Taken<'i, W> {
    intake: &'i Intake<W>,
    pub(super) batch: Batch,
    /// At most [`ERRORS_MAX`] are kept; all are counted, in `reasons`.
    pub(super) faults: Vec<Fault>,
    /// Rejected events, by [`Reason`].
    pub(super) reasons: [u64; Reason::ALL.len()],
    pub(super) events: u32,
}

/// Splits, parses and encodes. Other connections get their turn in between: the largest body is seconds of work.
///
/// # Errors
/// When the gate has no room for the events.
pub(super) async fn parse<'i, W: BatchWriter>(
    intake: &'i Intake<W>,
    body: &Body<'_>,
    hold: &mut Hold,
) -> Result<Taken<'i, W>, ErrorReply> {
    let held = hold.bytes();
    let mut taken = Taken::new(intake, body.plain.len());
    match body.media {
        Media::Binary => taken.add(0, binary(body)),
        Media::Events => {
            let mut events = Events::new(body.plain, body.context);
            for Numbered { index, event } in &mut events {
                taken.add(index, event);
                if taken.events.is_multiple_of(EVENTS_IN_A_TURN) {
                    hold.cover(held + taken.bytes())?;
                    tokio::task::yield_now().await;
                }
            }
            if let Some(broken) = events.broken() {
                taken = Taken::new(intake, 0);
                taken.add(events.position(), Err(broken.clone()));
            }
        }
    }
    hold.cover(held + taken.bytes())?;
    Ok(taken)
}

impl<'i, W: BatchWriter> Taken<'i, W> {
    /// Nothing yet, with buffers for the events of a body of this many bytes.
    fn new(intake: &'i Intake<W>, bytes: usize) -> Taken<'i, W> {
        let (bytes, entries) = (intake.pool.take(bytes / ENCODED_PART), intake.pool.take_list(bytes / EVENT_BYTES));
        let batch = Batch { bytes, entries };
        Taken { intake, batch, faults: Vec::new(), reasons: [0; Reason::ALL.len()], events: 0 }
    }

    /// What its events take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.batch.bytes.len() + self.batch.entries.len() * size_of::<Entry>()
    }

    fn add(&mut self, index: u32, event: Result<Event<'_>, Rejection>) {
        self.events += 1;
        let event = match event {
            Ok(event) => event,
            Err(rejection) => return self.reject(index, rejection),
        };
        let source = event.source.as_deref().unwrap_or(&event.system);
        let id = event.id.as_deref().map_or(0, |id| self.intake.writer.id_hash(source, id));
        event::binary::encode(&event, &mut self.batch.bytes);
        // Bounded by limits.decompressed_bytes, far below 4 GiB.
        self.batch.entries.push(Entry { end: self.batch.bytes.len() as u32, index, id });
    }

    fn reject(&mut self, index: u32, rejection: Rejection) {
        self.reasons[rejection.reason as usize] += 1;
        for mistake in rejection.mistakes().take(ERRORS_MAX - self.faults.len().min(ERRORS_MAX)) {
            self.faults.push(Fault { index, field: mistake.field, error: mistake.error });
        }
    }
}

/// One CloudEvent whose attributes are headers.
fn binary<'b>(body: &Body<'b>) -> Result<Event<'b>, Rejection> {
    event::cloudevents::binary(&media::attributes(body.headers), body.plain, body.context)
}
