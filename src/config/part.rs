//! [`FilePart`]: one of the files of a configuration, as it was read.

use super::key::Settings;
use super::problem::Problems;

/// One file as it was read, and what is wrong with it.
pub struct FilePart {
    pub name: String,
    pub written: Settings,
    pub problems: Problems,
}
