//! docs/events.md: the prose below, and everything else from the declarations, so that it always says what the reader does.
//! `DAY90_BLESS=1 cargo test` writes it.

use std::fmt::Write as _;

use super::super::kinds::{COMMON, EventType, Form, Spec, TABLE};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md");

#[test]
fn docs_events_md_is_what_the_table_says() {
    let now = markdown();
    if std::env::var_os("DAY90_BLESS").is_some() {
        std::fs::write(PATH, &now).expect("docs/ is writable");
    }
    let stored = std::fs::read_to_string(PATH).expect("docs/events.md");
    assert!(now == stored, "docs/events.md is out of date: run DAY90_BLESS=1 cargo test");
}

fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "\n## Fields of every event\n\nApart from `type`, which is required and says which [type](#types) it is:\n\n",
    );
    page.push_str(&fields(COMMON));
    page.push_str(COMMON_NOTES);
    page.push_str("\n## Types\n\n| type | when | feeds |\n| --- | --- | --- |\n");
    for row in TABLE {
        let anchor = row.kind.as_str().replace('.', "");
        let _ = writeln!(page, "| [`{}`](#{anchor}) | {} | {} |", row.kind, row.meaning, row.feeds);
    }
    TABLE.iter().for_each(|row| section(row, &mut page));
    page.push_str(LIFECYCLES);
    page
}

fn section(row: &EventType, page: &mut String) {
    let _ = write!(page, "\n### `{}`\n\n{} Feeds: {}.\n\n", row.kind, row.meaning, row.feeds);
    if row.fields.is_empty() {
        page.push_str("No fields apart from the common ones.\n");
    } else {
        page.push_str(&fields(row.fields));
    }
    let _ = write!(page, "\n```json\n{}\n```\n", row.example);
}

/// A table of fields, the required ones first.
fn fields(specs: &[Spec]) -> String {
    let mut table = String::from("| field | | form | meaning |\n| --- | --- | --- | --- |\n");
    let (required, optional): (Vec<&Spec>, Vec<&Spec>) = specs.iter().partition(|spec| spec.required);
    for spec in required.into_iter().chain(optional) {
        let need = if spec.required { "required" } else { "optional" };
        let _ = writeln!(table, "| `{}` | {need} | {} | {} |", spec.field, form(spec.form), spec.meaning);
    }
    table
}

fn form(form: Form) -> String {
    match form {
        Form::Text(bytes) => format!("text, 1–{bytes} bytes"),
        Form::Name => "name, 1–64 bytes; a longer one is cut".to_string(),
        Form::Identifier => "identifier: text, 1–1,024 bytes, or an integer".to_string(),
        Form::Versions => "object from kinds of changes to identifiers".to_string(),
        Form::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Form::Seconds => "seconds, 0 to a billion".to_string(),
        Form::Ratio => "number, 0 to 1".to_string(),
        Form::Count => "whole number, 0 to 2^53".to_string(),
        Form::Flag => "`true` `false`".to_string(),
        Form::Amount => "number, 0 to a billion".to_string(),
        Form::Currency => "ISO 4217, such as `EUR`".to_string(),
        Form::Feedback => "`up` `down`, or a number".to_string(),
        Form::Time => "RFC 3339, any offset, up to nanoseconds".to_string(),
        Form::System => "1–64 of `a-z` `0-9` `.` `_` `-`".to_string(),
    }
}

const INTRODUCTION: &str = r#"# Events

<!-- Made from src/event/declarations.rs and src/event/tests/docs.rs by `DAY90_BLESS=1 cargo test`. Edits here are lost. -->

day90 learns everything from events: one JSON object each, sent over HTTP by your service, by the tools around it,
or by a script. An event says that something happened to an AI system: a task was completed, a case was escalated, a
change was deployed. It carries names, words and numbers, and never the texts that people or models wrote.

The smallest one that is useful, with a daemon on this machine:

```console
$ curl -s http://127.0.0.1:9790/v1/events -d '{"type":"escalation.opened","system":"refund-agent","case":"c-123","reason":"low_confidence"}'
{"accepted":1,"duplicates":0,"rejected":0,"errors":[],"warnings":[]}
```

`day90 schema events` prints this contract as a JSON Schema, for editors and pipelines.

## Two spellings

The **short form** is what a person writes:

```json
{"type":"escalation.opened","id":"01J-3","time":"2026-11-23T09:00:00.123Z","system":"refund-agent","case":"c-123","queue":"billing","reason":"low_confidence"}
```

**CloudEvents 1.0** carries the same event. An object with a `specversion` is read as CloudEvents, wherever JSON is
read; the HTTP binding's binary mode (`ce-*` headers) works too.

```json
{"specversion":"1.0","type":"dev.day90.escalation.opened","id":"01J-3","source":"https://example.com/agents/refund-agent","subject":"c-123","time":"2026-11-23T09:00:00.123Z","data":{"queue":"billing","reason":"low_confidence"}}
```

| CloudEvents | short form |
| --- | --- |
| `type` | `dev.day90.` + the short type |
| `id`, `source`, `time` | `id`, `source`, `time`; id and source are required |
| last path segment of `source` | `system`, unless `data.system` says otherwise; lower-cased, other characters become `-`, cut at 64 |
| `subject` | `case`, unless `data.case` says otherwise |
| `data`, or `data_base64` | every other field; an object, or its JSON text |
| extension attributes, `datacontenttype` | ignored |

In binary mode a header is percent-decoded where it is encoded properly, and taken as it is where it isn't: `ce-subject: 50% off`
is the case `50% off`. A header that is no UTF-8 is read as Latin-1.

## Sending

`POST /v1/events` takes one event or many: objects and arrays, with white space or new lines between them or none, whatever JSON
content type they come under (`application/json`, `application/x-ndjson`, `text/plain`, `application/octet-stream`, none), and
CloudEvents. How the body is cut, the body itself says:

* If every line that isn't blank begins with `{`, it is taken line by line. A line may hold several events; a broken line costs
  itself alone, and counts as one rejected event.
* Any other body is one stream of JSON values. Where that breaks, the answer is `400` and nothing of it is taken.

`Content-Encoding` may be `gzip`, `zstd` or `deflate`. A byte order mark and CRLF line ends are accepted.

| answer | meaning |
| --- | --- |
| `202` | Everything that `accepted` counts is on disk, synced. `duplicates` were known already and count as delivered. |
| `400` | Nothing was accepted and something was rejected; the body says why, event by event. Also an empty body, and a broken compressed stream. |
| `401` | Not authorized. |
| `413` | The body is over the limit, before or after decompression. Nothing was taken. |
| `415` | A content type or encoding that day90 doesn't know. Nothing was taken. |
| `503` with `Retry-After` | The queue is full, or the disk cannot be written. Nothing was counted; send it again. |

**A bad event costs only itself.** The others of its request are taken, and the answer names the bad ones:

```json
{"accepted":2,"duplicates":0,"rejected":1,"errors":[{"index":1,"field":"outcome","error":"line 2, character 73 of the event: `outcome` is the string \"done\"; expected completed, failed or abandoned"}],"warnings":[]}
```

`index` is the event's position in the request, from 0; blank lines don't count. Every event of a request is in exactly one of the
three counts. All mistakes of an event are named, one error each. At most 100 errors are listed, all are counted. `warnings` name
what was accepted but cannot take effect: unknown fields, an owner who is not the declared one, names that nobody declared.

## Delivery: exactly once, if you give ids

Give each event an `id`, and send again whatever was not answered: after a timeout, a broken connection, or a `503`. An
id that was seen before from the same `source`, for the same type, counts as a duplicate and changes nothing, also after a restart. day90
remembers the last 1,000,000 ids unless configured otherwise (`day90_dedupe_window_seconds` says how far back that
reaches). Without an id, an event that is sent twice counts twice.

Order doesn't matter: send events when you have them. Counters count an event when it is accepted, whatever its `time`;
`time` is for durations, ages and deadlines.
"#;

const COMMON_NOTES: &str = r#"
In all fields:

- An **identifier** is text without control characters or an integer, which is taken as its text. Over 128 bytes it is known by the
  whole characters within its first 100 bytes, `…`, and 16 hexadecimal digits of its SHA-256. `versions` has identifiers by kind:
  `{"prompt":"v8","model":"m-3"}`.
- A **name** of over 64 bytes is cut at a character, with a `…`. The names of an owner, an author, an approver are not: those are
  errors.
- Text is UTF-8 without control characters; its bounds are bytes. `""` in an optional field is the same as leaving it out.
- Durations are seconds, in fields that end in `_seconds`; everything is kept to nine digits after the point.
- `null` for an optional field is the same as leaving it out. A negative duration is 0, and counts in `day90_clock_skew_total`.
- An amount of money may be a string (`"0.0042"`), and a currency in lower case.
- A time may have a blank for its `T`, and an offset such as `+0100`.
- Half a surrogate pair becomes U+FFFD.
- Whatever is repaired in an event counts in `day90_events_repaired_total`, once for each kind of repair.
- A field that the type doesn't know is ignored and counted in `day90_unknown_fields_total`, never an error.
- A field of the wrong form, or a known field that is there twice, is an error that names it.
- Names of people (in `by`, `author`, `approver`) never become labels of a metric.
- Events without a time in one request happened in their order, a nanosecond apart.

| bound | |
| --- | --- |
| one event, unknown fields included, however deep | 64 KiB |
| a text that the contract knows | 8 KiB |
"#;

const LIFECYCLES: &str = r#"
## Lifecycles

Some events belong together: an escalation is opened, acknowledged, perhaps reassigned, resolved. They find each other by
their `case`.

| lifecycle | stages | named by |
| --- | --- | --- |
| escalation | `escalation.opened` → `escalation.acknowledged` → `escalation.reassigned`, any number → `escalation.resolved` | `escalation`, else `case` |
| review | `review.requested` → `review.started` → `review.completed` (→ `review.audited`) | `review`, else `case` |
| appeal | `appeal.opened` → `appeal.decided` | `appeal`, else `case` |
| rollback | `rollback.started` → `rollback.completed` (→ `fallback.ended`, after a rollback to the previous process) | `rollback` |
| fallback | `fallback.started`, or a rollback to the previous process → `fallback.ended` | the system |
| case | `case.closed` → `case.reopened` | `case` |

- A named lifecycle happens once. A case that is escalated twice without names has a second round, when the second opening is
  later, by `time`, than the end before it.
- Stages may arrive in any order and in any batches. What comes before its opening waits for it: completed reviews, decided
  appeals and completed rollbacks for `limits.arrival_grace` (5 minutes), and then count by themselves; the stages of an
  escalation for `limits.lifecycle_memory` (a day), and are then counted in `day90_lifecycle_orphans_total`.
- Of a repeated stage the first to arrive counts; the others change nothing but `day90_lifecycle_repeats_total`.
- A duration that would be negative counts as 0, and in `day90_clock_skew_total`.
"#;
