//! [`Guards`]: who may act in which role, on which listener.
//!
//! On loopback a role without a token is open: whoever gets there is on this host. Beyond loopback it is closed, with two
//! exceptions: the listener for metrics, which is for a Prometheus on another host, and a daemon whose operator accepted by
//! flag that everything is open, and guards nothing.

use super::auth::{Role, Tokens};
use super::effective::Config;
use super::file::auth::Auth;
use super::hosts::Hosts;
use super::problem::Problems;

/// A listener, as far as guards differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Main,
    Metrics,
}

/// Whether a request may act in a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Closed,
    /// The role asks for no credential.
    Open,
    /// The request has a token that opens the role.
    Proven,
}

/// Who may act in which role, on which listener; and by which names the daemon is reached.
#[derive(Clone, Debug)]
pub struct Guards {
    tokens: Tokens,
    /// Only this host reaches the main listener, or its operator accepted that everything is open.
    main_is_open: bool,
    pub hosts: Hosts,
}

impl Default for Guards {
    /// Those of a daemon without a configuration: it listens on loopback.
    fn default() -> Guards {
        Guards { tokens: Tokens::default(), main_is_open: true, hosts: Hosts::default() }
    }
}

impl Guards {
    /// Reads every token file that the configuration names.
    ///
    /// # Errors
    /// Every file that cannot be read or holds no valid token.
    pub fn load(config: &Config) -> Result<Guards, Problems> {
        let Config { server, auth, .. } = config;
        let accepted = server.insecure_listen && *auth == Auth::default() && server.web_config.is_none();
        Ok(Guards {
            tokens: Tokens::load(config)?,
            main_is_open: server.listen.is_loopback() || accepted,
            hosts: Hosts::of(server),
        })
    }

    /// Whether a request that presents this token may act in a role.
    pub fn entry(&self, listener: Listener, role: Role, presented: Option<&[u8]>) -> Admission {
        if presented.is_some_and(|presented| self.tokens.open(role, presented)) {
            return Admission::Proven;
        }
        let is_open = match listener {
            Listener::Main => self.main_is_open,
            Listener::Metrics => role == Role::Scrape,
        };
        if is_open && !self.tokens.guard(role) { Admission::Open } else { Admission::Closed }
    }

    /// What to do about a role that is closed to everybody.
    pub fn how_to_open(&self, role: Role) -> String {
        let key = role.key();
        if self.tokens.guard(role) || self.tokens.guard(Role::Admin) {
            return format!(
                "this needs the token of auth.{key}: send Authorization: Bearer …, or give it in a browser as the password, with \
                 any name"
            );
        }
        format!(
            "this listener is reached from other hosts, and auth.{key} has no token, so nobody may: set auth.{key}.token_file \
             in the configuration"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::auth::Token;

    fn guards(main_is_open: bool, tokens: &[(Role, &str)]) -> Guards {
        let mut guards = Guards { main_is_open, ..Guards::default() };
        for (role, token) in tokens {
            guards.tokens.set(*role, Token::parse(token.as_bytes()).expect("long enough"));
        }
        guards
    }

    const INGEST: &str = "ingest-0123456789";
    const ADMIN: &str = "admin-0123456789";

    #[test]
    fn on_loopback_a_role_without_a_token_is_open() {
        let guards = guards(true, &[(Role::Ingest, INGEST)]);
        for role in Role::ALL {
            let open = if role == Role::Ingest { Admission::Closed } else { Admission::Open };
            assert_eq!(guards.entry(Listener::Main, role, None), open, "{role:?}");
        }
        assert_eq!(guards.entry(Listener::Main, Role::Ingest, Some(INGEST.as_bytes())), Admission::Proven);
    }

    #[test]
    fn beyond_loopback_a_role_without_a_token_is_closed_but_for_scrapes_of_their_own_listener() {
        let guards = guards(false, &[(Role::Ingest, INGEST)]);
        for role in Role::ALL {
            assert_eq!(guards.entry(Listener::Main, role, None), Admission::Closed, "{role:?}");
        }
        assert_eq!(guards.entry(Listener::Metrics, Role::Scrape, None), Admission::Open);
    }

    #[test]
    fn the_token_of_admin_opens_everything_and_no_other_opens_more_than_its_own() {
        let guards = guards(false, &[(Role::Ingest, INGEST), (Role::Admin, ADMIN)]);
        for role in Role::ALL {
            assert_eq!(guards.entry(Listener::Main, role, Some(ADMIN.as_bytes())), Admission::Proven, "{role:?}");
            let ingest = if role == Role::Ingest { Admission::Proven } else { Admission::Closed };
            assert_eq!(guards.entry(Listener::Main, role, Some(INGEST.as_bytes())), ingest, "{role:?}");
        }
    }

    #[test]
    fn what_the_operator_accepted_holds_only_where_nothing_is_guarded() {
        let mut config = Config::default();
        config.server.listen = "0.0.0.0:9790".parse().expect("an address");
        config.server.insecure_listen = true;
        let entry = |config: &Config| Guards::load(config).expect("no files").entry(Listener::Main, Role::Admin, None);
        assert_eq!(entry(&config), Admission::Open);
        config.auth.ingest = Some(Default::default());
        assert_eq!(entry(&config), Admission::Closed);
    }
}
