//! The server as its clients see it: real sockets, a real database, one file a family of routes.

#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

mod architecture;
mod customers;
mod fencing;
mod frames;
mod harness;
mod imports;
mod pages;
mod queue;
mod stream;
mod uploads;
