//! Who else can get at a data directory.
//!
//! The files of a journal have mode 0600, so nobody else reads or writes them. Whoever may write to the directory can remove or
//! replace them all the same. On a volume of a container that cannot be asked for: Kubernetes gives it to root, with mode 0777
//! or 2775 and the pod's group, and nobody but the pod gets at it.

/// What is known about a directory and about this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) owner: u32,
    pub(super) mode: u32,
    /// The user that this process acts as.
    pub(super) user: u32,
    /// The directory is where something is mounted.
    pub(super) is_mount: bool,
}

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

impl Access {
    /// A warning, or nothing; an error when the directory must not be used.
    pub(super) fn judge(self, dir: &str) -> Result<Option<String>, String> {
        let Access { owner, mode, user, is_mount } = self;
        let mode = mode & 0o7777;
        if owner != user && !is_mount {
            return Err(format!(
                "it belongs to user {owner}, and day90 runs as user {user}: run it as that user, or `chown -R {user} {dir}`"
            ));
        }
        if mode & OTHERS_WRITE != 0 && !is_mount {
            return Err(format!("every user of this machine may change it (mode {mode:o}): `chmod 700 {dir}`"));
        }
        if mode & OTHERS_WRITE != 0 && owner == user {
            return Ok(Some(format!("every user may change {dir} (mode {mode:o}): `chmod 700 {dir}`")));
        }
        if mode & GROUP_WRITES != 0 && !is_mount {
            return Ok(Some(format!("the group of {dir} may change it (mode {mode:o}): `chmod 700 {dir}`")));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Access = Access { owner: 7, mode: 0o40700, user: 7, is_mount: false };

    fn said(access: Access) -> String {
        match access.judge("d") {
            Ok(warning) => warning.map_or("fine".to_owned(), |warning| format!("warns: {warning}")),
            Err(why) => format!("refuses: {why}"),
        }
    }

    #[test]
    fn a_directory_that_others_may_change_is_refused_with_what_to_do() {
        assert_eq!(said(OWN), "fine");
        assert_eq!(said(Access { mode: 0o755, ..OWN }), "fine", "its files are 0600");
        let open = said(Access { mode: 0o40777, ..OWN });
        assert_eq!(open, "refuses: every user of this machine may change it (mode 777): `chmod 700 d`");
        assert!(said(Access { mode: 0o1777, ..OWN }).starts_with("refuses"), "they may add files to it");
        assert!(said(Access { mode: 0o775, ..OWN }).starts_with("warns: the group of d"));
    }

    #[test]
    fn a_directory_of_another_user_is_refused_for_root_too() {
        for user in [0, 8] {
            let refused = said(Access { user, ..OWN });
            assert!(refused.starts_with("refuses: it belongs to user 7") && refused.contains("chown -R"), "{refused}");
        }
    }

    /// kubernetes/kubernetes#2630: volumes belong to root, whatever user the container runs as. With `fsGroup` they are 2775 and
    /// the group's, an `emptyDir` is 2777.
    #[test]
    fn a_volume_of_a_pod_is_used_though_it_is_roots() {
        for mode in [0o2775, 0o2777, 0o777] {
            assert_eq!(said(Access { owner: 0, mode, user: 65_534, is_mount: true }), "fine");
        }
        let own = said(Access { mode: 0o777, is_mount: true, ..OWN });
        assert!(own.starts_with("warns: every user may change d"), "it could be made private: {own}");
    }
}
