//! The two minutes in real time, and the light traffic after them: ten times a second what happened is posted,
//! once a second the daemon is scraped, the story goes on, and the screen is drawn.

use std::time::{Duration, Instant};

use super::Host;
use super::cast::{BAD_RATIO, REFUNDS, SYSTEMS};
use super::line::Line;
use super::scrape;
use super::screen::{self, Screen};
use super::story::{Beat, Mood, Story};
use super::team::Team;
use super::telling;
use super::upkeep::{BAD_PROMPT, GOOD_PROMPT};
use super::watch::Watch;
use crate::cli::Failure;
use crate::cli::send::Packing;
use crate::clock::Clock;
use crate::event::{Kind, Timestamp};
use crate::page::spike;

const TICK: Duration = Duration::from_millis(100);
const SCRAPE_TICKS: u64 = 10;
/// A log gets a line this often; a terminal is drawn at every scrape.
const PLAIN_TICKS: u64 = 50;
/// The people live a minute a second, so that one sees them work.
const PACE: f64 = 1.0 / 60.0;
/// Traffic when the story is over.
const LIGHT: f64 = 0.1;
/// Every so many requests a sender doesn't hear the answer and sends again.
const RETRY_EVERY: u64 = 97;

pub(crate) struct Live<'a> {
    host: &'a Host,
    team: Team,
    watch: Watch,
    screen: &'a mut Screen,
    story: Story,
    duration: Option<Duration>,
    started: Instant,
    /// Until when everything was simulated.
    last: Timestamp,
    body: Vec<u8>,
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
        Live { host, team, watch, screen, story, duration, started, last, body: Vec::new() }
    }

    /// Until Ctrl-C, or the end of the duration.
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

    /// What happened since the last tick goes to the daemon.
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

    /// Scrapes, goes on with the story, draws.
    fn look(&mut self, tick: u64) -> Result<(), Failure> {
        let samples = scrape::read(&self.host.sender.get("/metrics")?);
        self.watch.saw(&samples, self.host.clock.now(), true);
        let verdict = self.watch.verdict(REFUNDS);
        for beat in self.story.step(self.elapsed(), &verdict) {
            self.act(beat)?;
        }
        if self.screen.is_live() {
            let rows = screen::summary(self.watch.readings(), &self.watch.own(), &self.host.url);
            self.screen.show(&rows);
        } else if tick.is_multiple_of(PLAIN_TICKS) {
            for reading in self.watch.readings() {
                self.screen.tell(self.elapsed(), Mood::Plain, &screen::plain_line(reading));
            }
        }
        Ok(())
    }

    fn act(&mut self, beat: Beat) -> Result<(), Failure> {
        let system = &SYSTEMS[REFUNDS];
        let now = self.last;
        let change = format!("{}-prompt-{BAD_PROMPT}", system.name);
        let of = |kind| Line::new(kind, system.name);
        let line = match beat {
            Beat::Say(mood, text) => {
                self.screen.tell(self.elapsed(), mood, &text);
                return Ok(());
            }
            Beat::Page => return self.page(system.name),
            Beat::Summary => {
                let goes_on = self.duration.is_none();
                telling::summary(self.screen, &self.story.record, &self.host.url, goes_on);
                return Ok(());
            }
            Beat::DeployBadPrompt => {
                self.team.escalate(REFUNDS, BAD_RATIO);
                let deployed = of(Kind::ChangeDeployed).text("kind", "prompt").text("version", BAD_PROMPT);
                deployed.text("change", &change).text("previous_version", GOOD_PROMPT).text("author", "agent-team")
            }
            Beat::AttemptForbidden => {
                of(Kind::ActionAttempted).text("action", "account.close").text("mode", "decide").truth("allowed", false)
            }
            Beat::StartRollback { paged } => of(Kind::RollbackStarted)
                .text("rollback", "r-2")
                .text("change", &change)
                .text("trigger", if paged { "alert" } else { "owner" })
                .text("to", "previous_version"),
            Beat::CompleteRollback => {
                self.team.escalate(REFUNDS, system.escalation_ratio);
                of(Kind::RollbackCompleted).text("rollback", "r-2").text("result", "restored")
            }
        };
        self.team.agenda.add(now, line);
        Ok(())
    }

    /// The page, as `day90 explain` tells it.
    fn page(&mut self, system: &str) -> Result<(), Failure> {
        let json = self.host.sender.get(&format!("/api/v1/spike?system={system}"))?;
        let report = serde_json::from_str(&json)
            .map_err(|error| Failure::Refused(format!("the demo's daemon answered what is not understood: {error}")))?;
        for line in spike::text(&report).lines() {
            self.screen.tell(self.elapsed(), Mood::Bad, line);
        }
        Ok(())
    }
}
