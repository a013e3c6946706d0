//! Whatever must compile twice: typed events, domain words and pages, for the server that renders and the browser that takes over.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` and `hydrate` exclude each other; leave `frontend` out of a native build");

/// All that a page may ask the server.
pub mod api;
/// What pages are built of.
pub mod components;
/// The words that everyone shares.
pub mod domain;
/// Everything that happens, as typed values.
pub mod events;
/// The live stream in the browser, and the boards that it moves.
pub mod live;
/// One page a file.
pub mod pages;
/// Which address shows which page.
pub mod routes;
/// The document around every page.
pub mod shell;

pub use routes::App;
pub use shell::{Assets, shell};
