//! The suite that every backplane passes. What is not in it is not a feature.
//!
//! A rule is a function over any `Backplane`; an engine is a function that makes a fresh one. `engines_pass` crosses the two.

/// Handing jobs to workers.
mod claim;
/// Taking jobs in.
mod enqueue;
/// Ending attempts.
mod finish;
/// The event log.
mod log;
/// What only Postgres has to show.
mod postgres_only;
/// A Postgres server for tests.
#[path = "../../tests/support/postgres.rs"]
pub(crate) mod postgres_server;
/// Jobs of dead workers.
mod rescue;

use std::{any::Any, sync::Arc, time::Duration};

use app::domain::{WorkerId, WorkerShare, WorkerStatus};
use serde_json::{Map, json};
use tempfile::TempDir;

use crate::{
    backplane::{
        Backplane, ClaimRequest, ClaimedJob, Directive, Heartbeat, Lease, NewJob, RedisBackplane, SqlBackplane,
        WorkerProfile, redis::tests::server::RedisServer, sql::Retention,
    },
    store::Database,
};

/// A fresh engine, and what has to outlive it.
pub(crate) struct Engine {
    pub(crate) backplane: Arc<dyn Backplane>,
    /// Makes another process of the same installation.
    reopen: Box<dyn Fn() -> futures::future::BoxFuture<'static, Arc<dyn Backplane>> + Send + Sync>,
    _ground: Box<dyn Any + Send + Sync>,
}

impl Engine {
    /// The same installation, as another process would open it.
    pub(crate) async fn another_process(&self) -> Arc<dyn Backplane> {
        (self.reopen)().await
    }
}

/// Keeps so few events that a test can outrun it.
pub(crate) const RETENTION: Retention =
    Retention { events: Duration::from_hours(1), event_count: 50, jobs: Duration::from_hours(1), job_count: 50 };

async fn sqlite() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("signalbox.db").display());
    in_database(url, Some(folder)).await
}

async fn postgres() -> Engine {
    let url = postgres_server::shared().fresh_database(migrate).await;
    in_database(url, None).await
}

pub(crate) async fn migrate(url: String) {
    let database = Database::open(&url).await.expect("opened");
    database.migrate().await.expect("migrated");
    database.close().await;
}

/// The SQL engine of a database.
async fn in_database(url: String, folder: Option<TempDir>) -> Engine {
    let open = move || {
        let url = url.clone();
        let opened = async move {
            let database = Database::open(&url).await.expect("opened");
            database.migrate().await.expect("migrated");
            SqlBackplane::open(database, RETENTION).await.expect("opened") as Arc<dyn Backplane>
        };
        Box::pin(opened) as futures::future::BoxFuture<'static, _>
    };
    Engine { backplane: open().await, reopen: Box::new(open), _ground: Box::new(folder) }
}

async fn redis() -> Engine {
    let server = RedisServer::start().await;
    let url = server.url();
    let open = move || {
        let url = url.clone();
        let opened =
            async move { RedisBackplane::open(&url, RETENTION, None).await.expect("opened") as Arc<dyn Backplane> };
        Box::pin(opened) as futures::future::BoxFuture<'static, _>
    };
    Engine { backplane: open().await, reopen: Box::new(open), _ground: Box::new(server) }
}

/// One test of its own for each engine and rule.
macro_rules! engines_pass {
    ([$($engine:ident),+] $rules:tt) => {
        $(engine_passes! { $engine $rules })+
    };
}

macro_rules! engine_passes {
    ($engine:ident { $($subject:ident::{$($rule:ident),+ $(,)?}),+ $(,)? }) => {
        mod $engine {
            $(mod $subject {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    crate::conformance::$subject::$rule(crate::conformance::$engine().await).await;
                })+
            })+
        }
    };
}

engines_pass! {
    [sqlite, postgres, redis]
    {
    enqueue::{
        a_job_that_was_taken_in_is_waiting,
        a_unique_key_that_is_alive_makes_no_second_job,
        a_unique_key_is_free_again_when_its_job_has_ended,
        the_id_of_an_ended_job_makes_no_second_one,
        a_delayed_job_is_not_claimed_before_its_time,
    },
    claim::{
        jobs_come_by_priority_and_then_by_age,
        a_job_is_claimed_by_one_worker_only,
        a_waiting_worker_is_woken_by_a_new_job,
        a_waiting_worker_is_woken_by_a_job_of_another_process,
    },
    finish::{
        a_result_ends_the_job,
        a_retry_comes_back_with_the_next_attempt,
        a_job_that_is_handed_back_keeps_its_attempt,
        a_late_finish_is_refused_after_the_lease_moved_on,
        a_late_report_is_refused_after_the_lease_moved_on,
    },
    rescue::{
        an_expired_lease_returns_the_job,
        a_renewed_lease_is_left_alone,
        the_holder_of_a_lost_lease_is_told,
        a_third_stall_without_progress_dead_letters_the_job,
        progress_forgives_earlier_stalls,
    },
    log::{
        what_happens_to_a_job_is_told_in_order,
        reading_goes_on_exactly_after_the_cursor,
        a_tail_wakes_up_with_what_another_process_appended,
        a_cursor_of_another_log_is_gone,
        a_cursor_beyond_the_end_is_gone,
        a_cursor_from_before_the_trimming_is_gone,
    },
    }
}

/// Where somebody notices at once that a process is gone: the operating system, or the server that it was connected to. On Postgres
/// its jobs come back with their leases.
mod told_of_deaths {
    engines_pass! {
        [sqlite, redis]
        {
            rescue::{
                a_process_that_is_gone_gives_all_its_jobs_back_before_their_leases_run_out,
            },
        }
    }
}

pub(crate) const QUEUE: &str = "conformance";
pub(crate) const LEASE: Duration = Duration::from_mins(1);

pub(crate) fn worker(name: &str) -> WorkerId {
    name.into()
}

pub(crate) fn profile(name: &str) -> WorkerProfile {
    let share = WorkerShare { queue_name: QUEUE.into(), concurrency: 10 };
    WorkerProfile {
        worker: worker(name),
        name: name.to_owned(),
        host: "here".to_owned(),
        version: "0".to_owned(),
        queues: vec![share],
    }
}

/// Renews leases; returns what has to be done.
pub(crate) async fn heartbeat(backplane: &dyn Backplane, name: &str, leases: &[Lease]) -> Vec<Directive> {
    let (worker, status) = (&worker(name), WorkerStatus::Active);
    backplane.heartbeat(Heartbeat { worker, status, leases, lease: LEASE }).await.expect("answered")
}

pub(crate) fn new_job(id: &str) -> NewJob {
    NewJob {
        job_id: id.into(),
        queue_name: QUEUE.into(),
        job_name: "test".to_owned(),
        data: json!({ "for": id }),
        public: Map::new(),
        priority: 0,
        delay: Duration::ZERO,
        max_attempts: 5,
        max_stalls: 3,
        unique_key: None,
        unique_for: None,
        concurrency_key: None,
    }
}

pub(crate) fn request(worker: &WorkerId, lease: Duration) -> ClaimRequest {
    ClaimRequest { worker: worker.clone(), queues: vec![QUEUE.into()], limit: 10, lease }
}

/// Claims all that is there, without waiting.
pub(crate) async fn claim_all(backplane: &dyn Backplane, worker: &WorkerId, lease: Duration) -> Vec<ClaimedJob> {
    backplane.claim(&request(worker, lease), Duration::ZERO).await.expect("claimed")
}

/// Claims the only job that is there.
pub(crate) async fn claim_one(backplane: &dyn Backplane, worker: &WorkerId, lease: Duration) -> ClaimedJob {
    let mut jobs = claim_all(backplane, worker, lease).await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}
