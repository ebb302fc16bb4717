//! Data quality: what the system was fed, and how old it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::restore::Restore;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Body, Event, Fixed, InputResult, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{SYSTEM, Sink, closed, counter, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::labels::{Open, Sym};
use crate::state::engine::metric::{Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::InputChecked]);
pub const SECTION: Section = Section::first("inputs");

/// From seconds to a month.
const AGES: &[f64] =
    &[1.0, 10.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0];

metrics! {
    Checked: u64 = counter(
        "day90_inputs_total",
        &[SYSTEM, open("input"), closed("result", InputResult::WORDS)],
        "Checks of the data that the system works on, by input and result. Missing, stale, contradictory and malformed inputs make good models decide badly."
    );
    Age: Hist = histogram(
        "day90_input_age_seconds",
        &[SYSTEM, open("input")],
        AGES,
        "How old an input was when it was checked. Compare with its declared maximum age."
    );
}

/// Checks of inputs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Inputs {
    checked: Series<Checked>,
    age: Series<Age>,
    /// The last check of each input, by the events' times.
    last: BTreeMap<(SystemId, Sym), LastCheck>,
}

parts!(Inputs { checked age });

/// One check of an input.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LastCheck {
    pub at: Timestamp,
    pub result: InputResult,
    pub age: Option<Fixed>,
}

impl Restore for Inputs {}

impl Signal for Inputs {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Body::InputChecked { input, result, age_seconds } = &event.body else { return };
        let (core, system) = (&mut *fold.core, fold.system);
        let input = core.label(system, Checked::FAMILY, Open::Input, input);
        self.checked.add(core, [system, input, *result as u32], 1);
        if let Some(age) = age_seconds {
            self.age.observe(core, [system, input], age.nanos());
        }
        let check = LastCheck { at: event.time, result: *result, age: *age_seconds };
        let last = self.last.entry((system, input)).or_insert(check);
        // Of two checks at one moment the worse is kept, so that the order of arrival doesn't matter.
        if (check.at, check.result, check.age) > (last.at, last.result, last.age) {
            *last = check;
        }
    }

    /// Declared inputs are at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for input in declared.inputs.keys() {
            let input = core.declared_label(system, Open::Input, input);
            for result in InputResult::ALL {
                self.checked.declare(core, [system, input, *result as u32]);
            }
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.inputs != now.inputs
    }

    fn correct(&mut self, _: &mut Core, clock: &Correction) {
        self.last.values_mut().for_each(|check| clock.correct(&mut check.at));
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.checked.visit(core, sink);
        self.age.visit(core, sink);
    }
}

impl Inputs {
    /// The last check of each input of a system.
    pub fn of(&self, system: SystemId) -> impl Iterator<Item = (Sym, &LastCheck)> {
        self.last.range((system, 0)..=(system, Sym::MAX)).map(|((_, input), check)| (*input, check))
    }
}
