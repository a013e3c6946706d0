//! What a cron pattern means: when it comes next, by whose clock.
//!
//! Five fields of crontab(5), or a nickname such as `@daily`. Where clocks are put forward, a run at a fixed time that is left out comes
//! right after; where they are put back, it comes once. A pattern that runs all the time, such as `*/5 * * * *`, follows the clock.

use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, tz::TimeZone};

/// Why a pattern or a time zone can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The pattern can't be read.
    #[error("This is no cron pattern: {0}. Use five fields, minute to day of the week, such as '30 2 * * *'.")]
    Pattern(String),
    /// There is no such time zone.
    #[error("There is no time zone of this name. Use one of the IANA database, such as Europe/Berlin, or UTC.")]
    TimeZone,
}

/// A pattern by somebody's clock.
pub struct Pattern {
    cron: Cron,
    time_zone: TimeZone,
}

impl Pattern {
    /// Reads both.
    ///
    /// # Errors
    /// One of them can't be used.
    pub fn read(cron: &str, time_zone: &str) -> Result<Self, PatternError> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|problem| PatternError::Pattern(problem.to_string()))?;
        let time_zone = TimeZone::get(time_zone).map_err(|_| PatternError::TimeZone)?;
        Ok(Self { cron, time_zone })
    }

    /// When it comes next after a moment; `None` when it never does, such as on the 30th of February.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match self.cron.find_next_occurrence(&after.to_zoned(self.time_zone.clone()), false) {
            Ok(next) => Some(next.timestamp()),
            Err(CronError::TimeSearchLimitExceeded) => None,
            Err(problem) => {
                tracing::warn!(cron = self.cron.as_str(), %problem, "a cron pattern has no next moment");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(cron: &str, time_zone: &str, after: &str, count: usize) -> Vec<String> {
        let pattern = Pattern::read(cron, time_zone).expect("a pattern");
        let mut after: Timestamp = after.parse().expect("a moment");
        let mut next = || {
            after = pattern.next_after(after)?;
            Some(after.to_string())
        };
        (0..count).map_while(|_| next()).collect()
    }

    #[test]
    fn a_pattern_is_read_by_the_clock_of_its_zone() {
        assert_eq!(
            moments("0 3 * * 1-5", "Europe/Berlin", "2026-11-20T00:00:00Z", 3),
            ["2026-11-20T02:00:00Z", "2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"]
        );
        assert_eq!(moments("@hourly", "UTC", "2026-11-20T00:00:00Z", 1), ["2026-11-20T01:00:00Z"]);
    }

    /// In Berlin, 2026-03-29 has no 02:30.
    #[test]
    fn a_time_that_is_left_out_comes_right_after() {
        assert_eq!(
            moments("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
    }

    /// In Berlin, 2026-10-25 has 02:30 twice.
    #[test]
    fn a_time_that_comes_twice_runs_once() {
        assert_eq!(
            moments("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
    }

    #[test]
    fn what_runs_all_the_time_follows_the_clock() {
        let spring = moments("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:29:00Z", 3);
        let autumn = moments("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 4);

        assert_eq!(spring, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
        assert_eq!(
            autumn,
            ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
        );
    }

    #[test]
    fn what_never_comes_has_no_next_moment() {
        assert_eq!(moments("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", 1), [""; 0]);
    }

    #[test]
    fn what_can_not_be_read_is_refused() {
        for pattern in ["", "* * * *", "60 * * * *", "0 0 0 * * *", "tea at five"] {
            assert!(matches!(Pattern::read(pattern, "UTC"), Err(PatternError::Pattern(_))), "{pattern}");
        }
        assert!(matches!(Pattern::read("* * * * *", "Europe/Bielefeld"), Err(PatternError::TimeZone)));
    }
}
