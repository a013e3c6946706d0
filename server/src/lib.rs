//! Backplane, hub, jobs, import and HTTP: everything behind the pages.
//!
//! A library that never reads arguments or the environment: whoever starts it hands in what it needs.

/// Who may do what.
pub mod auth;
/// The only way to queue, claim and finish work, and to write and read events.
pub mod backplane;
/// The suite that every backplane passes.
#[cfg(test)]
mod conformance;
/// What the page of events asks of the log.
pub mod event_pages;
/// CSV that leaves.
pub mod export;
/// What a client may learn of a failure of ours.
mod failure;
/// Where uploaded files lie.
pub mod files;
/// What the server answers.
pub mod http;
/// From the log to the browser.
pub mod hub;
/// From a kept file to customers.
pub mod import;
/// Background work.
pub mod jobs;
/// What pages may ask, answered.
pub mod page_backend;
/// What handlers use.
pub mod state;
/// Domain data in SQL.
pub mod store;

pub use state::{AppState, Cookies, Limits};
