//! Rises that people accept: two at once, without room on the disk, and after a kill.

use super::*;
use crate::event::time::{DAY, MINUTE};
use crate::pipeline::outcome::Accepted;

const RISEN: &str = "day90_escalation_spike{system=\"agent\"} 1";
/// Between two cases that escalate, in nanoseconds: what is usual, and in a rise.
const USUAL: i64 = 10 * MINUTE;
const RISE: i64 = 10 * SECOND;
/// Cases after which a rise must have paged.
const RISE_CASES_MAX: u32 = 200;

/// Escalates a case after this time.
fn escalate(day: &mut Day, after: i64) {
    day.clock.set(day.clock.now().plus(after));
    day.send(1, 0).unwrap();
}

/// Six usual days, and then a rise until it pages.
fn risen() -> Day {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    for _ in 0..6 * DAY / USUAL {
        escalate(&mut day, USUAL);
    }
    for _ in 0..RISE_CASES_MAX {
        escalate(&mut day, RISE);
        if shown(&day.handle.snapshot()).contains(RISEN) {
            return day;
        }
    }
    panic!("a rise to sixty times the usual pages");
}

fn accept(day: &Day) -> oneshot::Receiver<Result<Accepted, Refusal>> {
    let (reply, answer) = oneshot::channel();
    day.handle.enqueue(Work::Accept("agent".to_owned(), reply), 0).unwrap();
    answer
}

fn shown(snapshot: &crate::state::Snapshot) -> String {
    let mut text = Text::new();
    snapshot.visit(&mut text);
    String::from_utf8(text.into_bytes()).unwrap()
}

/// What a start after kill -9 finds, at the time of the writer's clock.
fn after_a_kill(day: &Day) -> String {
    let disk: Arc<dyn Disk> = Arc::new(day.disk.kill());
    let (mut state, _) = recover::recover(&disk).unwrap();
    state.advance(day.clock.now());
    shown(&state.snapshot())
}

#[test]
fn of_two_who_accept_at_once_one_has_accepted_and_the_other_finds_nothing() {
    let mut day = risen();
    let (mut first, mut second) = (accept(&day), accept(&day));
    day.turns();
    let usual = first.try_recv().unwrap().unwrap().usual.expect("it is known");
    assert!(usual > 2.0 / (USUAL / SECOND) as f64, "what rose is usual from now on: {usual} a second");
    let second = second.try_recv().unwrap();
    assert!(matches!(&second, Err(Refusal::Conflict(why)) if why.contains("nothing has risen in agent")), "{second:?}");
    assert!(!shown(&day.handle.snapshot()).contains(RISEN));
}

#[test]
fn an_acceptance_is_as_durable_as_an_event_and_replays_to_the_same_state() {
    let mut day = risen();
    assert!(after_a_kill(&day).contains(RISEN), "the page is in the journal before");
    let mut answer = accept(&day);
    day.turns();
    answer.try_recv().unwrap().unwrap();
    assert!(after_a_kill(&day) == shown(&day.handle.snapshot()), "a start finds what was answered");
    for _ in 0..20 {
        escalate(&mut day, RISE);
    }
    let after = after_a_kill(&day);
    assert!(after == shown(&day.handle.snapshot()), "what came later is folded as it was");
    assert!(!after.contains(RISEN), "it was accepted, and stays so");
}

#[test]
fn what_cannot_be_recorded_is_not_accepted_and_can_be_asked_for_again() {
    let mut day = risen();
    day.disk.limit(Some(day.disk.used_bytes()));
    // The segment has reserved some room.
    fill(&mut day);
    let mut answer = accept(&day);
    day.turns();
    let refused = answer.try_recv().unwrap();
    assert!(matches!(refused, Err(Refusal::Disk(_))), "{refused:?}");
    assert!(shown(&day.handle.snapshot()).contains(RISEN), "its page is open");
    assert!(after_a_kill(&day).contains(RISEN));
    day.disk.limit(None);
    let mut answer = accept(&day);
    day.turns();
    answer.try_recv().unwrap().unwrap();
    assert!(!after_a_kill(&day).contains(RISEN));
}
