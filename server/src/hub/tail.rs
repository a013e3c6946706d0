//! The one reader of the log, and the one clock of all connections.

use std::{sync::Arc, time::Duration};

use app::events::ByeReason;

use super::{AFTER_A_FAILURE, Hub};
use crate::backplane::ReadLog;

/// How fine the clock of heartbeats is: parts of a heartbeat.
const TICKS: u32 = 15;
/// Who leaves when the process stops leaves within this time, a piece of it after the other.
const LEAVING: Duration = Duration::from_secs(3);
const PIECE: Duration = Duration::from_millis(10);
/// Connections of a piece where they are few.
const FEW: usize = 10;

impl Hub {
    /// Follows the log for as long as the process lives.
    pub(super) async fn tail(self: Arc<Self>) {
        loop {
            let end = self.ring().end().clone();
            match self.log.tail(&end, self.refills.length()).await {
                Ok(ReadLog::Events(entries)) if entries.is_empty() => {}
                Ok(ReadLog::Events(entries)) => {
                    let frames = self.refills.encode(&entries);
                    let listeners = self.ring().extend(frames);
                    self.tell_place();
                    for seat in listeners {
                        seat.waker.wake();
                    }
                }
                Ok(ReadLog::Gone { reason, head }) => {
                    tracing::error!(?reason, "the log was lost; every page loads its snapshot again");
                    self.ring().lose(reason, head);
                    self.refills.forget();
                    self.tell_place();
                    for seat in self.seats.all() {
                        seat.waker.wake();
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the log can't be read; trying again");
                    tokio::time::sleep(AFTER_A_FAILURE).await;
                }
            }
        }
    }

    /// Sees to it that nobody is silent for longer than was promised; and that all leave when the process is asked to stop.
    ///
    /// One clock for all, since thousands of timers are memory and work that a look at thousands of numbers is not.
    pub(super) async fn pulse(self: Arc<Self>) {
        let tick = (self.config.heartbeat / TICKS).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let silence = self.config.heartbeat.saturating_sub(tick);
        while self.stopping.run_until_cancelled(ticks.tick()).await.is_some() {
            for seat in self.seats.all() {
                let mut desk = seat.desk();
                if !desk.owes_heartbeat && desk.last_sent.elapsed() >= silence {
                    desk.owes_heartbeat = true;
                    drop(desk);
                    seat.waker.wake();
                }
            }
        }
        self.send_all_away().await;
    }

    /// Asks all to leave, spread over a time: they come back to another process in the same order, and it has to live through that.
    async fn send_all_away(&self) {
        let seats = self.seats.all();
        for piece in seats.chunks(piece_of(seats.len())) {
            for seat in piece {
                seat.send_away(ByeReason::Shutdown);
            }
            tokio::time::sleep(PIECE).await;
        }
    }
}

/// How many leave together.
fn piece_of(seats: usize) -> usize {
    let pieces = usize::try_from(LEAVING.as_millis() / PIECE.as_millis()).unwrap_or(usize::MAX);
    seats.div_ceil(pieces).max(FEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_leave_at_once_and_thousands_within_the_time() {
        assert_eq!(5_usize.div_ceil(piece_of(5)), 1);
        for seats in [1_000_usize, 5_000, 9_999] {
            let pieces = u32::try_from(seats.div_ceil(piece_of(seats))).expect("few pieces");

            assert!(pieces > 1 && PIECE * pieces <= LEAVING, "{seats}: {pieces}");
        }
    }
}
