//! How many jobs of a queue to claim ahead of the free places.
//!
//! Jobs of microseconds spend their time on the way to the engine and back, so they are claimed by the hundred. A job that takes long
//! would only wait here while another worker is idle: of those none is claimed ahead.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Work that may lie here, at the pace of the jobs before: short enough that nobody waits for it noticeably.
const AHEAD: Duration = Duration::from_millis(20);
/// Jobs that are claimed ahead at most.
const MOST_AHEAD: u32 = 1_000;
/// The weight of what is known already, against one new duration.
const MEMORY: u64 = 7;

/// The pace of a queue's jobs.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// A moving average in microseconds; 0 as long as nothing is known.
    average_us: AtomicU64,
}

impl Pace {
    /// Takes in how long a job took.
    pub(super) fn note(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX / 8).clamp(1, u64::MAX / 8);
        // A note that gets lost between two threads does no harm to an average.
        let known_us = self.average_us.load(Ordering::Relaxed);
        let average_us =
            if known_us == 0 { took_us } else { (known_us.saturating_mul(MEMORY) + took_us).div_ceil(MEMORY + 1) };
        self.average_us.store(average_us, Ordering::Relaxed);
    }

    /// Jobs to claim beyond those that can run at once.
    pub(super) fn ahead(&self, concurrency: u32) -> u32 {
        let average_us = self.average_us.load(Ordering::Relaxed);
        if average_us == 0 {
            return 0;
        }
        let each = u64::try_from(AHEAD.as_micros()).unwrap_or_default() / average_us;
        u32::try_from(each.saturating_mul(concurrency.into())).unwrap_or(MOST_AHEAD).min(MOST_AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(durations: &[Duration]) -> Pace {
        let pace = Pace::default();
        for duration in durations {
            pace.note(*duration);
        }
        pace
    }

    #[test]
    fn nothing_is_claimed_ahead_of_what_is_unknown_or_long() {
        assert_eq!(paced(&[]).ahead(10), 0);
        assert_eq!(paced(&[Duration::from_secs(3)]).ahead(10), 0);
        assert_eq!(paced(&[Duration::MAX]).ahead(1_000), 0);
    }

    #[test]
    fn short_jobs_are_claimed_ahead_up_to_a_limit() {
        assert_eq!(paced(&[Duration::from_millis(10)]).ahead(2), 4);
        assert_eq!(paced(&[Duration::ZERO]).ahead(10), MOST_AHEAD);
    }

    #[test]
    fn a_job_that_takes_long_is_not_forgotten_at_once() {
        let pace = paced(&[Duration::from_micros(10), Duration::from_secs(10)]);

        pace.note(Duration::from_micros(10));

        assert_eq!(pace.ahead(10), 0);
    }
}
