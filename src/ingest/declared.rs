//! [`Judge`]: what the operating model says of an accepted event that its sender should know: a name that nobody declared
//! where others are, an owner who is not the declared one, an approver who may not approve.
//!
//! Nothing of it is an error: an event that happened is counted. It goes by the configuration in force when the event
//! arrives. What takes history, the fold says.

use crate::config::Model;
use crate::config::model::System;
use crate::config::problem::did_you_mean;
use crate::event::{Body, Event, RollbackTo};

/// Judges the events of one request; each field is told of once.
pub(super) struct Judge<'m> {
    model: &'m Model,
    /// The system of the last event, and what is declared of it. Most events come from the system of the one before.
    last: Option<(String, Option<&'m System>)>,
    /// The last declared action: most events are about a few.
    action: String,
    told: Vec<&'static str>,
}

/// What there is to say about one field.
pub(super) type Told = (&'static str, String);

impl<'m> Judge<'m> {
    pub(super) fn by(model: &'m Model) -> Judge<'m> {
        Judge { model, last: None, action: String::new(), told: Vec::new() }
    }

    /// Whether there is nothing to say about any event: without declarations there is nothing to differ from.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.model.systems.is_empty()
    }

    /// What there is to say about this event, and was not said of one before.
    pub(super) fn judge(&mut self, event: &Event<'_>) -> Vec<Told> {
        if self.is_idle() {
            return Vec::new();
        }
        let system = match &self.last {
            Some((name, system)) if *name == event.system => *system,
            _ => {
                self.action.clear();
                let system = named(self.model, &event.system).map(|(_, system)| system);
                self.last = Some((event.system.to_string(), system));
                system
            }
        };
        let Some(system) = system else {
            let names: Vec<&str> = self.model.systems.keys().map(String::as_str).collect();
            let told =
                ("system", undeclared("no system is called", &event.system, &names, "nothing is declared for it"));
            return self.untold(vec![told]);
        };
        let mut found = Found { name: &event.system, told: Vec::new() };
        if let Some(action) = action(&event.body).filter(|action| *action != self.action)
            && found.action(system, action)
        {
            self.action.clear();
            self.action.push_str(action);
        }
        found.body(system, &event.body);
        if found.told.is_empty() { found.told } else { self.untold(found.told) }
    }

    fn untold(&mut self, mut told: Vec<Told>) -> Vec<Told> {
        told.retain(|(field, _)| !self.told.contains(field));
        self.told.extend(told.iter().map(|(field, _)| *field));
        told
    }
}

/// The declared system that an event means: by its name, or by one that it had.
pub(super) fn named<'m>(model: &'m Model, name: &str) -> Option<(&'m str, &'m System)> {
    let by_name = model.systems.get_key_value(name);
    let was_called = |(_, system): &(&String, &System)| system.formerly.iter().any(|former| former == name);
    let found = by_name.or_else(|| model.systems.iter().find(was_called));
    found.map(|(name, system)| (name.as_str(), system))
}

/// The action that an event is about.
fn action<'e>(body: &'e Body<'_>) -> Option<&'e str> {
    match body {
        Body::TaskCompleted { action, .. } | Body::ActionAttempted { action, .. } => Some(action),
        Body::EscalationOpened { action, .. }
        | Body::ReviewRequested { action, .. }
        | Body::ReviewCompleted { action, .. }
        | Body::AppealOpened { action, .. }
        | Body::FeedbackReceived { action, .. } => action.as_deref(),
        _ => None,
    }
}

/// What was found in one event of the system `name`.
struct Found<'e> {
    name: &'e str,
    told: Vec<Told>,
}

impl Found<'_> {
    fn say(&mut self, field: &'static str, text: String) {
        self.told.push((field, text));
    }

    /// Whether the action is declared, or none is.
    fn action(&mut self, system: &System, action: &str) -> bool {
        if system.boundaries.is_empty() || system.boundaries.contains_key(action) {
            return true;
        }
        let known: Vec<&str> = system.boundaries.keys().map(String::as_str).collect();
        self.say("action", undeclared(&self.declares("action"), action, &known, "no boundary holds for it"));
        false
    }

    fn body(&mut self, system: &System, body: &Body<'_>) {
        match body {
            Body::EscalationOpened { queue, reason, .. } => self.route(system, queue.as_deref(), reason.as_deref()),
            Body::EscalationReassigned { queue, .. } => self.queue(system, queue),
            Body::ReviewRequested { queue: Some(queue), .. } | Body::ReviewCompleted { queue: Some(queue), .. } => {
                let known: Vec<&str> = system.review_queues.keys().map(String::as_str).collect();
                self.name("queue", "review queue", queue, &known, "no capacity is declared for it");
            }
            Body::InputChecked { input, .. } => {
                let known: Vec<&str> = system.inputs.keys().map(String::as_str).collect();
                self.name("input", "input", input, &known, "no check of the checklist asks for it");
            }
            Body::EvaluationCompleted { suite, .. } => {
                let suites = system.maintenance.iter().flat_map(|maintenance| &maintenance.suites);
                let known: Vec<&str> = suites.map(String::as_str).collect();
                self.name("suite", "suite", suite, &known, "no check of the checklist asks for it");
            }
            Body::OwnerAttested { owner, .. } => self.owner(system, owner),
            Body::ChangeDeployed { kind, approver: Some(approver), author, .. } => {
                if author.as_ref() == Some(approver) {
                    let text =
                        "is the author too, so the change counts as self_approved: somebody else should approve it";
                    self.say("approver", text.to_owned());
                } else if let Some(known) = system.changes.approvers.get(kind).filter(|known| !known.is_empty()) {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    self.name(
                        "approver",
                        &format!("approver of {kind} changes"),
                        approver,
                        &known,
                        "the change counts as unapproved",
                    );
                }
            }
            Body::ChangeApproved { kind: Some(kind), approver, .. } => {
                let known: Vec<&str> =
                    system.changes.approvers.get(kind).into_iter().flatten().map(String::as_str).collect();
                self.name(
                    "approver",
                    &format!("approver of {kind} changes"),
                    approver,
                    &known,
                    "this approval counts nothing",
                );
            }
            Body::RollbackStarted { to: Some(to), drill: true, .. }
            | Body::RollbackCompleted { to: Some(to), drill: Some(true), .. }
            | Body::DrillCompleted { to: Some(to), .. } => self.way_back(system, *to),
            Body::MaintenanceRecorded { money: Some(money), .. } => {
                let declared = system.maintenance.as_ref().and_then(|maintenance| maintenance.currency.as_deref());
                let found = money.currency.as_str();
                if let Some(declared) = declared.filter(|declared| *declared != found) {
                    self.say(
                        "currency",
                        format!(
                            "the budget of {} is in {declared}, so what is in {found} is not set against it",
                            self.name
                        ),
                    );
                }
            }
            _ => {}
        }
    }

    /// A name that nobody declared, where others are.
    fn name(&mut self, field: &'static str, what: &str, found: &str, known: &[&str], so: &str) {
        if !known.is_empty() && !known.contains(&found) {
            self.say(field, undeclared(&self.declares(what), found, known, so));
        }
    }

    fn declares(&self, what: &str) -> String {
        format!("{} declares no {what} called", self.name)
    }

    /// An opening goes to the queue that it names, else to that of the first route that matches its reason.
    fn route(&mut self, system: &System, queue: Option<&str>, reason: Option<&str>) {
        if let Some(queue) = queue {
            self.queue(system, queue);
        }
        let routes = &system.exception_path.routes;
        let known: Vec<&str> = routes.iter().map(|route| route.reason.as_str()).collect();
        if let Some(reason) = reason.filter(|_| !known.contains(&"*")) {
            let so = if queue.is_none() { "the case counts as unrouted" } else { "no route is for it" };
            self.name("reason", "route for a reason", reason, &known, so);
        }
    }

    fn queue(&mut self, system: &System, queue: &str) {
        let known: Vec<&str> = system.exception_path.routes.iter().map(|route| route.queue.as_str()).collect();
        self.name("queue", "route to a queue", queue, &known, "the case counts as unrouted");
    }

    fn owner(&mut self, system: &System, owner: &str) {
        if let Some(declared) = system.owner.as_ref().filter(|declared| declared.name != owner) {
            self.say(
                "owner",
                format!("the declared owner of {} is {}: this attests nothing", self.name, declared.name),
            );
        }
    }

    fn way_back(&mut self, system: &System, to: RollbackTo) {
        let declared = system.rollback.as_ref().and_then(|plan| plan.to);
        if let Some(declared) = declared.filter(|declared| *declared != to) {
            self.say(
                "to",
                format!("the declared way back of {} is {declared}: this drill doesn't prove it", self.name),
            );
        }
    }
}

fn undeclared(what: &str, found: &str, known: &[&str], so: &str) -> String {
    format!("{what} {found}, so {so}{}", did_you_mean(found, known.iter().copied()))
}

#[cfg(test)]
mod tests;
