//! Data quality: what the system was fed, and how old it was.

use serde::{Deserialize, Serialize};

use crate::event::{Body, Event, Fixed, InputResult, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, SYSTEM, Sink, closed, counter, histogram, open};
use crate::state::engine::labels::{Open, Sym};
use crate::state::engine::series::{Hist, Series};

/// From seconds to a month.
const AGES: &[f64] =
    &[1.0, 10.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0];

pub static CHECKED: Family = counter(
    "day90_inputs_total",
    &[SYSTEM, open("input"), closed("result", InputResult::WORDS)],
    "Checks of the data that the system works on, by input and result. Missing, stale, contradictory and malformed inputs make good models decide badly.",
);
pub static AGE: Family = histogram(
    "day90_input_age_seconds",
    &[SYSTEM, open("input")],
    AGES,
    "How old an input was when it was checked. Compare with its declared maximum age.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Inputs {
    checked: Series<3, u64>,
    pub(crate) age: Series<2, Hist>,
    /// The last check of each input, by the events' times.
    last: std::collections::BTreeMap<(SystemId, Sym), LastCheck>,
}

share!(Inputs { checked age });

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LastCheck {
    pub at: Timestamp,
    pub result: InputResult,
    pub age: Option<Fixed>,
}

impl Inputs {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        let Body::InputChecked { input, result, age_seconds } = &event.body else { return };
        let input = core.label(system, &CHECKED, Open::Input, input);
        self.checked.add(core, &CHECKED, [system, input, *result as u32], 1);
        if let Some(age) = age_seconds {
            self.age.observe(core, &AGE, [system, input], age.nanos());
        }
        let check = LastCheck { at: event.time, result: *result, age: *age_seconds };
        let last = self.last.entry((system, input)).or_insert(check);
        // Of two checks at one moment the worse is kept, so that the order of arrival doesn't matter.
        if (check.at, check.result, check.age) > (last.at, last.result, last.age) {
            *last = check;
        }
    }

    /// The last check of an input, if it was ever checked.
    pub fn last(&self, system: SystemId, input: Sym) -> Option<&LastCheck> {
        self.last.get(&(system, input))
    }

    /// The last check of each input of a system.
    pub fn of(&self, system: SystemId) -> impl Iterator<Item = (Sym, &LastCheck)> {
        self.last.range((system, 0)..=(system, Sym::MAX)).map(|((_, input), check)| (*input, check))
    }

    /// Declared inputs stand at 0 from the first scrape.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for input in declared.inputs.keys() {
            let input = core.declared_label(system, Open::Input, input);
            for result in InputResult::ALL {
                self.checked.declare(core, &CHECKED, [system, input, *result as u32]);
            }
        }
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.checked.rebuild(core, &CHECKED);
        self.age.rebuild(core, &AGE);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.checked.visit(core, &CHECKED, sink);
        self.age.visit_histograms(core, &AGE, sink);
    }
}
