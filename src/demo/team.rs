//! The simulated team: what the agents do, and the people around them. Pure: a seed and times in, events out.
//!
//! A task comes with everything that follows from it, each at its own time: an escalation that somebody acknowledges and
//! resolves, a review, the end of the case, the customer's feedback. A desk has a limited number of people, so that a spike
//! makes cases wait, as it really would.

use super::agenda::{Agenda, Desk};
use super::cast::{SYSTEMS, System, rhythm};
use super::line::Line;
use super::rng::Rng;
use crate::event::time::{DAY, SECOND};
use crate::event::{Kind, Timestamp};

pub(crate) struct Team {
    pub(crate) rng: Rng,
    pub(crate) agenda: Agenda,
    members: Vec<Member>,
    cases: u64,
    /// How long people take, relative to real people: 1 in history, less in real time.
    pace: f64,
}

/// One system and its people.
struct Member {
    system: &'static System,
    escalation_ratio: f64,
    on_call: Desk,
    reviewers: Desk,
}

impl Team {
    pub(crate) fn new(seed: u64) -> Team {
        let member = |system: &'static System| Member {
            system,
            escalation_ratio: system.escalation_ratio,
            on_call: Desk::new("on-call", system.on_call),
            reviewers: Desk::new("reviewer", system.reviewers),
        };
        let members = SYSTEMS.iter().map(member).collect();
        Team { rng: Rng::new(seed), agenda: Agenda::default(), members, cases: 0, pace: 1.0 }
    }

    /// From now on people take this part of the time that real people would, and all of them are free.
    pub(crate) fn hurry(&mut self, pace: f64, moment: Timestamp) {
        self.pace = pace;
        self.agenda.hurry(pace, moment);
        for member in &mut self.members {
            member.on_call.clear();
            member.reviewers.clear();
        }
    }

    /// Changes how often a system escalates from now on.
    pub(crate) fn escalate(&mut self, member: usize, ratio: f64) {
        self.members[member].escalation_ratio = ratio;
    }

    /// The tasks of a span of the past, in the rhythm of day and week.
    pub(crate) fn work_history(&mut self, from: Timestamp, to: Timestamp) {
        for member in 0..self.members.len() {
            let rate = self.members[member].system.tasks_per_hour / 3600.0;
            self.work(member, from, to, rate * rhythm_at(from));
        }
    }

    /// The tasks of a span of real time, at this part of the full traffic.
    pub(crate) fn work_live(&mut self, from: Timestamp, to: Timestamp, part: f64) {
        for member in 0..self.members.len() {
            self.work(member, from, to, self.members[member].system.tasks_per_second * part);
        }
    }

    /// Tasks of one system at a rate a second.
    fn work(&mut self, member: usize, from: Timestamp, to: Timestamp, rate: f64) {
        let mut at = from.plus(seconds(self.rng.gap(rate)));
        while at <= to {
            self.task(member, at);
            at = at.plus(seconds(self.rng.gap(rate)));
        }
    }

    fn task(&mut self, member: usize, at: Timestamp) {
        self.cases += 1;
        let case = format!("c-{}", self.cases);
        let system = self.members[member].system;
        let (action, mode) = self.rng.pick(system.actions);
        let escalated = self.rng.chance(self.members[member].escalation_ratio);
        let outcome = self.rng.pick(&[("completed", 0.985), ("failed", 0.01), ("abandoned", 0.005)]);
        let duration = self.rng.around(system.task_seconds).min(120.0);
        let task = Line::new(Kind::TaskCompleted, system.name)
            .text("action", action)
            .text("outcome", outcome)
            .text("mode", if escalated { "escalate" } else { mode })
            .number("duration_seconds", duration)
            .text("case", &case);
        self.agenda.add(at, task);
        self.step(system, at, duration);
        self.input(system, at);
        if escalated {
            self.escalation(member, at, &case);
        } else if mode == "suggest" {
            self.review(member, at, &case, action);
        } else {
            self.close(system, at, &case);
        }
        self.feedback(system, at, &case, action, escalated);
    }

    fn step(&mut self, system: &System, at: Timestamp, duration: f64) {
        let (kind, name) = self.rng.pick(&[(("model", system.model), 3.0), (("tool", "lookup"), 1.0)]);
        let part = duration * self.rng.between(0.3, 0.8);
        let mut step = Line::new(Kind::StepCompleted, system.name)
            .text("kind", kind)
            .text("name", name)
            .text("outcome", if self.rng.chance(0.995) { "completed" } else { "failed" })
            .number("duration_seconds", part);
        if kind == "model" {
            step = step
                .number("first_token_seconds", part * self.rng.between(0.1, 0.3))
                .number("input_tokens", self.rng.between(600.0, 4000.0).round())
                .number("output_tokens", self.rng.between(40.0, 600.0).round());
        }
        self.agenda.add(at, step);
    }

    /// One task in five checks how fresh its inputs are.
    fn input(&mut self, system: &System, at: Timestamp) {
        if !self.rng.chance(0.2) {
            return;
        }
        let (input, age) = system.inputs[self.rng.below(system.inputs.len())];
        let result = self.rng.pick(&[("ok", 0.972), ("stale", 0.015), ("missing", 0.008), ("contradictory", 0.005)]);
        let age = self.rng.around(age * if result == "stale" { 9.0 } else { 1.0 });
        let check = Line::new(Kind::InputChecked, system.name)
            .text("input", input)
            .text("result", result)
            .number("age_seconds", age);
        self.agenda.add(at, check);
    }

    fn escalation(&mut self, member: usize, at: Timestamp, case: &str) {
        let system = self.members[member].system;
        let reason = self.rng.pick(system.reasons);
        let of = |kind| Line::new(kind, system.name).text("case", case);
        self.agenda.add(at, of(Kind::EscalationOpened).text("reason", reason));

        let noticed = at.plus(self.takes(150.0));
        let taken = self.members[member].on_call.take(noticed);
        self.agenda.add(taken.at, of(Kind::EscalationAcknowledged).text("by", &taken.by));
        if self.rng.chance(0.06) {
            let moved = taken.at.plus(self.takes(60.0));
            let queue = if system.queue == "billing" { "triage" } else { "support" };
            self.agenda.add(moved, of(Kind::EscalationReassigned).text("queue", queue).text("by", &taken.by));
        }
        let done = taken.at.plus(self.takes(480.0));
        self.members[member].on_call.busy(&taken, done);
        let outcome = self.rng.pick(&[("answered", 5.0), ("overturned", 3.0), ("upheld", 1.7), ("dropped", 0.3)]);
        self.agenda.add(done, of(Kind::EscalationResolved).text("outcome", outcome).text("by", &taken.by));
        self.agenda.add(done, of(Kind::CaseClosed).text("by", "human"));
    }

    fn review(&mut self, member: usize, at: Timestamp, case: &str, action: &str) {
        let system = self.members[member].system;
        let of = |kind| Line::new(kind, system.name).text("case", case);
        self.agenda.add(at, of(Kind::ReviewRequested).text("queue", system.queue).text("action", action));

        let noticed = at.plus(self.takes(240.0));
        let taken = self.members[member].reviewers.take(noticed);
        self.agenda.add(taken.at, of(Kind::ReviewStarted).text("by", &taken.by));
        let effort = self.takes(150.0);
        let done = taken.at.plus(effort);
        self.members[member].reviewers.busy(&taken, done);
        let decision = self.rng.pick(&[("approved", 0.82), ("edited", 0.12), ("rejected", 0.06)]);
        let mut completed = of(Kind::ReviewCompleted)
            .text("decision", decision)
            .text("by", &taken.by)
            .number("handling_seconds", effort as f64 / SECOND as f64);
        if decision == "edited" {
            completed = completed.number("edit_ratio", self.rng.between(0.02, 0.5));
        }
        self.agenda.add(done, completed);
        self.agenda.add(done, of(Kind::CaseClosed).text("by", "human"));
        if self.rng.chance(0.05) {
            let audited = done.plus(self.takes(3600.0));
            let right = self.rng.chance(0.93);
            self.agenda.add(audited, of(Kind::ReviewAudited).truth("appropriate", right).text("decision", decision));
        }
    }

    /// The AI closes the case. Now and then the case comes back, or the decision is appealed.
    fn close(&mut self, system: &System, at: Timestamp, case: &str) {
        self.agenda.add(at, Line::new(Kind::CaseClosed, system.name).text("case", case).text("by", "ai"));
        if self.rng.chance(0.02) {
            let back = at.plus(self.takes(36.0 * 3600.0));
            let reopened = Line::new(Kind::CaseReopened, system.name).text("case", case);
            self.agenda.add(back, reopened.text("reason", "not_solved"));
        }
        if self.rng.chance(0.003) {
            let against = at.plus(self.takes(4.0 * 3600.0));
            let decided = against.plus(self.takes(20.0 * 3600.0));
            let of = |kind| Line::new(kind, system.name).text("case", case);
            self.agenda.add(against, of(Kind::AppealOpened));
            let outcome = self.rng.pick(&[("upheld", 0.8), ("overturned", 0.2)]);
            self.agenda.add(decided, of(Kind::AppealDecided).text("outcome", outcome));
        }
    }

    fn feedback(&mut self, system: &System, at: Timestamp, case: &str, action: &str, escalated: bool) {
        if !self.rng.chance(0.06) {
            return;
        }
        let heard = at.plus(self.takes(120.0));
        let content = self.rng.chance(if escalated { system.thumbs_up - 0.35 } else { system.thumbs_up });
        let said = Line::new(Kind::FeedbackReceived, system.name).text("case", case).text("action", action);
        let said = match self.rng.pick(&[("thumbs", 6.0), ("rating", 3.0), ("other", 1.0)]) {
            "thumbs" => said.text("signal", "thumbs").text("value", if content { "up" } else { "down" }),
            "other" if !content => {
                said.text("signal", self.rng.pick(&[("complaint", 2.0), ("repeat_contact", 2.0), ("abandonment", 1.0)]))
            }
            _ => {
                let stars = if content { self.rng.between(4.0, 5.9) } else { self.rng.between(1.0, 3.9) };
                said.text("signal", "rating").number("value", stars.floor())
            }
        };
        self.agenda.add(heard, said);
    }

    /// How long somebody takes for work with this median. Nanoseconds.
    fn takes(&mut self, median_seconds: f64) -> i64 {
        seconds(self.rng.around(median_seconds) * self.pace)
    }
}

/// Whole milliseconds, as nanoseconds.
fn seconds(seconds: f64) -> i64 {
    (seconds * 1000.0).ceil() as i64 * (SECOND / 1000)
}

fn rhythm_at(at: Timestamp) -> f64 {
    // The first day of the epoch was a Thursday.
    let weekday = (at.nanos().div_euclid(DAY) + 3).rem_euclid(7);
    rhythm(at.nanos().rem_euclid(DAY) as f64 / SECOND as f64, weekday >= 5)
}

#[cfg(test)]
mod tests;
