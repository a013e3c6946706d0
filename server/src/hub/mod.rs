//! From the log to the browser.
//!
//! One task a node tails the log; each event is encoded once into a `Frame` and put into a bounded `Ring`. A connection is a
//! place in the log and a set of topics: it has no queue that could overflow. Who falls off the ring is refilled from the log, and who
//! asks for a place that the log has lost is told `reset`. So a listener may be slow, but never silently behind.

/// One connection, as the bytes that it is sent.
pub mod connection;
/// One event, encoded once.
pub mod frame;
/// Connections by name, so that their topics can be changed.
pub mod registry;
/// The youngest frames.
pub mod ring;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use app::events::Cursor;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use connection::{Naming, Opening};
pub use frame::Frame;
pub use registry::{ChangeError, MOST_TOPICS, Registry, TopicChange};
use ring::Ring;

use crate::backplane::{Backplane, BackplaneError, ReadLog};

/// Events read from the log at once.
pub(crate) const PAGE: u32 = 1_000;
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// The hub of a node.
pub struct Hub {
    backplane: Arc<dyn Backplane>,
    ring: RwLock<Ring>,
    /// Where the ring ends; connections wait for it to move.
    head: watch::Sender<Cursor>,
    /// Connections of this node.
    pub registry: Arc<Registry>,
    heartbeat: Duration,
    stopping: CancellationToken,
}

impl Hub {
    /// Starts to tail the log, from its present end, until `stopping` is cancelled.
    ///
    /// # Errors
    /// The end of the log can't be read.
    pub async fn start(
        backplane: Arc<dyn Backplane>,
        heartbeat: Duration,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, BackplaneError> {
        let head = backplane.head().await?;
        let hub = Arc::new(Self {
            ring: RwLock::new(Ring::starting_at(head.clone())),
            head: watch::Sender::new(head),
            registry: Arc::default(),
            backplane,
            heartbeat,
            stopping: stopping.clone(),
        });
        let tailing = Arc::clone(&hub);
        tokio::spawn(async move { stopping.run_until_cancelled(tailing.tail()).await });
        Ok(hub)
    }

    /// How long a connection is silent at most.
    pub const fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    async fn tail(&self) {
        loop {
            let head = self.head.borrow().clone();
            match self.backplane.tail(&head, PAGE).await {
                Ok(ReadLog::Events(entries)) => {
                    let frames: Vec<_> = entries.iter().map(|entry| Arc::new(Frame::of(entry))).collect();
                    if let Some(last) = frames.last().map(|frame| frame.cursor.clone()) {
                        self.ring.write().unwrap_or_else(PoisonError::into_inner).extend(frames);
                        self.head.send_replace(last);
                    }
                }
                Ok(ReadLog::Gone { reason, head }) => {
                    tracing::error!(?reason, "the log was lost; every page loads its snapshot again");
                    *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring::starting_at(head.clone());
                    self.head.send_replace(head);
                }
                Err(error) => {
                    tracing::error!(%error, "the log can't be read; trying again");
                    tokio::time::sleep(AFTER_A_FAILURE).await;
                }
            }
        }
    }

    /// Waits until the ring has come to a place of the log: it follows the log by moments.
    async fn catch_up_with(&self, place: &Cursor) {
        let mut head = self.head.subscribe();
        let reached = head.wait_for(|head| !place.is_after(head));
        if tokio::time::timeout(AFTER_A_FAILURE, reached).await.is_err() {
            tracing::warn!(%place, "the ring does not follow the log");
        }
    }

    /// Frames after a place, from the ring or, for who fell off it, from the log.
    async fn frames_after(&self, place: &Cursor) -> Result<Frames, BackplaneError> {
        let in_ring = self.ring.read().unwrap_or_else(PoisonError::into_inner).after(place, PAGE as usize);
        if let Some(frames) = in_ring {
            return Ok(Frames::Found(frames));
        }
        Ok(match self.backplane.read(place, PAGE).await? {
            ReadLog::Events(entries) => Frames::Found(entries.iter().map(|entry| Arc::new(Frame::of(entry))).collect()),
            ReadLog::Gone { reason, head } => Frames::Gone { reason, head },
        })
    }
}

enum Frames {
    Found(Vec<Arc<Frame>>),
    Gone { reason: app::events::ResetReason, head: Cursor },
}
