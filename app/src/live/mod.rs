//! The live stream in the browser, and the boards that it moves.
//!
//! A page takes a `Snapshot`, shows it, and follows its topics from the snapshot's cursor:
//! no second request, and no hole between the two. On the server nothing listens; the same calls do nothing.

/// How long to wait before something is tried again.
mod back_off;
/// Several tabs, without a browser.
#[cfg(test)]
mod browser_model;
/// What holds whatever becomes of the tabs.
#[cfg(test)]
mod browser_rules;
/// A clock that sleeps count for.
pub mod clock;
/// What state the connection is in, and when to try again: pure, so that it is tested natively.
pub mod connection;
/// What the page says of its connection.
pub mod connection_state;
/// The connection's rules.
#[cfg(test)]
mod connection_tests;
/// The latest events, newest first.
pub mod event_board;
/// Somebody who wants to know, and how far it is.
mod follower;
/// Who follows what, and what the open line carries: pure as well.
pub mod followers;
/// The followers' rules.
#[cfg(test)]
mod followers_tests;
/// What the line brings.
mod frame;
/// Whom the line can't serve.
mod given_up;
/// One import, moved by its events.
pub mod import_board;
/// Ends somebody's stream.
pub mod kick;
/// Who of the browser's tabs holds the line.
mod leadership;
/// The only `EventSource` of the tab.
#[cfg(feature = "hydrate")]
mod line;
/// Who missed something is lost until it is replaced.
#[cfg(test)]
mod lost;
/// The other tabs of the browser.
#[cfg(feature = "hydrate")]
mod neighbours;
/// What a tab is told, and what it does about it.
pub mod news;
/// Queues and workers as they were at a moment.
pub mod panorama;
/// The panorama's rules.
#[cfg(test)]
mod panorama_tests;
/// Pages in tabs, without a browser.
#[cfg(test)]
mod reader_model;
/// What the page can prove of its connection.
pub mod receipt;
/// Whether the reader is still the one whom the page was drawn for.
pub mod recognition;
/// What becomes of pages whose reader is signed out.
#[cfg(test)]
mod recognition_tests;
/// What tabs tell each other.
pub mod relay;
/// A server with a log, in memory.
#[cfg(test)]
mod server_model;
/// The browser around it all.
mod socket;
/// The live stream as pages use it.
pub mod stream;
/// How many streams the reader has open.
pub mod stream_use;
/// One tab: pure, too.
pub mod tab;
/// The tab's rules.
#[cfg(test)]
mod tab_tests;
/// Sends a file and tells how far it is.
pub mod upload;

pub use connection_state::ConnectionState;
pub use event_board::{EventBoard, EventLine, Waiting};
pub use import_board::{ImportBoard, ImportsBoard};
pub use kick::KickAnswer;
pub use panorama::{Film, FilmReel, Panorama, QueueThen, WorkerThen};
pub use receipt::{Receipt, Repair};
pub use stream::{Live, Notice};
pub use stream_use::StreamUse;
