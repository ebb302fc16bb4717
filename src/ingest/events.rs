//! `POST /v1/events`: a body becomes one batch, the writer makes it durable, the sender learns what became of it.

use std::rc::Rc;

use super::batch::{Body, Taken, parse};
use super::inflate::{Encoding, inflate};
use super::media::Media;
use super::settings::BodyLimits;
use super::source::{BatchWriter, EventSource, Intake, Takes};
use super::summary::{Fault, Summary, refused};
use crate::config::auth::Role;
use crate::event::{Context, Inlet, Reason};
use crate::http::gate::Hold;
use crate::http::reply::{Answer, ErrorReply, Reply};
use crate::http::{Call, Endpoint};
use crate::telemetry::Refused;

/// Events over HTTP, as JSON, NDJSON or CloudEvents.
pub(super) struct Events;

impl EventSource for Events {
    const INLET: Inlet = Inlet::Http;
    const KEY: &'static str = "server.listen";

    fn routes<A: Takes>() -> &'static [Endpoint<A>] {
        const {
            &[Endpoint::new("/v1/events", "POST", Some(Role::Ingest), |app, call| Box::pin(take(app, call)))
                .counted_as_ingest()]
        }
    }
}

/// Takes the events of one request.
async fn take<A: Takes>(app: Rc<A>, mut call: Call) -> Result<Reply, ErrorReply> {
    let intake = app.intake();
    let settings = intake.settings.get();
    let media = Media::of(&call.head.headers)?;
    let encoding = Encoding::of(&call.head.headers)?;
    let mut hold = intake.gate.hold();
    let Some(wire) = call.read(settings.limits.body_bytes, &intake.pool, &mut hold).await? else {
        return Err(ErrorReply::new(Answer::Broken, "the body ended before its announced length; nothing was taken"));
    };
    intake.telemetry.received(wire.len());
    let (plain, mut hold) = decoded(intake, wire, encoding, settings.limits, hold).await?;
    hold.shrink(plain.len());

    let rating_scale = |system: &str| settings.model.rating_scale(system);
    let context = Context {
        received: intake.clock.now(),
        inlet: Events::INLET,
        default_system: settings.default_system.as_deref(),
        rating_scale: &rating_scale,
        event_age: crate::event::kinds::EVENT_AGE,
        notes: None,
    };
    let body = Body { media, headers: &call.head.headers, plain: &plain, context: &context };
    let taken = parse(intake, &body, &mut hold).await;
    intake.pool.put(plain);
    let taken = taken?;
    hold.shrink(taken.bytes());
    // Its events are held until they are durable.
    commit(intake, taken).await
}

/// The body without its content encoding.
async fn decoded<W>(
    intake: &Intake<W>,
    wire: Vec<u8>,
    encoding: Encoding,
    limits: BodyLimits,
    mut hold: Hold,
) -> Result<(Vec<u8>, Hold), ErrorReply> {
    if encoding == Encoding::Identity {
        return Ok((wire, hold));
    }
    let pool = intake.pool.clone();
    let _turn = intake.inflating.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        let plain = inflate(&wire, encoding, &limits, &pool, &mut hold);
        pool.put(wire);
        plain.map(|plain| (plain, hold))
    });
    done.await
        .map_err(|_| ErrorReply::busy(Refused::Draining, "the body could not be decompressed; send this again"))?
}

/// Hands the batch to the writer, waits until it is durable, and says what became of it.
async fn commit<W: BatchWriter>(intake: &Intake<W>, taken: Taken<'_, W>) -> Result<Reply, ErrorReply> {
    let Taken { batch, faults, reasons, events, .. } = taken;
    let mut summary = Summary { errors: faults, rejected: reasons.iter().sum(), ..Summary::default() };
    if events == 0 {
        let error = "the request holds no event: send one JSON object, an array of them, or one a line (NDJSON)";
        summary.errors.push(Fault { index: 0, field: None, error: error.into() });
    }
    let count = |reason, events| intake.telemetry.rejected(Events::INLET, reason, events);
    if batch.entries.is_empty() {
        intake.pool.put_batch(batch);
    } else {
        let outcome = intake.writer.submit(batch).await.map_err(refused)?;
        summary.accepted = outcome.accepted;
        summary.duplicates = outcome.duplicates;
        summary.rejected += outcome.rejected.len() as u64;
        for (index, rejection) in outcome.rejected {
            count(rejection.reason, 1);
            summary.errors.push(Fault { index, field: rejection.field, error: rejection.error });
        }
        intake.telemetry.duplicates(Events::INLET, outcome.duplicates);
    }
    // Only now: nothing of a refused request is counted.
    Reason::ALL.iter().zip(reasons).for_each(|(reason, events)| count(*reason, events));
    Ok(summary.reply())
}
