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
    body_of(bytes, |event| line(sender, number * 100_000 + event))
}

/// As many of these lines as fit into `bytes`.
pub fn body_of(bytes: usize, mut line: impl FnMut(usize) -> String) -> Body {
    let mut body = Body { text: String::with_capacity(bytes), events: 0 };
    loop {
        let line = line(body.events);
        if body.text.len() + line.len() + 1 > bytes {
            return body;
        }
        body.push(&line);
    }
}

/// So many lines, numbered from `first`.
pub fn batch(first: usize, events: usize, line: impl Fn(usize) -> String) -> Body {
    let mut body = Body { text: String::new(), events: 0 };
    (first..first + events).for_each(|event| body.push(&line(event)));
    body
}

impl Body {
    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.events += 1;
    }
}

/// Three tasks, two steps and a review for each escalation, about.
pub fn line(sender: usize, number: usize) -> String {
    line_of("refund-agent", ACTIONS[number % ACTIONS.len()], "draft", sender, number)
}

/// Names that events spread over: 8 or 9 series for each pair of a system and a name.
#[derive(Clone, Copy)]
pub struct Spread {
    pub systems: usize,
    pub names: usize,
}

impl Spread {
    /// The same mix, its names drawn evenly.
    pub fn line(self, sender: usize, number: usize) -> String {
        // A resolution goes where its escalation went.
        let drawn = scatter((sender << 40 | number) - usize::from(number % 8 == 1));
        self.line_to(drawn % (self.systems * self.names), sender, number)
    }

    /// Eight lines for each pair, one pair after the other.
    pub fn each(self, number: usize) -> String {
        self.line_to(number / 8, 99, number)
    }

    fn line_to(self, pair: usize, sender: usize, number: usize) -> String {
        let (system, name) = (pair / self.names, pair % self.names);
        line_of(&format!("agent-{system:04}"), &format!("action.{name:03}"), &format!("step-{name:03}"), sender, number)
    }
}

/// Labels of one series of a counter: as many different ones as there are numbers.
pub struct Labels {
    pub system: String,
    pub kind: &'static str,
    pub name: String,
    pub outcome: &'static str,
}

const KINDS: [&str; 5] = ["model", "tool", "retrieval", "guardrail", "handoff"];
/// Names of steps in one system: as many as day90 takes unless it is told otherwise.
const NAMES: usize = 200;

impl Labels {
    pub fn of(series: usize) -> Labels {
        let (outcome, rest) = (series % 2, series / 2);
        let (kind, rest) = (rest % KINDS.len(), rest / KINDS.len());
        Labels {
            system: format!("agent-{:04}", rest / NAMES),
            kind: KINDS[kind],
            name: format!("step-{:03}", rest % NAMES),
            outcome: ["completed", "failed"][outcome],
        }
    }

    /// A step that adds one to this series and changes no other of its system.
    pub fn line(&self, id: &str) -> String {
        let Labels { system, kind, name, outcome } = self;
        format!(
            r#"{{"type":"step.completed","id":"{id}","system":"{system}","kind":"{kind}","name":"{name}","outcome":"{outcome}"}}"#
        )
    }
}

/// A number that looks drawn, the same in each run.
pub fn scatter(number: usize) -> usize {
    let mut mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) as usize
}

fn line_of(system: &str, action: &str, name: &str, sender: usize, number: usize) -> String {
    let id = format!("01JD{sender:04}{number:010}");
    let queue = QUEUES[number % QUEUES.len()];
    let extra = format!(r#""trace":"4bf92f3577b34da6a3ce929d0e0e4736","note":"line \"{number}\"\nnext""#);
    match number % 8 {
        0 => format!(
            r#"{{"type":"escalation.opened","id":"{id}","system":"{system}","case":"c-{sender}-{number}","queue":"{queue}","reason":"low_confidence","severity":"high",{extra}}}"#
        ),
        1 => format!(
            r#"{{"type":"escalation.resolved","id":"{id}","system":"{system}","case":"c-{sender}-{}","outcome":"upheld","by":"ana \u00e9",{extra},"region":"eu-1"}}"#,
            number - 1
        ),
        2 | 3 => format!(
            r#"{{"type":"step.completed","id":"{id}","system":"{system}","kind":"model","name":"{name}","outcome":"completed","duration_seconds":1.25,"input_tokens":812,"output_tokens":96,{extra}}}"#
        ),
        4 => format!(
            r#"{{"type":"feedback.received","id":"{id}","system":"{system}","case":"c-{sender}-{number}","signal":"thumbs","value":"up","action":"{action}",{extra},"region":"eu-1"}}"#
        ),
        _ => format!(
            r#"{{"type":"task.completed","id":"{id}","system":"{system}","case":"c-{sender}-{number}","action":"{action}","mode":"decide","outcome":"completed","duration_seconds":3.2{},{extra}}}"#,
            number % 10
        ),
    }
}
