//! Finds requests that announce their length twice: by `Content-Length` and by `Transfer-Encoding`.
//!
//! Such requests are used to smuggle another request past a proxy, and RFC 9112 lets a server refuse them. hyper drops
//! one of the two headers before a handler sees them, so the bytes of the connection are followed here, just far enough
//! to see where each head begins and ends, without a copy and in constant memory. Where this disagrees with hyper about
//! what is well formed, hyper has already refused the request and closes the connection.

const CONTENT_LENGTH: &[u8] = b"content-length";
const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";
/// The longest header name that matters, and a byte more.
const NAME_BYTES: usize = 18;

#[derive(Debug, Default)]
pub(super) struct Framing {
    place: Place,
    line: Line,
    /// What the head that is being read announces.
    length: Option<u64>,
    chunked: bool,
    /// Heads that were read to their end.
    heads: u64,
    /// The first head with both headers, counted from 0.
    conflict: Option<u64>,
}

#[derive(Debug, Default, PartialEq)]
enum Place {
    /// Between requests: empty lines are skipped.
    #[default]
    Between,
    Head,
    Body(u64),
    ChunkSize {
        size: u64,
        /// The digits are over: an extension follows, or the end of the line.
        over: bool,
    },
    ChunkData(u64),
    /// The line end after a chunk's data.
    ChunkEnd,
    Trailers,
}

/// What is known of the header line that is being read.
#[derive(Debug, Default)]
struct Line {
    name: [u8; NAME_BYTES],
    name_bytes: usize,
    in_value: bool,
    bytes: u64,
    number: Option<u64>,
}

impl Framing {
    /// Whether a head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        self.place == Place::Head
    }

    /// Whether head number `head`, from 0, announced its length twice.
    pub(super) fn conflicts(&self, head: u64) -> bool {
        self.conflict == Some(head)
    }

    /// Takes what was read from the connection, in order.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = match self.skip(bytes) {
                0 => {
                    self.byte(first);
                    rest
                }
                skipped => &bytes[skipped..],
            };
        }
    }

    /// How many of the next bytes need not be read one by one. Bodies cost nothing per byte.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        if self.place == Place::Between && !matches!(bytes, [b'\r' | b'\n', ..]) {
            self.place = Place::Head;
        }
        let left = match &mut self.place {
            Place::Head => return self.line.skip(bytes),
            Place::Body(left) | Place::ChunkData(left) => left,
            _ => return 0,
        };
        let skipped = (*left).min(bytes.len() as u64);
        *left -= skipped;
        if *left == 0 {
            self.place = if matches!(self.place, Place::Body(_)) { Place::Between } else { Place::ChunkEnd };
        }
        skipped as usize
    }

    /// One byte outside of a body.
    fn byte(&mut self, byte: u8) {
        match &mut self.place {
            Place::Head => self.head(byte),
            Place::ChunkSize { size, over } => match (char::from(byte).to_digit(16), byte) {
                (_, b'\n') if *size == 0 => self.place = Place::Trailers,
                (_, b'\n') => self.place = Place::ChunkData(*size),
                (Some(digit), _) if !*over => *size = size.saturating_mul(16).saturating_add(u64::from(digit)),
                _ => *over = true,
            },
            Place::ChunkEnd if byte == b'\n' => self.place = Place::ChunkSize { size: 0, over: false },
            Place::Trailers => self.trailer(byte),
            _ => {}
        }
    }

    fn trailer(&mut self, byte: u8) {
        if byte != b'\n' {
            return self.line.byte(byte);
        }
        if std::mem::take(&mut self.line).is_blank() {
            self.place = Place::Between;
        }
    }

    fn head(&mut self, byte: u8) {
        if byte != b'\n' {
            return self.line.byte(byte);
        }
        let line = std::mem::take(&mut self.line);
        if !line.is_blank() {
            match &line.name[..line.name_bytes.min(NAME_BYTES)] {
                CONTENT_LENGTH => self.length = Some(line.number.unwrap_or(0)),
                TRANSFER_ENCODING => self.chunked = true,
                _ => {}
            }
            return;
        }
        if self.chunked && self.length.is_some() && self.conflict.is_none() {
            self.conflict = Some(self.heads);
        }
        self.heads += 1;
        self.place = match (self.chunked, self.length.take()) {
            (true, _) => Place::ChunkSize { size: 0, over: false },
            (false, Some(length)) if length > 0 => Place::Body(length),
            _ => Place::Between,
        };
        self.chunked = false;
    }
}

/// The length of the line at the start of `bytes`, with its line end, when it is whole and not about lengths.
fn dull_line(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memchr2(b'\r', b'\n', bytes)?;
    let line = &bytes[..end];
    let begins_with = |name: &[u8]| line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    if line.is_empty() || begins_with(CONTENT_LENGTH) || begins_with(TRANSFER_ENCODING) {
        return None;
    }
    match &bytes[end..] {
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    }
}

impl Line {
    fn is_blank(&self) -> bool {
        self.bytes == 0
    }

    /// How many of the next bytes don't matter: a whole line that is not about lengths, or the rest of the value of
    /// another header.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        if self.is_blank() {
            return dull_line(bytes).unwrap_or(0);
        }
        if !self.in_value || self.name.get(..self.name_bytes) == Some(CONTENT_LENGTH) {
            return 0;
        }
        let dull = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        self.bytes += dull as u64;
        dull
    }

    fn byte(&mut self, byte: u8) {
        if byte == b'\r' {
            return;
        }
        self.bytes += 1;
        match byte {
            b':' if !self.in_value => self.in_value = true,
            _ if !self.in_value => {
                if let Some(slot) = self.name.get_mut(self.name_bytes) {
                    *slot = byte.to_ascii_lowercase();
                }
                self.name_bytes += 1;
            }
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                self.number = Some(self.number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ntransfer-ENCODING: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n";
    const BOTH_TURNED: &str = "POST / HTTP/1.1\nContent-Length:5\nTransfer-Encoding:\tchunked\n\n0\r\n\r\n";

    /// Which head conflicts; the same however the bytes are cut.
    fn conflict(text: &str) -> Option<u64> {
        let whole = {
            let mut framing = Framing::default();
            framing.feed(text.as_bytes());
            framing.conflict
        };
        for cut in 1..text.len() {
            let mut framing = Framing::default();
            text.as_bytes().chunks(cut).for_each(|chunk| framing.feed(chunk));
            assert_eq!(framing.conflict, whole, "in chunks of {cut}");
        }
        whole
    }

    #[test]
    fn a_length_that_is_announced_twice_is_seen_in_either_order() {
        assert_eq!(conflict(BOTH), Some(0));
        assert_eq!(conflict(BOTH_TURNED), Some(0));
        assert_eq!(conflict(PLAIN), None);
        assert_eq!(conflict(CHUNKED), None);
        let among =
            BOTH.replace("POST", "POST /content-length:").replace("\r\ntransfer", "\r\nContent-Type: x\r\ntransfer");
        assert_eq!(conflict(&among), Some(0));
    }

    #[test]
    fn later_requests_of_a_connection_are_found_too() {
        assert_eq!(conflict(&[PLAIN, CHUNKED, "GET / HTTP/1.1\r\n\r\n", "\r\n", BOTH].concat()), Some(3));
    }

    #[test]
    fn a_body_that_looks_like_a_head_is_none() {
        let body = "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let text = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}{PLAIN}", body.len());
        assert_eq!(conflict(&text), None);
        let text =
            format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        assert_eq!(conflict(&text), None);
        assert_eq!(conflict("GET /?content-length:transfer-encoding: HTTP/1.1\r\nx: content-length: 5\r\n\r\n"), None);
    }
}
