//! What waits for the writer at one time: how much of it, in which order, and that repeats in it count once.

use super::*;
use crate::config::model::{Route, System};
use crate::pipeline::QUEUE_BYTES_MAX;

fn opened(case: &str) -> String {
    format!(r#"{{"type":"escalation.opened","system":"agent","case":"{case}","id":"{case}"}}"#)
}

#[test]
fn an_event_that_is_sent_twice_at_once_counts_once() {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    let twice = || day.batch([opened("1"), opened("1")].into_iter());
    let [mut first, mut second] = [twice(), twice()].map(|batch| day.enqueue(batch).unwrap());
    day.turns();
    let outcome = |accepted, duplicates| Ok(Outcome { accepted, duplicates, ..Outcome::default() });
    assert_eq!(first.try_recv().unwrap(), outcome(1, 1));
    assert_eq!(second.try_recv().unwrap(), outcome(0, 2));
    day.accepted = 1;
    day.expect_all_on_disk();
}

#[test]
fn events_that_were_sent_before_a_reload_are_judged_by_the_rules_of_before() {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    let send = |day: &Day, case| day.enqueue(day.batch([opened(case)].into_iter())).unwrap();
    let mut model = Model::default();
    let mut system = System::default();
    system.exception_path.routes.push(Route { reason: "*".into(), queue: "billing".into(), ..Route::default() });
    model.systems.insert("agent".into(), system);
    let (reply, mut reloaded) = oneshot::channel();
    let _before = send(&day, "before");
    day.handle.enqueue(Work::Model(Box::new(model), reply), 0).unwrap();
    let _after = send(&day, "after");
    day.turns();
    assert_eq!(reloaded.try_recv().unwrap(), Ok(()));
    let mut text = Text::new();
    day.handle.snapshot().visit(&mut text);
    let text = String::from_utf8(text.into_bytes()).unwrap();
    for queue in ["unrouted", "billing"] {
        let open = format!(r#"day90_escalations_open{{system="agent",queue="{queue}"}} 1"#);
        assert!(text.lines().any(|line| line == open), "{open}");
    }
}

#[test]
fn the_queue_refuses_what_is_over_its_bound_until_the_writer_has_taken_some() {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    let batch = |bytes| Batch { bytes: vec![0; bytes], entries: Vec::new() };
    // A single request may be longer than the bound: else it could never be sent.
    let _first = day.enqueue(batch(QUEUE_BYTES_MAX + 1)).unwrap();
    assert_eq!(day.enqueue(batch(1)).err(), Some(Refusal::QueueFull));
    day.turns();
    let _second = day.enqueue(batch(QUEUE_BYTES_MAX - 1)).unwrap();
    let _third = day.enqueue(batch(1)).unwrap();
    assert_eq!(day.enqueue(batch(1)).err(), Some(Refusal::QueueFull));
}
