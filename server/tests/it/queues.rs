//! Queues as the API shows them, and their levers.

use std::time::Duration;

use ::app::domain::JobState;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{Limits, backplane::ClaimRequest};

use crate::{
    api::{Answer, add, call, claim, fail, get, head, post, state, tell},
    harness::{App, Work, spawn},
};

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

async fn limit(app: &App, body: Value) -> Answer {
    call(app, Method::PATCH, "/api/v1/queues/test", Some(body)).await
}

/// Jobs that a worker is given now.
async fn given(app: &App) -> usize {
    let request =
        ClaimRequest { worker: "w-2".into(), queues: vec!["test".into()], limit: 100, lease: Duration::from_mins(1) };
    app.parts.backplane.claim(&request, Duration::ZERO).await.expect("claimed").len()
}

#[tokio::test]
async fn queues_are_shown_with_their_counters() {
    let app = idle().await;
    fail(&app, "failed", "no luck").await;
    add(&app, "runs", json!({}), json!({})).await;
    claim(&app).await;
    add(&app, "next", json!({}), json!({})).await;

    let listed = app.json("/api/v1/queues").await;

    assert_eq!(listed["next"], Value::Null);
    let queue = &listed["items"][0];
    let counted = ["waiting", "active", "completed", "failed", "delayed", "cancelled"].map(|name| queue[name].as_u64());
    assert_eq!(counted, [1, 1, 0, 1, 0, 0].map(Some));
    assert_eq!((&queue["queueName"], &queue["paused"]), (&json!("test"), &json!(false)));
    assert_eq!((&queue["consumers"], &queue["ratePerMinute"]), (&json!(0), &json!(0)));
    assert_eq!(queue["concurrencyLimit"], Value::Null);
    assert!(queue["oldestWaitingMs"].is_u64(), "{queue}");
    let one = app.json("/api/v1/queues/test").await;
    assert_eq!((&one["queueName"], &one["waiting"]), (&json!("test"), &json!(1)));
    assert_eq!(get(&app, "/api/v1/queues/never").await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_until_it_is_resumed_and_saying_it_twice_changes_nothing() {
    let app = idle().await;
    add(&app, "next", json!({}), json!({})).await;

    let paused = tell(&app, "/api/v1/queues/test/pause").await;
    let told = head(&app).await;
    let again = tell(&app, "/api/v1/queues/test/pause").await;

    assert_eq!((paused.status, &paused.json["paused"]), (StatusCode::OK, &json!(true)));
    assert_eq!((again.status, &again.json["paused"]), (StatusCode::OK, &json!(true)));
    assert_eq!(head(&app).await, told, "the second pause is no news");
    assert_eq!(given(&app).await, 0);
    let resumed = tell(&app, "/api/v1/queues/test/resume").await;
    assert_eq!((resumed.status, &resumed.json["paused"]), (StatusCode::OK, &json!(false)));
    assert_eq!(given(&app).await, 1);
}

#[tokio::test]
async fn a_queue_is_made_by_its_first_setting_if_its_name_can_be_one() {
    let app = idle().await;

    let paused = tell(&app, "/api/v1/queues/new/pause").await;
    let misnamed = tell(&app, "/api/v1/queues/a,b/pause").await;

    assert_eq!((paused.status, &paused.json["queueName"]), (StatusCode::OK, &json!("new")));
    assert_eq!(app.json("/api/v1/queues/new").await["paused"], true);
    assert_eq!((misnamed.refusal(), &misnamed.json["field"]), ((422, "invalid"), &json!("queueName")));
}

#[tokio::test]
async fn a_limit_holds_until_it_is_lifted_by_name() {
    let app = idle().await;
    for id in ["a", "b", "c"] {
        add(&app, id, json!({}), json!({})).await;
    }

    let limited = limit(&app, json!({"concurrencyLimit": 1})).await;
    assert_eq!((limited.status, &limited.json["concurrencyLimit"]), (StatusCode::OK, &json!(1)));
    assert_eq!((given(&app).await, given(&app).await), (1, 0));
    let lifted = limit(&app, json!({"concurrencyLimit": null})).await;
    assert_eq!((lifted.status, &lifted.json["concurrencyLimit"]), (StatusCode::OK, &Value::Null));
    assert_eq!(given(&app).await, 2);

    for wrong in
        [json!({"concurrencyLimit": 0}), json!({"concurrencyLimit": 10_001}), json!({"concurrencyLimit": "two"})]
    {
        let refused = limit(&app, wrong).await;
        assert_eq!((refused.refusal(), &refused.json["field"]), ((422, "invalid"), &json!("concurrencyLimit")));
    }
    for wrong in [json!({}), json!({"paused": true})] {
        let refused = limit(&app, wrong).await;
        assert_eq!(refused.refusal(), (422, "invalid"), "nothing is lifted by a body that does not say so");
    }
}

#[tokio::test]
async fn failed_jobs_are_taken_up_again_oldest_first_by_their_error_and_no_more_than_asked_for() {
    let app = idle().await;
    for (id, error) in [("a", "no luck 1"), ("b", "no disk"), ("c", "no luck 2"), ("d", "no luck 3")] {
        fail(&app, id, error).await;
    }
    let fingerprint = app.json("/api/v1/jobs/a").await["errorFingerprint"].clone();
    let replay = "/api/v1/queues/test/failed/replay";

    let replayed = post(&app, replay, json!({"limit": 2, "errorFingerprint": fingerprint})).await;

    assert_eq!((replayed.status, &replayed.json), (StatusCode::OK, &json!({"replayed": 2})));
    let now = [state(&app, "a").await, state(&app, "b").await, state(&app, "c").await, state(&app, "d").await];
    let (waiting, failed) = (Some(JobState::Waiting), Some(JobState::Failed));
    assert_eq!(now, [waiting, failed, waiting, failed]);
    assert_eq!(tell(&app, replay).await.json, json!({"replayed": 2}));
    assert_eq!(tell(&app, replay).await.json, json!({"replayed": 0}));
}

#[tokio::test]
async fn failed_jobs_are_thrown_away_in_as_many_steps_as_it_takes() {
    let app = idle().await;
    fail_many(&app, 1_100).await;
    let discard = "/api/v1/queues/test/failed/discard";

    let discarded = post(&app, discard, json!({"limit": 1_050})).await;
    let rest = tell(&app, discard).await;

    assert_eq!((discarded.status, &discarded.json), (StatusCode::OK, &json!({"discarded": 1_050})));
    assert_eq!(rest.json, json!({"discarded": 50}));
    for wrong in [0, 10_001] {
        let refused = post(&app, discard, json!({"limit": wrong})).await;
        assert_eq!((refused.refusal(), &refused.json["field"]), ((422, "invalid"), &json!("limit")));
    }
    assert_eq!(tell(&app, "/api/v1/queues/never/failed/discard").await.refusal(), (404, "not_found"));
    assert_eq!(tell(&app, "/api/v1/queues/never/failed/replay").await.refusal(), (404, "not_found"));
    let misread = app.client.post(format!("{}{discard}", app.base)).body("limit=3").send().await.expect("answered");
    assert_eq!(misread.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

async fn fail_many(app: &App, count: usize) {
    use server::backplane::{Ending, Outcome};
    let orders = vec![json!({"queueName": "test", "jobName": "echo"}); count];
    assert_eq!(post(app, "/api/v1/queue/add-bulk", json!(orders)).await.status, StatusCode::ACCEPTED);
    let request =
        ClaimRequest { worker: "w-2".into(), queues: vec!["test".into()], limit: 200, lease: Duration::from_mins(1) };
    loop {
        let jobs = app.parts.backplane.claim(&request, Duration::ZERO).await.expect("claimed");
        if jobs.is_empty() {
            return;
        }
        let failed = |error: &str| Outcome::Failed { error: error.to_owned() };
        let endings = jobs.into_iter().map(|job| Ending { lease: job.lease, outcome: failed("no luck") }).collect();
        app.parts.backplane.finish(endings).await.expect("finished");
    }
}
