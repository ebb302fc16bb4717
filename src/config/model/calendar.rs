//! `systems.NAME.calendar`: when the people of a system work, and the moments that follow from it.
//!
//! Hours are read on the clock of the system's time zone: a shift begins at the first moment at which that clock shows its
//! begin, or has jumped over it, and ends likewise. So the night in which clocks are set back has a longer night shift.
//! The time zones are those compiled into day90: a journal that is replayed elsewhere gives the same deadlines.

use std::fmt;

use jiff::civil::{self, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::super::key::{Scalar, Shape, What, form, keys};
pub use super::hours::Hours;
use super::hours::MINUTES_A_DAY;
use crate::event::{Timestamp, words};

/// Holidays of one calendar.
const HOLIDAYS_MAX: usize = 1_000;
/// Days that a deadline of business hours looks through: eleven years. What may be declared ends long before.
const DAYS_MAX: usize = 4_000;

words!(/// What happens again and again, and makes busy days that are no surprise. The rarer, the later.
Peak {
    MonthStart = "month_start", MonthEnd = "month_end", QuarterStart = "quarter_start", QuarterEnd = "quarter_end",
    YearStart = "year_start", YearEnd = "year_end",
});

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Calendar {
        /// Days and hours of a week, on the clock of the time zone; 22:00-06:00 ends the next day. Deadlines that say
        /// business count these hours alone.
        hours: Option<Hours>, form::scalar::<Hours>(Shape::Hours), "\"Mon-Fri 09:00-17:30, Sat 10:00-14:00\"";
        /// Days on which no hours begin.
        holidays: Vec<Day>, form::list(form::scalar::<Day>(Shape::Date), 0, HOLIDAYS_MAX), "[2026-12-25, 2026-12-26]";
        /// Days on which more work is usual. The spike detector learns their ratio for itself.
        peaks: Vec<String>, form::list(form::one_of(Peak::WORDS), 0, Peak::ALL.len()), "[month_end]";
    }
}

/// A day of the calendar, in whatever time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub civil::Date);

impl Day {
    /// Whether it has begun, UTC.
    pub fn has_begun(self, now: Timestamp) -> bool {
        date_of(&TimeZone::UTC, now) >= self.0
    }
}

impl Calendar {
    /// The declared peaks that this day90 knows.
    pub fn known_peaks(&self) -> impl Iterator<Item = Peak> {
        self.peaks.iter().filter_map(|word| Peak::from_word(word))
    }

    /// The moment at which `nanos` of business hours have passed since `from`.
    pub fn due(&self, zone: &TimeZone, from: Timestamp, nanos: i64) -> Timestamp {
        let (mut at, mut left) = (from, nanos);
        // A shift that began the day before may still be on.
        let first = date_of(zone, from).yesterday().ok();
        for date in std::iter::successors(first, |date| date.tomorrow().ok()).take(DAYS_MAX) {
            for (opens, closes) in self.shifts_of(zone, date) {
                let begins = opens.max(at);
                let open = closes.since(begins).max(0);
                if left <= open {
                    return begins.plus(left);
                }
                (at, left) = (at.max(closes), left - open);
            }
        }
        at.plus(left)
    }

    /// When each shift that begins on this day begins and ends, in the order of their begin.
    fn shifts_of(&self, zone: &TimeZone, date: civil::Date) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let hours = self.hours.as_ref().filter(|_| !self.holidays.contains(&Day(date)));
        let shifts = hours.map_or(&[][..], |hours| hours.of_weekday(date.weekday()));
        shifts.iter().map(move |shift| (reaches(zone, date, shift.begins), reaches(zone, date, shift.ends)))
    }
}

/// The first moment at which the clock of a zone shows this minute of a day, or has jumped over it. Minutes from 1440 are
/// those of the next day.
fn reaches(zone: &TimeZone, date: civil::Date, minute: u16) -> Timestamp {
    let (days, minute) = (minute / MINUTES_A_DAY, minute % MINUTES_A_DAY);
    let date = (0..days).fold(date, |date, _| date.tomorrow().unwrap_or(date));
    let local = date.to_datetime(Time::midnight()) + jiff::SignedDuration::from_mins(i64::from(minute));
    first_moment(zone, local)
}

fn first_moment(zone: &TimeZone, local: DateTime) -> Timestamp {
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { before, .. } => {
            // By the clock before the jump this is the jump, or later: the last jump up to there.
            let within = before.to_timestamp(local).ok();
            let after = within.and_then(|at| at.checked_add(jiff::SignedDuration::from_nanos(1)).ok());
            return after
                .and_then(|at| zone.preceding(at).next())
                .map_or(Timestamp::EPOCH, |jump| ours(jump.timestamp()));
        }
    };
    offset.to_timestamp(local).map_or(Timestamp::EPOCH, ours)
}

/// The first moment of the calendar month of `now` in a zone, and that of the next month.
pub fn month(zone: &TimeZone, now: Timestamp) -> (Timestamp, Timestamp) {
    let first = date_of(zone, now).first_of_month();
    let next = |date: civil::Date| date.last_of_month().tomorrow().unwrap_or(date);
    let begins = |date: civil::Date| first_moment(zone, date.to_datetime(Time::midnight()));
    let (this, second) = (begins(first), begins(next(first)));
    // Clocks that are set back over midnight show the old month again.
    if second <= now { (second, begins(next(next(first)))) } else { (this, second) }
}

/// A time zone of those compiled in. An empty or unknown name is UTC.
pub fn zone(name: &str) -> TimeZone {
    match name {
        "" | "UTC" => TimeZone::UTC,
        name => TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC),
    }
}

fn date_of(zone: &TimeZone, at: Timestamp) -> civil::Date {
    let at = jiff::Timestamp::from_nanosecond(at.nanos().into()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(at).date()
}

/// Moments outside the years 1678 to 2261 are moved to their end.
fn ours(at: jiff::Timestamp) -> Timestamp {
    let nanos = at.as_nanosecond();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
}

impl Default for Day {
    fn default() -> Day {
        Day(civil::Date::ZERO)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Day, String> {
        text.parse().map(Day).map_err(|_| format!("{text:?} is not a date"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl Scalar for Day {
    fn take(what: &What) -> Option<Day> {
        match what {
            What::Date(date) => Some(Day(*date)),
            _ => None,
        }
    }
    fn give(&self) -> What {
        What::Date(self.0)
    }
}
