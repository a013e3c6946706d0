//! What only SQLite has to show: a disk that is full, a file that must not be written.

use std::sync::Arc;

use serde_json::json;

use super::{QUEUE, RETENTION, finish, new_job};
use crate::{
    backplane::{Backplane, BackplaneError, NewJob, Outcome, SqlBackplane},
    conformance::{LEASE, claim_all, worker},
    store::{Database, StoreError, sql},
};

/// An engine, and the database that it writes to.
async fn alone() -> (Arc<SqlBackplane>, Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (backplane, database) = open(&folder).await;
    (backplane, database, folder)
}

async fn open(folder: &tempfile::TempDir) -> (Arc<SqlBackplane>, Database) {
    let database = Database::open(&format!("sqlite://{}", folder.path().join("db").display())).await.expect("opened");
    database.migrate().await.expect("migrated");
    (SqlBackplane::open(database.clone(), RETENTION).await.expect("opened"), database)
}

/// Sets something of the one connection that writes.
async fn set(database: &Database, pragma: &str) {
    let mut writer = database.begin().await.expect("the writer");
    writer.fetch_optional::<(i64,)>(sql(format!("pragma {pragma}"))).await.expect("set");
    writer.commit().await.expect("committed");
}

fn large(id: usize) -> NewJob {
    NewJob { data: json!("x".repeat(20_000)), ..new_job(&format!("{id:03}")) }
}

fn store_error(error: BackplaneError) -> StoreError {
    match error {
        BackplaneError::Store(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_and_takes_nothing_back() {
    let (backplane, database, _folder) = alone().await;
    let pages: i64 = database.scalar(sql("select page_count from pragma_page_count")).await.expect("counted");
    set(&database, &format!("max_page_count = {}", pages + 100)).await;

    let mut taken = 0;
    let refused = loop {
        match backplane.enqueue(vec![large(taken)]).await {
            Ok(_) => taken += 1,
            Err(error) => break store_error(error),
        }
    };

    assert!(refused.is_full(), "{refused}");
    assert!(taken > 0);
    assert!(!refused.is_read_only());
    set(&database, "max_page_count = 1000000").await;
    let counts = (&*backplane as &dyn Backplane).queue(&QUEUE.into()).await.expect("answered").expect("there").counts;
    assert_eq!(counts.waiting, taken as u64);
    let mut done = 0;
    loop {
        let jobs = claim_all(&*backplane, &worker("w"), LEASE).await;
        if jobs.is_empty() {
            break;
        }
        for job in jobs {
            finish(&*backplane, &job, Outcome::Completed(json!(1))).await;
            done += 1;
        }
    }
    assert_eq!(done, taken);
    assert!(backplane.enqueue(vec![large(999)]).await.expect("taken in again")[0].is_new);
}

/// On one thread: all callers stand in line before the first one is served.
#[tokio::test]
async fn who_hands_jobs_in_together_while_nobody_may_is_refused_together() {
    let (backplane, database, _folder) = alone().await;
    set(&database, "query_only = on").await;

    let callers = (0..50).map(|number| backplane.enqueue(vec![new_job(&number.to_string())]));
    let refused = futures::future::join_all(callers).await;

    for refused in refused {
        let refused = store_error(refused.expect_err("refused"));
        assert!(refused.is_read_only() && matches!(refused, StoreError::Shared(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_file_that_must_not_be_written_refuses_clearly_and_can_be_read() {
    let (backplane, database, folder) = alone().await;
    backplane.enqueue(vec![new_job("before")]).await.expect("taken in");
    set(&database, "query_only = on").await;

    let refused = store_error(backplane.enqueue(vec![new_job("after")]).await.expect_err("refused"));

    assert!(refused.is_read_only(), "{refused}");
    assert!(!refused.is_full());
    assert!(super::state(&*backplane, "before").await.is_some());
    drop(backplane);
    database.close().await;
    let (again, _database) = open(&folder).await;
    assert!(again.enqueue(vec![new_job("after")]).await.expect("taken in")[0].is_new);
}
