//! A disk of a few MiB, and a limit on what day90 takes of one. These tests mount file systems, which takes root.

use std::fs;
use std::path::Path;

use crate::harness::events::Event;
use crate::harness::{Day90, SOON, event, eventually, metric};

fn opened(number: usize) -> Event {
    let name = format!("c-{number}");
    event("escalation.opened").with("case", name.as_str()).with("id", name.as_str()).with("queue", "billing")
}

/// What a directory's files take of the disk.
fn taken(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = fs::read_dir(dir).unwrap().filter_map(|file| file.ok()?.metadata().ok());
    files.map(|file| file.blocks() * 512).sum()
}

#[test]
fn a_disk_that_fills_is_refused_before_it_is_full_and_taken_up_again_without_a_restart() {
    let day90 = Day90::start_on_disk_of(48, "{}\n");
    // Somebody else's file leaves 12 MiB of the disk.
    let other = day90.data_dir().join("other");
    fs::write(&other, vec![1; 36 << 20]).unwrap();
    let mut sent = 0;
    let refused = loop {
        let events: Vec<Event> = (sent..sent + 1_000).map(opened).collect();
        let answer = day90.offer(&events);
        if answer.status != 202 {
            break answer;
        }
        assert_eq!(answer.counts(), (1_000, 0, 0));
        sent += 1_000;
        assert!(sent < 200_000, "the disk doesn't fill");
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text());
    assert!(refused.text().contains("kept for checkpoints"), "{}", refused.text());
    assert!(sent > 0, "some of it fitted");
    let ready = day90.get("/-/ready").expect(503);
    assert!(ready.text().contains("cannot be written"), "{}", ready.text());
    day90.get("/-/healthy").expect(200);
    let scrape = day90.scrape();
    scrape.expect(metric("day90_escalations_total").value(sent as f64));
    scrape.expect(metric("day90_journal_writable").value(0));
    scrape.expect(metric("day90_ingest_refused_total").label("reason", "disk").value(1));
    let free = scrape.get(&metric("day90_disk_free_bytes")).unwrap();
    assert!(free > 500_000.0, "refused while there is still room: {free}");
    // One event is refused like many: it is not well again in between.
    assert_eq!(day90.offer([&opened(sent)]).status, 503);

    fs::remove_file(&other).unwrap();
    eventually("room is seen though nobody sends", SOON, || (day90.get("/-/ready").status == 200).then_some(()));
    day90.scrape().expect(metric("day90_journal_writable").value(1));
    // The sender sends again what was refused, and some of what was not.
    let again: Vec<Event> = (sent - 1_000..sent + 1_000).map(opened).collect();
    assert_eq!(day90.offer(&again).expect(202).counts(), (1_000, 1_000, 0));
    let scrape = day90.kill9().start_again().scrape();
    scrape.expect(metric("day90_escalations_total").value((sent + 1_000) as f64));
    scrape.expect(metric("day90_journal_torn_bytes_total").value(0));
}

#[test]
fn a_small_limit_is_kept_without_refusing_ordinary_work() {
    const LIMIT: u64 = 18 << 20;
    let day90 = Day90::start_on_disk_of(
        32,
        "limits: {journal_bytes: 18MiB, body_bytes: 1MiB, decompressed_bytes: 1MiB, dedupe_ids: 10000}\n",
    );
    let note = "n".repeat(1_000);
    let events: Vec<Event> = (0..900)
        .map(|_| event("owner.attested").with("owner", "o").with("note", note.as_str()).without("id"))
        .collect();
    let rounds = 2 * LIMIT / 900_000;
    let used = metric("day90_journal_used_bytes");
    for round in 0..rounds {
        // Ordinary work leaves a checkpoint its time; a sender that doesn't is told to wait.
        eventually("old segments go", SOON, || {
            (day90.scrape().get(&used).unwrap() < LIMIT as f64 * 0.75).then_some(())
        });
        let answer = day90.offer(&events);
        assert_eq!(answer.status, 202, "round {round}: {}", answer.text());
        assert!(taken(&day90.data_dir()) <= LIMIT, "round {round}");
    }
    let scrape = day90.scrape();
    scrape.expect(metric("day90_journal_limit_bytes").value(LIMIT as f64));
    assert!(scrape.get(&used).unwrap() < LIMIT as f64);
    let ended = day90.stop();
    assert!(taken(&ended.data_dir()) < LIMIT / 2, "{}", taken(&ended.data_dir()));
}
