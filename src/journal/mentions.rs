//! Whether any file in a journal's directory has a text.

use std::io::{self, Read};

use memchr::memmem;

use super::disk::Disk;

/// Bytes that are looked at together.
const STEP_BYTES: usize = 256 << 10;

/// Whether any file of the directory has these bytes in a row: segments, checkpoints, torn tails, and what is not the
/// journal's. Files that are removed meanwhile have nothing.
///
/// # Errors
/// When a file cannot be read.
pub fn mentions(disk: &dyn Disk, text: &[u8]) -> io::Result<bool> {
    let finder = memmem::Finder::new(text);
    for (name, _) in disk.list()? {
        let mut file = match disk.source(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        let mut bytes = Vec::new();
        loop {
            // What may be the beginning of the text stays, with the next step after it.
            bytes.drain(..bytes.len().saturating_sub(text.len()));
            let read = (&mut file).take(STEP_BYTES as u64).read_to_end(&mut bytes)?;
            if finder.find(&bytes).is_some() {
                return Ok(true);
            }
            if read == 0 {
                break;
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::journal::RealDisk;

    #[test]
    fn a_text_is_found_wherever_it_is_and_nothing_else_is() {
        let dir = std::env::temp_dir().join(format!("day90-mentions-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&dir));
        for before in [0, 1, STEP_BYTES - 5, STEP_BYTES - 1, STEP_BYTES, 3 * STEP_BYTES + 7] {
            let file = [vec![b'.'; before], b"case-1".to_vec(), vec![b'.'; 100]].concat();
            std::fs::write(dir.join("file"), file).expect("a temporary file");
            assert!(mentions(&*disk, b"case-1").expect("readable"), "after {before} bytes");
            assert!(!mentions(&*disk, b"case-2").expect("readable"));
        }
        std::fs::remove_dir_all(&dir).expect("ours");
        assert!(!mentions(&*disk, b"case-1").expect("a directory that isn't there has no files"));
    }
}
