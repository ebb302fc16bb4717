//! [`Part`]: what every table of a signal can do, so that restoring, erasure and histograms are written once.

use super::core::Core;
use super::correction::Correction;
use super::erasure::Gone;
use super::family::Family;
use super::histograms::Histogram;

/// A table of a signal: its series, or its lifecycles.
pub trait Part {
    /// Rebuilds the indexes of a restored table.
    fn rebuild(&mut self, core: &mut Core);
    /// The clock was ahead: moves what was noted while it was.
    fn correct(&mut self, clock: &Correction);
    /// Removes the exemplars of a case.
    fn forget_exemplars(&mut self, core: &Core, gone: &Gone);
    /// Its column for a mark, with the name of its family, if it holds counters or histograms.
    fn column(&self) -> Option<(&'static str, Vec<u8>)> {
        None
    }
    /// The histograms in it, if that is what it holds.
    fn histogram(&self) -> Option<(&'static Family, &dyn Histogram)> {
        None
    }
    fn histogram_mut(&mut self) -> Option<(&'static Family, &mut dyn Histogram)> {
        None
    }
}

/// What has parts.
pub trait HasParts: super::cow::Share {
    fn parts(&self) -> Vec<&dyn Part>;
    fn parts_mut(&mut self) -> Vec<&mut dyn Part>;
}

/// Lists the tables of a signal: its snapshot shares them, and everything that is done to all tables reaches them.
macro_rules! parts {
    ($name:ident { $($field:ident)* }) => {
        $crate::state::engine::cow::share!($name { $($field)* });
        impl $crate::state::engine::parts::HasParts for $name {
            fn parts(&self) -> Vec<&dyn $crate::state::engine::parts::Part> {
                vec![$(&self.$field),*]
            }
            fn parts_mut(&mut self) -> Vec<&mut dyn $crate::state::engine::parts::Part> {
                vec![$(&mut self.$field),*]
            }
        }
    };
}
pub(crate) use parts;
