//! The story, phase by phase. Pure: the time since the start and the detector's verdict go in; what happens and what is said
//! come out.

use super::page::{Counts, Verdict};
use super::screen::Mood;
use super::upkeep::{BAD_PROMPT, GOOD_PROMPT};
use crate::words;

// Seconds of each phase; `--fast` halves them.

const STEADY: f64 = 25.0;
/// From the bad prompt to its attempt at a forbidden action.
const ATTEMPT: f64 = 5.0;
/// From the page until on-call has looked.
const LOOKING: f64 = 6.0;
/// From then until the rollback begins.
const DECIDING: f64 = 6.0;
const ROLLING_BACK: f64 = 12.0;
/// From the recovery to the summary.
const CALM: f64 = 12.0;
/// If the detector is silent for this long, the owner acts without a page. If the ratio is not usual again within this time,
/// the story ends without that.
const PATIENCE: f64 = 60.0;

/// What happens next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Beat {
    Say(Mood, String),
    /// On-call is paged; the daemon supplies the words.
    Page,
    Team(Act),
    Summary,
}

/// What the simulated team does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    DeployBadPrompt,
    /// The new prompt tries an action declared `never`, and is stopped.
    AttemptForbidden,
    StartRollback {
        paged: bool,
    },
    CompleteRollback,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Start,
    Steady,
    /// The bad prompt is in force.
    Deployed,
    Paged,
    Understood,
    RollingBack,
    Restored,
    Calm,
    Over,
}

/// When the turning points were, in seconds since the start, and the counts at each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// When a page came although nothing had changed.
    pub false_page: Option<f64>,
    pub deployed: Option<f64>,
    pub paged: Option<f64>,
    pub rollback: Option<f64>,
    pub restored: Option<f64>,
    pub resolved: Option<f64>,
    /// The highest ratio of half a minute.
    pub worst: f64,
    pub usual: f64,
    pub at_change: Counts,
    pub at_page: Counts,
    pub at_restored: Counts,
}

pub(crate) struct Story {
    phase: Phase,
    since: f64,
    /// How much faster than usual the story runs.
    haste: f64,
    attempted: bool,
    pub(crate) record: Record,
}

impl Story {
    pub(crate) fn new(haste: f64) -> Story {
        Story { phase: Phase::Start, since: 0.0, haste, attempted: false, record: Record::default() }
    }

    pub(crate) fn over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes the time and the verdict; returns what happens now, if anything.
    pub(crate) fn step(&mut self, now: f64, verdict: &Verdict) -> Vec<Beat> {
        if self.record.paged.is_some() && self.record.resolved.is_none() && !verdict.spike {
            self.record.resolved = Some(now);
            return vec![say(Mood::Good, "The page has ended by itself: escalations are clearly back to usual.")];
        }
        if self.record.deployed.is_some() {
            self.record.worst = self.record.worst.max(verdict.ratio);
        }
        let waited = (now - self.since) * self.haste;
        match self.phase {
            Phase::Start => self.turn(Phase::Steady, now, self.begin()),
            Phase::Steady if verdict.spike && self.record.false_page.is_none() => self.false_page(now),
            Phase::Steady if waited >= STEADY => self.deploy(now, verdict),
            // A page that was open before says nothing about the change until the ratio has risen.
            Phase::Deployed if verdict.spike && (self.record.false_page.is_none() || !verdict.calm()) => {
                self.page(now, verdict)
            }
            Phase::Deployed if !self.attempted && waited >= ATTEMPT => self.attempt(),
            Phase::Deployed if waited >= PATIENCE => self.roll_back(now, false),
            Phase::Paged if waited >= LOOKING => self.understand(now),
            Phase::Understood if waited >= DECIDING => self.roll_back(now, true),
            Phase::RollingBack if waited >= ROLLING_BACK => self.restore(now, verdict),
            Phase::Restored if verdict.calm() || waited >= PATIENCE => self.calm_down(now, verdict),
            Phase::Calm if waited >= CALM => self.turn(Phase::Over, now, vec![Beat::Summary]),
            _ => Vec::new(),
        }
    }

    fn turn(&mut self, phase: Phase, now: f64, beats: Vec<Beat>) -> Vec<Beat> {
        (self.phase, self.since) = (phase, now);
        beats
    }

    fn begin(&self) -> Vec<Beat> {
        vec![
            say(Mood::Good, "Real time now: two agents at work, and people around them."),
            say(
                Mood::Plain,
                "The detector has learned from the past what is usual at this hour. It has one setting: 1 false page a month.",
            ),
        ]
    }

    fn false_page(&mut self, now: f64) -> Vec<Beat> {
        self.record.false_page = Some(now);
        let text = "A page, and nothing has changed: a false one, by chance. 1 a month is what the detector is allowed, and no \
                    shorter demo is sure to have none.";
        vec![say(Mood::Watch, text), Beat::Page]
    }

    fn deploy(&mut self, now: f64, verdict: &Verdict) -> Vec<Beat> {
        self.record.deployed = Some(now);
        (self.record.usual, self.record.at_change) = (verdict.usual, verdict.total);
        let text = format!("refund-agent: prompt {BAD_PROMPT} is deployed. Nobody approved it.");
        self.turn(Phase::Deployed, now, vec![Beat::Team(Act::DeployBadPrompt), say(Mood::Watch, &text)])
    }

    fn attempt(&mut self) -> Vec<Beat> {
        self.attempted = true;
        let text = "refund-agent tried account.close, declared never: blocked, and counted.";
        vec![Beat::Team(Act::AttemptForbidden), say(Mood::Watch, text)]
    }

    fn page(&mut self, now: f64, verdict: &Verdict) -> Vec<Beat> {
        (self.record.paged, self.record.at_page) = (Some(now), verdict.total);
        let mut beats = vec![Beat::Page];
        if self.record.false_page.is_some() {
            let text =
                "The false page is still open, so there is no second one. Now it is right: escalations have risen.";
            beats.insert(0, say(Mood::Bad, text));
        }
        self.turn(Phase::Paged, now, beats)
    }

    fn understand(&mut self, now: f64) -> Vec<Beat> {
        let ago = self.record.deployed.map_or(0.0, |deployed| now - deployed);
        let text = format!("On-call looks: prompt {BAD_PROMPT} came {} ago, unapproved.", words::span(ago));
        self.turn(Phase::Understood, now, vec![say(Mood::Plain, &text)])
    }

    fn roll_back(&mut self, now: f64, paged: bool) -> Vec<Beat> {
        self.record.rollback = Some(now);
        let who = if paged { "On-call" } else { "No page came; the owner" };
        let text = format!("{who} starts the rollback to prompt {GOOD_PROMPT}.");
        self.turn(Phase::RollingBack, now, vec![Beat::Team(Act::StartRollback { paged }), say(Mood::Plain, &text)])
    }

    fn restore(&mut self, now: f64, verdict: &Verdict) -> Vec<Beat> {
        (self.record.restored, self.record.at_restored) = (Some(now), verdict.total);
        let took = self.record.rollback.map_or(0.0, |started| now - started);
        let text = format!("Rollback restored after {}. Prompt {GOOD_PROMPT} is in force again.", words::span(took));
        self.turn(Phase::Restored, now, vec![Beat::Team(Act::CompleteRollback), say(Mood::Good, &text)])
    }

    fn calm_down(&mut self, now: f64, verdict: &Verdict) -> Vec<Beat> {
        if !verdict.calm() {
            return self.turn(Phase::Calm, now, Vec::new());
        }
        let mut text = "Escalations are back to what is usual.".to_owned();
        if verdict.spike {
            text.push_str(" The page stays for 5 minutes at least, so that no scrape misses it, and ends by itself.");
        }
        self.turn(Phase::Calm, now, vec![say(Mood::Good, &text)])
    }
}

fn say(mood: Mood, text: &str) -> Beat {
    Beat::Say(mood, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays the story with a verdict for each second; what happened, with its second.
    fn play(verdict: impl Fn(usize) -> Verdict) -> Vec<(usize, Beat)> {
        let mut story = Story::new(1.0);
        let mut beats = Vec::new();
        for second in 0..240 {
            beats.extend(story.step(second as f64, &verdict(second)).into_iter().map(|beat| (second, beat)));
        }
        assert!(story.over());
        beats.retain(|(_, beat)| !matches!(beat, Beat::Say(..)));
        beats
    }

    #[test]
    fn a_spike_ends_in_a_rollback_within_two_minutes() {
        let beats = play(|second| Verdict {
            spike: (36..85).contains(&second),
            ratio: if (26..80).contains(&second) { 0.2 } else { 0.04 },
            usual: 0.04,
            ..Verdict::default()
        });
        let expected = [
            (25, Beat::Team(Act::DeployBadPrompt)),
            (30, Beat::Team(Act::AttemptForbidden)),
            (36, Beat::Page),
            (48, Beat::Team(Act::StartRollback { paged: true })),
            (60, Beat::Team(Act::CompleteRollback)),
            (92, Beat::Summary),
        ];
        assert_eq!(beats, expected);
    }

    #[test]
    fn a_page_before_the_change_is_false_and_not_blamed_on_the_change() {
        let beats = play(|second| Verdict {
            spike: (10..85).contains(&second),
            ratio: if (33..80).contains(&second) { 0.2 } else { 0.04 },
            usual: 0.04,
            ..Verdict::default()
        });
        let pages: Vec<usize> = beats.iter().filter(|(_, beat)| *beat == Beat::Page).map(|(at, _)| *at).collect();
        assert_eq!(pages, [10, 33], "the false one, and the moment when it is right");
    }

    #[test]
    fn without_a_page_the_owner_acts() {
        let beats = play(|_| Verdict::default());
        assert!(beats.contains(&(85, Beat::Team(Act::StartRollback { paged: false }))), "{beats:?}");
        assert_eq!(beats.last().expect("an end").1, Beat::Summary);
    }

    #[test]
    fn a_rise_that_never_ends_doesnt_hold_the_story() {
        let beats = play(|_| Verdict { spike: true, ratio: 0.2, usual: 0.04, ..Verdict::default() });
        assert_eq!(beats.last().expect("an end").1, Beat::Summary);
    }
}
