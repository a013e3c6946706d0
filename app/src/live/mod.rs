//! The live stream in the browser, and the boards that it moves.
//!
//! A page takes a `Snapshot`, shows it, and follows its topics from the snapshot's cursor:
//! no second request, and no hole between the two. On the server nothing listens; the same calls do nothing.

/// How long to wait before something is tried again.
mod back_off;
/// What state the connection is in, and when to try again: pure, so that it is tested natively.
pub mod connection;
/// What the page says of its connection.
pub mod connection_state;
/// Somebody who wants to know, and how far it is.
mod follower;
/// Who follows what, and what the open line carries: pure as well.
pub mod followers;
/// One import, moved by its events.
pub mod import_board;
/// Who missed something is lost until it is replaced.
#[cfg(test)]
mod lost;
/// The only `EventSource` of the tab.
mod socket;
/// The live stream as pages use it.
pub mod stream;
/// Sends a file and tells how far it is.
pub mod upload;

pub use connection_state::ConnectionState;
pub use import_board::{ImportBoard, ImportsBoard};
pub use stream::{Live, Notice};
