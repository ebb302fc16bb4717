//! A rise that a person accepts: its page ends, it is in the journal, and a second acceptance finds nothing.

use crate::harness::{Day90, Dir, Request, eventually, metric, repository, run};
use crate::real::{taught, traffic};

const SYSTEM: &str = traffic::SPIKING;

fn accept(day90: &Day90) -> (i32, String) {
    let output = run(&["accept", SYSTEM, "--url", &format!("http://{}", day90.address)]);
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().expect("it ends by itself"), String::from_utf8_lossy(&said).into_owned())
}

fn says_spike(day90: &Day90, value: u8) {
    day90.scrape().expect(metric("day90_escalation_spike").label("system", SYSTEM).value(value));
}

#[test]
fn a_rise_is_accepted_once_and_stays_accepted_after_a_kill() {
    let dir = Dir::new();
    let example = std::fs::read_to_string(repository("deploy/day90.example.yaml")).expect("the example");
    taught::teach(&dir, &example);
    let day90 = Day90::start_in(dir);
    assert_eq!(
        day90.ask(&Request::new("POST", &format!("/api/v1/accept?system={SYSTEM}"))).status,
        409,
        "all is usual"
    );
    let mut second = 0;
    eventually("a page", crate::harness::SOON, || {
        second += 1;
        day90.post(&traffic::second(second, traffic::SPIKE));
        let page = format!("day90_escalation_spike{{system=\"{SYSTEM}\"}} 1");
        day90.get("/metrics").expect(200).text().contains(&page).then_some(())
    });
    let page = day90.get("/").expect(200).text();
    assert!(
        page.contains(&format!("action=\"api/v1/accept?system={SYSTEM}\"><button>Accept as usual</button>")),
        "{page}"
    );

    let press = Request::new("POST", &format!("/api/v1/accept?system={SYSTEM}")).header("Accept", "text/html,*/*");
    day90.ask(&press.header("Origin", "https://evil.example")).expect(403);
    says_spike(&day90, 1);
    let (code, said) = accept(&day90);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("is accepted, and its page has ended. Usual from now on: "), "{said}");
    says_spike(&day90, 0);
    let (code, said) = accept(&day90);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("409") && said.contains("nothing has risen in refund-agent"), "{said}");

    let day90 = day90.kill9().start_again();
    says_spike(&day90, 0);
    for _ in 0..5 {
        second += 1;
        day90.post(&traffic::second(second, traffic::SPIKE));
    }
    says_spike(&day90, 0);
}

#[test]
fn a_button_that_is_pressed_when_nothing_has_risen_says_so() {
    let day90 = Day90::start();
    day90.post(&traffic::second(1, traffic::USUAL));
    let press = |system: &str| {
        let press = Request::new("POST", &format!("/api/v1/accept?system={system}")).header("Accept", "text/html,*/*");
        let pressed = day90.ask(&press);
        (pressed.status, pressed.text())
    };
    let (status, said) = press(SYSTEM);
    assert!(status == 409 && said.contains("nothing has risen in refund-agent"), "{status} {said}");
    let (status, said) = press("nobody-knows-it");
    assert!(status == 404 && said.contains("not declared, and nothing was heard of it"), "{status} {said}");
}

#[test]
fn the_exit_code_says_whether_it_was_refused_asked_wrongly_or_not_answered() {
    let day90 = Day90::start();
    let accept = |system: &str, url: &str| {
        let output = run(&["accept", system, "--url", url]);
        (output.status.code().expect("it ends by itself"), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let url = format!("http://{}", day90.address);
    for (system, url, expected, named) in [
        ("nobody-knows-it", url.as_str(), 1, "404"),
        ("Not A Name", &url, 2, "is not a name of a system"),
        (SYSTEM, "http://127.0.0.1:1", 3, "127.0.0.1:1"),
    ] {
        let (code, said) = accept(system, url);
        assert!(code == expected && said.contains(named), "{system}: {code} {said}");
    }
}
