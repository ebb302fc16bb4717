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
    /// Sending events.
    Ingest,
    /// Reading `/metrics`.
    Scrape,
    /// Reading the pages and the API.
    View,
    /// Everything.
    Admin,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Ingest, Role::Scrape, Role::View, Role::Admin];

    /// Its key below `auth`.
    pub fn key(self) -> &'static str {
        match self {
            Role::Ingest => "ingest",
            Role::Scrape => "scrape",
            Role::View => "view",
            Role::Admin => "admin",
        }
    }

    pub(super) fn access(self, auth: &Auth) -> Option<&Access> {
        match self {
            Role::Ingest => auth.ingest.as_ref(),
            Role::Scrape => auth.scrape.as_ref(),
            Role::View => auth.view.as_ref(),
            Role::Admin => auth.admin.as_ref(),
        }
    }
}

/// The tokens themselves, one a role, in the order of [`Role::ALL`].
#[derive(Clone, Debug, Default)]
pub struct Tokens([Option<Token>; Role::ALL.len()]);

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
    pub fn guard(&self, role: Role) -> bool {
        self.of(role).is_some()
    }

    /// Whether this token opens a role: it is its own, or that of the administration.
    pub fn open(&self, role: Role, presented: &[u8]) -> bool {
        let matches = |role| self.of(role).is_some_and(|token| token.matches(presented));
        // Both are compared, so that the time doesn't say which one it is.
        matches(role) | matches(Role::Admin)
    }

    fn of(&self, role: Role) -> Option<&Token> {
        self.0[role as usize].as_ref()
    }

    pub(super) fn set(&mut self, role: Role, token: Token) {
        self.0[role as usize] = Some(token);
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
    let mut tokens = Tokens::default();
    for role in Role::ALL {
        let Some(file) = role.access(&config.auth).and_then(|access| access.token_file.as_ref()) else { continue };
        let field = format!("auth.{}.token_file", role.key());
        match read_one(file) {
            Ok(token) => tokens.set(role, token),
            Err(message) => problems.error(config.places.get(&field).copied().unwrap_or(At::FILE), &field, message),
        }
    }
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
    fn only_the_exact_token_opens_a_role() {
        let mut tokens = Tokens::default();
        tokens.set(Role::Ingest, Token::parse(b"0123456789abcdef").unwrap());
        assert!(tokens.open(Role::Ingest, b"0123456789abcdef"));
        for wrong in [&b"0123456789abcdeF"[..], b"0123456789abcdef0", b"0123456789abcde", b""] {
            assert!(!tokens.open(Role::Ingest, wrong));
        }
        assert!(!tokens.open(Role::Scrape, b"0123456789abcdef"), "it is that of another role");
        assert_eq!(format!("{:?}", tokens.of(Role::Ingest)), "Some(Token(…))");
    }
}
