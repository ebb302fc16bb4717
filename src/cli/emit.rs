//! `day90 emit`: one event from the command line.
//!
//! A field that the type doesn't have is refused here: the daemon would ignore it, and a change would be unapproved because
//! `approver` was mistyped.

use std::process::ExitCode;

use serde_json::{Map, Value};

use super::target::Target;
use crate::config::problem::did_you_mean;
use crate::event::kinds::{COMMON, EventType, Form, Spec};
use crate::event::{ChangeKind, Kind};
use crate::failure::Failure;
use crate::send::{Packing, random_id};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 emit owner.attested system=refund-agent owner=payments-ops
  day90 emit change.deployed system=refund-agent kind=prompt version=v8 author=ci approver=support-lead
  day90 emit rollback.started system=refund-agent rollback=r-1 trigger=alert to=previous_version
  day90 emit evaluation.completed system=refund-agent suite=golden passed=true score=0.93
  day90 emit case.closed system=refund-agent case=c-1 by=ai versions.prompt=v8 versions.model=m-3

Numbers, true and false get the form of the contract; versions may also be one object: versions='{\"prompt\":\"v8\"}'.
Without id=… the event gets a random id, so that a retry of the request counts once. What the event lacks to take effect is
said on standard error.
Exit codes: 0 accepted, 1 rejected, 2 usage, 3 no answer.")]
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
            eprintln!("day90: rejected: {refused}");
        }
        for warned in &reply.warnings {
            eprintln!("day90: {warned}");
        }
        println!("accepted {}, duplicates {}, rejected {}", reply.accepted, reply.duplicates, reply.rejected);
        Ok(ExitCode::from(u8::from(reply.rejected > 0)))
    }
}

/// The event in its short form. All that is wrong with the command line is said at once.
fn event(kind: &str, fields: &[String], id: &str) -> Result<Value, Failure> {
    let kind = Kind::from_word(kind).ok_or_else(|| {
        let meant = did_you_mean(kind, Kind::WORDS.iter().copied());
        Failure::Usage(format!("no event has the type {kind:?}{meant}; the types are {}", Kind::WORDS.join(", ")))
    })?;
    let mut event = Map::new();
    event.insert("type".to_owned(), kind.as_str().into());
    let mut wrong = Vec::new();
    for field in fields {
        wrong.extend(add(&mut event, kind, field).err());
    }
    if !wrong.is_empty() {
        return Err(Failure::Usage(wrong.join("\n")));
    }
    event.entry("id").or_insert_with(|| id.into());
    Ok(Value::Object(event))
}

/// Adds what one argument says, or says what is wrong with it.
fn add(event: &mut Map<String, Value>, kind: Kind, argument: &str) -> Result<(), String> {
    let (key, text) = argument
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| format!("{argument:?} is not KEY=VALUE"))?;
    let twice = || format!("{key} is given twice");
    if let Some((name, member)) = key.split_once('.')
        && spec(kind, name).is_some_and(|spec| spec.form == Form::Versions)
    {
        if !ChangeKind::WORDS.contains(&member) {
            return Err(format!("{name} has no {member}; its kinds are {}", ChangeKind::WORDS.join(", ")));
        }
        let object = event.entry(name).or_insert_with(|| Map::new().into());
        let object = object.as_object_mut().ok_or_else(twice)?;
        return match object.insert(member.to_owned(), text.into()) {
            None => Ok(()),
            Some(_) => Err(twice()),
        };
    }
    if event.contains_key(key) {
        return Err(twice());
    }
    let spec = spec(kind, key).ok_or_else(|| unknown(kind, key))?;
    event.insert(key.to_owned(), value(spec, text)?);
    Ok(())
}

/// The fields that a type has, apart from `type`.
fn specs(kind: Kind) -> impl Iterator<Item = &'static Spec> {
    EventType::of(kind).fields.iter().chain(COMMON)
}

fn spec(kind: Kind, key: &str) -> Option<&'static Spec> {
    specs(kind).find(|spec| spec.field == key)
}

fn unknown(kind: Kind, key: &str) -> String {
    let mut names: Vec<&str> = specs(kind).map(|spec| spec.field).collect();
    let meant = did_you_mean(key, names.iter().copied());
    names.sort_unstable();
    names.dedup();
    format!("{kind} has no field {key}{meant}; its fields are {}", names.join(", "))
}

/// A number or a truth value where the contract wants one, an object where it wants that, else text. A value that doesn't
/// fit stays text: the daemon says what is wrong with it.
fn value(spec: &Spec, text: &str) -> Result<Value, String> {
    let json = serde_json::from_str(text);
    match (spec.form, json) {
        (Form::Seconds | Form::Ratio | Form::Count | Form::Amount | Form::Feedback, Ok(value @ Value::Number(_)))
        | (Form::Flag, Ok(value @ Value::Bool(_)))
        | (Form::Versions, Ok(value @ Value::Object(_))) => Ok(value),
        (Form::Versions, _) => Err(format!(
            "{field} is an object; write {field}.prompt={text} or {field}='{{\"prompt\":\"{text}\"}}'",
            field = spec.field
        )),
        _ => Ok(Value::String(text.to_owned())),
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
    fn versions_are_given_by_kind_or_as_an_object() {
        let expected = serde_json::json!({"prompt": "v8", "model": "3"});
        let dotted = made("case.closed", &["versions.prompt=v8", "versions.model=3"]).expect("good");
        assert_eq!(dotted["versions"], expected);
        let whole = made("case.closed", &[r#"versions={"prompt":"v8","model":"3"}"#]).expect("good");
        assert_eq!(whole["versions"], expected);
    }

    #[test]
    fn every_field_of_every_type_can_be_given() {
        for kind in Kind::ALL {
            let given: Vec<String> = specs(*kind)
                .filter(|spec| spec.form != Form::Versions)
                .map(|spec| format!("{}=x", spec.field))
                .collect();
            let distinct: std::collections::BTreeSet<&str> = given.iter().map(String::as_str).collect();
            let event = made(kind.as_str(), &distinct.iter().copied().collect::<Vec<_>>());
            let event = event.unwrap_or_else(|why| panic!("{kind}: {why}"));
            assert_eq!(event.as_object().map(Map::len), Some(distinct.len() + 1), "{event}");
        }
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
            ("change.deployed", &["kind=prompt", "aprover=lead"][..], "did you mean approver?"),
            ("change.deployed", &["nonsense=1"][..], "its fields are approver, author"),
            ("change.deployed", &["aprover=a", "verson=b"][..], "did you mean version?"),
            ("case.closed", &["versions=v8"][..], "versions.prompt=v8"),
            ("case.closed", &["versions.promt=v8"][..], "prompt, tool"),
            ("case.closed", &["versions.tool=1", "versions.tool=2"][..], "twice"),
            ("case.closed", &["by.ai=1"][..], "no field by.ai"),
        ] {
            let failure = made(kind, fields).expect_err(says);
            assert!(failure.to_string().contains(says), "{failure}");
        }
    }
}
