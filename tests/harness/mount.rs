//! A file system of a test's own, which can fail as a whole: ext4 in a file on a loop device, or tmpfs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use super::{Dir, SOON, eventually};

/// Mounted while it lives. It is unmounted, and its loop device freed, when it is dropped, also by a panic; what a killed
/// test left behind goes with the next test.
pub struct Filesystem {
    dir: Dir,
    kind: Kind,
}

enum Kind {
    Ext4,
    Tmpfs { mib: u32 },
}

impl Filesystem {
    pub fn ext4(mib: u32) -> Filesystem {
        sweep();
        let filesystem = Filesystem { dir: Dir::new(), kind: Kind::Ext4 };
        let image = fs::File::create(filesystem.image()).expect("an image");
        image.set_len(u64::from(mib) << 20).expect("a sparse image");
        must("mkfs.ext4", &["-q", "-F", path(&filesystem.image())]);
        filesystem.made()
    }

    pub fn tmpfs(mib: u32) -> Filesystem {
        sweep();
        Filesystem { dir: Dir::new(), kind: Kind::Tmpfs { mib } }.made()
    }

    fn made(self) -> Filesystem {
        fs::create_dir(self.point()).expect("a mount point");
        self.mount();
        self
    }

    /// A place for data on it.
    pub fn data(&self) -> PathBuf {
        self.point().join("data")
    }

    /// A place outside it.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Mounting replays the file system's own journal, as after a power cut.
    pub fn mount(&self) {
        let point = self.point();
        match self.kind {
            // A file system that finds itself damaged goes read-only, as distributions set it.
            Kind::Ext4 => {
                must("mount", &["-o", "loop,errors=remount-ro", path(&self.image()), path(&point)]);
            }
            Kind::Tmpfs { mib } => {
                must("mount", &["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs", path(&point)]);
            }
        }
    }

    pub fn unmount(&self) {
        // strace may take a moment to let go of a daemon that was killed.
        let point = self.point();
        eventually("unmounting", SOON, || run("umount", &[path(&point)]).is_ok().then_some(()));
    }

    /// What was not on the disk at this moment never will be: ext4 drops it, and its journal too, as a power cut does
    /// (the ioctl EXT4_IOC_SHUTDOWN with the flag NOLOGFLUSH). No safe Rust does it plainer than a line of Perl.
    pub fn cut_power(&self) {
        let shutdown = r#"open F, "<", $ARGV[0] or die $!; $flag = pack "L", 2; ioctl F, 0x8004587D, $flag or die $!"#;
        must("perl", &["-e", shutdown, path(&self.point())]);
    }

    /// The file system finds an error in itself, and goes read-only under whoever writes.
    pub fn find_an_error(&self) {
        let device = must("findmnt", &["-no", "SOURCE", path(&self.point())]);
        let name = device.trim().rsplit('/').next().expect("a device").to_owned();
        fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "1").expect("root, and an ext4");
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        let ballast = self.point().join("ballast");
        let full = run("dd", &["if=/dev/zero", &format!("of={}", path(&ballast)), "bs=64k"]);
        assert!(full.is_err_and(|said| said.contains("No space left")), "it ends when the disk is full");
    }

    /// Gives it back.
    pub fn empty(&self) {
        fs::remove_file(self.point().join("ballast")).expect("ballast");
    }

    fn point(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }

    fn image(&self) -> PathBuf {
        self.dir.path().join("image")
    }
}

impl Drop for Filesystem {
    fn drop(&mut self) {
        // Lazily: a daemon that a failing test left may still be on its way out. The loop device goes with the mount.
        let _ = run("umount", &["--lazy", path(&self.point())]);
    }
}

/// Unmounts what tests left that were killed themselves.
fn sweep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mounts = fs::read_to_string("/proc/mounts").expect("Linux");
        for point in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
            let owner = point.split("/day90-test-").nth(1).and_then(|rest| rest.split('-').next());
            if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = run("umount", &["--lazy", point]);
            }
        }
    });
}

fn must(program: &str, arguments: &[&str]) -> String {
    run(program, arguments).unwrap_or_else(|said| {
        panic!("{program} {arguments:?}: {said}\nTests of failing disks need root and loop devices; nothing is skipped")
    })
}

/// What it printed; what it complained about when it failed.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    // Messages that are looked at must not depend on the tester's language.
    let output =
        Command::new(program).args(arguments).env("LC_ALL", "C").output().map_err(|error| error.to_string())?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
