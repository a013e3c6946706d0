//! The one reader of the log, and the one clock of all connections.

use std::{sync::Arc, time::Duration};

use app::events::ByeReason;

use super::{AFTER_A_FAILURE, Hub};
use crate::backplane::ReadLog;

/// How fine the clock of heartbeats is: parts of a heartbeat.
const TICKS: u32 = 15;

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
        for seat in self.seats.all() {
            seat.send_away(ByeReason::Shutdown);
        }
    }
}
