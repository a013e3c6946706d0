//! What only the SQL engines have to show, on both of them: their counters, their line of new jobs, and what an earlier schema becomes.

/// What happens at the edges.
mod edges;

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::domain::{CounterDrift, JobState, WorkerStatus};
use serde_json::json;
use sqlx::{PgPool, SqlitePool, migrate::Migrator};

use super::{Retention, SqlBackplane};
use crate::{
    backplane::{Backplane, ClaimRequest, Control, DeadLetters, Ending, Heartbeat, Inspect, Lease, NewJob, Outcome},
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

/// Works until all jobs have ended: some complete, some fail, some are tried again, snoozed or handed back.
async fn work(backplane: &SqlBackplane, name: &str, ended: &AtomicUsize, all: usize) {
    let request = ClaimRequest {
        worker: name.into(),
        queues: vec![QUEUE.into(), "limited".into()],
        limit: 4,
        lease: Duration::from_mins(1),
    };
    let mut turn = 0;
    let mut endings = Vec::new();
    while ended.load(Ordering::SeqCst) < all {
        let exchange = backplane.exchange(std::mem::take(&mut endings), Some(&request)).await.expect("exchanged");
        let leases: Vec<Lease> = exchange.claimed.iter().map(|job| job.lease.clone()).collect();
        let worker = &request.worker;
        let beat = Heartbeat { worker, status: WorkerStatus::Active, leases: &leases, lease: request.lease };
        backplane.heartbeat(beat).await.expect("renewed");
        for lease in leases {
            turn += 1;
            let outcome = match turn % 7 {
                0 => Outcome::Retry { error: "again".to_owned(), delay: Duration::ZERO },
                1 => Outcome::Snoozed { delay: Duration::ZERO },
                2 => Outcome::HandedBack,
                3 => Outcome::Failed { error: "no".to_owned() },
                _ => Outcome::Completed(json!(1)),
            };
            endings.push(Ending { lease, outcome });
        }
        if endings.is_empty() {
            backplane.maintain().await.expect("kept");
        }
    }
}

/// Calls jobs off, takes them up again, and counts those that have ended.
async fn meddle(backplane: &SqlBackplane, ended: &AtomicUsize, all: usize) {
    let letters = DeadLetters { queue_name: QUEUE.into(), limit: 5, fingerprint: None };
    for round in 0..all {
        backplane.cancel(&format!("{round}").as_str().into()).await.expect("answered");
        backplane.retry(&format!("{}", round / 2).as_str().into()).await.expect("answered");
        backplane.replay(&letters).await.expect("answered");
    }
    while ended.load(Ordering::SeqCst) < all {
        let over: u64 = backplane
            .queues()
            .await
            .expect("answered")
            .iter()
            .map(|queue| queue.counts.completed + queue.counts.failed + queue.counts.cancelled)
            .sum();
        ended.store(usize::try_from(over).expect("few"), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_do_all_kinds_of_things_at_once_neither_stop_each_other_nor_lose_count() {
    let ground = Ground::new().await;
    for url in ground.urls() {
        let (_, backplane) = open(&url).await;
        let all = 120;
        let job = |number: usize| NewJob {
            queue_name: if number.is_multiple_of(3) { "limited".into() } else { QUEUE.into() },
            concurrency_key: number.is_multiple_of(2).then(|| format!("key {}", number % 5)),
            unique_key: number.is_multiple_of(4).then(|| format!("unique {number}")),
            ..new_job(&number.to_string())
        };
        backplane.set_concurrency_limit(&"limited".into(), Some(2)).await.expect("set");
        backplane.enqueue((0..all).map(job).collect()).await.expect("taken in");
        let others = [open(&url).await.1, open(&url).await.1];
        let ended = AtomicUsize::new(0);

        let working = futures::future::join4(
            work(&backplane, "one", &ended, all),
            work(&others[0], "two", &ended, all),
            work(&others[1], "three", &ended, all),
            meddle(&others[1], &ended, all),
        );
        tokio::time::timeout(Duration::from_mins(1), working).await.expect("all have ended");

        assert_eq!(backplane.recount().await.expect("counted"), []);
    }
}
