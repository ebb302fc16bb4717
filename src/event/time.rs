//! [`Timestamp`]: a moment as nanoseconds since the Unix epoch. RFC 3339 in and out, without a clock.

use super::Fixed;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, from the year 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(i64);

/// A span of time in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    pub const EPOCH: Timestamp = Timestamp(0);

    pub const fn from_nanos(nanos: i64) -> Timestamp {
        Timestamp(nanos)
    }
    pub const fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(SECOND))
    }
    pub const fn nanos(self) -> i64 {
        self.0
    }
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// This moment, `nanos` later (earlier when negative), within the range of the type.
    pub const fn plus(self, nanos: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }
    /// Nanoseconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// As seconds since the epoch, exactly.
    pub const fn as_fixed(self) -> Fixed {
        Fixed::from_nanos(self.0)
    }
}
