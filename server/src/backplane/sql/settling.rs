//! Waiting until what is there can be read.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::place::{Bounds, Place};

/// The longest that a reader waits for what is not readable yet.
const SETTLING: Duration = Duration::from_secs(1);
/// How often is looked whether it is readable now: soon at first, then less and less.
pub(super) const SHORTEST_LOOK: Duration = Duration::from_millis(1);
pub(super) const LONGEST_LOOK: Duration = Duration::from_millis(250);

/// The transaction at which the readable part ended when somebody waited in vain for more: one that stays open so long that it is not
/// waited for again.
pub(super) struct Stuck(AtomicI64);

impl Default for Stuck {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

/// Waits, though not for ever, until what is there is readable.
pub(super) struct Settling<'a> {
    stuck: &'a Stuck,
    deadline: Instant,
    pause: Duration,
    /// Where the log ended at first: what comes meanwhile is not waited for.
    end: Option<Place>,
}

impl<'a> Settling<'a> {
    pub(super) fn begin(stuck: &'a Stuck) -> Self {
        Self { stuck, deadline: Instant::now() + SETTLING, pause: SHORTEST_LOOK, end: None }
    }

    /// Waits a moment and says that another look is due, or says that it is not. What was found is complete up to some place: where that
    /// is below the head, more has become readable since.
    pub(super) async fn goes_on(&mut self, bounds: &Bounds, complete_to: Place) -> bool {
        let end = *self.end.get_or_insert(bounds.end());
        let (head, is_behind) = (bounds.head(), complete_to < bounds.head());
        let is_stuck = !is_behind && self.stuck.0.load(Ordering::Relaxed) == head.major;
        if head.min(complete_to) >= end || is_stuck {
            return false;
        }
        if Instant::now() >= self.deadline {
            if !is_behind {
                self.stuck.0.store(head.major, Ordering::Relaxed);
            }
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_LOOK);
        true
    }
}
