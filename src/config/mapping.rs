//! jq programs that turn foreign JSON into events: compiled when the configuration is read, run on their samples
//! by `day90 check`.
//!
//! A program sees its input and nothing of the process: `env`, `halt`, `input` and everything that writes to the terminal
//! don't exist in it.

use std::sync::mpsc;
use std::time::Duration;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader, span};
use jaq_core::{Compiler, Ctx, Filter, Vars, compile, load, unwrap_valr};
use jaq_json::Val;

use super::key::written::shown;

/// The longest program in bytes. Longer work belongs in the sender, or in a separate program.
pub const PROGRAM_BYTES_MAX: usize = 16 << 10;
/// The most events that one input may become.
pub const OUTPUTS_MAX: usize = 10_000;
/// The longest that a program may work on a sample.
const SAMPLE_TIME_MAX: Duration = Duration::from_secs(2);
/// Parser and programs recurse: this is enough for [`PROGRAM_BYTES_MAX`] of brackets.
const STACK_BYTES: usize = 256 << 20;

/// What a program must not reach: the process and its terminal.
const WITHHELD: &[&str] = &["env", "halt", "halt_error", "debug", "debug_empty", "stderr", "stderr_empty"];

type Data = JustLut<Val>;

/// A compiled program.
pub struct Program(Filter<Data>);

/// Whether a program compiles; where it doesn't, and why.
pub fn check(code: &str) -> Result<(), String> {
    let owned = code.to_owned();
    apart(move || Program::compile(&owned).map(|_| ()), None)
}

/// Runs a program on one input and gives its results as JSON, within bounded time and number.
pub fn try_sample(code: &str, input: Vec<u8>) -> Result<Vec<String>, String> {
    let owned = code.to_owned();
    apart(move || Program::compile(&owned)?.run(&input), Some(SAMPLE_TIME_MAX))
}

impl Program {
    pub fn compile(code: &str) -> Result<Program, String> {
        if code.len() > PROGRAM_BYTES_MAX {
            return Err(format!("the program has {} bytes; at most {PROGRAM_BYTES_MAX} are allowed", code.len()));
        }
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs::<Data>().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions.filter(|definition| !WITHHELD.contains(&definition.name)))
            .load(&arena, File { code, path: () })
            .map_err(|errors| not_parsed(code, &errors))?;
        Compiler::default()
            .with_funs(functions.filter(|(name, ..)| !WITHHELD.contains(name)))
            .compile(modules)
            .map(Program)
            .map_err(|errors| not_compiled(code, &errors))
    }

    /// Every result of the program for one JSON input, as JSON.
    pub fn run(&self, input: &[u8]) -> Result<Vec<String>, String> {
        let input = jaq_json::read::parse_single(input).map_err(|error| format!("is not JSON: {error}"))?;
        let context = Ctx::<Data>::new(&self.0.lut, Vars::new([]));
        let mut results = Vec::new();
        for result in self.0.id.run((context, input)).map(unwrap_valr) {
            if results.len() == OUTPUTS_MAX {
                return Err(format!("gives more than {OUTPUTS_MAX} results"));
            }
            results.push(result.map_err(|error| format!("fails: {error}"))?.to_string());
        }
        Ok(results)
    }
}

/// Works on a thread with a deep stack. A thread that doesn't end in time is abandoned.
fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
    time_max: Option<Duration>,
) -> Result<T, String> {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::Builder::new().name("jq".into()).stack_size(STACK_BYTES);
    // When the time is up, nobody receives the result any more.
    let started = thread.spawn(move || drop(send.send(work())));
    started.map_err(|error| format!("no thread for the jq program: {error}"))?;
    match time_max {
        None => receive.recv().map_err(|_| "the jq program could not be read".to_owned())?,
        Some(time) => receive.recv_timeout(time).map_err(|_| format!("doesn't end within {} s", time.as_secs()))?,
    }
}

fn not_parsed(code: &str, errors: &load::Errors<&str, ()>) -> String {
    let (found, expected) = match errors.first().map(|(_, error)| error) {
        Some(load::Error::Lex(errors)) => errors.first().map(|(expected, found)| (*found, expected.as_str())),
        Some(load::Error::Parse(errors)) => errors.first().map(|(expected, found)| (*found, expected.as_str())),
        Some(load::Error::Io(_)) => return "a jq program here cannot import or include others".into(),
        None => None,
    }
    .unwrap_or(("", "another program"));
    let near = if found.is_empty() { "its end".to_owned() } else { shown(found) };
    format!("not a jq program: at {} ({near}), expected {expected}", position(code, found))
}

fn not_compiled(code: &str, errors: &compile::Errors<&str, ()>) -> String {
    match errors.iter().flat_map(|(_, errors)| errors).next() {
        Some((found, kind)) => {
            format!("not a jq program: at {}, there is no {} {}", position(code, found), kind.as_str(), shown(found))
        }
        None => "not a jq program".into(),
    }
}

/// `line:column` of a part of the program, from 1.
fn position(code: &str, part: &str) -> String {
    let start = if part.is_empty() { code.len() } else { span(code, part).start };
    let before = code.get(..start).unwrap_or(code);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    format!("{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDOFF: &str =
        r#"select(.msg == "handoff") | {type: "escalation.opened", case: .conversation, reason: .why}"#;

    #[test]
    fn a_program_turns_an_input_into_events() {
        let results = try_sample(HANDOFF, br#"{"msg":"handoff","conversation":"c-1","why":"unsure"}"#.to_vec());
        assert_eq!(results, Ok(vec![r#"{"type":"escalation.opened","case":"c-1","reason":"unsure"}"#.to_owned()]));
        assert_eq!(try_sample(HANDOFF, br#"{"msg":"other"}"#.to_vec()), Ok(vec![]));
    }

    #[test]
    fn a_wrong_program_says_where() {
        for (code, why) in [
            ("select(.msg", "at 1:12 (its end), expected closing parenthesis"),
            (".a |\n  nosuch(1)", "at 2:3, there is no filter \"nosuch\""),
            ("{a: $x}", "no variable \"$x\""),
            ("", "at 1:1 (its end), expected term"),
            ("import \"x\" as x; .", "cannot import"),
        ] {
            let error = check(code).expect_err(code);
            assert!(error.contains(why), "{code}: {error}");
        }
    }

    #[test]
    fn a_program_cannot_reach_the_process() {
        for code in ["env", "$ENV", "halt", "halt(1)", "halt_error", "input", "inputs", "debug", "stderr"] {
            assert!(check(code).is_err(), "{code} must not exist");
        }
    }

    #[test]
    fn nesting_as_deep_as_a_program_can_be_is_read() {
        let half = PROGRAM_BYTES_MAX / 2;
        assert_eq!(check(&format!("{}.{}", "(".repeat(half - 1), ")".repeat(half - 1))), Ok(()));
        assert!(check(&"[".repeat(PROGRAM_BYTES_MAX)).is_err());
        assert!(check(&".".repeat(PROGRAM_BYTES_MAX + 1)).expect_err("long").contains("at most"));
    }

    #[test]
    fn endless_programs_are_given_up() {
        assert_eq!(try_sample("repeat(1)", b"0".to_vec()), Err("gives more than 10000 results".into()));
        assert_eq!(try_sample(".a.b", b"{".to_vec()).map_err(|error| error.contains("is not JSON")), Err(true));
        assert_eq!(try_sample(".a + 1", br#"{"a":"x"}"#.to_vec()).map_err(|error| error.contains("fails")), Err(true));
    }
}
