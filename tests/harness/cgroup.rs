//! A cgroup with a bound on memory, version 1 or 2. Needs root, and says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const V1: &str = "/sys/fs/cgroup/memory";
const V2: &str = "/sys/fs/cgroup";

/// A cgroup that the kernel holds to a number of bytes, page cache included, by killing what is inside.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
    v2: bool,
}

impl Cgroup {
    #[track_caller]
    pub fn of(bytes: u64) -> Cgroup {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("day90-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let v2 = !Path::new(V1).join("memory.limit_in_bytes").exists();
        if v2 {
            // Where the controller is on already, or may not be switched here, the file below says what is the matter.
            let _ = fs::write(Path::new(V2).join("cgroup.subtree_control"), "+memory");
        }
        let path = Path::new(if v2 { V2 } else { V1 }).join(name);
        let bound = if v2 { "memory.max" } else { "memory.limit_in_bytes" };
        let set = fs::create_dir(&path).and_then(|()| fs::write(path.join(bound), bytes.to_string()));
        set.unwrap_or_else(|error| {
            let _ = fs::remove_dir(&path);
            panic!("this test needs root and the memory controller of cgroups: {}: {error}", path.display())
        });
        if v2 {
            let _ = fs::write(path.join("memory.swap.max"), "0");
        }
        Cgroup { path, v2 }
    }

    /// What a program is started under to live here: a shell goes in and becomes it, so that not a page is counted
    /// elsewhere.
    pub fn under(&self) -> Vec<String> {
        let inside = format!("echo $$ >{} && exec \"$0\" \"$@\"", self.path.join("cgroup.procs").display());
        vec!["bash".to_owned(), "-c".to_owned(), inside]
    }

    /// Processes that the kernel has killed for want of memory.
    pub fn kills(&self) -> u64 {
        let file = if self.v2 { "memory.events" } else { "memory.oom_control" };
        let text = self.read(file);
        let kills = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        kills.unwrap_or_else(|| panic!("no oom_kill in {text}")).trim().parse().expect("a number")
    }

    /// The most that was ever used at once, page cache included.
    pub fn peak(&self) -> u64 {
        let file = if self.v2 { "memory.peak" } else { "memory.max_usage_in_bytes" };
        self.read(file).trim().parse().expect("a number")
    }

    fn read(&self, file: &str) -> String {
        let path = self.path.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A killed process leaves its cgroup a moment later.
        for _ in 0..100 {
            if fs::remove_dir(&self.path).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
