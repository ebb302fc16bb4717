//! Rust source as tokens and comments, each with its line. Strings and comments are never mistaken for code.
//!
//! This is no parser: it knows where a token ends, which brackets match, and nothing about grammar.

/// What a token is, as far as the checks need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ident,
    Lifetime,
    /// A string, byte string or character, raw or not.
    Text,
    Number,
    /// `::`.
    Path,
    /// Any other character.
    Punct,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// As written, but without the `r#` of a raw identifier.
    pub text: String,
    /// The line it begins on, from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is this word or sign of the code.
    pub fn is(&self, text: &str) -> bool {
        self.text == text && matches!(self.kind, Kind::Ident | Kind::Path | Kind::Punct)
    }

    pub fn is_name(&self) -> bool {
        self.kind == Kind::Ident
    }

    pub fn opens(&self) -> bool {
        self.kind == Kind::Punct && matches!(self.text.as_str(), "(" | "[" | "{")
    }

    pub fn closes(&self) -> bool {
        self.kind == Kind::Punct && matches!(self.text.as_str(), ")" | "]" | "}")
    }
}

/// One comment; lines of `//` that follow each other are one each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its slashes.
    pub text: String,
    pub line: usize,
}

/// Splits a file. Never fails: what is no Rust gives odd tokens.
pub fn lex(text: &str) -> (Vec<Token>, Vec<Comment>) {
    let mut reader = Reader { text: text.as_bytes(), at: 0, line: 1 };
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    while reader.at < reader.text.len() {
        let (from, line) = (reader.at, reader.line);
        let kind = reader.piece();
        let piece = &text[from..reader.at];
        reader.line += piece.matches('\n').count();
        match kind {
            Piece::Space => {}
            Piece::Comment => comments.push(Comment { text: piece.to_owned(), line }),
            Piece::Token(kind) => {
                let text = if kind == Kind::Ident { piece.trim_start_matches("r#") } else { piece };
                tokens.push(Token { kind, text: text.to_owned(), line });
            }
        }
    }
    (tokens, comments)
}

/// The index after the bracket group that opens at `open`.
pub fn group_end(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return i + 1;
            }
        }
    }
    tokens.len()
}

enum Piece {
    Space,
    Comment,
    Token(Kind),
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn while_(&mut self, holds: impl Fn(u8) -> bool) {
        while self.at < self.text.len() && holds(self.peek(0)) {
            self.at += 1;
        }
    }

    /// Moves past one piece and says what it was.
    fn piece(&mut self) -> Piece {
        let first = self.peek(0);
        match first {
            _ if first.is_ascii_whitespace() => {
                self.while_(|byte| byte.is_ascii_whitespace());
                Piece::Space
            }
            b'/' if self.peek(1) == b'/' => {
                self.while_(|byte| byte != b'\n');
                Piece::Comment
            }
            b'/' if self.peek(1) == b'*' => {
                self.block_comment();
                Piece::Comment
            }
            b'"' => self.quoted(),
            b'\'' => self.apostrophe(),
            b'0'..=b'9' => self.number(),
            b'r' | b'b' | b'c' => self.prefixed(),
            _ if word(first) => self.word(),
            b':' if self.peek(1) == b':' => {
                self.at += 2;
                Piece::Token(Kind::Path)
            }
            _ => {
                self.at += 1;
                self.while_(|byte| (0x80..0xC0).contains(&byte));
                Piece::Token(Kind::Punct)
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn word(&mut self) -> Piece {
        self.while_(word);
        Piece::Token(Kind::Ident)
    }

    /// `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `b'…'`, `c"…"`, `r#name`, or a word with such a first letter.
    fn prefixed(&mut self) -> Piece {
        let mut ahead = 1;
        if matches!(self.peek(0), b'b' | b'c') && self.peek(1) == b'r' {
            ahead = 2;
        }
        let raw = self.peek(ahead - 1) == b'r';
        let hashes = if raw { (0..).take_while(|i| self.peek(ahead + i) == b'#').count() } else { 0 };
        match self.peek(ahead + hashes) {
            b'"' if raw => {
                self.at += ahead + hashes + 1;
                self.raw_string(hashes);
                Piece::Token(Kind::Text)
            }
            b'"' => {
                self.at += ahead;
                self.quoted()
            }
            b'\'' if self.peek(0) == b'b' && ahead == 1 => {
                self.at += 1;
                self.apostrophe()
            }
            _ if hashes == 1 && self.peek(0) == b'r' => {
                self.at += 2;
                self.word()
            }
            _ => self.word(),
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        while self.at < self.text.len() {
            let ends = self.peek(0) == b'"' && (1..=hashes).all(|i| self.peek(i) == b'#');
            self.at += 1;
            if ends {
                self.at += hashes;
                return;
            }
        }
    }

    fn quoted(&mut self) -> Piece {
        self.at += 1;
        while self.at < self.text.len() && self.peek(0) != b'"' {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.text.len());
        Piece::Token(Kind::Text)
    }

    /// A character or a lifetime: `'a'` has its end where `'a` has none.
    fn apostrophe(&mut self) -> Piece {
        let escaped = self.peek(1) == b'\\';
        let wide = (1..).take_while(|i| *i == 1 || (0x80..0xC0).contains(&self.peek(*i))).count();
        if !escaped && self.peek(1 + wide) != b'\'' {
            self.at += 1;
            self.while_(word);
            return Piece::Token(Kind::Lifetime);
        }
        self.at += if escaped { 3 } else { 1 + wide };
        self.while_(|byte| byte != b'\'');
        self.at = (self.at + 1).min(self.text.len());
        Piece::Token(Kind::Text)
    }

    fn number(&mut self) -> Piece {
        let decimal = !matches!(self.peek(1), b'x' | b'b' | b'o');
        let digit = |reader: &Self| reader.peek(1).is_ascii_digit();
        loop {
            let before = if decimal { self.text[self.at.saturating_sub(1)] } else { 0 };
            match self.peek(0) {
                b'.' if digit(self) => {}
                b'+' | b'-' if matches!(before, b'e' | b'E') && digit(self) => {}
                byte if word(byte) => {}
                _ => return Piece::Token(Kind::Number),
            }
            self.at += 1;
        }
    }
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn texts(text: &str) -> Vec<String> {
    lex(text).0.into_iter().map(|token| token.text).collect()
}

#[test]
fn strings_characters_and_comments_are_no_code() {
    let text = r##"fn f<'a>() { /* a /* b */ fn g() {} */ let s = "fn \" {"; r#"} " fn"#; b'{'; '\''; '}'; 'é'; '\u{7d}'; "// no" } // fn h"##;
    let (tokens, comments) = lex(text);
    let names: Vec<&str> = tokens.iter().filter(|token| token.is_name()).map(|token| token.text.as_str()).collect();
    assert_eq!(names, ["fn", "f", "let", "s"]);
    assert_eq!(tokens.iter().filter(|token| token.kind == Kind::Text).count(), 8);
    assert_eq!(comments.len(), 2);
    assert!(tokens.last().is_some_and(|token| token.is("}")));
}

#[test]
fn numbers_ranges_and_raw_names() {
    assert_eq!(
        texts("1..=2 1.5e-3 0xfe-1 r#type 1.max(2)"),
        ["1", ".", ".", "=", "2", "1.5e-3", "0xfe", "-", "1", "type", "1", ".", "max", "(", "2", ")"]
    );
}

#[test]
fn lines_count_those_inside_strings() {
    let (tokens, _) = lex("\"a\nb\"\n/*\n*/ x");
    assert_eq!((tokens[0].line, tokens[1].line), (1, 4));
}
