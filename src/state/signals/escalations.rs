//! Escalations: who received the case, how soon, how often it bounced, and how it ended.
//!
//! Histograms and counters carry the queue in which an escalation was opened; gauges carry the queue in which it is now.
//! Deadlines are fixed when it opens. They are missed by event times, and by the clock while it is open. Whoever was in
//! time by the event's own time is forgiven a miss that the clock found.

mod count;
mod metrics;
mod route;
mod row;
mod shown;
mod stored;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::metrics::FAMILIES;
use self::metrics::{Acknowledge, Escalated, Forgiven, Missed, OpenNow, Reassigned, Resolve, Unacknowledged, Unrouted};
use self::route::{names_no_route, route};
pub use self::row::{Escalation, Opened};
use self::row::{EscalationStage, MOVES_MAX};
use super::fold::Fold;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Body, Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::Deadline;
use crate::state::engine::erasure::Gone;
use crate::state::engine::family::Sink;
use crate::state::engine::labels::{NONE, Open, UNROUTED};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::round::Round;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::lifecycle::steps::Step;
use crate::state::engine::metric::Metric;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[
    Kind::EscalationOpened,
    Kind::EscalationAcknowledged,
    Kind::EscalationReassigned,
    Kind::EscalationResolved,
]);
pub const SECTION: Section = Section { name: "escalations", version: 2, since: [0, 3, 0], lost: "" };

/// Reassignments that are kept of one escalation, while more than a sixteenth of the room for rows is taken.
const MOVES_MAX_BUSY: u8 = 4;

/// The escalations of every case, and those with a name.
type Cases = Lifecycles<Rounds<Escalation>>;

/// Escalations and what is counted of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Escalations {
    rows: Cases,
    opened: Series<Escalated>,
    open: Series<OpenNow>,
    unacknowledged: Series<Unacknowledged>,
    acknowledge: Series<Acknowledge>,
    resolve: Series<Resolve>,
    missed: Series<Missed>,
    forgiven: Series<Forgiven>,
    reassigned: Series<Reassigned>,
    unrouted: Series<Unrouted>,
}

parts!(Escalations { rows opened open unacknowledged acknowledge resolve missed forgiven reassigned unrouted });

impl Signal for Escalations {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let (own, stage) = match &event.body {
            Body::EscalationOpened { escalation, queue, reason, severity, .. } => {
                let opened = route(fold, event, queue.as_deref(), reason.as_deref(), *severity);
                (escalation, EscalationStage::Opened(opened))
            }
            Body::EscalationAcknowledged { escalation, .. } => (escalation, EscalationStage::Acknowledged),
            Body::EscalationReassigned { escalation, queue, .. } => {
                let unrouted = names_no_route(fold.core, fold.system, queue);
                let queue = fold.core.label(fold.system, Reassigned::FAMILY, Open::Queue, queue);
                let room = if fold.core.rows.plenty { MOVES_MAX } else { MOVES_MAX_BUSY };
                (escalation, EscalationStage::Moved { queue, unrouted, room })
            }
            Body::EscalationResolved { escalation, outcome, .. } => (escalation, EscalationStage::Resolved(*outcome)),
            _ => return,
        };
        let step = Step { event, system: fold.system, own: own.as_deref() };
        let found = self.rows.take(fold.core, step, stage);
        for found in found {
            self.count(fold, fold.system, Some(event), &found);
        }
    }

    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some((system, found)) = self.rows.pass(fold.core) else { return };
        for found in found {
            self.count(fold, system, None, &found);
        }
    }

    /// The declared queues and reasons are at 0 from the first scrape; so are those of a system that declares nothing,
    /// as far as they can be known.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let routes = model.systems.get(core.system_name(system)).map(|declared| &declared.exception_path.routes[..]);
        let mut queues = Vec::new();
        for route in routes.unwrap_or_default() {
            let queue = core.declared_label(system, Open::Queue, &route.queue);
            let reason = match route.reason.as_str() {
                "*" => NONE,
                reason => core.declared_label(system, Open::Reason, reason),
            };
            queues.push(queue);
            self.opened.declare(core, [system, queue, reason]);
        }
        if queues.is_empty() {
            queues.push(UNROUTED);
            self.opened.declare(core, [system, UNROUTED, NONE]);
        }
        for queue in queues {
            self.open.declare(core, [system, queue]);
            self.unacknowledged.declare(core, [system, queue]);
            self.reassigned.declare(core, [system, queue]);
            for deadline in Deadline::ALL {
                self.missed.declare(core, [system, queue, *deadline as u32]);
                self.forgiven.declare(core, [system, queue, *deadline as u32]);
            }
        }
        self.unrouted.declare(core, [system, NONE]);
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.exception_path != now.exception_path
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.rows.erase(core, gone);
        for row in &forgotten {
            let open = row.newest().facts().open;
            self.move_gauges(core, row.system, open, None);
        }
        forgotten.len()
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::EscalationOpened { escalation, .. } = &event.body else { return false };
        self.rows.would_begin(Step { event, system: 0, own: escalation.as_deref() })
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.show(core, sink);
    }
}

impl Escalations {
    /// The cases with an open escalation, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Rounds<Escalation>> {
        self.rows.open()
    }
}
