//! What the operating model says about a system's detector.

use super::hours::Almanac;
use super::watch::Declared;
use crate::state::engine::core::{Core, SystemId};

/// The setting of a system that declares none.
const FALSE_PAGES_PER_MONTH: f64 = 1.0;

pub fn declared(core: &Core, system: SystemId) -> Declared<'_> {
    let declared = core.declared(system);
    let setting = declared.and_then(|declared| declared.objectives.false_pages_per_month);
    Declared {
        false_pages_per_month: setting.map_or(FALSE_PAGES_PER_MONTH, |setting| setting.nanos() as f64 / 1e9),
        almanac: almanac(core, system),
        ratio: declared
            .and_then(|declared| declared.objectives.escalation_ratio)
            .map(|ratio| ratio.nanos() as f64 / 1e9),
    }
}

/// By what a system's hours and days go.
pub fn almanac(core: &Core, system: SystemId) -> Almanac<'_> {
    let calendar = core.declared(system).and_then(|declared| declared.calendar.as_ref());
    Almanac { timezone: timezone(core, system), calendar }
}

/// A system's time zone; empty is UTC.
pub fn timezone(core: &Core, system: SystemId) -> &str {
    core.declared(system).map_or("", |declared| &declared.timezone)
}
