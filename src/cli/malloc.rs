//! How the C library's allocator is set for a daemon that keeps a bound on its memory.
//!
//! Left alone, glibc raises the size from which a buffer is mapped on its own to the largest that was ever freed, up to
//! 32 MiB. From then on bodies and frames of megabytes come from heaps, one for each few threads, whose middle is never
//! given back: under a flood twice as much stays resident as is in use. Fixed thresholds switch that off. glibc reads them
//! when a program starts, so the daemon sets them and starts itself once more in its place: same process number, same
//! arguments, nothing open yet.

use std::ffi::OsString;

/// Says that it has been done, or must not be: any value leaves the allocator as it is.
pub(crate) const DONE: &str = "DAY90_MALLOC";

#[cfg(target_env = "gnu")]
const SETTINGS: &[(&str, &str)] =
    &[("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072"), ("MALLOC_TRIM_THRESHOLD_", "131072")];
/// Others have neither the variables nor the trouble.
#[cfg(not(target_env = "gnu"))]
const SETTINGS: &[(&str, &str)] = &[];

/// What is missing in this environment: nothing once it has been done, and nothing in place of what somebody chose.
fn missing(variable: impl Fn(&str) -> Option<OsString>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let done = variable(DONE).is_some();
    let settings = if done { &[] } else { SETTINGS };
    settings.iter().copied().filter(move |(name, _)| variable(name).is_none())
}

/// Starts this program once more in its place with the allocator set, unless that has been done. Comes back where there is
/// nothing to do, or where it cannot be done: then why.
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
    fn it_is_set_once_and_what_somebody_chose_stays() {
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
