//! `day90 accept`: says that a rise of escalations which stays is usual from now on, and so ends its page.

use std::process::ExitCode;

use hyper::Method;
use serde::Deserialize;

use super::target::Target;
use crate::event::json::is_system;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 explain refund-agent     what has risen, since when, and what changed before
  day90 accept refund-agent      it stays like this: that is usual from now on, and the page ends

Do this when the rise is meant: a new boundary, another mix of cases. A rise that is not meant should be ended, and its page
then ends by itself. It is recorded in the journal, and asks for the admin token where there is one.
Exit codes: 0 accepted; 1 nothing has risen, or the daemon refused; 2 usage; 3 no answer.")]
pub(crate) struct Accept {
    /// The system whose rise is accepted
    #[arg(value_name = "SYSTEM")]
    system: String,
    #[command(flatten)]
    target: Target,
}

/// The daemon's answer.
#[derive(Deserialize)]
struct Accepted {
    per: String,
    usual: Option<f64>,
}

impl Accept {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if !is_system(&self.system) {
            let why = format!(
                "{:?} is not a name of a system: those have 1 to 64 of a-z, 0-9, `.`, `_` and `-`",
                self.system
            );
            return Err(Failure::Usage(why));
        }
        let path = format!("/api/v1/accept?system={}", self.system);
        let answer = self.target.sender()?.command(Method::POST, &path)?;
        let accepted: Accepted = serde_json::from_str(&answer)
            .map_err(|error| Failure::Refused(format!("the daemon's answer cannot be read: {error}: {answer}")))?;
        println!("{}", sentence(&self.system, &accepted));
        Ok(ExitCode::SUCCESS)
    }
}

fn sentence(system: &str, accepted: &Accepted) -> String {
    let usual = match (accepted.usual, accepted.per.as_str()) {
        (Some(usual), "tasks") => format!("Usual from now on: {:.1} escalated cases in 100 tasks.", 100.0 * usual),
        (Some(usual), _) => format!("Usual from now on: {:.1} escalated cases an hour.", 3_600.0 * usual),
        (None, _) => "It learns what is usual from now on.".to_owned(),
    };
    format!("The rise of {system} is accepted, and its page has ended. {usual}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_what_is_usual_from_now_on() {
        let said = |per: &str, usual| sentence("agent", &Accepted { per: per.into(), usual });
        assert!(said("tasks", Some(0.118)).ends_with("11.8 escalated cases in 100 tasks."));
        assert!(said("seconds", Some(0.005)).ends_with("18.0 escalated cases an hour."));
        assert!(said("tasks", None).ends_with("from now on."));
    }
}
