//! What state the connection is in, and when to try again.
//!
//! A pure state machine: the clock and chance come in as arguments, what to do goes out as an `Order`. `Tab`, above it, knows which way
//! the line goes; the thin shell around both, `socket`, owns the sockets and the timer.
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
    /// Make the server say something on the line.
    Probe,
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
    /// The server takes no more lines of this reader for now.
    Refused,
    /// From now on another tab holds the line, or this one does.
    Moved,
    /// The reader does not want to wait for the next try.
    Impatient,
    /// Time went by; sent a few times a second.
    Tick,
    /// The browser lost its network.
    WentOffline,
    /// The browser has a network again.
    WentOnline,
    /// The page can't be seen any more.
    Hidden,
    /// The browser is about to stop the page: it will be told nothing more.
    Freeze,
    /// The page was hidden or stopped or the machine asleep, and is back.
    Woke,
}

/// How long opening may take before it is tried again, and a doubted line before another is opened.
const OPENING_LIMIT_MS: f64 = 4_000.0;
/// How much longer than promised the server may be silent before the page calls it stale.
const STALE_GRACE_MS: f64 = 5_000.0;
/// The longest time between two tries, less what a look at the clock may come late.
const TRIES_APART_MS: f64 = 4_500.0;
/// How long to stay away where no more lines are taken.
const REFUSED_PAUSE_MS: f64 = 30_000.0;
/// Trouble that is over by then is nobody's business.
const CALM_MS: f64 = 1_000.0;
/// Ticks that come so late were held up by a sleep that nobody told of.
const SLEEP_MS: f64 = 5_000.0;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Idle,
    Offline,
    Frozen,
    Opening {
        since_ms: f64,
    },
    /// A doubted line is open, but after a wake-up nothing proved it yet.
    Open {
        doubted_ms: Option<f64>,
    },
    Pausing {
        until_ms: f64,
    },
    /// The server said how long to stay away, so coming back to the page does not end this pause.
    Refused {
        until_ms: f64,
    },
}

/// The connection as the page knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    phase: Phase,
    /// Tries since the last greeting.
    tries: u32,
    was_connected: bool,
    heartbeat_ms: f64,
    last_frame_ms: f64,
    last_tick_ms: Option<f64>,
    /// Until then trouble is not shown; `None` while there is none.
    calm_until_ms: Option<f64>,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            tries: 0,
            was_connected: false,
            heartbeat_ms: 15_000.0,
            last_frame_ms: f64::NEG_INFINITY,
            last_tick_ms: None,
            calm_until_ms: None,
        }
    }
}

impl Connection {
    /// Takes one input; `now_ms` is any clock that never goes back, `chance` lies in 0.0..1.0.
    pub fn step(&mut self, input: Input, now_ms: f64, chance: f64) -> Option<Order> {
        let order = if self.has_slept(input, now_ms) {
            // Who was not waiting for this may have waited for the time to pass.
            self.take(Input::Woke, now_ms, chance).or_else(|| self.take(Input::Tick, now_ms, chance))
        } else {
            self.take(input, now_ms, chance)
        };
        match self.actual(now_ms) {
            ConnectionState::Live => self.calm_until_ms = None,
            // Who was stopped does not know what happened meanwhile.
            _ if self.phase == Phase::Frozen => self.calm_until_ms = Some(now_ms),
            _ => {
                self.calm_until_ms.get_or_insert(now_ms + CALM_MS);
            }
        }
        order
    }

    fn has_slept(&mut self, input: Input, now_ms: f64) -> bool {
        input == Input::Tick && self.last_tick_ms.replace(now_ms).is_some_and(|last_ms| now_ms - last_ms > SLEEP_MS)
    }

    fn take(&mut self, input: Input, now_ms: f64, chance: f64) -> Option<Order> {
        match (input, self.phase) {
            (Input::Start, Phase::Idle)
            | (Input::WentOnline | Input::Impatient, Phase::Offline)
            | (Input::Woke, Phase::Pausing { .. } | Phase::Frozen)
            | (
                Input::Moved | Input::Impatient,
                Phase::Opening { .. } | Phase::Open { .. } | Phase::Pausing { .. } | Phase::Refused { .. },
            ) => Some(self.open(now_ms)),
            (Input::Connected { heartbeat_ms }, Phase::Opening { .. } | Phase::Open { .. }) => {
                #[expect(clippy::cast_precision_loss, reason = "a heartbeat is seconds, not millennia")]
                let promised = heartbeat_ms as f64;
                self.heartbeat_ms = promised;
                self.tries = 0;
                self.was_connected = true;
                self.prove(now_ms)
            }
            (Input::Frame, Phase::Open { .. }) => self.prove(now_ms),
            (Input::Lost, Phase::Opening { .. } | Phase::Open { .. }) => Some(self.pause(now_ms, chance)),
            (Input::Refused, Phase::Opening { .. } | Phase::Open { .. }) => {
                self.phase = Phase::Refused { until_ms: now_ms + REFUSED_PAUSE_MS };
                Some(Order::Close)
            }
            (
                Input::WentOffline,
                Phase::Opening { .. } | Phase::Open { .. } | Phase::Pausing { .. } | Phase::Refused { .. },
            ) => {
                self.phase = Phase::Offline;
                Some(Order::Close)
            }
            (Input::Freeze, Phase::Opening { .. } | Phase::Open { .. } | Phase::Pausing { .. }) => {
                self.phase = Phase::Frozen;
                Some(Order::Close)
            }
            // After a sleep the socket is often half-open: a silence past the promise is not waited out.
            (Input::Woke, Phase::Open { .. }) if self.silence_ms(now_ms) > self.heartbeat_ms => Some(self.open(now_ms)),
            (Input::Woke, Phase::Open { doubted_ms: None }) => {
                self.phase = Phase::Open { doubted_ms: Some(now_ms) };
                Some(Order::Probe)
            }
            (Input::Tick, Phase::Open { doubted_ms: Some(since_ms) }) if now_ms - since_ms > OPENING_LIMIT_MS => {
                Some(self.open(now_ms))
            }
            (Input::Tick, Phase::Pausing { until_ms } | Phase::Refused { until_ms }) if now_ms >= until_ms => {
                Some(self.open(now_ms))
            }
            (Input::Tick, Phase::Opening { since_ms }) if now_ms - since_ms > OPENING_LIMIT_MS => {
                Some(self.pause(now_ms, chance))
            }
            (Input::Tick, Phase::Open { .. }) if self.silence_ms(now_ms) > 2.0 * self.heartbeat_ms + STALE_GRACE_MS => {
                Some(self.pause(now_ms, chance))
            }
            _ => None,
        }
    }

    /// What to show. Trouble is shown after a second of it, and at once when even the last frame is too old to vouch for that second.
    pub fn state(&self, now_ms: f64) -> ConnectionState {
        let is_calm = self.calm_until_ms.is_some_and(|until_ms| now_ms < until_ms);
        if is_calm && self.was_connected && !self.is_silent(now_ms) {
            return ConnectionState::Live;
        }
        self.actual(now_ms)
    }

    /// Whether the server has been silent for longer than it promised, and a little more.
    pub fn is_silent(&self, now_ms: f64) -> bool {
        self.silence_ms(now_ms) > self.heartbeat_ms + STALE_GRACE_MS
    }

    fn silence_ms(&self, now_ms: f64) -> f64 {
        now_ms - self.last_frame_ms
    }

    fn actual(&self, now_ms: f64) -> ConnectionState {
        match self.phase {
            Phase::Offline => ConnectionState::Offline,
            Phase::Open { .. } if self.is_silent(now_ms) => ConnectionState::Stale,
            Phase::Open { doubted_ms: None } => ConnectionState::Live,
            _ if self.was_connected || self.tries > 1 => ConnectionState::Reconnecting,
            _ => ConnectionState::Connecting,
        }
    }

    fn prove(&mut self, now_ms: f64) -> Option<Order> {
        self.last_frame_ms = now_ms;
        self.phase = Phase::Open { doubted_ms: None };
        None
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
