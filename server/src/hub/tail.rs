//! The one reader of the log, and the one clock of all connections.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use app::events::ByeReason;
use tokio::time::Instant;

use super::{AFTER_A_FAILURE, Hub, seats::Seat};
use crate::backplane::ReadLog;

/// How often the log is asked whether it is there, in parts of a heartbeat, and at most; and for how many of these pauses an answer
/// vouches for it.
const QUESTIONS: u32 = 3;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(500);
const VOUCHED_FOR: u32 = 2;
/// Connections that are served one after the other, before others have their turn.
const AT_ONCE: usize = 64;
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
            let told = self.log.tail(&end, self.refills.length()).await;
            if told.is_ok() {
                self.note_answer();
            }
            match told {
                Ok(ReadLog::Events(entries)) if entries.is_empty() => {}
                Ok(ReadLog::Events(entries)) => {
                    let frames = self.refills.encode(&entries);
                    let listeners = self.ring().extend(frames);
                    self.tell_place();
                    serve(listeners.into_iter().filter(|seat| seat.becomes_due()).collect());
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

    fn between_questions(&self) -> Duration {
        (self.config.heartbeat / QUESTIONS).max(BETWEEN_QUESTIONS)
    }

    fn note_answer(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether the log answered so shortly ago.
    fn has_answered_within(&self, time: Duration) -> bool {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).elapsed() <= time
    }

    /// Asks the log now and then whether it is there, as long as anybody listens: that it tells nothing proves nothing.
    pub(super) async fn ask_log(self: Arc<Self>) {
        let pause = self.between_questions();
        let mut was_there = true;
        loop {
            tokio::time::sleep(pause).await;
            if self.seats.all().is_empty() {
                self.note_answer();
                continue;
            }
            if self.has_answered_within(pause) {
                continue;
            }
            // Who can tell the end and does not bring what is before it is as good as away.
            let head = tokio::time::timeout(pause, self.log.head()).await;
            let is_there = matches!(head, Ok(Ok(head)) if !head.is_after(self.ring().end()));
            if is_there {
                self.note_answer();
            } else if was_there {
                tracing::error!(
                    "the log does not answer, or can't be followed; streams are silent until it does, so that nobody takes them for live"
                );
            }
            was_there = is_there;
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
            // A heartbeat says that nothing has happened, which nobody knows who can't read the log.
            if !self.has_answered_within(self.between_questions() * VOUCHED_FOR) {
                continue;
            }
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

/// Gives each of them what there is, as far as it takes no waiting: all at once, on as many threads as there are.
fn serve(mut seats: Vec<Arc<Seat>>) {
    while !seats.is_empty() {
        let some = seats.split_off(seats.len().saturating_sub(AT_ONCE));
        let serving = async move {
            for seat in &some {
                seat.begins_to_be_served();
            }
            for seat in some {
                seat.serve();
            }
        };
        // Its writes are counted here already.
        tokio::spawn(tokio::task::unconstrained(serving));
    }
}

/// How many leave together.
fn piece_of(seats: usize) -> usize {
    let pieces = usize::try_from(LEAVING.as_millis() / PIECE.as_millis()).unwrap_or(usize::MAX);
    seats.div_ceil(pieces).max(FEW)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        future::{pending, poll_fn},
        sync::atomic::{AtomicBool, Ordering::Relaxed},
    };

    use app::events::Cursor;
    use async_trait::async_trait;
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        backplane::BackplaneError,
        hub::{Encoding, Feed, HubConfig, Opening, Scratch, Transport, UserKey, log::EventLog},
    };

    /// A log that is empty, and hangs for some time.
    #[derive(Default)]
    struct Hanging(AtomicBool);

    #[async_trait]
    impl EventLog for Hanging {
        async fn head(&self) -> Result<Cursor, BackplaneError> {
            if self.0.load(Relaxed) { pending().await } else { Ok("e-0".parse().expect("a cursor")) }
        }

        async fn read(&self, _: &Cursor, _: u32) -> Result<ReadLog, BackplaneError> {
            Ok(ReadLog::Events(Vec::new()))
        }

        async fn tail(&self, _: &Cursor, _: u32) -> Result<ReadLog, BackplaneError> {
            pending().await
        }
    }

    /// How many pieces come within a minute.
    async fn heard(feed: &mut Feed) -> usize {
        let mut pieces = 0;
        let listening = async {
            loop {
                let mut scratch = Scratch::default();
                poll_fn(|cx| feed.poll_pour(cx, &mut scratch)).await;
                pieces += 1;
            }
        };
        let _: Result<(), _> = timeout(Duration::from_mins(1), listening).await;
        pieces
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_read_the_log_does_not_say_that_nothing_has_happened() {
        let log = Arc::new(Hanging::default());
        let hub =
            Hub::over(Arc::clone(&log) as _, HubConfig::default(), CancellationToken::new()).await.expect("started");
        let opening = Opening {
            user: UserKey("u".into()),
            credential: None,
            transport: Transport::Sse,
            encoding: Encoding::Json,
            topics: BTreeSet::new(),
            resume: None,
        };
        let mut feed = hub.open(opening).await.expect("opened");
        assert!(heard(&mut feed).await > 2);

        log.0.store(true, Relaxed);
        // One may be on its way.
        assert!(heard(&mut feed).await < 2);
        assert_eq!(heard(&mut feed).await, 0);

        log.0.store(false, Relaxed);
        assert!(heard(&mut feed).await > 2);
    }

    #[test]
    fn few_leave_at_once_and_thousands_within_the_time() {
        assert_eq!(5_usize.div_ceil(piece_of(5)), 1);
        for seats in [1_000_usize, 5_000, 9_999] {
            let pieces = u32::try_from(seats.div_ceil(piece_of(seats))).expect("few pieces");

            assert!(pieces > 1 && PIECE * pieces <= LEAVING, "{seats}: {pieces}");
        }
    }
}
