//! What waits, and what it costs.

use std::{sync::Arc, time::Duration};

use app::domain::{JobState, QueueName, WorkerStatus};
use tokio::time::Instant;

use super::{RedisServer, finish_one, in_time, open};
use crate::{
    backplane::{
        Backplane, ClaimRequest, Ending, Heartbeat, Inspect, NewJob, Outcome, RedisBackplane, Shelf, sql::Retention,
    },
    conformance::{LEASE, QUEUE, RETENTION, new_job, profile, request, worker},
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_job_starts_at_its_moment_without_upkeep() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let waiting = Arc::clone(&backplane);
    let claim = tokio::spawn(async move { waiting.claim(&request(&worker("w"), LEASE), PATIENCE).await });
    let started = Instant::now();

    let delay = Duration::from_millis(300);
    backplane.enqueue(vec![NewJob { delay, ..new_job("a") }]).await.expect("taken in");

    let jobs = in_time(claim).await.expect("joined").expect("claimed");
    assert_eq!(jobs.len(), 1);
    assert!((delay..delay * 3).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_several_queues_takes_the_most_urgent_of_all() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let job = |id: &str, queue: &str, priority| NewJob { queue_name: queue.into(), priority, ..new_job(id) };
    let jobs = vec![job("1", "q1", 1), job("2", "q2", 5), job("3", "q1", 9), job("4", "q3", 0), job("5", "q2", 5)];
    backplane.enqueue(jobs).await.expect("taken in");

    let queues: Vec<QueueName> = vec!["q1".into(), "q2".into(), "q3".into(), "q1".into()];
    let request = ClaimRequest { queues, limit: 4, ..request(&worker("w"), LEASE) };
    let claimed = backplane.claim(&request, Duration::ZERO).await.expect("claimed");

    let order: Vec<_> = claimed.iter().map(|job| job.lease.job_id.as_str()).collect();
    assert_eq!(order, ["3", "2", "5", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_process_asks_fewer_than_five_things_a_second() {
    const SECONDS: u32 = 4;
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.join(&profile("w")).await.expect("joined");
    let cursor = backplane.head().await.expect("an end");
    let tailing = Arc::clone(&backplane);
    let tail = tokio::spawn(async move { tailing.tail(&cursor, 10).await });
    let work = |seconds: u32| {
        let backplane = Arc::clone(&backplane);
        async move {
            let queue = |number: u32, seconds: u32| {
                let queues = vec![QueueName(format!("q{number}"))];
                let request = ClaimRequest { queues, ..request(&worker("w"), LEASE) };
                let backplane = Arc::clone(&backplane);
                async move {
                    for _ in 0..seconds {
                        assert_eq!(backplane.claim(&request, Duration::from_secs(1)).await.expect("answered"), []);
                    }
                }
            };
            let house = async {
                for second in 0..seconds {
                    backplane.maintain().await.expect("kept");
                    if second % 3 == 0 {
                        let (worker, status) = (&worker("w"), WorkerStatus::Idle);
                        let idle = Heartbeat { worker, status, leases: &[], lease: LEASE };
                        assert_eq!(backplane.heartbeat(idle).await.expect("answered"), []);
                    }
                    // A worker that waits in vain is the clock.
                    queue(6, 1).await;
                }
            };
            tokio::join!(house, futures::future::join_all((0..6).map(|number| queue(number, seconds))));
        }
    };
    // The first second is not an idle one: scripts are brought, and every queue is looked at.
    work(1).await;

    let mut connection = server.connect().await.expect("connected");
    let before = operations(&mut connection).await;
    work(SECONDS).await;
    let asked = operations(&mut connection).await - before;

    assert!(asked < 5 * u64::from(SECONDS), "{asked} operations in {SECONDS} s");
    tail.abort();
}

/// What the server has done so far, what scripts asked of it included.
async fn operations(connection: &mut redis::aio::MultiplexedConnection) -> u64 {
    let info: String = redis::cmd("INFO").arg("stats").query_async(connection).await.expect("answered");
    let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:")).expect("a count");
    line.trim().parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_nothing_gets_nothing_and_learns_nothing() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let wanted = request(&worker("w"), LEASE);

    let nothing = ClaimRequest { limit: 0, ..wanted.clone() };
    assert_eq!(in_time(backplane.claim(&nothing, PATIENCE)).await.expect("answered"), []);
    let shelf = Shelf { state: JobState::Waiting, queue_name: None, after: None, limit: 0 };
    assert_eq!(backplane.shelf(&shelf).await.expect("answered"), []);

    let claimed = backplane.claim(&wanted, Duration::from_secs(2)).await.expect("claimed");
    assert_eq!(claimed.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_job_is_forgotten_after_its_age() {
    let server = RedisServer::start().await;
    let retention = Retention { jobs: Duration::from_millis(1), ..RETENTION };
    let backplane = RedisBackplane::open(&server.url(), retention, None).await.expect("opened");
    backplane.enqueue(vec![new_job("a"), new_job("b")]).await.expect("taken in");
    let short = ClaimRequest { limit: 1, ..request(&worker("w"), Duration::from_millis(1)) };
    let job = backplane.claim(&short, Duration::ZERO).await.expect("claimed").remove(0);
    let outcome = Outcome::Failed { error: "no".to_owned() };
    backplane.finish(vec![Ending { lease: job.lease, outcome }]).await.expect("finished");

    let forgetting = async {
        while backplane.job_state(&"a".into()).await.expect("answered").is_some() {
            backplane.maintain().await.expect("kept");
        }
    };
    in_time(forgetting).await;

    assert!(backplane.job_state(&"b".into()).await.expect("answered").is_some());
    assert_eq!(server.ask::<u64>("EXISTS signalbox:queue:conformance:failed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_of_a_queue_in_which_jobs_end_all_the_time_does_not_grow() {
    let server = RedisServer::start().await;
    let retention = Retention { job_count: 0, ..RETENTION };
    let backplane = RedisBackplane::open(&server.url(), retention, None).await.expect("opened");
    let seconds: Vec<String> = (1..=500).map(|second| format!("{second} 1")).collect();
    server.ask::<u64>(&format!("HSET signalbox:{{sb}}:pace:conformance {}", seconds.join(" "))).await;

    for number in 0..3 {
        backplane.enqueue(vec![new_job(&number.to_string())]).await.expect("taken in");
        finish_one(&backplane, Outcome::Completed(1.into())).await;
        backplane.maintain().await.expect("kept");
    }

    assert!(server.ask::<u64>("HLEN signalbox:{sb}:pace:conformance").await <= 3);
    let queue = backplane.queue(&QUEUE.into()).await.expect("answered").expect("known");
    assert_eq!((queue.rate_per_minute, queue.counts.completed), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_which_nothing_is_old_is_not_read_from_its_end() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    server.ask::<()>("CONFIG RESETSTAT").await;

    backplane.maintain().await.expect("kept");

    let commands: String = server.ask("INFO commandstats").await;
    assert!(commands.contains("cmdstat_xrange:"), "{commands}");
    assert!(!commands.contains("cmdstat_xrevrange:"), "{commands}");
}
