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

    let (code, said) = accept(&day90);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("is accepted, and its page has ended. Usual from now on: "), "{said}");
    says_spike(&day90, 0);
    let (code, said) = accept(&day90);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("409") && said.contains("nothing has risen in refund-agent"), "{said}");

    let day90 = day90.kill9().start_again();
    for _ in 0..5 {
        second += 1;
        day90.post(&traffic::second(second, traffic::SPIKE));
    }
    says_spike(&day90, 0);
}

/// The button of the page is a plain form: the browser is led back to the page.
#[test]
fn the_button_leads_back_to_the_page() {
    let day90 = Day90::start();
    day90.post(&traffic::second(1, traffic::USUAL));
    let press = Request::new("POST", &format!("/api/v1/accept?system={SYSTEM}")).header("Accept", "text/html,*/*");
    assert_eq!(day90.ask(&press).status, 409);
}
