//! Commits that stand without being known to be on the disk. Only SQLite's log can be taken away from under it.

use std::fs;

use reqwest::StatusCode;
use server::Limits;

use crate::harness::{Work, spawn};

#[tokio::test]
async fn a_file_whose_row_may_have_been_committed_stays() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let log = app.parts.database.path().expect("a file").with_extension("db-wal");
    let aside = log.with_extension("aside");
    // Whoever only reads finds it likewise: all readers that this will take are there before.
    futures::future::join_all((0..8).map(|_| app.json("/api/v1/imports"))).await;
    // The commit finds the log through its open file, the sync behind it only a name that leads nowhere.
    fs::rename(&log, &aside).expect("moved");
    std::os::unix::fs::symlink(&log, &log).expect("linked");

    let answer = app.upload("email\nann@x.org\n").await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    fs::rename(&aside, &log).expect("moved back");
    assert_eq!(app.kept_files(), 1);
    let listed = app.json("/api/v1/imports").await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}
