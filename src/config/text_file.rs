//! Reads the files that a configuration consists of, within bounds.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::key::At;

/// The largest configuration file, in bytes: 10,000 systems with 20 actions each fit.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// The bytes of a file that may have at most `bytes_max`.
///
/// # Errors
/// When it is larger, or cannot be read: a sentence that names it.
pub fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let file = fs::File::open(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(format!("{shown} is a directory; name a file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if bytes.len() > bytes_max {
        return Err(format!("{shown} is larger than {bytes_max} bytes"));
    }
    Ok(bytes)
}

/// The text of a configuration file.
///
/// # Errors
/// When it cannot be read or isn't UTF-8: where, and why.
pub fn read_text(path: &Path) -> Result<String, (At, String)> {
    let bytes = read_bounded(path, FILE_BYTES_MAX).map_err(|message| (At::FILE, message))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        (At { line, column }, "not UTF-8; save the file as UTF-8".to_owned())
    })
}
