//! The events that the benchmarks send: about 240 bytes, with unknown fields and escapes, each with an id.

#![allow(dead_code, reason = "each benchmark uses its part")]

/// The body of one request.
pub struct Body {
    pub text: String,
    pub events: usize,
}

const ACTIONS: &[&str] = &["refund.issue", "refund.large", "account.update", "order.lookup", "reply.draft"];
const QUEUES: &[&str] = &["billing", "triage", "fraud"];

/// As many lines as fit into `bytes`.
pub fn body(sender: usize, number: usize, bytes: usize) -> Body {
    let mut body = Body { text: String::with_capacity(bytes), events: 0 };
    loop {
        let line = line(sender, number * 100_000 + body.events);
        if body.text.len() + line.len() + 1 > bytes {
            return body;
        }
        body.text.push_str(&line);
        body.text.push('\n');
        body.events += 1;
    }
}

/// Three tasks, two steps and a review for each escalation, about.
pub fn line(sender: usize, number: usize) -> String {
    let id = format!("01JD{sender:04}{number:010}");
    let action = ACTIONS[number % ACTIONS.len()];
    let queue = QUEUES[number % QUEUES.len()];
    let extra = format!(r#""trace":"4bf92f3577b34da6a3ce929d0e0e4736","note":"line \"{number}\"\nnext""#);
    match number % 8 {
        0 => format!(
            r#"{{"type":"escalation.opened","id":"{id}","system":"refund-agent","case":"c-{sender}-{number}","queue":"{queue}","reason":"low_confidence","severity":"high",{extra}}}"#
        ),
        1 => format!(
            r#"{{"type":"escalation.resolved","id":"{id}","system":"refund-agent","case":"c-{sender}-{}","outcome":"upheld","by":"ana \u00e9",{extra},"region":"eu-1"}}"#,
            number - 1
        ),
        2 | 3 => format!(
            r#"{{"type":"step.completed","id":"{id}","system":"refund-agent","kind":"model","name":"draft","outcome":"completed","duration_seconds":1.25,"input_tokens":812,"output_tokens":96,{extra}}}"#
        ),
        4 => format!(
            r#"{{"type":"feedback.received","id":"{id}","system":"refund-agent","case":"c-{sender}-{number}","signal":"thumbs","value":"up","action":"{action}",{extra},"region":"eu-1"}}"#
        ),
        _ => format!(
            r#"{{"type":"task.completed","id":"{id}","system":"refund-agent","case":"c-{sender}-{number}","action":"{action}","mode":"decide","outcome":"completed","duration_seconds":3.2{},{extra}}}"#,
            number % 10
        ),
    }
}
