//! [`Hours`]: the opening hours of a week, as they are written: `Mon-Fri 09:00-17:30, Sat 10:00-14:00`.

use std::fmt;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use super::super::key::written::shown;
use super::super::key::{Scalar, What};

/// Minutes of a day on the clock.
pub(super) const MINUTES_A_DAY: u16 = 24 * 60;
/// Shifts of one calendar, as they are written.
const SHIFTS_MAX: usize = 100;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Opening hours of a week. Invariant: at least one shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    written: String,
    /// Of each day of the week from Monday, in the order of their begin.
    shifts: [Vec<Shift>; 7],
}

/// Minutes from the midnight that begins its day. Invariant: begins < ends; one that ends the next day ends after 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shift {
    pub(super) begins: u16,
    pub(super) ends: u16,
}

impl Hours {
    /// Days and hours: `Mon-Fri 09:00-17:30`. Several follow one another with commas; hours alone are on the days before
    /// them, days alone have the hours after them.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Hours, String> {
        let mut shifts: [Vec<Shift>; 7] = Default::default();
        // The days that wait for hours, and those of the hours before.
        let (mut waiting, mut last) = ([false; 7], [false; 7]);
        let plain = text.replace('–', "-").replace(" -", "-").replace("- ", "-");
        let items: Vec<&str> = plain.split(',').map(str::trim).collect();
        if items.len() > SHIFTS_MAX {
            return Err(format!("has {} parts; at most {SHIFTS_MAX} are allowed", items.len()));
        }
        for item in items {
            let (days, hours) = parts(item).ok_or_else(|| wrong(text))?;
            for day in days.map(|days| days_of(days).ok_or_else(|| no_days(days))).transpose()?.unwrap_or_default() {
                waiting[day] = true;
            }
            let Some(hours) = hours else { continue };
            let shift = shift_of(hours)?;
            if waiting != [false; 7] {
                last = std::mem::take(&mut waiting);
            }
            if last == [false; 7] {
                return Err(format!(
                    "{} has hours without days; write Mon-Fri {hours}, or Mon-Sun {hours}",
                    shown(text)
                ));
            }
            last.iter().zip(&mut shifts).filter(|(on, _)| **on).for_each(|(_, shifts)| shifts.push(shift));
        }
        if waiting != [false; 7] {
            return Err(format!("{} has days without hours; write hours after them, such as 09:00-17:30", shown(text)));
        }
        shifts.iter_mut().for_each(|shifts| shifts.sort_unstable());
        Ok(Hours { written: text.to_owned(), shifts })
    }

    pub(super) fn of_weekday(&self, day: Weekday) -> &[Shift] {
        &self.shifts[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }

    /// Minutes of a week at which it is open.
    pub fn minutes_a_week(&self) -> u64 {
        const WEEK: usize = 7 * MINUTES_A_DAY as usize;
        let mut open = vec![false; WEEK];
        for (day, shifts) in self.shifts.iter().enumerate() {
            for minute in shifts.iter().flat_map(|shift| shift.begins..shift.ends) {
                open[(day * usize::from(MINUTES_A_DAY) + usize::from(minute)) % WEEK] = true;
            }
        }
        open.iter().filter(|open| **open).count() as u64
    }
}

/// The days and the hours of one part, of which one may be missing.
fn parts(item: &str) -> Option<(Option<&str>, Option<&str>)> {
    let mut words = item.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(hours), None, None) if hours.contains(':') => Some((None, Some(hours))),
        (Some(days), None, None) => Some((Some(days), None)),
        (Some(days), Some(hours), None) => Some((Some(days), Some(hours))),
        _ => None,
    }
}

/// `Mon`, `Mon-Fri`, `Sat-Mon`: numbers of days from Monday.
fn days_of(text: &str) -> Option<Vec<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day_of(first)?, day_of(last)?);
    Some((0..=(last + 7 - first) % 7).map(|more| (first + more) % 7).collect())
}

fn day_of(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    DAYS.iter().position(|day| lower.len() >= 3 && day.starts_with(&lower))
}

fn shift_of(text: &str) -> Result<Shift, String> {
    let ends = text.split_once('-').and_then(|(begins, ends)| Some((minute_of(begins)?, minute_of(ends)?)));
    match ends {
        Some((begins, ends)) if begins == ends => {
            Err(format!("{} is no time at all; write 00:00-24:00 for a whole day", shown(text)))
        }
        // It ends the next day.
        Some((begins, ends)) if begins > ends && begins < MINUTES_A_DAY => {
            Ok(Shift { begins, ends: ends + MINUTES_A_DAY })
        }
        Some((begins, ends)) if begins < ends => Ok(Shift { begins, ends }),
        _ => Err(format!("{} is not hours; write them such as 09:00-17:30, or 22:00-06:00 for a night", shown(text))),
    }
}

/// `09:00` to `24:00`: minutes from midnight.
fn minute_of(text: &str) -> Option<u16> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute) = text.split_once(':').filter(|(hour, minute)| digits(hour) && digits(minute))?;
    let is_long_enough = (1..=2).contains(&hour.len()) && minute.len() == 2;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    (is_long_enough && minute < 60 && at <= MINUTES_A_DAY).then_some(at)
}

fn wrong(text: &str) -> String {
    format!("{} is not opening hours; write days and hours, such as Mon-Fri 09:00-17:30, Sat 10:00-14:00", shown(text))
}

fn no_days(text: &str) -> String {
    format!(
        "{} is no day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or from one to another: Mon-Fri",
        shown(text)
    )
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Hours, String> {
        Hours::parse(&text)
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.written
    }
}

impl Scalar for Hours {
    fn take(what: &What) -> Option<Hours> {
        match what {
            What::Text(text) => Hours::parse(text).ok(),
            _ => None,
        }
    }
    fn give(&self) -> What {
        What::Text(self.written.clone())
    }
}
