//! The server as its clients see it: real sockets, a real database, one file a family of routes. Here over SQLite; the program
//! `it_on_postgres` runs the same tests over Postgres.

#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

mod access;
mod accounts;
mod api;
mod architecture;
mod audit;
mod audit_refusals;
mod audit_search;
mod bodies;
mod certificates;
mod compat;
mod customers;
mod devices;
mod event_pages;
mod events;
mod export;
mod fencing;
mod frames;
#[cfg(target_os = "linux")]
mod guessing;
mod harness;
mod headers;
mod https;
mod imports;
mod jobs;
mod lease_model;
mod limits;
mod listener;
mod naughty_strings;
mod openapi;
mod pages;
mod pipe;
mod progress;
mod queue;
mod queues;
mod rates;
mod rivals;
mod schedules;
mod sign_in;
mod slow_readers;
mod stream;
mod tls;
#[cfg(unix)]
mod torn_commits;
mod uploads;
mod uploads_at_once;
mod worker;
mod workers;
mod ws;

/// A database of its own for a test.
#[expect(clippy::unused_async, reason = "over Postgres it takes its time")]
async fn database_url(folder: &std::path::Path) -> String {
    format!("sqlite://{}", folder.join("signalbox.db").display())
}
