//! Reading the input on a thread: a chunk is all lines that have arrived by then.

use std::thread;

use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::lines::{Lines, Read};

/// A chunk is handed on when it has this many bytes, though more lines are there.
const CHUNK_BYTES: usize = 256 << 10;
/// Chunks that wait to be sent. When there are as many, nothing more is read.
const CHUNKS_MAX: usize = 8;

/// What was read.
#[derive(Debug)]
pub(super) enum Input {
    Line(u64, Vec<u8>),
    /// A line that no request could carry.
    TooLong(u64),
    /// The input cannot be read any further.
    Broken(Failure),
}

/// Starts to read. The channel ends with the input.
pub(super) fn start(lines: Lines) -> mpsc::Receiver<Vec<Input>> {
    let (chunks, input) = mpsc::channel(CHUNKS_MAX);
    // It ends with the input, or with the process.
    thread::spawn(move || read(lines, &chunks));
    input
}

fn read(mut lines: Lines, chunks: &mpsc::Sender<Vec<Input>>) {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    loop {
        let (input, is_last) = match lines.next() {
            Ok(Read::End) => (None, true),
            Ok(Read::TooLong { line }) => (Some(Input::TooLong(line)), false),
            Ok(Read::Line { line, text }) => {
                bytes += text.len();
                (Some(Input::Line(line, text.to_vec())), false)
            }
            Err(failure) => (Some(Input::Broken(failure)), true),
        };
        chunk.extend(input);
        if is_last || bytes >= CHUNK_BYTES || !lines.has_another() {
            let is_taken = chunks.blocking_send(std::mem::take(&mut chunk)).is_ok();
            bytes = 0;
            if is_last || !is_taken {
                return;
            }
        }
    }
}
