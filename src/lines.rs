//! The lines of a recording: a plain, gzip or zstd file, or the standard input. A line that is too long is skipped.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::failure::Failure;

/// The longest line, with its end: what one request can carry. Bytes.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;
/// How much is read from the disk at a time. Bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// A recording, read a line at a time.
pub(crate) struct Lines {
    name: String,
    reader: BufReader<Box<dyn io::Read + Send>>,
    text: Vec<u8>,
    /// The number of the last line read, from 1.
    line: u64,
}

/// What reading the next line gave.
pub(crate) enum Read<'a> {
    /// A line, without its line break.
    Line {
        line: u64,
        text: &'a [u8],
    },
    /// A line over [`LINE_BYTES_MAX`]; it was skipped.
    TooLong {
        line: u64,
    },
    End,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Lines, Failure> {
        let wrong = |error: io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
        if path.as_os_str() == "-" {
            return Ok(Lines::of("-", Box::new(io::stdin())));
        }
        let file = File::open(path).map_err(wrong)?;
        if file.metadata().map_err(wrong)?.is_dir() {
            return Err(Failure::Usage(format!("{} is a directory", path.display())));
        }
        let reader: Box<dyn io::Read + Send> = match path.extension().and_then(|suffix| suffix.to_str()) {
            Some("gz") => Box::new(MultiGzDecoder::new(file)),
            Some("zst" | "zstd") => Box::new(zstd::Decoder::new(file).map_err(wrong)?),
            _ => Box::new(file),
        };
        Ok(Lines::of(&path.display().to_string(), reader))
    }

    fn of(name: &str, reader: Box<dyn io::Read + Send>) -> Lines {
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Lines { name: name.to_owned(), reader, text: Vec::new(), line: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Read<'_>, Failure> {
        self.text.clear();
        self.line += 1;
        let mut whole = false;
        let mut too_long = false;
        while !whole {
            let part = self.reader.fill_buf().map_err(|error| unreadable(&self.name, self.line, &error))?;
            if part.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', part);
            let taken = end.unwrap_or(part.len());
            too_long |= self.text.len() + taken >= LINE_BYTES_MAX;
            if !too_long {
                self.text.extend_from_slice(&part[..taken]);
            }
            whole = end.is_some();
            self.reader.consume(taken + usize::from(whole));
        }
        Ok(match (too_long, whole || !self.text.is_empty()) {
            (true, _) => Read::TooLong { line: self.line },
            (false, true) => Read::Line { line: self.line, text: &self.text },
            (false, false) => Read::End,
        })
    }

    /// Whether the next line has arrived already, so that reading it doesn't wait.
    pub(crate) fn has_another(&self) -> bool {
        memchr::memchr(b'\n', self.reader.buffer()).is_some()
    }

    /// The last line read.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// `file:line`.
    pub(crate) fn place(&self, line: u64) -> String {
        format!("{}:{line}", self.name)
    }
}

fn unreadable(name: &str, line: u64, error: &io::Error) -> Failure {
    Failure::Refused(format!("{name}:{line}: cannot read on: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>) -> Vec<String> {
        let mut lines = Lines::of("x", Box::new(io::Cursor::new(bytes)));
        let mut found = Vec::new();
        loop {
            match lines.next().expect("memory reads") {
                Read::End => return found,
                Read::TooLong { line } => found.push(format!("{line} too long")),
                Read::Line { line, text } => found.push(format!("{line} {}", String::from_utf8_lossy(text))),
            }
        }
    }

    #[test]
    fn lines_are_numbered_and_the_last_needs_no_end() {
        assert_eq!(read(b"a\n\nb".to_vec()), ["1 a", "2 ", "3 b"]);
        assert_eq!(read(b"a\n".to_vec()), ["1 a"]);
    }

    #[test]
    fn what_has_not_arrived_is_not_waited_for() {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        io::Write::write_all(&mut writer, b"a\nb\nc").expect("a reader");
        let mut lines = Lines::of("x", Box::new(reader));
        assert!(!lines.has_another(), "nothing was read yet");
        assert!(matches!(lines.next().expect("it reads"), Read::Line { line: 1, text: b"a" }));
        assert!(lines.has_another());
        lines.next().expect("it reads");
        assert!(!lines.has_another(), "the third line has no end yet");
    }

    #[test]
    fn a_line_over_the_bound_costs_only_itself() {
        let mut bytes = vec![b'x'; LINE_BYTES_MAX];
        bytes.extend_from_slice(b"\nb\n");
        assert_eq!(read(bytes), ["1 too long", "2 b"]);
    }
}
