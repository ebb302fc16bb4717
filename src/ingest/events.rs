//! `POST /v1/events`: a body becomes one batch, the writer makes it durable, the sender learns what became of it.

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::HeaderMap;

use super::body;
use super::connection::Watch;
use super::gate::Hold;
use super::inflate::{Encoding, inflate};
use super::media::{self, Media};
use super::reply::{Answer, ERRORS_MAX, Fault, Problem, Reply, Summary};
use super::{App, BodyLimits, Settings, Views, Writer};
use crate::event::split::Form;
use crate::event::{self, Context, Event, Inlet, Reason, Rejection};
use crate::pipeline::{Batch, Entry, Refusal};
use crate::telemetry::Refused;

/// Events that are parsed before another connection gets its turn: a body of a mebibyte has about as many.
const EVENTS_IN_A_TURN: u32 = 4_096;
/// What an event takes in a body, roughly, in bytes; only to size a list.
const EVENT_BYTES: usize = 200;
/// What is encoded takes about a third of its text. A buffer that is too large is missing in the pool for the next body.
const ENCODED_PART: usize = 2;

/// Takes the events of one request. `unread` is set to false once the body was read to its end.
pub(super) async fn take<W: Writer, V: Views>(
    app: &App<W, V>,
    watch: &Watch,
    request: Request<Incoming>,
    unread: &mut bool,
) -> Result<Reply, Problem> {
    let settings = app.settings.get();
    let (head, body) = request.into_parts();
    let media = Media::of(&head.headers)?;
    let encoding = Encoding::of(&head.headers)?;
    let announced = body::announced(&head.headers, &settings.limits)?;
    let mut hold = app.gate.hold();

    watch.reads_body();
    let wire = body::read(body, announced, &settings.limits, &app.pool, &mut hold).await;
    watch.has_body();
    let Some(wire) = wire? else {
        return Err(Problem::new(Answer::Broken, "the body ended before its announced length; nothing was taken"));
    };
    *unread = false;
    app.telemetry.received(wire.len());
    let (plain, mut hold) = decoded(app, wire, encoding, settings.limits, hold).await?;
    hold.shrink(plain.len());

    let taken = parse(app, &settings, media, &head.headers, &plain, &mut hold).await;
    app.pool.put(plain);
    let taken = taken?;
    hold.shrink(taken.bytes());
    // Its events are held until they are durable.
    commit(app, taken).await
}

/// The body as the sender meant it.
async fn decoded<W: Writer, V: Views>(
    app: &App<W, V>,
    wire: Vec<u8>,
    encoding: Encoding,
    limits: BodyLimits,
    mut hold: Hold,
) -> Result<(Vec<u8>, Hold), Problem> {
    if encoding == Encoding::Identity {
        return Ok((wire, hold));
    }
    let pool = app.pool.clone();
    let _turn = app.inflating.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        let plain = inflate(&wire, encoding, &limits, &pool, &mut hold);
        pool.put(wire);
        plain.map(|plain| (plain, hold))
    });
    done.await.map_err(|_| Problem::busy(Refused::Draining, "the body could not be decompressed; send this again"))?
}

/// What a body came to.
struct Taken {
    batch: Batch,
    /// At most [`ERRORS_MAX`] are kept; all are counted, in `reasons`.
    faults: Vec<Fault>,
    reasons: [u64; Reason::ALL.len()],
    events: u32,
}

impl Taken {
    /// What its events take in memory.
    fn bytes(&self) -> usize {
        self.batch.bytes.len() + self.batch.entries.len() * size_of::<Entry>()
    }

    fn add<W: Writer, V: Views>(&mut self, app: &App<W, V>, index: u32, event: Result<Event<'_>, Rejection>) {
        self.events += 1;
        let event = match event {
            Ok(event) => event,
            Err(rejection) => return self.reject(index, rejection),
        };
        let id = event
            .id
            .as_deref()
            .map_or(0, |id| app.writer.id_hash(event.source.as_deref().unwrap_or(&event.system), id));
        event::binary::encode(&event, &mut self.batch.bytes);
        // Bounded by limits.decompressed_bytes, far below 4 GiB.
        self.batch.entries.push(Entry { end: self.batch.bytes.len() as u32, index, id });
    }

    fn reject(&mut self, index: u32, rejection: Rejection) {
        self.reasons[rejection.reason as usize] += 1;
        if self.faults.len() < ERRORS_MAX {
            self.faults.push(Fault { index, field: rejection.field, error: rejection.error });
        }
    }
}

/// Splits, parses and encodes; what is wrong with one event stays with it. Others get their turn in between: the
/// largest body is seconds of work.
async fn parse<W: Writer, V: Views>(
    app: &App<W, V>,
    settings: &Settings,
    media: Media,
    headers: &HeaderMap,
    plain: &[u8],
    hold: &mut Hold,
) -> Result<Taken, Problem> {
    let held = hold.bytes();
    let batch = Batch {
        bytes: app.pool.take(plain.len() / ENCODED_PART),
        entries: app.pool.take_list(plain.len() / EVENT_BYTES),
    };
    let mut taken = Taken { batch, faults: Vec::new(), reasons: [0; Reason::ALL.len()], events: 0 };
    let rating_scale = |system: &str| settings.model.rating_scale(system);
    let context = Context {
        received: app.clock.now(),
        inlet: Inlet::Http,
        default_system: settings.default_system.as_deref(),
        rating_scale: &rating_scale,
    };
    match media {
        Media::Binary => taken.add(app, 0, binary(headers, plain, &context)),
        Media::Events(form) => match alone(plain, form, &context) {
            Some(event) => taken.add(app, 0, Ok(event)),
            None => {
                for item in event::split::events(plain, form) {
                    let event = item.text.and_then(|text| event::json::parse(text, item.line, &context));
                    taken.add(app, item.index, event);
                    if taken.events.is_multiple_of(EVENTS_IN_A_TURN) {
                        hold.cover(held + taken.bytes())?;
                        tokio::task::yield_now().await;
                    }
                }
            }
        },
    }
    hold.cover(held + taken.bytes())?;
    Ok(taken)
}

/// The event that is all of a body, as those send it who send one at a time. Where the body is anything else, or the event is
/// wrong, it is for the splitter to say what: so a good one is read once.
fn alone<'a>(plain: &'a [u8], form: Form, context: &Context<'_>) -> Option<Event<'a>> {
    if form == Form::Ndjson || plain.len() > event::json::EVENT_BYTES_MAX || !plain.starts_with(b"{") {
        return None;
    }
    event::json::parse(std::str::from_utf8(plain).ok()?, 1, context).ok()
}

/// One CloudEvent whose attributes are headers.
fn binary<'a>(headers: &'a HeaderMap, data: &'a [u8], context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    let wrong = |reason, error: String| Rejection { reason, field: None, error };
    let attributes = media::attributes(headers).map_err(|error| wrong(Reason::Encoding, error))?;
    let data = std::str::from_utf8(data)
        .map_err(|error| wrong(Reason::Encoding, format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    event::cloudevents::binary(&attributes, data, context)
}

/// Hands the batch to the writer, waits until it is durable, and says what became of it.
async fn commit<W: Writer, V: Views>(app: &App<W, V>, taken: Taken) -> Result<Reply, Problem> {
    let Taken { batch, faults, reasons, events } = taken;
    let mut summary = Summary { errors: faults, rejected: reasons.iter().sum(), ..Summary::default() };
    if events == 0 {
        let error = "the request holds no event: send one JSON object, an array of them, or one a line (NDJSON)";
        summary.errors.push(Fault { index: 0, field: None, error: error.into() });
    }
    let count = |reason, events| app.telemetry.rejected(Inlet::Http, reason, events);
    if batch.entries.is_empty() {
        app.pool.put_batch(batch);
    } else {
        let outcome = app.writer.submit(batch).await.map_err(refused)?;
        summary.accepted = outcome.accepted;
        summary.duplicates = outcome.duplicates;
        summary.rejected += outcome.rejected.len() as u64;
        for (index, rejection) in outcome.rejected {
            count(rejection.reason, 1);
            summary.errors.push(Fault { index, field: rejection.field, error: rejection.error });
        }
        app.telemetry.duplicates(Inlet::Http, outcome.duplicates);
    }
    // Only now: nothing of a refused request is counted.
    Reason::ALL.iter().zip(reasons).for_each(|(reason, events)| count(*reason, events));
    summary.errors.sort_by_key(|fault| fault.index);
    summary.errors.truncate(ERRORS_MAX);
    Ok(summary.reply())
}

pub(super) fn refused(refusal: Refusal) -> Problem {
    let cannot = |why| format!("the journal cannot be written: {why}; send this again");
    match refusal {
        Refusal::QueueFull => Problem::busy(Refused::Queue, "too much waits to be written; send this again"),
        Refusal::Disk(why) => Problem::busy(Refused::Disk, cannot(why)),
        Refusal::JournalLimit(why) => Problem::busy(Refused::JournalLimit, cannot(why)),
        Refusal::JournalLost(why) => Problem::busy(Refused::JournalLost, cannot(why)),
        Refusal::Draining => Problem::busy(Refused::Draining, "day90 is stopping; send this again"),
    }
}
