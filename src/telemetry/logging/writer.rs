//! [`LineWriter`]: the one who writes the log, and may wait for it. What cannot be written is counted, and said later.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use tracing_subscriber::fmt::format;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use super::backlog::Waiting;
use super::queue::Queue;

/// How long a sink that has no room now, and says so instead of waiting, is left alone.
const FULL_PAUSE: Duration = Duration::from_millis(20);

pub(super) struct LineWriter<W> {
    sink: W,
    json: bool,
    /// Lines that were lost and not yet reported.
    lost: u64,
    /// The last write ended inside a line.
    is_torn: bool,
}

impl<W: Write> LineWriter<W> {
    pub(super) fn new(sink: W, json: bool) -> LineWriter<W> {
        LineWriter { sink, json, lost: 0, is_torn: false }
    }

    /// Writes whatever comes, and never returns.
    pub(super) fn run(mut self, queue: &Queue) {
        loop {
            let waiting = queue.next();
            if !self.write(&waiting) {
                queue.count_dropped(1);
            }
        }
    }

    /// Whether the line is written.
    fn write(&mut self, waiting: &Waiting) -> bool {
        self.lost += waiting.lost_before;
        let is_said = self.lost == 0 || self.put(lost(self.lost, self.json).as_bytes());
        if is_said {
            self.lost = 0;
        }
        let is_written = waiting.line.is_empty() || is_said && self.put(&waiting.line);
        self.lost += u64::from(!is_written);
        is_written
    }

    fn put(&mut self, line: &[u8]) -> bool {
        // Half a line must not spoil the next one, nor be taken for whole.
        if self.is_torn && !self.put_whole(b"\n") {
            return false;
        }
        self.is_torn = false;
        self.put_whole(line)
    }

    fn put_whole(&mut self, line: &[u8]) -> bool {
        let mut rest = line;
        while !rest.is_empty() {
            match self.sink.write(rest) {
                Ok(written) if written > 0 => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Somebody else may have made the pipe so, since it is shared. It is slow, and not broken.
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(FULL_PAUSE),
                Ok(_) | Err(_) => {
                    self.is_torn |= rest.len() < line.len();
                    return false;
                }
            }
        }
        true
    }
}

/// A line about lost lines. It looks like the others, and no filter suppresses it.
fn lost(lines: u64, json: bool) -> String {
    let message = "log lines were lost, since nobody read them or they could not be written";
    let mut time = String::new();
    // Writing to a string doesn't fail.
    let _ = SystemTime.format_time(&mut format::Writer::new(&mut time));
    let target = module_path!();
    match json {
        true => format!(
            "{{\"timestamp\":\"{time}\",\"level\":\"WARN\",\"message\":\"{message}\",\"lines\":{lines},\
             \"target\":\"{target}\"}}\n"
        ),
        false => format!("{time}  WARN {message} lines={lines}\n"),
    }
}

/// Standard error without the lock of [`io::stderr`]: who else prints there must not wait for a line that waits.
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stderr(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as it is set to, one answer a write.
    #[derive(Default)]
    struct Scripted {
        answers: Vec<io::Result<usize>>,
        written: Vec<u8>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = if self.answers.is_empty() { bytes.len() } else { self.answers.remove(0)?.min(bytes.len()) };
            self.written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn writer(answers: Vec<io::Result<usize>>) -> LineWriter<Scripted> {
        LineWriter::new(Scripted { answers, written: Vec::new() }, false)
    }

    fn line(text: &str, lost_before: u64) -> Waiting {
        Waiting { lost_before, line: text.as_bytes().to_owned() }
    }

    fn failed(kind: ErrorKind) -> io::Result<usize> {
        Err(io::Error::from(kind))
    }

    /// The lines, with the time of those about lost ones left out.
    fn written(writer: &LineWriter<Scripted>) -> Vec<String> {
        let text = String::from_utf8(writer.sink.written.clone()).expect("UTF-8");
        text.split_inclusive('\n').map(|line| line.split_once("WARN ").map_or(line, |(_, rest)| rest).into()).collect()
    }

    const LOST: &str = "log lines were lost, since nobody read them or they could not be written lines=";

    #[test]
    fn lost_lines_are_reported_once_before_the_next() {
        let mut writer = writer(vec![failed(ErrorKind::BrokenPipe), failed(ErrorKind::StorageFull)]);
        assert_eq!(["a\n", "b\n", "c\n", "d\n"].map(|text| writer.write(&line(text, 0))), [false, false, true, true]);
        assert_eq!(written(&writer), [format!("{LOST}2\n"), "c\n".into(), "d\n".into()]);
        assert!(writer.write(&line("e\n", 7)) && writer.write(&line("", 3)));
        assert_eq!(written(&writer)[3..], [format!("{LOST}7\n"), "e\n".into(), format!("{LOST}3\n")]);
    }

    #[test]
    fn half_a_line_is_ended_before_the_next() {
        let mut writer = writer(vec![Ok(3), failed(ErrorKind::StorageFull)]);
        assert!(!writer.write(&line("abcdef\n", 0)));
        assert!(writer.write(&line("g\n", 0)));
        assert_eq!(written(&writer), ["abc\n".into(), format!("{LOST}1\n"), "g\n".into()]);
    }

    #[test]
    fn a_sink_that_is_full_for_now_is_tried_again() {
        let answers = vec![Ok(2), failed(ErrorKind::WouldBlock), failed(ErrorKind::Interrupted), Ok(1)];
        let mut writer = writer(answers);
        assert!(writer.write(&line("abcdef\n", 0)));
        assert_eq!(written(&writer), ["abcdef\n"]);
        assert!(!self::writer(vec![Ok(0)]).write(&line("a\n", 0)), "it takes nothing, and would for ever");
    }

    #[test]
    fn lost_lines_are_an_object_among_objects() {
        let said: serde_json::Value = serde_json::from_str(&lost(5, true)).expect("JSON");
        assert_eq!((said["lines"].as_u64(), said["level"].as_str()), (Some(5), Some("WARN")));
        assert_eq!(said["timestamp"].as_str().map(str::len), Some("2026-11-30T23:05:52.123456Z".len()));
    }
}
