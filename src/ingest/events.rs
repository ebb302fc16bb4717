//! `POST /v1/events`: a body becomes one batch, the writer makes it durable, the sender learns what became of it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use hyper::header::{HeaderMap, HeaderValue};

use super::batch::{Body, Taken, parse};
use super::inflate::{Encoding, inflate};
use super::media::{Media, wants_representation};
use super::rejected;
use super::settings::BodyLimits;
use super::source::{BatchWriter, EventSource, Intake, Takes};
use super::summary::{ERRORS_MAX, Fault, Summary, Warned, Wish, refused};
use crate::config::auth::Role;
use crate::event::json::{Note, Remark};
use crate::event::{Context, Inlet, Notes, Repair};
use crate::http::gate::Hold;
use crate::http::reply::{Answer, ErrorReply, Reply};
use crate::http::{Call, Callers, Endpoint};
use crate::pipeline::Warning;
use crate::telemetry::Refused;

/// Events over HTTP, as JSON, NDJSON or CloudEvents.
pub(super) struct Events;

impl EventSource for Events {
    const INLET: Inlet = Inlet::Http;
    const KEY: &'static str = "server.listen";

    fn routes<A: Takes>() -> &'static [Endpoint<A>] {
        const {
            &[Endpoint::new("/v1/events", "POST", Some(Role::Ingest), |app, call| Box::pin(take(app, call)))
                .counted_as_ingest()
                .for_callers(Callers::Programs)]
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
    let notes = RefCell::new(Notes::default());
    let context = Context {
        received: intake.clock.now(),
        inlet: Events::INLET,
        default_system: settings.default_system.as_deref(),
        rating_scale: &rating_scale,
        event_age: settings.model.limits.event_age,
        notes: Some(&notes),
    };
    let body = Body { media, headers: &call.head.headers, plain: &plain, context: &context };
    let taken = parse(intake, &settings.model, &body, &mut hold).await;
    intake.pool.put(plain);
    let mut taken = taken?;
    hold.shrink(taken.bytes());
    taken.warnings.extend(notes.into_inner().iter().filter_map(noted));
    // Its events are held until they are durable.
    let summary = commit(intake, taken).await?;
    Ok(reply(summary, media, &call.head.headers))
}

/// What a sender should know of what was ignored or repaired. A repair that loses nothing is only counted.
fn noted(note: &Note) -> Option<Warned> {
    let loses_nothing = matches!(
        note.about,
        Remark::Repaired(Repair::Integer | Repair::Shortened | Repair::Money | Repair::Currency | Repair::Time)
    );
    let warned = || Warned { index: note.index, field: note.field.clone(), warning: note.to_string() };
    (!loses_nothing).then(warned)
}

/// A sender of CloudEvents gets an answer about what is wrong, and otherwise only what it asks for.
fn reply(summary: Summary, media: Media, headers: &HeaderMap) -> Reply {
    if media == Media::Json {
        return summary.reply(Wish::Counts);
    }
    if !wants_representation(headers) {
        return summary.reply(Wish::Silence);
    }
    let mut reply = summary.reply(Wish::Counts);
    reply.headers_mut().insert("preference-applied", HeaderValue::from_static("return=representation"));
    reply
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
async fn commit<W: BatchWriter>(intake: &Intake<W>, taken: Taken<'_, W>) -> Result<Summary, ErrorReply> {
    let Taken { batch, faults, warnings, mut rejected, is_blank, model, .. } = taken;
    let mut summary = Summary { errors: faults, warnings, is_blank, ..Summary::default() };
    if is_blank {
        let error = "the request holds no event: send one JSON object, an array of them, or one a line (NDJSON)";
        summary.errors.push(Fault { index: 0, field: None, error: error.into() });
    }
    if batch.entries.is_empty() {
        intake.pool.put_batch(batch);
    } else {
        let outcome = intake.writer.submit(batch).await.map_err(refused)?;
        summary.accepted = outcome.accepted;
        summary.duplicates = outcome.duplicates;
        intake.telemetry.duplicates(Events::INLET, outcome.duplicates);
        summary.warnings.extend(outcome.warnings.into_iter().map(said));
        let refused: HashSet<u32> = outcome.rejected.iter().map(|(index, _)| *index).collect();
        summary.warnings.retain(|warned| !refused.contains(&warned.index));
        for (listed, (index, rejection)) in outcome.rejected.into_iter().enumerate() {
            rejected.count(model, &rejection);
            if listed < ERRORS_MAX {
                summary.errors.extend(rejected::faults(index, rejection));
            }
        }
    }
    summary.rejected = rejected.total();
    // Only now: nothing of a refused request is counted.
    rejected.report(&intake.telemetry, Events::INLET);
    Ok(summary)
}

fn said(Warning { index, field, warning }: Warning) -> Warned {
    Warned { index, field: field.to_owned(), warning }
}
