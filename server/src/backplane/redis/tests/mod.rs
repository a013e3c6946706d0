//! What only Redis can do to us: forget scripts and data, go away and come back, stall.

/// A real server of a test's own.
pub(crate) mod server;
