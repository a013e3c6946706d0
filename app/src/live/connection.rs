//! What state the connection is in, and when to try again.
//!
//! A pure state machine: the clock and chance come in as arguments, what to do goes out as an `Order`. The thin shell
//! around it, `stream`, owns the socket and the timer.
//!
//! The browser's own reconnection is not used: it waits for ever on a half-open socket, gives up for good on an answer
//! other than 200, and repeats at a fixed pace that makes every tab come back in the same instant.

use super::{ConnectionState, back_off::pause_ms};

/// What the shell has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Open a line, dropping the one before it.
    Open,
    /// Drop the line.
    Close,
}

/// What happened to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The page wants a connection.
    Start,
    /// The server greeted and promised not to be silent for longer than this.
    Connected {
        /// The promise, in milliseconds.
        heartbeat_ms: u64,
    },
    /// Any frame arrived.
    Frame,
    /// The line broke, or the server said good-bye.
    Lost,
    /// Time went by; sent a few times a second.
    Tick,
    /// The browser lost its network.
    WentOffline,
    /// The browser has a network again.
    WentOnline,
    /// The page was hidden or the machine asleep, and is back.
    Woke,
}

/// How long opening may take before it is tried again.
const OPENING_LIMIT_MS: f64 = 4_000.0;
/// How much longer than promised the server may be silent before the page calls it stale.
const STALE_GRACE_MS: f64 = 5_000.0;
/// The longest time between two tries, less what a look at the clock may come late.
const TRIES_APART_MS: f64 = 4_500.0;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Idle,
    Offline,
    Opening { since_ms: f64 },
    Open { last_frame_ms: f64 },
    Pausing { until_ms: f64 },
}

/// The connection as the page knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    phase: Phase,
    /// Tries since the last greeting.
    tries: u32,
    was_connected: bool,
    heartbeat_ms: f64,
}

impl Default for Connection {
    fn default() -> Self {
        Self { phase: Phase::Idle, tries: 0, was_connected: false, heartbeat_ms: 15_000.0 }
    }
}

impl Connection {
    /// Takes one input; `now_ms` is any clock that never goes back, `chance` lies in 0.0..1.0.
    pub fn step(&mut self, input: Input, now_ms: f64, chance: f64) -> Option<Order> {
        match (input, self.phase) {
            (Input::Start, Phase::Idle)
            | (Input::WentOnline, Phase::Offline)
            | (Input::Woke, Phase::Pausing { .. }) => Some(self.open(now_ms)),
            (Input::Connected { heartbeat_ms }, Phase::Opening { .. } | Phase::Open { .. }) => {
                #[expect(clippy::cast_precision_loss, reason = "a heartbeat is seconds, not millennia")]
                let promised = heartbeat_ms as f64;
                self.heartbeat_ms = promised;
                self.tries = 0;
                self.was_connected = true;
                self.phase = Phase::Open { last_frame_ms: now_ms };
                None
            }
            (Input::Frame, Phase::Open { .. }) => {
                self.phase = Phase::Open { last_frame_ms: now_ms };
                None
            }
            (Input::Lost, Phase::Opening { .. } | Phase::Open { .. }) => Some(self.pause(now_ms, chance)),
            (Input::WentOffline, Phase::Opening { .. } | Phase::Open { .. } | Phase::Pausing { .. }) => {
                self.phase = Phase::Offline;
                Some(Order::Close)
            }
            // After a sleep the socket is often half-open: a silence past the promise is not waited out.
            (Input::Woke, Phase::Open { last_frame_ms }) if now_ms - last_frame_ms > self.heartbeat_ms => {
                Some(self.open(now_ms))
            }
            (Input::Tick, Phase::Pausing { until_ms }) if now_ms >= until_ms => Some(self.open(now_ms)),
            (Input::Tick, Phase::Opening { since_ms }) if now_ms - since_ms > OPENING_LIMIT_MS => {
                Some(self.pause(now_ms, chance))
            }
            (Input::Tick, Phase::Open { last_frame_ms })
                if now_ms - last_frame_ms > 2.0 * self.heartbeat_ms + STALE_GRACE_MS =>
            {
                Some(self.pause(now_ms, chance))
            }
            _ => None,
        }
    }

    /// What to show.
    pub fn state(&self, now_ms: f64) -> ConnectionState {
        match self.phase {
            Phase::Offline => ConnectionState::Offline,
            Phase::Open { last_frame_ms } if now_ms - last_frame_ms > self.heartbeat_ms + STALE_GRACE_MS => {
                ConnectionState::Stale
            }
            Phase::Open { .. } => ConnectionState::Live,
            Phase::Idle | Phase::Opening { .. } | Phase::Pausing { .. } if self.was_connected || self.tries > 1 => {
                ConnectionState::Reconnecting
            }
            Phase::Idle | Phase::Opening { .. } | Phase::Pausing { .. } => ConnectionState::Connecting,
        }
    }

    fn open(&mut self, now_ms: f64) -> Order {
        self.tries = self.tries.saturating_add(1);
        self.phase = Phase::Opening { since_ms: now_ms };
        Order::Open
    }

    fn pause(&mut self, now_ms: f64, chance: f64) -> Order {
        let pause_ms = pause_ms(self.tries, chance);
        // A server that takes connections and never answers has used up some of the time between two tries already.
        let left_ms = match self.phase {
            Phase::Opening { since_ms } => (TRIES_APART_MS - (now_ms - since_ms)).max(0.0),
            _ => TRIES_APART_MS,
        };
        self.phase = Phase::Pausing { until_ms: now_ms + pause_ms.min(left_ms) };
        Order::Close
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn live_connection() -> Connection {
        let mut connection = Connection::default();
        connection.step(Input::Start, 0.0, 0.5);
        connection.step(Input::Connected { heartbeat_ms: 15_000 }, 10.0, 0.5);
        connection
    }

    #[test]
    fn it_is_live_only_after_the_server_greeted() {
        let mut connection = Connection::default();
        assert_eq!(connection.state(0.0), ConnectionState::Connecting);

        assert_eq!(connection.step(Input::Start, 0.0, 0.5), Some(Order::Open));
        assert_eq!(connection.state(5.0), ConnectionState::Connecting);

        connection.step(Input::Connected { heartbeat_ms: 15_000 }, 10.0, 0.5);
        assert_eq!(connection.state(10.0), ConnectionState::Live);
    }

    #[test]
    fn a_silence_beyond_the_promise_is_stale_and_then_a_new_line() {
        let mut connection = live_connection();

        assert_eq!(connection.state(19_000.0), ConnectionState::Live);
        assert_eq!(connection.state(20_100.0), ConnectionState::Stale);
        assert_eq!(connection.step(Input::Tick, 34_000.0, 0.5), None);
        assert_eq!(connection.step(Input::Tick, 35_100.0, 0.5), Some(Order::Close));
        assert_eq!(connection.state(35_100.0), ConnectionState::Reconnecting);
    }

    #[test]
    fn a_frame_ends_staleness() {
        let mut connection = live_connection();

        connection.step(Input::Frame, 21_000.0, 0.5);

        assert_eq!(connection.state(21_000.0), ConnectionState::Live);
    }

    #[test]
    fn a_lost_line_is_tried_again_within_a_second() {
        for chance in [0.0, 0.999] {
            let mut connection = live_connection();
            connection.step(Input::Lost, 1_000.0, chance);
            assert_eq!(connection.state(1_000.0), ConnectionState::Reconnecting);

            assert_eq!(connection.step(Input::Tick, 2_000.0, chance), Some(Order::Open));
        }
    }

    #[test]
    fn without_a_network_nothing_is_tried_until_it_is_back() {
        let mut connection = live_connection();

        assert_eq!(connection.step(Input::WentOffline, 50.0, 0.5), Some(Order::Close));
        assert_eq!(connection.state(50.0), ConnectionState::Offline);
        assert_eq!(connection.step(Input::Tick, 99_000.0, 0.5), None);
        assert_eq!(connection.step(Input::WentOnline, 99_001.0, 0.5), Some(Order::Open));
    }

    #[test]
    fn waking_up_after_a_long_silence_opens_a_new_line_at_once() {
        let mut connection = live_connection();

        assert_eq!(connection.step(Input::Woke, 5_000.0, 0.5), None);
        assert_eq!(connection.step(Input::Woke, 3_600_000.0, 0.5), Some(Order::Open));
    }

    proptest! {
        #[test]
        fn while_the_server_refuses_or_never_answers_tries_are_at_most_five_seconds_apart(
            tries in prop::collection::vec((0.0..1.0, any::<bool>()), 1..60)
        ) {
            let mut connection = live_connection();
            let mut now_ms = 20.0;
            let mut last_try_ms = now_ms;
            connection.step(Input::Lost, now_ms, 0.5);

            for (chance, refuses) in tries {
                while connection.step(Input::Tick, now_ms, chance) != Some(Order::Open) {
                    now_ms += 250.0;
                }
                prop_assert!(now_ms - last_try_ms <= 5_000.0);
                last_try_ms = now_ms;
                if refuses {
                    connection.step(Input::Lost, now_ms, chance);
                }
            }
        }

        #[test]
        fn it_is_never_live_without_a_frame_within_the_promise(
            steps in prop::collection::vec((0..8_u8, 0.0..30_000.0), 1..100)
        ) {
            let mut connection = Connection::default();
            let (mut now_ms, mut last_frame_ms) = (0.0, f64::NEG_INFINITY);

            for (kind, pause_ms) in steps {
                now_ms += pause_ms;
                let input = match kind {
                    0 => Input::Start,
                    1 => Input::Connected { heartbeat_ms: 15_000 },
                    2 => Input::Frame,
                    3 => Input::Lost,
                    4 => Input::WentOffline,
                    5 => Input::WentOnline,
                    6 => Input::Woke,
                    _ => Input::Tick,
                };
                connection.step(input, now_ms, 0.5);
                if matches!(input, Input::Connected { .. } | Input::Frame) {
                    last_frame_ms = now_ms;
                }

                if connection.state(now_ms) == ConnectionState::Live {
                    prop_assert!(now_ms - last_frame_ms <= 20_000.0);
                }
            }
        }
    }
}
