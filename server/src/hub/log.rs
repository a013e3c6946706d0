//! What the hub needs of an engine: its event log, and nothing else.

use std::sync::Arc;

use app::events::Cursor;
use async_trait::async_trait;

use crate::backplane::{Backplane, BackplaneError, ReadLog};

/// An event log, as [`Backplane`] has it.
#[async_trait]
pub(super) trait EventLog: Send + Sync + 'static {
    /// Where it ends now.
    async fn head(&self) -> Result<Cursor, BackplaneError>;

    /// What came after a cursor, at most `limit` events.
    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;

    /// The same, but waits until there is something.
    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError>;
}

/// The log of an engine.
pub(super) struct OfEngine(pub(super) Arc<dyn Backplane>);

#[async_trait]
impl EventLog for OfEngine {
    async fn head(&self) -> Result<Cursor, BackplaneError> {
        self.0.head().await
    }

    async fn read(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        self.0.read(after, limit).await
    }

    async fn tail(&self, after: &Cursor, limit: u32) -> Result<ReadLog, BackplaneError> {
        self.0.tail(after, limit).await
    }
}
