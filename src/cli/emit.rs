//! `day90 emit`: one event from the command line.

use std::process::ExitCode;

use serde_json::{Map, Value};

use super::target::Target;
use crate::event::Kind;
use crate::event::kinds::{COMMON, Form, TABLE};
use crate::failure::Failure;
use crate::send::{Packing, random_id};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 emit owner.attested system=refund-agent owner=payments-ops
  day90 emit change.deployed system=refund-agent kind=prompt version=v8 author=ci approver=support-lead
  day90 emit rollback.started system=refund-agent rollback=r-1 trigger=alert to=previous_version
  day90 emit evaluation.completed system=refund-agent suite=golden passed=true score=0.93

Without id=… the event gets a random id, so that a retry of the request counts once.
Exit codes: 0 accepted, 1 rejected or not reached, 2 usage.")]
pub(crate) struct Emit {
    /// A type of the event contract, such as change.deployed
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Its fields
    #[arg(value_name = "KEY=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Emit {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let event = event(&self.kind, &self.fields, &random_id())?;
        let reply = self.target.sender()?.post("application/json", Packing::Plain, event.to_string().into_bytes())?;
        for refused in &reply.errors {
            match &refused.field {
                Some(field) => eprintln!("day90: rejected: {field}: {}", refused.error),
                None => eprintln!("day90: rejected: {}", refused.error),
            }
        }
        println!("accepted {}, duplicates {}, rejected {}", reply.accepted, reply.duplicates, reply.rejected);
        Ok(ExitCode::from(u8::from(reply.rejected > 0)))
    }
}

/// The event in its short form.
fn event(kind: &str, fields: &[String], id: &str) -> Result<Value, Failure> {
    let kind = Kind::from_word(kind).ok_or_else(|| {
        Failure::Usage(format!("no event has the type {kind:?}; the types are {}", Kind::WORDS.join(", ")))
    })?;
    let mut event = Map::new();
    event.insert("type".to_owned(), kind.as_str().into());
    for field in fields {
        let (key, text) = field
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure::Usage(format!("{field:?} is not KEY=VALUE")))?;
        if event.insert(key.to_owned(), value(kind, key, text)).is_some() {
            return Err(Failure::Usage(format!("{key} is given twice")));
        }
    }
    event.entry("id").or_insert_with(|| id.into());
    Ok(Value::Object(event))
}

/// A number or a truth value where the contract wants one, else text. A value that doesn't fit stays text: the daemon says what
/// is wrong with it.
fn value(kind: Kind, key: &str, text: &str) -> Value {
    let specs = TABLE.iter().filter(|of| of.kind == kind).flat_map(|of| of.fields).chain(COMMON);
    let form = specs.into_iter().find(|spec| spec.field == key).map(|spec| spec.form);
    match (form, serde_json::from_str(text)) {
        (
            Some(Form::Seconds | Form::Ratio | Form::Count | Form::Amount | Form::Feedback),
            Ok(value @ Value::Number(_)),
        )
        | (Some(Form::Flag), Ok(value @ Value::Bool(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: &str, fields: &[&str]) -> Result<Value, Failure> {
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        event(kind, &fields, "random")
    }

    #[test]
    fn fields_get_the_form_of_the_contract() {
        let event = made("evaluation.completed", &["system=a", "suite=7", "passed=true", "score=0.9"]).expect("good");
        let expected = serde_json::json!({"type": "evaluation.completed", "id": "random", "system": "a", "suite": "7",
            "passed": true, "score": 0.9});
        assert_eq!(event, expected);
    }

    #[test]
    fn a_thumb_is_a_word_and_a_rating_a_number() {
        assert_eq!(made("feedback.received", &["value=up"]).expect("good")["value"], "up");
        assert_eq!(made("feedback.received", &["value=4"]).expect("good")["value"], 4);
    }

    #[test]
    fn a_given_id_stays() {
        assert_eq!(made("fallback.ended", &["id=mine"]).expect("good")["id"], "mine");
    }

    #[test]
    fn a_wrong_command_line_is_refused_before_anything_is_sent() {
        for (kind, fields, says) in [
            ("task.complete", &[][..], "task.completed"),
            ("fallback.ended", &["system"][..], "KEY=VALUE"),
            ("fallback.ended", &["system=a", "system=b"][..], "twice"),
            ("fallback.ended", &["type=b"][..], "twice"),
        ] {
            let failure = made(kind, fields).expect_err(says);
            assert!(failure.to_string().contains(says), "{failure}");
        }
    }
}
