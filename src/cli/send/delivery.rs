//! [`Delivery`]: sends batches, again and again where that may help, and knows when it no longer does.

use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::batch::Batch;
use super::event;
use super::input::Input;
use super::report::Report;
use crate::cli::replay::gzip;
use crate::failure::Failure;
use crate::send::{Attempt, Packing, Sender};

/// The first pause before the same is sent again; it doubles up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A daemon that never answered is given this long: it is starting, or the address is wrong.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// What was read when the user ends the command is sent within this.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long to wait for an answer.
pub(super) struct Patience {
    give_up_after: Option<Duration>,
    has_been_answered: bool,
}

impl Patience {
    pub(super) fn until(give_up_after: Option<Duration>) -> Patience {
        Patience { give_up_after, has_been_answered: false }
    }

    fn left(&self, waited: Duration, is_ending: bool) -> Option<Duration> {
        let end = match (is_ending, self.give_up_after, self.has_been_answered) {
            (true, ..) => LAST_WORDS,
            (_, Some(given), _) => given,
            (_, None, false) => FIRST_ANSWER,
            (_, None, true) => Duration::MAX,
        };
        end.checked_sub(waited).filter(|left| !left.is_zero())
    }
}

pub(super) struct Delivery<'s> {
    sender: &'s Sender,
    packing: Packing,
    patience: Patience,
    report: Report,
}

impl<'s> Delivery<'s> {
    pub(super) fn new(sender: &'s Sender, packing: Packing, patience: Patience, report: Report) -> Delivery<'s> {
        Delivery { sender, packing, patience, report }
    }

    pub(super) fn into_report(self) -> Report {
        self.report
    }

    /// Sends what comes until the input ends, or the user ends it.
    pub(super) async fn send_all(&mut self, mut input: mpsc::Receiver<Vec<Input>>) -> Result<(), Failure> {
        let mut ending = ending()?;
        let mut broken = None;
        loop {
            let chunk = tokio::select! {
                chunk = input.recv() => chunk,
                _ = ending.wait_for(|ends| *ends), if !input.is_closed() => {
                    input.close();
                    continue;
                }
            };
            let Some(chunk) = chunk else { break };
            let mut batch = Batch::default();
            self.take(chunk, &mut batch, &mut broken);
            while !batch.is_full()
                && let Ok(chunk) = input.try_recv()
            {
                self.take(chunk, &mut batch, &mut broken);
            }
            self.deliver(batch, &mut ending).await?;
        }
        broken.map_or(Ok(()), Err)
    }

    fn take(&mut self, chunk: Vec<Input>, batch: &mut Batch, broken: &mut Option<Failure>) {
        for input in chunk {
            match input {
                Input::Broken(failure) => *broken = Some(failure),
                Input::TooLong(line) => {
                    self.report.lines += 1;
                    self.report.rejected(line, "the line is longer than a request may be");
                }
                Input::Line(line, text) => {
                    self.report.lines += 1;
                    match event::events(&text) {
                        Ok(events) => events.into_iter().for_each(|event| batch.add(line, event)),
                        Err(why) => self.report.rejected(line, &why),
                    }
                }
            }
        }
    }

    /// Sends a batch; one that is refused as a whole is cut in halves until what is wrong is alone.
    async fn deliver(&mut self, batch: Batch, ending: &mut watch::Receiver<bool>) -> Result<(), Failure> {
        let mut waiting = vec![batch];
        while let Some(batch) = waiting.pop().filter(|batch| !batch.is_empty()) {
            let Some(failure) = self.send(&batch, ending).await.map_err(|failure| {
                let unsent = batch.len() + waiting.iter().map(Batch::len).sum::<usize>();
                gave_up(failure, unsent, batch.line(0))
            })?
            else {
                continue;
            };
            let line = batch.line(0);
            match batch.halves() {
                Some([first, second]) => waiting.extend([second, first]),
                None => self.report.rejected(line, &failure.to_string()),
            }
        }
        Ok(())
    }

    /// Sends a batch until it is answered. `Some`: it is refused as a whole.
    async fn send(&mut self, batch: &Batch, ending: &mut watch::Receiver<bool>) -> Result<Option<Failure>, Failure> {
        let body = hyper::body::Bytes::from(match self.packing {
            Packing::Plain => batch.body(),
            Packing::Gzip => gzip(&batch.body()),
        });
        let (begun, mut pause, mut has_waited) = (Instant::now(), PAUSE_FIRST, false);
        loop {
            let (failure, asked) = match self.sender.attempt("application/x-ndjson", self.packing, body.clone()).await {
                Attempt::Answered(reply) => {
                    self.patience.has_been_answered = true;
                    if has_waited {
                        self.report.note("it answers again");
                    }
                    self.report.answered(&reply, batch);
                    return Ok(None);
                }
                Attempt::Body(failure) => return Ok(Some(failure)),
                // It took events before: a token or a way to it is being changed.
                Attempt::Never(failure) if self.patience.has_been_answered => (failure, None),
                Attempt::Never(failure) => return Err(failure),
                Attempt::Later(failure, asked) => (failure, asked),
            };
            let Some(left) = self.patience.left(begun.elapsed(), *ending.borrow()) else { return Err(failure) };
            if !std::mem::replace(&mut has_waited, true) {
                self.report.note(&format!("{failure}; trying again"));
            }
            let wait = asked.unwrap_or_default().max(pause).min(PAUSE_MAX).min(left);
            rest(wait, ending).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

/// Waits, but no longer than until the user ends the command.
async fn rest(wait: Duration, ending: &mut watch::Receiver<bool>) {
    if *ending.borrow() {
        return tokio::time::sleep(wait).await;
    }
    let _ = tokio::time::timeout(wait, ending.wait_for(|ends| *ends)).await;
}

/// Says what was not sent.
fn gave_up(failure: Failure, unsent: usize, line: u64) -> Failure {
    let (events, were) = if unsent == 1 { ("event", "was") } else { ("events", "were") };
    let say = |why: String| format!("{why}\n{unsent} {events} from line {line} on {were} not acknowledged");
    match failure {
        Failure::Unanswered(why) => Failure::Unanswered(say(why)),
        Failure::Refused(why) => Failure::Refused(say(why)),
        failure => failure,
    }
}

/// Becomes true when the user or a supervisor ends the command.
fn ending() -> Result<watch::Receiver<bool>, Failure> {
    let (tell, ending) = watch::channel(false);
    let heard = |kind| signal(kind).map_err(|error| Failure::Machine(format!("signals cannot be heard: {error}")));
    let (mut interrupt, mut terminate) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        let _ = tell.send(true);
        // The second one ends it at once.
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        std::process::exit(130);
    });
    Ok(ending)
}
