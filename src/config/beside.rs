//! The files of `conf.d`, next to the configuration file: each holds systems, so that teams own theirs.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file::SYSTEMS_MAX;
use super::key::At;
use super::problem::Problems;
use super::text_file::{FILE_BYTES_MAX, read_text};

/// The directory, next to the configuration file.
const DIRECTORY: &str = "conf.d";

/// A file of `conf.d`, as text.
pub struct FurtherFile {
    pub name: String,
    /// Its name without directory and ending: the name of its system, where the file says none.
    pub stem: String,
    pub text: String,
}

/// Reads every `*.yaml` of `conf.d` in this directory, in the order of their names. What cannot be read is a problem.
pub fn read(base_dir: &Path) -> (Vec<FurtherFile>, Problems) {
    let directory = base_dir.join(DIRECTORY);
    let mut problems = Problems::of(&directory.display().to_string());
    let paths = match paths(&directory) {
        Ok(paths) => paths,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            problems.error(At::FILE, "", format!("the directory cannot be read: {error}"));
            Vec::new()
        }
    };
    if paths.len() > SYSTEMS_MAX {
        problems.error(At::FILE, "", format!("has {} files; at most {SYSTEMS_MAX} are read", paths.len()));
        return (Vec::new(), problems);
    }
    let mut files = Vec::with_capacity(paths.len());
    let mut left = FILE_BYTES_MAX;
    for path in paths {
        let (file, found) = read_one(&path, &mut left);
        files.extend(file);
        problems.append(found);
    }
    (files, problems)
}

fn read_one(path: &Path, left: &mut usize) -> (Option<FurtherFile>, Problems) {
    let name = path.display().to_string();
    let mut problems = Problems::of(&name);
    if path.extension() != Some(OsStr::new("yaml")) {
        problems.warn(At::FILE, "", "is not read: the files of conf.d end in .yaml");
        return (None, problems);
    }
    let text = read_text(path).and_then(|text| {
        *left = left.checked_sub(text.len()).ok_or_else(|| {
            (At::FILE, format!("the files of {DIRECTORY} have more than {FILE_BYTES_MAX} bytes together"))
        })?;
        Ok(text)
    });
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match text {
        Ok(text) => (Some(FurtherFile { name, stem, text }), problems),
        Err((at, message)) => {
            problems.error(at, "", message);
            (None, problems)
        }
    }
}

/// Files that end in .yaml, and those that were meant to. Hidden ones are what editors and volumes leave there.
fn paths(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_yaml && !hidden {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    Ok(paths)
}
