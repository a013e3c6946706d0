//! From the log to the browser.
//!
//! One task a node tails the log; each event is encoded once into a `Frame` and put into a bounded `Ring`, which knows who listens to which
//! topic: an event wakes its listeners and nobody else. A connection is a place in the log, a set of topics and a waker: it has no queue
//! that could overflow. Who falls off the ring is refilled from the log, and who asks for a place that the log has lost is told `reset`. So a
//! listener may be slow, but never silently behind.
//!
//! **Invariant:** locks are taken in one order, the desk of a connection before the ring, and wakers are called while none is held.

/// A change of what a live connection listens to.
mod change;
/// One connection.
pub mod feed;
/// One event, encoded once.
pub mod frame;
/// What is not on the ring.
mod gap;
/// How a connection begins.
mod greeting;
/// What is needed of an engine.
mod log;
/// Ways through sorted lists.
mod merge;
/// The hub, held against a model of it.
#[cfg(test)]
pub(crate) mod model;
/// Shared reads of the log.
mod refill;
/// The youngest frames, and who listens.
pub mod ring;
/// Where frames are put together that leave at once.
mod scratch;
/// Who is connected.
mod seats;
/// What the hub tells of itself.
pub mod stats;
/// The reader of the log, and the clock of heartbeats.
mod tail;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::events::Cursor;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

pub use app::domain::Transport;
pub use change::ChangeError;
pub use feed::{Feed, Poured};
pub use frame::{Encoding, Frame, Naming};
pub use greeting::{OpenError, Opening};
pub use ring::RingLimits;
pub use scratch::Scratch;
pub use seats::{Carrier, Credential, UserKey};
pub use stats::Sight;

use self::{
    log::{EventLog, OfEngine},
    refill::Refills,
    ring::Ring,
    seats::Seats,
    stats::Counters,
};
use crate::backplane::{Backplane, BackplaneError};

const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// How a hub behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubConfig {
    /// How long a connection is silent at most.
    pub heartbeat: Duration,
    /// Connections that one user may have at the same time.
    pub streams_per_user: u32,
    /// What is held in memory.
    pub ring: RingLimits,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(15), streams_per_user: 8, ring: RingLimits::default() }
    }
}

/// The hub of a node.
pub struct Hub {
    log: Arc<dyn EventLog>,
    config: HubConfig,
    ring: Mutex<Ring>,
    /// How often the log was lost, and where the ring ends; who waits for either waits here.
    place: watch::Sender<(u64, Cursor)>,
    /// When the log last answered.
    answered: Mutex<Instant>,
    refills: Refills,
    seats: Seats,
    counters: Counters,
    stopping: CancellationToken,
}

impl Hub {
    /// Starts to tail the log, from its present end, until `stopping` is cancelled.
    ///
    /// # Errors
    /// The end of the log can't be read.
    pub async fn start(
        backplane: Arc<dyn Backplane>,
        config: HubConfig,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, BackplaneError> {
        Self::over(Arc::new(OfEngine(backplane)), config, stopping).await
    }

    async fn over(
        log: Arc<dyn EventLog>,
        config: HubConfig,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, BackplaneError> {
        let head = log.head().await?;
        let hub = Arc::new(Self {
            ring: Mutex::new(Ring::starting_at(head.clone(), config.ring)),
            place: watch::Sender::new((0, head)),
            answered: Mutex::new(Instant::now()),
            refills: Refills::new(Arc::clone(&log)),
            seats: Seats::default(),
            counters: Counters::default(),
            log,
            config,
            stopping: stopping.clone(),
        });
        let tailing = Arc::clone(&hub).tail();
        let asking = Arc::clone(&hub).ask_log();
        tokio::spawn(async move { stopping.run_until_cancelled(futures::future::join(tailing, asking)).await });
        tokio::spawn(Arc::clone(&hub).pulse());
        Ok(hub)
    }

    /// Whether the process was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// How long a connection is silent at most.
    pub const fn heartbeat(&self) -> Duration {
        self.config.heartbeat
    }

    /// Held for moments only.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_place(&self) {
        let place = {
            let ring = self.ring();
            (ring.losses, ring.end().clone())
        };
        self.place.send_replace(place);
    }

    /// Waits until the ring has come to a place of the log: it follows the log by moments.
    async fn catch_up_with(&self, end: &Cursor) {
        let mut place = self.place.subscribe();
        let reached = place.wait_for(|(_, place)| place.epoch == end.epoch && place.position >= end.position);
        if tokio::time::timeout(AFTER_A_FAILURE, reached).await.is_err() {
            tracing::warn!(%end, "the ring does not follow the log");
        }
    }

    /// Waits until the log was lost more often than so; not for long.
    async fn wait_for_loss(&self, losses: u64) {
        let mut place = self.place.subscribe();
        let lost = place.wait_for(|(now, _)| *now > losses);
        // Whoever doubts finds out either way.
        let _ = tokio::time::timeout(AFTER_A_FAILURE, lost).await;
    }
}
