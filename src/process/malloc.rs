//! Sets the C library's allocator so that freed memory goes back to the kernel.
//!
//! By default glibc raises its threshold for separately mapped buffers to the largest buffer ever freed, up to 32 MiB.
//! After that, bodies and frames of megabytes come from heaps (one per few threads) whose middle is never given back:
//! under a flood of requests the process keeps twice the memory it uses. Fixed thresholds switch that off. glibc reads
//! them only when a program starts, so the daemon sets them in its environment and executes itself again: same process
//! number, same arguments, nothing open yet.

use std::ffi::OsString;

/// The variable that says it was done already, or must not be done: with any value the allocator is left alone.
pub(crate) const DONE: &str = "DAY90_MALLOC";

#[cfg(target_env = "gnu")]
const SETTINGS: &[(&str, &str)] =
    &[("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072"), ("MALLOC_TRIM_THRESHOLD_", "131072")];
/// Other C libraries have neither these variables nor the problem.
#[cfg(not(target_env = "gnu"))]
const SETTINGS: &[(&str, &str)] = &[];

/// The settings missing in this environment: none if it was done already, and none that an operator set.
fn missing(variable: impl Fn(&str) -> Option<OsString>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let done = variable(DONE).is_some();
    let settings = if done { &[] } else { SETTINGS };
    settings.iter().copied().filter(move |(name, _)| variable(name).is_none())
}

/// Executes this program again with the allocator set, unless that was done already. Returns only if there is nothing to do
/// (`None`) or if it failed.
pub(crate) fn settle() -> Option<std::io::Error> {
    use std::os::unix::process::CommandExt;

    let missing: Vec<_> = missing(|name| std::env::var_os(name)).collect();
    if missing.is_empty() {
        return None;
    }
    let mut arguments = std::env::args_os();
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(error),
    };
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    Some(again.args(arguments).envs(missing).env(DONE, "set").exec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_env = "gnu")]
    fn it_is_set_once_and_an_operators_choice_is_kept() {
        let names = |set: &[&str]| {
            let set: Vec<String> = set.iter().map(|name| (*name).to_owned()).collect();
            let variable = move |name: &str| set.iter().any(|it| it == name).then(OsString::new);
            missing(variable).map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"]);
        assert_eq!(names(&["MALLOC_ARENA_MAX"]), ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"]);
        assert_eq!(names(&[DONE]), [""; 0]);
    }
}
