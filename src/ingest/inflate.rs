//! Content encodings. A decompression bomb is stopped at the first chunk beyond a limit; a stream that is cut short, or
//! that is followed by anything else, is broken.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::settings::BodyLimits;
use crate::http::gate::Hold;
use crate::http::reply::{Answer, ErrorReply};
use crate::pool::Pool;

/// Bytes that are inflated between two checks of the limits.
const STEP_BYTES: usize = 64 << 10;
/// Small bodies may compress better than the ratio allows: it is ignored up to this many decompressed bytes.
const RATIO_FLOOR_BYTES: usize = 64 << 10;

/// The encodings that are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
    /// In its zlib wrapper, as HTTP has it, or raw, as some senders have it.
    Deflate,
}

impl Encoding {
    /// From the `Content-Encoding` headers of a request.
    pub(super) fn of(headers: &hyper::HeaderMap) -> Result<Encoding, ErrorReply> {
        let mut found = Encoding::Identity;
        for value in headers.get_all(hyper::header::CONTENT_ENCODING) {
            let words = value.to_str().unwrap_or("(not ASCII)");
            for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                let next = match word.to_ascii_lowercase().as_str() {
                    "identity" => continue,
                    "gzip" | "x-gzip" => Encoding::Gzip,
                    "zstd" => Encoding::Zstd,
                    "deflate" => Encoding::Deflate,
                    _ => return Err(unknown(word)),
                };
                if found != Encoding::Identity {
                    return Err(unknown(words));
                }
                found = next;
            }
        }
        Ok(found)
    }
}

fn unknown(encoding: &str) -> ErrorReply {
    let shown: String = encoding.chars().take(64).collect();
    ErrorReply::new(
        Answer::Unsupported,
        format!("content encoding {shown:?} is not known; send gzip, zstd, deflate or identity"),
    )
}

/// Decodes `wire` as a whole. CPU work: call it on a blocking thread.
pub(super) fn inflate(
    wire: &[u8],
    encoding: Encoding,
    limits: &BodyLimits,
    pool: &Pool,
    hold: &mut Hold,
) -> Result<Vec<u8>, ErrorReply> {
    match encoding {
        Encoding::Identity => Ok(wire.to_vec()),
        Encoding::Gzip => drain(flate2::read::MultiGzDecoder::new(wire), "gzip", wire.len(), limits, pool, hold),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(wire).map_err(|error| broken("zstd", &error))?;
            decoder.window_log_max(limits.zstd_window_log).map_err(|error| broken("zstd", &error))?;
            drain(decoder, "zstd", wire.len(), limits, pool, hold)
        }
        Encoding::Deflate => drain(Deflated::new(wire), "deflate", wire.len(), limits, pool, hold),
    }
}

/// Reads one deflate stream to its end. The readers of `flate2` take a stream that is cut short for a whole one.
struct Deflated<'w> {
    inflater: Decompress,
    rest: &'w [u8],
    has_ended: bool,
}

impl<'w> Deflated<'w> {
    fn new(wire: &'w [u8]) -> Deflated<'w> {
        Deflated { inflater: Decompress::new(has_zlib_header(wire)), rest: wire, has_ended: false }
    }
}

/// A raw stream that begins like this would begin with a stored block whose unused bits are not zero; no encoder writes
/// that.
fn has_zlib_header(wire: &[u8]) -> bool {
    const DEFLATE: u8 = 8;
    matches!(wire, [method, flags, ..] if method & 0x0F == DEFLATE && u16::from_be_bytes([*method, *flags]) % 31 == 0)
}

impl Read for Deflated<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.has_ended || out.is_empty() {
            return Ok(0);
        }
        let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
        let status = self.inflater.decompress(self.rest, out, FlushDecompress::None)?;
        self.rest = &self.rest[(self.inflater.total_in() - read) as usize..];
        let written = (self.inflater.total_out() - written) as usize;
        self.has_ended = status == Status::StreamEnd;
        match (self.has_ended, self.rest.is_empty()) {
            (true, false) => Err(io::Error::other("something follows its end")),
            (false, _) if written == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(written),
        }
    }
}

fn broken(name: &str, error: &io::Error) -> ErrorReply {
    ErrorReply::new(Answer::Broken, format!("the body is not a whole {name} stream ({error}); nothing was taken"))
}

fn drain(
    mut decoder: impl Read,
    name: &str,
    wire: usize,
    limits: &BodyLimits,
    pool: &Pool,
    hold: &mut Hold,
) -> Result<Vec<u8>, ErrorReply> {
    if wire == 0 {
        return Err(ErrorReply::new(
            Answer::Broken,
            format!("the body is empty, not a {name} stream; nothing was taken"),
        ));
    }
    let by_ratio = wire.saturating_mul(limits.decompression_ratio).max(RATIO_FLOOR_BYTES);
    let held = hold.bytes();
    let mut bytes = pool.take(wire.saturating_mul(4).min(limits.decompressed_bytes));
    loop {
        hold.cover(held + bytes.len() + STEP_BYTES)?;
        let step =
            (&mut decoder).take(STEP_BYTES as u64).read_to_end(&mut bytes).map_err(|error| broken(name, &error))?;
        if bytes.len() > limits.decompressed_bytes {
            let max = limits.decompressed_bytes;
            return Err(too_large(format!("over the limit of {max} bytes decompressed (limits.decompressed_bytes)")));
        }
        if bytes.len() > by_ratio {
            let max = limits.decompression_ratio;
            return Err(too_large(format!(
                "over the limit of {max} decompressed bytes for each byte sent (limits.decompression_ratio)"
            )));
        }
        if step == 0 {
            return Ok(bytes);
        }
    }
}

fn too_large(why: String) -> ErrorReply {
    ErrorReply::new(Answer::TooLarge, format!("the body is {why}; nothing was taken: send fewer events at once"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::gate::Gate;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    }

    fn raw(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    }

    fn run(wire: &[u8], encoding: Encoding) -> Result<Vec<u8>, String> {
        let limits = BodyLimits { body_bytes: 1 << 20, decompressed_bytes: 1 << 20, ..BodyLimits::default() };
        inflate(wire, encoding, &limits, &Pool::default(), &mut Gate::new(8 << 20).hold())
            .map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn whole_streams_come_out_as_they_went_in() {
        let plain = b"{\"type\":\"fallback.ended\"}".repeat(1_000);
        assert_eq!(run(&gzip(&plain), Encoding::Gzip).expect("gzip"), plain);
        assert_eq!(run(&zstd::encode_all(&plain[..], 1).expect("memory"), Encoding::Zstd).expect("zstd"), plain);
    }

    #[test]
    fn deflate_is_taken_with_its_wrapper_and_without() {
        for length in [0, 1, 10, 1_000, 70_000, 400_000] {
            let plain: Vec<u8> = (0..length).map(|at: u32| (at.wrapping_mul(at) >> 7) as u8).collect();
            assert_eq!(run(&zlib(&plain), Encoding::Deflate).expect("zlib"), plain, "{length}");
            assert_eq!(run(&raw(&plain), Encoding::Deflate).expect("raw"), plain, "{length}");
        }
    }

    #[test]
    fn encodings_are_known_by_name() {
        let of = |names: &[&'static str]| {
            let mut headers = hyper::HeaderMap::new();
            for name in names {
                headers.append("content-encoding", name.parse().expect("a header"));
            }
            Encoding::of(&headers).map_err(|problem| format!("{problem:?}"))
        };
        for (names, encoding) in [
            (&[][..], Encoding::Identity),
            (&[""], Encoding::Identity),
            (&["identity"], Encoding::Identity),
            (&["GZip"], Encoding::Gzip),
            (&["x-gzip"], Encoding::Gzip),
            (&["identity, zstd"], Encoding::Zstd),
            (&["Deflate"], Encoding::Deflate),
        ] {
            assert_eq!(of(names).expect("known"), encoding, "{names:?}");
        }
        for names in [&["br"][..], &["gzip, gzip"], &["gzip", "deflate"], &["snappy"]] {
            let error = of(names).expect_err("unknown");
            assert!(error.contains("Unsupported") && error.contains("deflate or identity"), "{names:?}: {error}");
        }
    }

    #[test]
    fn several_members_are_one_body() {
        let wire = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(run(&wire, Encoding::Gzip).expect("two members"), b"one two");
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_broken() {
        let (gz, zs) = (gzip(&[b'x'; 5_000]), zstd::encode_all(&[b'x'; 5_000][..], 1).expect("memory"));
        let (zl, df) = (zlib(&[b'x'; 5_000]), raw(&[b'x'; 5_000]));
        for (wire, encoding) in [
            (&gz[..gz.len() - 1], Encoding::Gzip),
            (&gz[..5], Encoding::Gzip),
            (&[gz.as_slice(), b"garbage"].concat(), Encoding::Gzip),
            (&[gz.as_slice(), b"g"].concat(), Encoding::Gzip),
            (b"", Encoding::Gzip),
            (b"{}", Encoding::Gzip),
            (&zs[..zs.len() - 1], Encoding::Zstd),
            (&[zs.as_slice(), b"garbage"].concat(), Encoding::Zstd),
            (&[zs.as_slice(), b"g"].concat(), Encoding::Zstd),
            (b"", Encoding::Zstd),
            (b"{}", Encoding::Zstd),
            (&zl[..zl.len() - 1], Encoding::Deflate),
            (&zl[..zl.len() - 5], Encoding::Deflate),
            (&zl[..2], Encoding::Deflate),
            (&[&zl[..zl.len() - 1], b"x"].concat(), Encoding::Deflate),
            (&[zl.as_slice(), b"g"].concat(), Encoding::Deflate),
            (&df[..df.len() - 1], Encoding::Deflate),
            (&[df.as_slice(), b"g"].concat(), Encoding::Deflate),
            (b"", Encoding::Deflate),
            (b"{}", Encoding::Deflate),
            (b"{\"type\":\"fallback.ended\"}", Encoding::Deflate),
            (&gz, Encoding::Deflate),
        ] {
            let error = run(wire, encoding).expect_err(&format!("{encoding:?} {} bytes", wire.len()));
            assert!(error.contains("Broken"), "{error}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_by_its_ratio_and_by_its_size() {
        let zeros = vec![0; 900 << 10];
        for wire in [
            (gzip(&zeros), Encoding::Gzip),
            (zstd::encode_all(&zeros[..], 1).expect("memory"), Encoding::Zstd),
            (zlib(&zeros), Encoding::Deflate),
            (raw(&zeros), Encoding::Deflate),
        ] {
            let error = run(&wire.0, wire.1).expect_err("ratio");
            assert!(error.contains("limits.decompression_ratio"), "{error}");
        }
        let mut seed = 1_u32;
        let noise: Vec<u8> = (0..(2 << 20))
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 30) as u8
            })
            .collect();
        let error = run(&gzip(&noise), Encoding::Gzip).expect_err("size");
        assert!(error.contains("1048576 bytes decompressed (limits.decompressed_bytes)"), "{error}");
    }

    #[test]
    fn a_small_body_may_be_as_regular_as_it_likes() {
        assert!(run(&gzip(&[b' '; 60_000]), Encoding::Gzip).is_ok());
    }
}
