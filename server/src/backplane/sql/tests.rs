//! What only the SQL engines have to show, on both of them: their counters, their line of new jobs, and what an earlier schema becomes.

use std::{borrow::Cow, sync::Arc};

use app::domain::{CounterDrift, JobState};
use sqlx::{PgPool, SqlitePool, migrate::Migrator};

use super::{Retention, SqlBackplane};
use crate::{
    backplane::{Backplane, Inspect, NewJob},
    conformance::{QUEUE, migrate, new_job, postgres_server},
    store::{Database, sql},
};

/// A database of each engine.
struct Ground {
    folder: tempfile::TempDir,
    postgres: String,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, postgres: postgres_server::shared().fresh_database(migrate).await }
    }

    fn urls(&self) -> [String; 2] {
        [sqlite_in(&self.folder), self.postgres.clone()]
    }
}

fn sqlite_in(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("signalbox.db").display())
}

async fn open(url: &str) -> (Database, Arc<SqlBackplane>) {
    let database = Database::open(url).await.expect("opened");
    database.migrate().await.expect("migrated");
    let backplane = SqlBackplane::open(database.clone(), Retention::default()).await.expect("opened");
    (database, backplane)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_is_wrong_is_found_and_set_right() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (database, backplane) = open(&url).await;
        backplane.enqueue((0..3).map(|number| new_job(&number.to_string())).collect()).await.expect("taken in");
        let mut past_the_counters = database.begin().await.expect("begun");
        past_the_counters.execute(sql("delete from jobs where job_id = '1'")).await.expect("deleted");
        past_the_counters.commit().await.expect("committed");

        let drifts = backplane.recount().await.expect("counted");

        let drift = CounterDrift { queue_name: QUEUE.into(), state: JobState::Waiting, counted: 3, found: 2 };
        assert_eq!(drifts, [drift]);
        assert_eq!(backplane.recount().await.expect("counted"), []);
        let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");
        assert_eq!(queue.counts.waiting, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_callers_is_told_of_its_own_jobs() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (_, backplane) = open(&url).await;
        let keyed = |id: &str| NewJob { unique_key: Some("key".to_owned()), ..new_job(id) };

        let calls = (0..60).map(|number| {
            let jobs = vec![new_job(&format!("own {number}")), keyed(&format!("keyed {number}"))];
            let backplane = Arc::clone(&backplane);
            async move { (number, backplane.enqueue(jobs).await.expect("taken in")) }
        });
        let answers = futures::future::join_all(calls).await;

        let holder = &answers[0].1[1].job_id;
        for (number, answer) in &answers {
            assert_eq!((answer[0].job_id.as_str(), answer[0].is_new), (format!("own {number}").as_str(), true));
            assert_eq!(&answer[1].job_id, holder);
        }
        assert_eq!(answers.iter().filter(|(_, answer)| answer[1].is_new).count(), 1);
        let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");
        assert_eq!(queue.counts.waiting, 61);
        assert_eq!(backplane.recount().await.expect("counted"), []);
    }
}

/// The migrations before the one that gave jobs their keys and queues their counters.
fn earlier(mut all: Migrator) -> Migrator {
    all.migrations = Cow::Owned(all.migrations.iter().filter(|one| one.version < 4).cloned().collect());
    all
}

const A_JOB_OF_EARLIER: &str = "insert into jobs
     (job_id, queue_name, job_name, state, data, max_attempts, attempt, created_at, run_at, finished_at, error)
     values ('old', 'conformance', 'test', 'failed', '{}', 5, 1, 1, 1, 3, 'no')";
const ITS_PAST: &str = "insert into job_attempts (job_id, attempt, worker_id, started_at, finished_at, error)
     values ('old', 1, 'w', 2, 3, 'no')";

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_earlier_schema_are_counted_and_keep_their_past() {
    let folder = tempfile::tempdir().expect("a folder");
    // A server of its own: the others make their databases after a template that has the whole schema.
    let server = postgres_server::Server::start();
    let (sqlite, postgres) = (sqlite_in(&folder), server.fresh_database(async |_| {}).await);
    Database::open(&sqlite).await.expect("made").close().await;
    let pool = SqlitePool::connect(&sqlite).await.expect("opened");
    earlier(sqlx::migrate!("../migrations/sqlite")).run(&pool).await.expect("migrated");
    for statement in [A_JOB_OF_EARLIER, ITS_PAST] {
        sqlx::query(statement).execute(&pool).await.expect("written");
    }
    pool.close().await;
    let pool = PgPool::connect(&postgres).await.expect("opened");
    earlier(sqlx::migrate!("../migrations/postgres")).run(&pool).await.expect("migrated");
    for statement in [A_JOB_OF_EARLIER, ITS_PAST] {
        sqlx::query(statement).execute(&pool).await.expect("written");
    }
    pool.close().await;

    for url in [sqlite, postgres] {
        let (_, backplane) = open(&url).await;

        let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("there");
        assert_eq!(queue.counts.failed, 1);
        let job = backplane.job(&"old".into()).await.expect("answered").expect("there");
        assert_eq!((job.attempts.len(), job.attempts[0].error.as_deref()), (1, Some("no")));
    }
}
