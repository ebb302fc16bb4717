//! [`Repeats`]: a line that is the same as one shown shortly before, but for its time, is held and counted.
//!
//! The first is shown at once. What follows within a window is one line at the window's end: the last of them, with how
//! often it came. While it goes on, that is a line a window. A single repeat is shown as it is. Lines are compared as
//! they were formatted, so that level and every field count.

use std::time::{Duration, Instant};

/// How long repeats are gathered.
pub(super) const WINDOW: Duration = Duration::from_secs(10);
/// Different lines that are watched at once. Others are shown as they come.
const LINES_MAX: usize = 64;
/// Bytes of all lines that are watched.
const BYTES_MAX: usize = 256 << 10;

#[derive(Debug, Default)]
pub(super) struct Repeats {
    watched: Vec<Watched>,
    /// Of the lines in `watched`.
    bytes: usize,
}

#[derive(Debug)]
struct Watched {
    began: Instant,
    /// Since then, and not shown.
    times: u64,
    /// The last one, whole.
    line: Vec<u8>,
}

impl Repeats {
    /// Whether this line is held, since it repeats one that was shown. Otherwise it is to be shown, and watched if
    /// there is room.
    pub(super) fn hold(&mut self, now: Instant, line: &[u8]) -> bool {
        if let Some(known) = self.watched.iter_mut().find(|known| without_time(&known.line) == without_time(line)) {
            known.times += 1;
            self.bytes -= known.line.len();
            line.clone_into(&mut known.line);
            self.bytes += line.len();
            return true;
        }
        if self.watched.len() < LINES_MAX && self.bytes + line.len() <= BYTES_MAX {
            self.bytes += line.len();
            self.watched.push(Watched { began: now, times: 0, line: line.to_owned() });
        }
        false
    }

    /// When the next window ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.watched.iter().map(|line| line.began + WINDOW).min()
    }

    /// Takes what was held in windows that have ended. A line that came again stays watched, in the next window.
    pub(super) fn ended(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut shown = Vec::new();
        self.watched.retain_mut(|line| {
            if line.began + WINDOW > now {
                return true;
            }
            let came = line.times > 0;
            if came {
                shown.push(line.sum(now));
                (line.began, line.times) = (now, 0);
            }
            came
        });
        self.bytes = self.watched.iter().map(|line| line.line.len()).sum();
        shown
    }

    /// Takes everything that was held, and forgets what was shown.
    pub(super) fn all(&mut self, now: Instant) -> Vec<Vec<u8>> {
        self.bytes = 0;
        let watched = std::mem::take(&mut self.watched);
        watched.iter().filter(|line| line.times > 0).map(|line| line.sum(now)).collect()
    }
}

impl Watched {
    /// The last line, with how often it came: as fields of a JSON object, or in words after a text.
    fn sum(&self, now: Instant) -> Vec<u8> {
        if self.times == 1 {
            return self.line.clone();
        }
        let (times, seconds) = (self.times, now.duration_since(self.began).as_secs_f64().round().max(1.0));
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        match line.strip_suffix(b"}").filter(|object| object.starts_with(b"{")) {
            Some(object) => {
                [object, format!(",\"repeated\":{times},\"repeated_seconds\":{seconds}}}\n").as_bytes()].concat()
            }
            None => [line, format!(" (repeated {times} times in {seconds}s)\n").as_bytes()].concat(),
        }
    }
}

/// Every line begins with its time in UTC, whose end is the first Z.
fn without_time(line: &[u8]) -> &[u8] {
    memchr::memchr(b'Z', line).map_or(line, |end| &line[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(second: u32, message: &str) -> Vec<u8> {
        format!("2026-11-30T23:05:{second:02}.000001Z  WARN {message}\n").into_bytes()
    }

    fn shown(lines: Vec<Vec<u8>>) -> Vec<String> {
        lines.into_iter().map(|line| String::from_utf8(line).expect("UTF-8")).collect()
    }

    #[test]
    fn a_line_is_shown_once_and_then_once_a_window() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let after = |tenths: u64| start + Duration::from_millis(100 * tenths);
        assert!(!repeats.hold(start, &text(0, "full")));
        for tenth in 1..=42 {
            assert!(repeats.hold(after(tenth), &text(1, "full")));
            assert!(repeats.ended(after(tenth)).is_empty());
        }
        assert_eq!(repeats.next_end(), Some(after(100)));
        let sum = shown(repeats.ended(after(100)));
        assert_eq!(sum, ["2026-11-30T23:05:01.000001Z  WARN full (repeated 42 times in 10s)\n"]);
        // It goes on: still a line a window, which may end late.
        (0..7).for_each(|_| assert!(repeats.hold(after(150), &text(2, "full"))));
        let sum = shown(repeats.ended(after(310)));
        assert_eq!(sum, ["2026-11-30T23:05:02.000001Z  WARN full (repeated 7 times in 21s)\n"]);
        // A window without it ends the watch.
        assert!(repeats.ended(after(410)).is_empty());
        assert_eq!((repeats.next_end(), repeats.bytes), (None, 0));
        assert!(!repeats.hold(after(411), &text(3, "full")));
    }

    #[test]
    fn a_single_repeat_is_shown_as_it_is() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        assert!(!repeats.hold(start, &text(0, "full")));
        assert!(repeats.hold(start, &text(7, "full")));
        assert_eq!(repeats.ended(start + WINDOW), [text(7, "full")]);
    }

    #[test]
    fn another_field_is_another_line() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        for message in ["full", "full disk=a", "full disk=b", "fulL"] {
            assert!(!repeats.hold(start, &text(0, message)), "{message}");
        }
        assert!(repeats.all(start).is_empty());
    }

    #[test]
    fn a_json_line_stays_an_object() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let line = |second| format!("{{\"timestamp\":\"2026-11-30T23:05:{second:02}Z\",\"message\":\"full\"}}\n");
        for second in 0..3 {
            repeats.hold(start, line(second).as_bytes());
        }
        let sum = shown(repeats.all(start + Duration::from_secs(4)));
        let expected =
            "{\"timestamp\":\"2026-11-30T23:05:02Z\",\"message\":\"full\",\"repeated\":2,\"repeated_seconds\":4}\n";
        assert_eq!(sum, [expected]);
    }

    #[test]
    fn what_is_watched_is_bounded() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        for n in 0..2 * LINES_MAX {
            assert!(!repeats.hold(start, &text(0, &format!("line {n}"))));
        }
        assert!(repeats.hold(start, &text(1, "line 63")));
        assert!(!repeats.hold(start, &text(1, "line 64")), "it isn't watched");
        let mut repeats = Repeats::default();
        for n in 0..9 {
            repeats.hold(start, &text(0, &format!("{n}{}", "x".repeat(BYTES_MAX / 8))));
        }
        assert!(repeats.bytes <= BYTES_MAX && repeats.watched.len() == 7, "{}", repeats.watched.len());
    }
}
