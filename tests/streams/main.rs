//! The live stream of real processes: behind a proxy, from one node to another, with readers that don't read, and while thousands of
//! streams end.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

/// What stands under an installation.
#[path = "../support/engine.rs"]
mod engine;
/// Tests on each of them.
#[macro_use]
#[path = "../support/each_engine.rs"]
mod each_engine;
/// A proxy.
mod nginx;
/// Several nodes of one installation.
mod nodes;
/// The program, as processes.
mod program;
/// Streams behind a proxy.
mod proxy;
/// A client of a stream.
mod reader;
/// A server that stops.
mod shutdown;
/// Readers that don't read.
mod stopped_readers;
/// A token of the program's own.
#[path = "../support/token.rs"]
mod token;

use std::time::Duration;

use tokio::sync::RwLock;

/// How long anything may take that a test waits for.
const DEADLINE: Duration = Duration::from_mins(1);

/// How long a server that was asked to stop may take to end.
const END: Duration = Duration::from_secs(5);

/// Whoever fills the machine writes here, and has it for itself; the others read.
static MACHINE: RwLock<()> = RwLock::const_new(());
