//! Faults that an installation lives through, each on each engine where it applies: with real processes, which are stopped and killed.
//!
//! What chance does to an installation is the matter of `chaos`; here each fault comes by name.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

/// The engines.
#[path = "../support/engine.rs"]
mod engine;
/// Tests on each of them.
#[macro_use]
#[path = "../support/each_engine.rs"]
mod each_engine;
/// The processes of an installation.
mod site;
/// A token of the program's own.
#[path = "../support/token.rs"]
mod token;

use std::time::{Duration, Instant};

use engine::Engine;
use futures::{TryStreamExt, future::join_all};
use serde_json::{Value, json};
use site::{Site, at_last};

/// How long an engine is away.
const AWAY: Duration = Duration::from_secs(30);

/// Tries a fault.
async fn befalls(engine: Engine, fault: impl AsyncFnOnce(Engine)) {
    fault(engine).await;
}

on_each_engine! {
    befalls:
    a_job_that_takes_its_process_down_three_times_is_dead_lettered: [sqlite, postgres, redis],
    what_is_taken_in_while_the_server_stops_is_done: [sqlite, postgres, redis],
    an_engine_that_is_away_for_half_a_minute_costs_nothing: [postgres, redis],
}

async fn a_job_that_takes_its_process_down_three_times_is_dead_lettered(engine: Engine) {
    let mut site = Site::build(engine).await;
    // So long that no percent of it is done when its worker dies: progress would forgive the death.
    let job = site.enqueue("sleep", json!({"ms": 100_000_000})).await.expect("taken in");

    for attempt in 1..=3 {
        let worker = site.start_worker();
        at_last("begun", async || site.job(&job).await.is_some_and(|job| is_running(&job, attempt))).await;
        site.abort(worker).await;
    }

    site.start_worker();
    at_last("dead-lettered", async || site.job(&job).await.is_some_and(|job| job["state"] == "failed")).await;
    let job = site.job(&job).await.expect("there");
    assert!(job["error"].as_str().expect("a reason").contains("died 3 times"), "{job}");
    assert_eq!(job["attempts"].as_array().map(Vec::len), Some(3), "{job}");
    site.demolish().await;
}

fn is_running(job: &Value, attempt: u32) -> bool {
    job["state"] == "active" && job["attempt"] == attempt
}

async fn what_is_taken_in_while_the_server_stops_is_done(engine: Engine) {
    let mut site = Site::build(engine).await;
    site.start_worker();
    let callers = join_all((0..8).map(|_| site.hand_in_until_refused()));

    let (taken, ()) = tokio::join!(callers, site.stop_web_when_busy());

    let taken: Vec<String> = taken.into_iter().flatten().collect();
    assert!(!taken.is_empty());
    site.start_web().await;
    for job in &taken {
        at_last("done", async || site.job(job).await.is_some_and(|job| job["state"] == "completed")).await;
    }
    site.demolish().await;
}

async fn an_engine_that_is_away_for_half_a_minute_costs_nothing(engine: Engine) {
    let mut site = Site::build(engine).await;
    site.start_worker();
    let mut stream = site.listen("queue:test").await;
    let mut jobs = Vec::new();
    for _ in 0..100 {
        jobs.push(site.enqueue("sleep", json!({"ms": 300})).await.expect("taken in"));
    }

    site.stop_engine().await;
    let began = Instant::now();
    while began.elapsed() < AWAY {
        assert_eq!(site.enqueue("echo", json!(1)).await, None, "nothing is taken in that can't be kept");
    }
    site.start_engine().await;

    at_last("taken in again", async || {
        let job = site.enqueue("echo", json!("the last")).await;
        jobs.extend(job.clone());
        job.is_some()
    })
    .await;
    for job in &jobs {
        at_last("done", async || site.job(job).await.is_some_and(|job| job["state"] == "completed")).await;
    }
    let told = async {
        while let Some(piece) = stream.try_next().await.expect("an open stream") {
            if String::from_utf8_lossy(&piece).contains("the last") {
                return;
            }
        }
        panic!("the stream ended");
    };
    tokio::time::timeout(site::PATIENCE, told).await.expect("the same stream tells of what came after");
    site.demolish().await;
}
