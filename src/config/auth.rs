//! Bearer tokens: read from files at start and on reload, compared in constant time, never printed.

use std::fmt;
use std::path::Path;

use super::effective::Config;
use super::file::auth::{Access, Auth};
use super::key::At;
use super::problem::Problems;
use super::text_file::read_bounded;

/// The fewest bytes of a token: fewer can be guessed.
pub const TOKEN_BYTES_MIN: usize = 16;
/// The most bytes of a token: it has to fit into a header.
pub const TOKEN_BYTES_MAX: usize = 4_096;

/// What a request is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Ingest,
    Scrape,
    Admin,
}

/// The tokens themselves, one a role.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    ingest: Option<Token>,
    scrape: Option<Token>,
    admin: Option<Token>,
}

/// Invariant: [`TOKEN_BYTES_MIN`] to [`TOKEN_BYTES_MAX`] visible ASCII characters.
#[derive(Clone)]
pub struct Token(Vec<u8>);

impl Tokens {
    /// Reads every token file that the configuration names.
    ///
    /// # Errors
    /// Every file that cannot be read or holds no valid token.
    pub fn load(config: &Config) -> Result<Tokens, Problems> {
        let (tokens, problems) = read_all(config);
        if problems.has_errors() { Err(problems) } else { Ok(tokens) }
    }

    /// Whether a role has a token at all.
    pub fn guards(&self, role: Role) -> bool {
        self.of(role).is_some()
    }

    /// Whether a request that presents this bearer token may act in a role. A role without a token is open.
    pub fn allow(&self, role: Role, presented: Option<&[u8]>) -> bool {
        match (self.of(role), presented) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(token), Some(presented)) => token.matches(presented),
        }
    }

    fn of(&self, role: Role) -> Option<&Token> {
        match role {
            Role::Ingest => self.ingest.as_ref(),
            Role::Scrape => self.scrape.as_ref(),
            Role::Admin => self.admin.as_ref(),
        }
    }
}

impl Token {
    /// The content of a token file, without the line end after it.
    pub fn parse(text: &[u8]) -> Result<Token, String> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return Err("is empty; it must hold one token".into());
        }
        if text.contains(&b'\n') {
            return Err("has more than one line; it must hold one token on one line".into());
        }
        if !text.iter().all(u8::is_ascii_graphic) {
            return Err("has spaces or other characters that no header can carry; use visible ASCII".into());
        }
        match text.len() {
            ..TOKEN_BYTES_MIN => Err(format!("holds {} bytes; a token has at least {TOKEN_BYTES_MIN}", text.len())),
            TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX => Ok(Token(text.to_vec())),
            _ => Err(format!("holds {} bytes; a token has at most {TOKEN_BYTES_MAX}", text.len())),
        }
    }

    /// Takes the same time wherever the first difference is.
    pub fn matches(&self, presented: &[u8]) -> bool {
        let mut difference = self.0.len() ^ presented.len();
        for (index, byte) in self.0.iter().enumerate() {
            let other = presented.get(index).copied().unwrap_or(!byte);
            difference |= usize::from(byte ^ other);
        }
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Every token that can be read, and what is wrong with the others.
pub(super) fn read_all(config: &Config) -> (Tokens, Problems) {
    let mut problems = Problems::of(&config.name);
    // The role `view` isn't served yet, and refuses to start; its file is read all the same.
    let Auth { ingest, scrape, view, admin } = &config.auth;
    let mut read = |role: &str, access: &Option<Access>| {
        let file = access.as_ref()?.token_file.as_ref()?;
        let field = format!("auth.{role}.token_file");
        let at = config.places.get(&field).copied().unwrap_or(At::FILE);
        read_one(file).map_err(|message| problems.error(at, &field, message)).ok()
    };
    read("view", view);
    let tokens = Tokens { ingest: read("ingest", ingest), scrape: read("scrape", scrape), admin: read("admin", admin) };
    (tokens, problems)
}

fn read_one(path: &Path) -> Result<Token, String> {
    let text = read_bounded(path, TOKEN_BYTES_MAX + 2)?;
    Token::parse(&text).map_err(|why| format!("{} {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line_of_at_least_16_bytes() {
        assert!(Token::parse(b"0123456789abcdef\n").is_ok());
        assert!(Token::parse(b"0123456789abcdef\r\n").is_ok());
        for (text, why) in [
            (&b""[..], "is empty"),
            (b"\n", "is empty"),
            (b"short\n", "holds 5 bytes"),
            (b"0123456789abcdef\nsecond\n", "more than one line"),
            (b"0123456789 abcdef", "visible ASCII"),
            (&[b'x'; TOKEN_BYTES_MAX + 1], "at most 4096"),
        ] {
            let error = Token::parse(text).expect_err("refused");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn only_the_exact_token_opens_a_guarded_role() {
        let tokens = Tokens { ingest: Some(Token::parse(b"0123456789abcdef").unwrap()), ..Tokens::default() };
        assert!(tokens.allow(Role::Ingest, Some(b"0123456789abcdef")));
        assert!(!tokens.allow(Role::Ingest, Some(b"0123456789abcdeF")));
        assert!(!tokens.allow(Role::Ingest, Some(b"0123456789abcdef0")));
        assert!(!tokens.allow(Role::Ingest, Some(b"0123456789abcde")));
        assert!(!tokens.allow(Role::Ingest, None));
        assert!(tokens.allow(Role::Scrape, None), "a role without a token is open");
        assert_eq!(format!("{:?}", tokens.ingest), "Some(Token(…))");
    }
}
