//! How much of a recording was read, and how much could not be used.

/// Lines and events, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub lines: u64,
    pub events: u64,
    /// Of systems other than the one asked for.
    pub elsewhere: u64,
    pub refused: u64,
    /// So far out of order that later events came before them.
    pub out_of_order: u64,
    pub duplicates: u64,
    /// Openings over the bound of open cases, and events of more systems than are followed.
    pub over_bounds: u64,
}
