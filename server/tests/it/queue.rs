//! Jobs that other programs hand in.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    frames::Stream,
    harness::{App, spawn_app},
};

async fn post(app: &App, path: &str, body: &Value) -> Response {
    app.client.post(format!("{}{path}", app.base)).json(body).send().await.expect("answered")
}

async fn add(app: &App, order: Value) -> (StatusCode, Value) {
    let answer = post(app, "/api/v1/queue/add", &order).await;
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_handed_in_is_run_and_its_result_is_told() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=queue:test").await;

    let (status, taken) =
        add(&app, json!({"queueName": "test", "jobName": "echo", "data": {"a": 1}, "opts": {"jobId": "mine"}})).await;

    assert_eq!((status, &taken), (StatusCode::ACCEPTED, &json!({"jobId": "mine", "status": "waiting"})));
    let mut steps = Vec::new();
    while steps.last() != Some(&json!("completed")) {
        let update = stream.next_of("job_update").await.data;
        assert_eq!(update["jobId"], "mine");
        assert!(update["status"] != "completed" || update["result"] == json!({"a": 1}), "{update}");
        steps.push(update["status"].clone());
    }
    assert_eq!(steps, ["waiting", "started", "completed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_key_that_is_alive_is_answered_with_its_job() {
    let app = spawn_app().await;
    let order = json!({
        "queueName": "test", "jobName": "echo", "opts": {"uniqueKey": "k", "delayMs": 3_600_000}
    });

    let (first, made) = add(&app, order.clone()).await;
    let (second, found) = add(&app, order).await;

    assert_eq!((first, second), (StatusCode::ACCEPTED, StatusCode::OK));
    assert_eq!(made["status"], "delayed");
    assert_eq!(found, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_wrong_is_refused_with_the_name_of_its_field() {
    let app = spawn_app().await;
    for (order, field) in [
        (json!({"queueName": "test", "jobName": "tea"}), "jobName"),
        (json!({"queueName": "test", "jobName": "sleep", "data": {"ms": "long"}}), "data.ms"),
        (json!({"queueName": "test", "jobName": "echo", "opts": {"priority": 11}}), "opts.priority"),
        (json!({"queueName": "test", "jobName": "echo", "opts": {"priority": -1}}), "opts.priority"),
        (json!({"queueName": 7, "jobName": "echo"}), "queueName"),
    ] {
        let (status, problem) = add(&app, order.clone()).await;

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{order}");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let broken = app.client.post(format!("{}/api/v1/queue/add", app.base)).header("content-type", "application/json");
    let answer = broken.body("{").send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_orders_are_taken_at_once_and_none_when_one_is_wrong() {
    let app = spawn_app().await;
    let later = json!({"queueName": "test", "jobName": "echo", "opts": {"delayMs": 3_600_000}});
    let mut orders = vec![later; 10_000];

    orders[3] = json!({"queueName": "test", "jobName": "sleep", "opts": {"jobId": "wrong"}});
    let refused = post(&app, "/api/v1/queue/add-bulk", &json!(orders)).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = refused.json().await.expect("JSON");
    assert_eq!(problem["field"], "[3].data");

    orders[3] = json!({"queueName": "test", "jobName": "echo", "opts": {"delayMs": 3_600_000, "jobId": "right"}});
    let taken = post(&app, "/api/v1/queue/add-bulk", &json!(orders)).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let taken: Vec<Value> = taken.json().await.expect("JSON");
    assert_eq!(taken.len(), 10_000);
    assert_eq!(taken[3], json!({"jobId": "right", "status": "delayed"}));

    orders.push(json!({"queueName": "test", "jobName": "echo"}));
    let refused = post(&app, "/api/v1/queue/add-bulk", &json!(orders)).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
