//! A body becomes one [`Batch`]: split, parse, encode. What is wrong with one event stays with it.

use hyper::header::HeaderMap;

use super::declared::Judge;
use super::media::{self, Media};
use super::rejected::{Rejected, faults};
use super::source::{BatchWriter, Intake};
use super::summary::{ERRORS_MAX, Fault, Warned};
use crate::config::Model;
use crate::event::split::Events;
use crate::event::{self, Context, Event, Rejection};
use crate::http::gate::Hold;
use crate::http::reply::{Answer, ErrorReply};
use crate::pool::{Batch, Entry};

/// Events that are parsed before another connection gets its turn: a body of a mebibyte has about as many.
const EVENTS_IN_A_TURN: u32 = 4_096;
/// Wrong events in one request, beyond which all of it is refused. Saying what is wrong costs a hundred times what the bytes
/// cost: 300 KB on the wire may be ten million wrong events, and half a minute of CPU.
const REJECTED_MAX: u64 = 100_000;
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
    pub(super) model: &'i Model,
    judge: Judge<'i>,
    pub(super) batch: Batch,
    /// At most [`ERRORS_MAX`] are kept; all are counted, in `rejected`.
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Warned>,
    pub(super) rejected: Rejected<'i>,
    pub(super) is_blank: bool,
    events: u32,
}

/// Reads and encodes. Other connections get their turn in between: the largest body is seconds of work.
///
/// # Errors
/// When the gate has no room for the events.
pub(super) async fn parse<'i, W: BatchWriter>(
    intake: &'i Intake<W>,
    model: &'i Model,
    body: &Body<'_>,
    hold: &mut Hold,
) -> Result<Taken<'i, W>, ErrorReply> {
    let held = hold.bytes();
    let mut taken = Taken::new(intake, model, body.plain.len());
    if body.media == Media::Binary {
        match binary(body) {
            Ok(event) => taken.add(0, Ok(&event)),
            Err(rejection) => taken.add(0, Err(rejection)),
        }
    } else {
        let mut events = Events::new(body.plain, body.context);
        while events.next_with(|index, event| taken.add(index, event)) {
            if taken.events.is_multiple_of(EVENTS_IN_A_TURN) {
                hold.cover(held + taken.bytes())?;
                taken.is_worth_it()?;
                tokio::task::yield_now().await;
            }
        }
        taken.is_blank = events.is_blank();
        if let Some(broken) = events.broken() {
            taken.discard(events.position(), broken.clone());
        }
    }
    hold.cover(held + taken.bytes())?;
    Ok(taken)
}

impl<'i, W: BatchWriter> Taken<'i, W> {
    /// Nothing yet, with buffers for the events of a body of this many bytes.
    fn new(intake: &'i Intake<W>, model: &'i Model, bytes: usize) -> Taken<'i, W> {
        let (bytes, entries) = (intake.pool.take(bytes / ENCODED_PART), intake.pool.take_list(bytes / EVENT_BYTES));
        Taken {
            intake,
            model,
            judge: Judge::by(model),
            batch: Batch { bytes, entries },
            faults: Vec::new(),
            warnings: Vec::new(),
            rejected: Rejected::default(),
            is_blank: false,
            events: 0,
        }
    }

    /// What its events take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.batch.bytes.len() + self.batch.entries.len() * size_of::<Entry>()
    }

    fn add(&mut self, index: u32, event: Result<&Event<'_>, Rejection>) {
        self.events += 1;
        let event = match event {
            Ok(event) => event,
            Err(rejection) => return self.reject(index, rejection),
        };
        let id_hash = |id| self.intake.writer.id_hash(event.id_source(), event.body.kind(), id);
        let id = event.id.as_deref().map_or(0, id_hash);
        event::binary::encode(event, &mut self.batch.bytes);
        // Bounded by limits.decompressed_bytes, far below 4 GiB.
        self.batch.entries.push(Entry { end: self.batch.bytes.len() as u32, index, id });
        if !self.judge.is_idle() || !self.intake.behind.is_in_time(event.time, event.received) {
            self.warn(index, event);
        }
    }

    #[inline(never)]
    fn warn(&mut self, index: u32, event: &Event<'_>) {
        let told = self.judge.judge(event);
        let behind = self.intake.behind.judge(&event.system, event.time, event.received);
        let told = told.into_iter().chain(behind.map(|warning| ("time", warning)));
        for (field, warning) in told {
            // The reply lists each field once, with the first event.
            if self.warnings.iter().all(|warned| warned.field != field) {
                self.warnings.push(Warned { index, field: field.to_owned(), warning });
            }
        }
    }

    /// Whether the request is worth its work.
    fn is_worth_it(&self) -> Result<(), ErrorReply> {
        if self.rejected.total() <= REJECTED_MAX {
            return Ok(());
        }
        let first = self.faults.first().map_or("", |fault| &fault.error);
        Err(ErrorReply::new(
            Answer::TooLarge,
            format!(
                "more than {REJECTED_MAX} events of this request are wrong; nothing was taken: send fewer events at once. The first \
                 is wrong for this: {first}"
            ),
        ))
    }

    fn reject(&mut self, index: u32, rejection: Rejection) {
        self.rejected.count(self.model, &rejection);
        if self.faults.len() < ERRORS_MAX {
            self.faults.extend(faults(index, rejection));
        }
    }

    /// The body is one stream of values, and it broke: nothing of it is taken, and it counts as one rejected event.
    fn discard(&mut self, index: u32, mut broken: Rejection) {
        if index > 0 {
            let (events, were) = if index == 1 { ("event", "was") } else { ("events", "were") };
            broken.error.push_str(&format!("; nothing was taken, so the {index} {events} before it {were} not either"));
        }
        self.batch.bytes.clear();
        self.batch.entries.clear();
        self.faults.clear();
        self.warnings.clear();
        self.rejected = Rejected::default();
        self.reject(index, broken);
    }
}

/// One CloudEvent whose attributes are headers.
fn binary<'b>(body: &Body<'b>) -> Result<Event<'b>, Rejection> {
    let attributes: Vec<_> = media::attributes(body.headers).collect();
    event::cloudevents::binary(&attributes, body.plain, body.context)
}
