//! What a worker does with jobs: it is called off, drained, and never in its own way.

use std::time::Duration;

use ::app::domain::JobState;
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::{
    Limits,
    jobs::{Registry, Worker, WorkerConfig, reconciler},
};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{get, post, state, tell},
    frames::Stream,
    harness::{App, DEADLINE, Work, spawn, spawn_app, worker_of},
};

async fn hand_in(app: &App, id: &str, kind: &str, data: Value) {
    let order = json!({"queueName": "test", "jobName": kind, "data": data, "opts": {"jobId": id}});
    assert_eq!(post(app, "/api/v1/queue/add", order).await.status, StatusCode::ACCEPTED);
}

async fn nap(app: &App, id: &str, ms: u32) {
    hand_in(app, id, "sleep", json!({ "ms": ms })).await;
}

/// Waits until a job is in a state.
async fn reaches(app: &App, id: &str, wanted: JobState) {
    let reaching = async {
        while state(app, id).await != Some(wanted) {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, reaching).await.expect("in time");
}

/// A worker of its own, which ends when `closing` is cancelled.
fn work(app: &App, config: WorkerConfig, closing: &CancellationToken) -> JoinHandle<()> {
    tokio::spawn(Worker::new(config, Registry::all(), app.parts.clone()).run(closing.clone()))
}

async fn ended(worker: JoinHandle<()>) {
    timeout(DEADLINE, worker).await.expect("stopped in time").expect("stopped well");
}

/// How many jobs each worker has.
async fn current_jobs(app: &App) -> Vec<Value> {
    let workers = get(app, "/api/v1/workers").await.json;
    workers["items"].as_array().expect("a list").iter().map(|worker| worker["currentJobs"].clone()).collect()
}

/// Told within the second, long before its next heartbeat would tell it.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_that_is_called_off_stops_soon() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=job:nap").await;
    nap(&app, "nap", 600_000).await;
    reaches(&app, "nap", JobState::Active).await;

    let asked = tell(&app, "/api/v1/jobs/nap/cancel").await;

    assert_eq!((asked.status, asked.json), (StatusCode::ACCEPTED, json!({"jobId": "nap", "status": "active"})));
    let told = async { while stream.next_of("job_update").await.data["status"] != "cancelled" {} };
    timeout(DEADLINE, told).await.expect("told in time");
    let again = tell(&app, "/api/v1/jobs/nap/cancel").await;
    assert_eq!((again.status, again.json), (StatusCode::OK, json!({"jobId": "nap", "status": "cancelled"})));
}

/// With one writer for all, a claim that waits must not keep it from whoever hands ends in.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_not_in_its_own_way() {
    let app = spawn_app().await;
    let callers = (0..4).map(|caller| {
        let app = &app;
        async move {
            for number in 0..100 {
                hand_in(app, &format!("{caller}-{number}"), "echo", json!(number)).await;
            }
        }
    });

    let done = async {
        futures::future::join_all(callers).await;
        for caller in 0..4 {
            reaches(&app, &format!("{caller}-99"), JobState::Completed).await;
        }
    };

    timeout(DEADLINE / 2, done).await.expect("nobody waited for a place that nobody had");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_lets_short_jobs_end_and_hands_long_ones_back() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let closing = CancellationToken::new();
    let config = WorkerConfig { drain: Duration::from_secs(3), ..worker_of("drained", vec![("test".into(), 4)]) };
    let worker = work(&app, config, &closing);
    nap(&app, "short", 1_000).await;
    nap(&app, "long", 600_000).await;
    reaches(&app, "short", JobState::Active).await;
    reaches(&app, "long", JobState::Active).await;

    closing.cancel();
    ended(worker).await;

    assert_eq!(state(&app, "short").await, Some(JobState::Completed));
    let long = get(&app, "/api/v1/jobs/long").await.json;
    assert_eq!((&long["state"], &long["attempt"], &long["attempts"]), (&json!("waiting"), &json!(0), &json!([])));
    assert_eq!(current_jobs(&app).await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_behind_a_long_one_go_to_whoever_is_idle() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let closing = CancellationToken::new();
    let first = work(&app, worker_of("first", vec![("test".into(), 1)]), &closing);
    // Short ones first: from then on it claims ahead.
    for number in 0..20 {
        hand_in(&app, &format!("short-{number}"), "echo", json!(number)).await;
    }
    reaches(&app, "short-19", JobState::Completed).await;
    nap(&app, "long-0", 600_000).await;
    nap(&app, "long-1", 600_000).await;

    let second = work(&app, worker_of("second", vec![("test".into(), 1)]), &closing);

    let shared = async {
        while current_jobs(&app).await != [json!(1), json!(1)] {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, shared).await.expect("each has one in time");
    closing.cancel();
    ended(first).await;
    ended(second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_when_its_minute_comes_and_whenever_somebody_says_so() {
    let app = spawn_app().await;
    let order = json!({
        "name": "often", "cron": "* * * * *", "queueName": "test", "jobName": "echo", "data": "tick", "missed": "once"
    });
    assert_eq!(post(&app, "/api/v1/schedules", order).await.status, StatusCode::CREATED);

    let run = tell(&app, "/api/v1/schedules/often/run").await;

    assert_eq!(run.status, StatusCode::ACCEPTED);
    reaches(&app, run.json["jobId"].as_str().expect("an id"), JobState::Completed).await;
    // The minute of the store comes sooner than that of the clock.
    let passed = "2026-03-29T01:00:00Z".parse().expect("a moment");
    let plan = app.parts.backplane.schedule("often").await.expect("answered").expect("there").plan;
    app.parts.backplane.change_schedule(&plan, Some(passed)).await.expect("changed");
    reaches(&app, "often@2026-03-29T01:00:00Z", JobState::Completed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_job_is_called_off_says_so() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let taken: Value = app.upload("name,email\nAda,ada@example.com\n").await.json().await.expect("JSON");
    let text = |field: &str| taken[field].as_str().expect("an id").to_owned();

    let cancelled = tell(&app, &format!("/api/v1/jobs/{}/cancel", text("jobId"))).await;
    reconciler::reconcile(&app.parts).await.expect("reconciled");

    assert_eq!(cancelled.json["status"], "cancelled");
    let import = get(&app, &format!("/api/v1/imports/{}", text("importId"))).await.json;
    assert_eq!(import["status"], "failed");
    assert!(import["error"].as_str().is_some_and(|error| error.contains("called off")), "{import}");
}
