//! What a panic says goes to the log too. Written straight to stderr, it would wait for a pipe that nobody reads.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::Duration;

use super::queue::{FLUSH_MAX, Queue};

/// How long a panic waits for the queue's lock, which its own thread may have.
const LOCK_MAX: Duration = Duration::from_millis(100);

/// From now on panics of this process are said in this log, and wait until it is written, for a bounded time: a release
/// ends with the panic.
pub(super) fn say_in(queue: Arc<Queue>) {
    std::panic::set_hook(Box::new(move |panic| say(&queue, panic)));
}

pub(super) fn say(queue: &Queue, panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let backtrace = Backtrace::capture();
    let mut text = format!("thread '{}' {panic}\n", thread.name().unwrap_or("<unnamed>"));
    if backtrace.status() == BacktraceStatus::Captured {
        text += &format!("{backtrace}\n");
    }
    queue.add_within(text.as_bytes(), LOCK_MAX);
    queue.flush(FLUSH_MAX);
}
