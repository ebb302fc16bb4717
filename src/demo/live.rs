//! The two minutes in real time, and the light traffic after them. Ten times a second new events are posted; once a second
//! the daemon is scraped, the story continues, and the screen is redrawn.

use std::time::{Duration, Instant};

use super::cast::{BAD_RATIO, REFUNDS, SYSTEMS};
use super::host::Host;
use super::line::Line;
use super::scrape;
use super::screen::{Mood, Screen};
use super::story::{Act, Beat, Story};
use super::summary;
use super::team::Team;
use super::telling;
use super::upkeep::{BAD_PROMPT, GOOD_PROMPT};
use super::watch::Watch;
use crate::clock::Clock;
use crate::event::{Kind, Timestamp};
use crate::explain;
use crate::failure::Failure;
use crate::preflight::Report;
use crate::send::Packing;

const TICK: Duration = Duration::from_millis(100);
const SCRAPE_TICKS: u64 = 10;
/// Ticks between two lines of a log. A terminal is redrawn at every scrape.
const PLAIN_TICKS: u64 = 50;
/// The people work sixty times faster than real people, so that a viewer sees them work.
const PACE: f64 = 1.0 / 60.0;
/// The part of the traffic that continues after the story.
const LIGHT: f64 = 0.1;
/// One request in this many is sent twice, as by a sender that did not get the answer.
const RETRY_EVERY: u64 = 97;

pub(crate) struct Live<'a> {
    host: &'a Host,
    team: Team,
    watch: Watch,
    screen: &'a mut Screen,
    story: Story,
    duration: Option<Duration>,
    started: Instant,
    /// The team's work is simulated up to this moment.
    last: Timestamp,
    body: Vec<u8>,
    /// The systems whose false page was explained.
    others_paged: [bool; SYSTEMS.len()],
}

impl<'a> Live<'a> {
    pub(crate) fn new(
        host: &'a Host,
        mut team: Team,
        watch: Watch,
        screen: &'a mut Screen,
        haste: f64,
        duration: Option<Duration>,
    ) -> Live<'a> {
        let last = host.clock.now();
        team.hurry(PACE, last);
        let (story, started) = (Story::new(haste), Instant::now());
        Live {
            host,
            team,
            watch,
            screen,
            story,
            duration,
            started,
            last,
            body: Vec::new(),
            others_paged: Default::default(),
        }
    }

    /// Plays until Ctrl-C, or until the duration is over.
    pub(crate) fn play(mut self) -> Result<(), Failure> {
        let over = |live: &Live| live.duration.is_some_and(|duration| live.started.elapsed() >= duration);
        for tick in 0.. {
            if self.host.interrupted() || over(&self) {
                break;
            }
            self.work(tick)?;
            if tick.is_multiple_of(SCRAPE_TICKS) {
                self.look(tick)?;
            }
            let due = self.started + TICK * u32::try_from(tick + 1).unwrap_or(u32::MAX);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        if !self.story.over() {
            self.screen.tell(self.elapsed(), Mood::Plain, "Ended before the end of the story.");
        }
        Ok(())
    }

    fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Sends what happened since the last tick.
    fn work(&mut self, tick: u64) -> Result<(), Failure> {
        let now = self.host.clock.now();
        self.team.work_live(self.last, now, if self.story.over() { LIGHT } else { 1.0 });
        self.last = now;
        self.body.clear();
        if self.team.agenda.until(now, &mut self.body) == 0 {
            return Ok(());
        }
        self.host.sender.post("application/x-ndjson", Packing::Plain, self.body.clone())?;
        if tick % RETRY_EVERY == RETRY_EVERY - 1 {
            self.host.sender.post("application/x-ndjson", Packing::Plain, self.body.clone())?;
        }
        Ok(())
    }

    /// Scrapes, continues the story, redraws.
    fn look(&mut self, tick: u64) -> Result<(), Failure> {
        let samples = scrape::read(&self.host.sender.get("/metrics")?);
        self.watch.saw(&samples, self.host.clock.now(), true);
        let verdict = self.watch.verdict(REFUNDS);
        for beat in self.story.step(self.elapsed(), &verdict) {
            self.act(beat)?;
        }
        self.explain_others()?;
        if self.screen.is_live() {
            let rows = summary::of(self.watch.readings(), &self.watch.own(), &self.host.url);
            self.screen.show(&rows);
        } else if tick.is_multiple_of(PLAIN_TICKS) {
            for reading in self.watch.readings() {
                self.screen.tell(self.elapsed(), Mood::Plain, &summary::plain_line(reading));
            }
        }
        Ok(())
    }

    /// Nothing happens to the other systems, so a page of theirs is false, and is said to be.
    fn explain_others(&mut self) -> Result<(), Failure> {
        for (member, system) in SYSTEMS.iter().enumerate().filter(|(member, _)| *member != REFUNDS) {
            let is_paged = self.watch.verdict(member).spike;
            if is_paged && !std::mem::replace(&mut self.others_paged[member], is_paged) {
                let text = format!(
                    "A page of {}, and nothing has changed there: a false one, by chance. 1 a month is allowed.",
                    system.name
                );
                self.screen.tell(self.elapsed(), Mood::Watch, &text);
                self.page(system.name)?;
            }
        }
        Ok(())
    }

    fn act(&mut self, beat: Beat) -> Result<(), Failure> {
        match beat {
            Beat::Say(mood, text) => self.screen.tell(self.elapsed(), mood, &text),
            Beat::Page => self.page(SYSTEMS[REFUNDS].name)?,
            Beat::Summary => {
                let continues = self.duration.is_none();
                let verdicts = self.verdicts()?;
                telling::summary(self.screen, &self.story.record, &verdicts, &self.host.url, continues);
            }
            Beat::Team(act) => {
                match act {
                    Act::DeployBadPrompt => self.team.escalate(REFUNDS, BAD_RATIO),
                    Act::CompleteRollback => self.team.escalate(REFUNDS, SYSTEMS[REFUNDS].escalation_ratio),
                    Act::AttemptForbidden | Act::StartRollback { .. } => {}
                }
                self.team.agenda.add(self.last, event(act));
            }
        }
        Ok(())
    }

    /// What preflight says of each system.
    fn verdicts(&self) -> Result<Vec<(String, String)>, Failure> {
        let json = self.host.sender.get("/api/v1/preflight")?;
        let report: Report = serde_json::from_str(&json).map_err(|error| unreadable(&error))?;
        Ok(report.systems.iter().map(|system| (system.system.clone(), system.sentence())).collect())
    }

    /// Prints the page in the words of `day90 explain`.
    fn page(&mut self, system: &str) -> Result<(), Failure> {
        let json = self.host.sender.get(&format!("/api/v1/spike?system={system}"))?;
        let report = serde_json::from_str(&json).map_err(|error| unreadable(&error))?;
        for line in explain::text(&report).lines() {
            self.screen.tell(self.elapsed(), Mood::Bad, line);
        }
        Ok(())
    }
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::Refused(format!("the answer of the demo's daemon cannot be read: {error}"))
}

/// The event of an act.
fn event(act: Act) -> Line {
    let of = |kind| Line::new(kind, SYSTEMS[REFUNDS].name);
    let change = format!("{}-prompt-{BAD_PROMPT}", SYSTEMS[REFUNDS].name);
    match act {
        Act::DeployBadPrompt => {
            let deployed = of(Kind::ChangeDeployed).text("kind", "prompt").text("version", BAD_PROMPT);
            deployed.text("change", &change).text("previous_version", GOOD_PROMPT).text("author", "agent-team")
        }
        Act::AttemptForbidden => {
            of(Kind::ActionAttempted).text("action", "account.close").text("mode", "decide").truth("allowed", false)
        }
        Act::StartRollback { paged } => of(Kind::RollbackStarted)
            .text("rollback", "r-2")
            .text("change", &change)
            .text("trigger", if paged { "alert" } else { "owner" })
            .text("to", "previous_version"),
        Act::CompleteRollback => of(Kind::RollbackCompleted).text("rollback", "r-2").text("result", "restored"),
    }
}
