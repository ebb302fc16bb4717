//! CloudEvents as an SDK sends them, judged by the SDK itself: the package `cloudevents` of PyPI, in the API of its versions
//! 1 and 2; and the answers as Knative's broker wants them.
//!
//! `tests/run` installs it in target/python; `DAY90_PYTHON` names another interpreter that has it.

use std::process::Command;

use serde::Deserialize;

use crate::harness::day90::python;
use crate::harness::{Day90, Request, metric};

/// Sends what the SDK makes of an event, in each mode, and prints each answer.
const SENDER: &str = r#"
import json, sys, urllib.error, urllib.request, warnings
warnings.simplefilter("ignore")
from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent as One
from cloudevents.core.v1.event import CloudEvent as Two
from cloudevents.core.bindings.http import to_binary_event, to_structured_event

url = sys.argv[1]

def send(name, headers, body):
    # http.client can send a header as Latin-1 only, as headers always were.
    request = urllib.request.Request(url, data=body or b"", headers=headers, method="POST")
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        answer = error
    print(json.dumps({"name": name, "status": answer.status, "type": answer.headers.get("content-type"), "body": answer.read().decode()}))

def attributes(kind, number, **more):
    return {"type": "dev.day90." + kind, "source": "https://example.com/agents/Refund Agent", "id": str(number), **more}

opened = {"queue": "billing", "reason": "low_confidence"}
sent = [
    ("a case", attributes("escalation.opened", 1, subject="50% off Grüße"), opened),
    ("data as JSON text", attributes("escalation.opened", 2, subject="in text"), json.dumps(opened)),
    ("no data", attributes("fallback.ended", 3), None),
    ("a long subject", attributes("escalation.opened", 4, subject="conversation/" + "x" * 300), opened),
]
for name, of, data in sent:
    event = One(of, data)
    send("1.x binary: " + name, *to_binary(event))
    send("1.x structured: " + name, *to_structured(event))
    # The second version of the SDK wants to be told what it shall write.
    event = Two({**of, "specversion": "1.0", "datacontenttype": "application/json"}, data)
    for mode, make in (("binary", to_binary_event), ("structured", to_structured_event)):
        message = make(event)
        send("2.x " + mode + ": " + name, message.headers, message.body)

many = [json.loads(to_structured(One(attributes("task.completed", 100 + n),
        {"action": "a", "outcome": "completed", "mode": "decide"}))[1]) for n in range(3)]
batch = {"content-type": "application/cloudevents-batch+json"}
send("batch", batch, json.dumps(many).encode())
send("empty batch", batch, b"[]")
send("asked for: batch", {**batch, "Prefer": "return=representation"}, json.dumps(many).encode())
del many[1]["data"]["action"]
many[1]["id"] = "wrong"
send("partly wrong: batch", batch, json.dumps(many).encode())
send("wrong: binary", *to_binary(One(attributes("escalation.opened", 200), {})))
"#;

#[derive(Debug, Deserialize)]
struct Answer {
    name: String,
    status: u16,
    r#type: Option<String>,
    body: String,
}

fn send(day90: &Day90) -> Vec<Answer> {
    let python = python();
    let url = format!("http://{}/v1/events", day90.address);
    let output = Command::new(&python).args(["-c", SENDER, &url]).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{}: {error}. tests/run installs it; or set DAY90_PYTHON", python.display());
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// As `filter_handler.go` of knative/eventing has it: a 2xx with a body that is no CloudEvent is a failed delivery, which is
/// tried again.
fn is_delivered_for_knative(answer: &Answer) -> bool {
    (200..300).contains(&answer.status) && answer.body.is_empty()
}

#[test]
fn what_an_sdk_sends_is_taken_and_answered_as_brokers_want_it() {
    let day90 = Day90::start();
    let answers = send(&day90);
    assert_eq!(answers.len(), 16 + 5);
    for answer in &answers {
        let (is_asked, is_wrong) = (answer.name.starts_with("asked"), answer.name.contains("wrong"));
        // What is right in the batch came before.
        let is_refused = ["wrong: binary", "partly wrong: batch"].contains(&&*answer.name);
        assert_eq!(answer.status, if is_refused { 400 } else { 202 }, "{answer:?}");
        assert_eq!(is_delivered_for_knative(answer), !is_asked && !is_wrong, "{answer:?}");
        assert_eq!(answer.r#type.is_some(), is_asked || is_wrong, "{answer:?}");
    }
    let counts = |name: &str| {
        let answer = answers.iter().find(|answer| answer.name.starts_with(name)).expect(name);
        let reply: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        ["accepted", "duplicates", "rejected"].map(|count| reply[count].as_u64().unwrap())
    };
    assert_eq!((counts("asked for"), counts("partly"), counts("wrong")), ([0, 3, 0], [0, 2, 1], [0, 0, 1]));
    let scrape = day90.scrape();
    // Every mode of both versions was the same event.
    let events = |kind: &str| metric("day90_events_total").label("type", kind);
    scrape.expect(events("escalation.opened").value(3)).expect(events("fallback.ended").value(1));
    scrape.expect(metric("day90_escalations_total").label("system", "refund-agent").label("queue", "billing").value(3));
    let cases = day90.get("/api/v1/cases?system=refund-agent").expect(200).json();
    let cases: Vec<&str> =
        cases["cases"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
    for case in ["50% off Grüße", "in text"] {
        assert!(cases.contains(&case), "{cases:?}");
    }
}

/// The attributes of binary mode are headers, and three SDKs don't encode them.
#[test]
fn a_subject_is_taken_encoded_or_not() {
    let day90 = Day90::start();
    let subjects = [
        ("50% off", "50% off"),
        ("50%25%20off", "50% off"),
        ("100%", "100%"),
        ("Gr\u{fc}\u{df}e", "Grüße"),
        ("a%2", "a%2"),
    ];
    for (number, (sent, _)) in subjects.iter().enumerate() {
        let request = Request::events(None, "{\"queue\":\"q\"}")
            .header("ce-specversion", "1.0")
            .header("ce-type", "dev.day90.escalation.opened")
            .header("ce-source", "/agents/refund-agent")
            .header("ce-id", &number.to_string())
            .header("ce-subject", sent);
        let answer = day90.ask(&request).expect(202);
        assert_eq!(answer.text(), "", "{sent}");
    }
    let cases = day90.get("/api/v1/cases?system=refund-agent").expect(200).json();
    let found: std::collections::BTreeSet<&str> =
        cases["cases"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
    assert_eq!(found, subjects.iter().map(|(_, meant)| *meant).collect());
}
