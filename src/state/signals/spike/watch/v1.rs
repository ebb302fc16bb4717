//! A watch as version 1 of its section has it, of day90 0.2.0. Causes are learned from now on.

use serde::Deserialize;

use super::{Unit, Watch};
use crate::event::Timestamp;
use crate::state::engine::cow::CowVec;
use crate::state::engine::labels::Sym;
use crate::state::signals::spike::arrivals::Arrivals;
use crate::state::signals::spike::came::Came;
use crate::state::signals::spike::causes::Causes;
use crate::state::signals::spike::counted::Counted;
use crate::state::signals::spike::detector::v1::DetectorV1;
use crate::state::signals::spike::hours::HourOfWeek;
use crate::state::signals::spike::moment::Moment;
use crate::state::signals::spike::pages::{Page, Pages};
use crate::state::signals::spike::tasks::TasksV1;

#[derive(Deserialize)]
pub struct WatchesV1 {
    watches: CowVec<Option<WatchV1>, 4>,
}

#[derive(Clone, Debug, Deserialize)]
struct WatchV1 {
    detector: DetectorV1,
    unit: Unit,
    tasks: TasksV1,
    observed: Timestamp,
    learned: Timestamp,
    last_escalation: Option<Timestamp>,
    moment: Moment,
    due: Option<Timestamp>,
    _hour: (u8, Timestamp),
    pages: PagesV1,
    recent: Counted,
    _causes: Vec<(Sym, Sym, f32, f32, Timestamp)>,
    arrivals: Arrivals,
}

#[derive(Clone, Debug, Deserialize)]
struct PagesV1 {
    open: Option<Page>,
    _new_normal_until: Option<Timestamp>,
    total: u64,
}

impl WatchesV1 {
    pub fn watches(self) -> CowVec<Option<Watch>, 4> {
        self.watches.iter().map(|watch| watch.clone().map(Watch::from)).collect()
    }
}

impl From<WatchV1> for Watch {
    fn from(old: WatchV1) -> Watch {
        let PagesV1 { open, total, .. } = old.pages;
        Watch {
            detector: old.detector.into(),
            expected: None,
            unit: old.unit,
            tasks: old.tasks.into(),
            observed: old.observed,
            learned: old.learned,
            last_escalation: old.last_escalation,
            moment: old.moment,
            due: old.due,
            hour: HourOfWeek::OVER,
            pages: Pages { open, total },
            recent: old.recent,
            came: Came::new(old.observed),
            causes: Causes::default(),
            arrivals: old.arrivals,
        }
    }
}
