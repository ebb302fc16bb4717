//! A test page: the same way as a page, and a drill that counts.

use std::time::Duration;

use super::traffic::SPIKING;
use super::world::World;
use crate::harness::{eventually, run};

const PAGED_WITHIN: Duration = Duration::from_secs(120);

/// Passed drills that day90 has counted.
fn drills(world: &World) -> u64 {
    let address = world.url.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address");
    let text = crate::harness::Request::get("/metrics").to(address).expect("it answers").text();
    let count = |line: &str| line.rsplit_once(' ').and_then(|(_, count)| count.parse::<u64>().ok());
    let of_drills = |line: &&str| line.starts_with("day90_events_total{") && line.contains("type=\"drill.completed\"");
    text.lines().filter(of_drills).filter_map(count).sum()
}

fn page_test(world: &World, how: &str) -> (i32, String) {
    let output = run(&["page-test", SPIKING, how, "--url", &world.url]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().expect("a code"), String::from_utf8(said).expect("text"))
}

#[test]
fn a_test_page_arrives_marked_and_on_the_way_of_a_page_and_the_answer_is_a_drill() {
    let world = World::shared();
    // The feeder's own drills are sent before its first second.
    world.after_seconds(1);
    let before = drills(&world);
    let (code, said) = page_test(&world, "--wait");
    assert!(code == 0 && said.contains("The phone rings last"), "{said}");
    let page = eventually("a test page", PAGED_WITHIN, || {
        world.webhook.notified().into_iter().find(|notified| notified.label("alertname") == "Day90PageTest")
    });
    assert_eq!((page.path.as_str(), page.label("severity"), page.label("test")), ("/pager", "page", "true"));
    assert_eq!(page.label("system"), SPIKING);
    for text in ["summary", "description"] {
        assert!(page.annotation(text).starts_with("TEST"), "{page:?}");
    }

    let (code, said) = page_test(&world, "--arrived");
    assert!(code == 0 && said.contains("A passed drill"), "{said}");
    assert_eq!(drills(&world), before + 1);
    let (code, said) = page_test(&world, "--arrived");
    assert!(code == 0 && said.contains("recorded before"), "{said}");
    assert_eq!(drills(&world), before + 1, "an answer counts once");
    eventually("the test page is over", PAGED_WITHIN, || {
        world.query("ALERTS{alertname=\"Day90PageTest\",alertstate=\"firing\"}").is_empty().then_some(())
    });
}

#[test]
fn without_a_terminal_somebody_must_say_how_and_without_a_test_nothing_is_recorded() {
    let world = World::shared();
    let output = run(&["page-test", SPIKING, "--url", &world.url]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = run(&["page-test", "faq-agent", "--arrived", "--url", &world.url]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("no test page of faq-agent began"), "{said}");
    let output = run(&["page-test", "nobody-knows-it", "--wait", "--url", &world.url]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("not declared, and nothing was heard of it"), "{said}");
}
