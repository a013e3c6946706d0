//! The tests of `it` over Postgres, and those that only Postgres needs.

#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

#[path = "../it/access.rs"]
mod access;
#[path = "../it/accounts.rs"]
mod accounts;
#[path = "../it/api.rs"]
mod api;
#[path = "../it/audit.rs"]
mod audit;
#[path = "../it/audit_refusals.rs"]
mod audit_refusals;
#[path = "../it/audit_search.rs"]
mod audit_search;
#[path = "../it/compat.rs"]
mod compat;
#[path = "../it/customers.rs"]
mod customers;
#[path = "../it/devices.rs"]
mod devices;
#[path = "../it/event_pages.rs"]
mod event_pages;
#[path = "../it/events.rs"]
mod events;
#[path = "../it/export.rs"]
mod export;
#[path = "../it/fencing.rs"]
mod fencing;
#[path = "../it/frames.rs"]
mod frames;
#[path = "../it/harness.rs"]
mod harness;
#[path = "../it/imports.rs"]
mod imports;
#[path = "../it/jobs.rs"]
mod jobs;
#[path = "../it/limits.rs"]
mod limits;
#[path = "../it/naughty_strings.rs"]
mod naughty_strings;
#[path = "../it/pages.rs"]
mod pages;
mod piling_up;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../it/progress.rs"]
mod progress;
#[path = "../it/queue.rs"]
mod queue;
#[path = "../it/queues.rs"]
mod queues;
mod restart;
#[path = "../it/rivals.rs"]
mod rivals;
#[path = "../it/schedules.rs"]
mod schedules;
#[path = "../it/sign_in.rs"]
mod sign_in;
#[path = "../it/stream.rs"]
mod stream;
#[path = "../it/uploads.rs"]
mod uploads;
#[path = "../it/worker.rs"]
mod worker;
#[path = "../it/workers.rs"]
mod workers;
#[path = "../it/ws.rs"]
mod ws;

/// A database of its own for a test.
async fn database_url(_folder: &std::path::Path) -> String {
    postgres::shared().fresh_database(migrate).await
}

/// Brings the schema of a database up to date.
async fn migrate(url: String) {
    let database = server::store::Database::open(&url).await.expect("opened");
    database.migrate().await.expect("migrated");
    database.close().await;
}
