//! How many operations a process has asked of its database: what idling costs is told by their number.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A counter that its copies share.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations(Arc<AtomicU64>);

impl Operations {
    /// Notes one more.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
