//! The alternative paths, held against the list of the contract.

use std::collections::BTreeSet;

use futures::StreamExt;
use reqwest::{Method, StatusCode, header, multipart};
use serde_json::{Value, json};
use server::{
    Limits,
    jobs::{JobContext, Registry, Signals, runner},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    api::{add, call, claim, get, post, tell},
    frames::Stream,
    harness::{App, Work, spawn, spawn_app},
    ws,
};

/// All paths of the contract whose things there are.
const PATHS: [(&str, &str); 14] = [
    ("get", "/dashboard/stream"),
    ("get", "/dashboard/debug"),
    ("get", TRIGGER),
    ("post", TRIGGER),
    ("get", "/ws"),
    ("get", "/api/tasks/{jobId}"),
    ("post", "/api/tasks"),
    ("get", "/api/queue/health"),
    ("get", "/api/queue/stats"),
    ("get", "/api/queue/system-status"),
    ("get", "/api/queue/{queueName}/details"),
    ("post", "/api/queue/test/job"),
    ("post", "/api/queue/test/event"),
    ("post", "/api/customer/upload"),
];
/// Those that come with what they name.
const LATER: [(Method, &str); 6] = [
    (Method::GET, "/api/services/status"),
    (Method::GET, "/api/services/status/stream"),
    (Method::POST, "/api/services/balance-sync"),
    (Method::POST, "/api/customer"),
    (Method::PUT, "/api/customer/1"),
    (Method::DELETE, "/api/customer/1"),
];
const TRIGGER: &str = "/dashboard/trigger-test-pubsub";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

/// What the dashboard was told, as far as the log knows.
async fn told(app: &App) -> Vec<Value> {
    let page = app.json("/api/v1/events?topics=custom:dashboard_updates").await;
    page["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn the_document_names_every_path_of_the_contract_and_no_other() {
    let app = idle().await;

    let document = app.json("/openapi.json").await;

    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if operation["tags"][0] == "alternative" {
                found.insert((method.as_str(), path.as_str()));
                assert_is_wrapped(operation, path);
            }
        }
    }
    assert_eq!(found, BTreeSet::from(PATHS));
    for (method, path) in LATER {
        let answer = app.client.request(method, format!("{}{path}", app.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path} is there: it belongs to the list");
    }
}

/// What is answered well as JSON is said to stand in `data`.
fn assert_is_wrapped(operation: &Value, path: &str) {
    let responses = operation["responses"].as_object().expect("responses");
    for (_, response) in responses.iter().filter(|(status, _)| status.starts_with('2')) {
        let Some(content) = response["content"].get("application/json") else { continue };
        let schema = &content["schema"];
        assert_eq!(schema["required"], json!(["success", "data"]), "{path}");
        assert!(schema["properties"]["data"].is_object(), "{path}");
        assert!(content.get("example").is_none_or(|example| example["success"] == true), "{path}");
    }
}

#[tokio::test]
async fn what_is_read_is_what_the_api_answers_put_into_data() {
    let app = idle().await;
    add(&app, "mine", json!({"a": 1}), json!({})).await;
    claim(&app).await;

    for (path, of) in [
        ("/api/tasks/mine", "/api/v1/jobs/mine"),
        ("/api/queue/stats", "/api/v1/queues"),
        ("/api/queue/test/details", "/api/v1/queues/test"),
        ("/api/queue/health", "/health/ready"),
    ] {
        let answer = get(&app, path).await;

        let plain = get(&app, of).await;
        assert_eq!(answer.status, plain.status, "{path}");
        assert_eq!(answer.json, json!({"success": true, "data": plain.json}), "{path}");
    }
    let system = get(&app, "/api/queue/system-status").await.json["data"].clone();
    assert_eq!((&system["status"], &system["queues"][0]["active"]), (&json!("ready"), &json!(1)));
    assert_eq!((&system["workers"], &system["totalConnections"]), (&json!([]), &json!(0)));
    assert!(matches!(system["backend"].as_str(), Some("sqlite" | "postgres")), "{system}");
    assert!(system["cursor"].is_string() && system["version"].is_string(), "{system}");
}

#[tokio::test]
async fn what_is_handed_in_is_taken_and_answered_in_data() {
    let app = idle().await;

    let order = json!({"queueName": "test", "jobName": "echo", "opts": {"jobId": "mine"}});
    let task = post(&app, "/api/tasks", order.clone()).await;
    let again = post(&app, "/api/tasks", order).await;
    let sleep = post(&app, "/api/queue/test/job", json!({"jobName": "sleep", "data": {"ms": 1}})).await;
    let echo = tell(&app, "/api/queue/test/job").await;
    let event = tell(&app, "/api/queue/test/event").await;
    let shop = post(&app, "/api/queue/test/event", json!({"topic": "custom:shop", "data": 7})).await;

    let standing = json!({"success": true, "data": {"jobId": "mine", "status": "waiting"}});
    assert_eq!((task.status, &task.json), (StatusCode::ACCEPTED, &standing));
    assert_eq!((again.status, &again.json), (StatusCode::OK, &standing));
    for (taken, kind) in [(sleep, "sleep"), (echo, "echo")] {
        assert_eq!((taken.status, &taken.json["success"]), (StatusCode::ACCEPTED, &json!(true)));
        let job = app.json(&format!("/api/v1/jobs/{}", taken.json["data"]["jobId"].as_str().expect("an id"))).await;
        assert_eq!((&job["jobName"], &job["queueName"]), (&json!(kind), &json!("test")));
    }
    assert_eq!((event.status, shop.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(told(&app).await[0]["id"], event.json["data"]["cursor"]);
}

#[tokio::test]
async fn a_refusal_is_the_one_of_the_api() {
    let app = idle().await;

    let nobody = get(&app, "/api/tasks/nobody").await;
    let no_queue = get(&app, "/api/queue/never/details").await;
    let no_kind = post(&app, "/api/tasks", json!({"queueName": "test", "jobName": "tea"})).await;
    let not_ours = post(&app, "/api/queue/test/event", json!({"topic": "customers"})).await;
    let unknown = post(&app, "/api/queue/test/job", json!({"kind": "echo"})).await;

    assert_eq!(nobody.refusal(), (404, "not_found"));
    assert_eq!(no_queue.refusal(), (404, "not_found"));
    assert_eq!((no_kind.refusal(), &no_kind.json["field"]), ((422, "invalid"), &json!("jobName")));
    assert_eq!((not_ours.refusal(), &not_ours.json["field"]), ((422, "invalid"), &json!("topic")));
    assert_eq!(unknown.refusal(), (422, "invalid"));
    let answer = app.get("/api/tasks/nobody").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_event_goes_over_a_job_to_the_dashboard() {
    let app = spawn_app().await;
    let answer = app.get("/dashboard/stream").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = Stream::of(answer);
    let greeting = stream.next_of("connected").await;
    assert_eq!(greeting.data["topics"], json!(["general", "custom:dashboard_updates"]));

    for method in [Method::GET, Method::POST] {
        let triggered = call(&app, method, TRIGGER, None).await;

        assert_eq!((triggered.status, &triggered.json["success"]), (StatusCode::ACCEPTED, &json!(true)));
        assert!(triggered.json["message"].as_str().is_some_and(|words| words.contains("dashboard_updates")));
        let event = stream.next_of("custom").await;
        assert_eq!(event.data["topic"], "custom:dashboard_updates");
        assert_eq!(event.data["data"]["jobId"], triggered.json["data"]["jobId"]);
    }
    let debug = get(&app, "/dashboard/debug").await.json["data"].clone();
    assert!(matches!(debug["backend"].as_str(), Some("sqlite" | "postgres")), "{debug}");
    assert_eq!((&debug["sse_connections"], &debug["dashboard_listeners"]), (&json!(1), &json!(1)));
    assert_eq!((&debug["events_delivered"], &debug["websocket_connections"]), (&json!(2), &json!(0)));
    assert_eq!(debug["events"], json!(told(&app).await));
}

#[tokio::test]
async fn a_dashboard_that_was_away_goes_on_where_it_was() {
    let app = idle().await;
    let first = tell(&app, "/api/queue/test/event").await.json["data"]["cursor"].clone();
    let second = tell(&app, "/api/queue/test/event").await.json["data"]["cursor"].clone();

    let path = format!("/dashboard/stream?names=off&cursor={}", first.as_str().expect("a cursor"));
    let mut stream = Stream::of(app.get(&path).await);

    assert_eq!(stream.next_of("connected").await.data["replayed"], 1);
    let event = stream.next_of("custom").await;
    assert_eq!((event.event, json!(event.id)), (None, second));
}

#[tokio::test]
async fn asking_for_a_test_event_does_nothing_for_another_site_or_for_the_head_alone() {
    let app = idle().await;
    let url = format!("{}{TRIGGER}", app.base);
    let asked = |method: Method| app.client.request(method, &url);

    let link = asked(Method::GET).header("sec-fetch-site", "cross-site").send().await.expect("answered");
    let script = asked(Method::GET).header("origin", "https://evil.example").send().await.expect("answered");
    let form = asked(Method::POST).header("sec-fetch-site", "cross-site").send().await.expect("answered");
    let head = asked(Method::HEAD).send().await.expect("answered");

    for refused in [link, script, form] {
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.json::<Value>().await.expect("JSON")["code"], "cross_site");
    }
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(app.json("/api/v1/jobs").await["items"], json!([]));
    let own = asked(Method::GET).header("sec-fetch-site", "none").send().await.expect("answered");
    assert_eq!(
        (own.status(), &own.headers()[header::CACHE_CONTROL]),
        (StatusCode::ACCEPTED, &"no-store".parse().expect("a value"))
    );
}

#[tokio::test]
async fn a_test_event_is_published_once_though_its_job_is_run_again() {
    let app = idle().await;
    tell(&app, TRIGGER).await;
    tell(&app, "/api/queue/test/event").await;
    let job = claim(&app).await;
    let attempt = async || {
        let context = JobContext::new(app.parts.clone(), job.lease.clone(), job.attempt, Signals::default());
        runner::run(&Registry::all(), job.clone(), &context).await.expect("an end")
    };

    let first = attempt().await;
    tell(&app, "/api/queue/test/event").await;
    let second = attempt().await;

    assert_eq!(first, second);
    let of_the_job = told(&app).await.into_iter().filter(|event| event["data"]["jobId"].is_string());
    assert_eq!(of_the_job.count(), 1);
}

#[tokio::test]
async fn the_other_path_of_the_web_socket_is_one() {
    let app = idle().await;
    let request = ws::request(&app, "/ws?topics=custom:dashboard_updates");

    let (mut socket, _) = connect_async(request).await.expect("connected");
    let Some(Ok(Message::Text(greeting))) = socket.next().await else { panic!("no greeting") };

    let greeting: Value = serde_json::from_str(&greeting).expect("JSON");
    assert_eq!((&greeting["type"], &greeting["topics"]), (&json!("connected"), &json!(["custom:dashboard_updates"])));
    assert_eq!(get(&app, "/dashboard/debug").await.json["data"]["websocket_connections"], 1);
}

#[tokio::test]
async fn a_file_comes_in_by_the_other_path() {
    let app = spawn_app().await;
    let part = multipart::Part::bytes(b"name,email\nAnn,ann@x.org\n".to_vec()).file_name("people.csv");

    let answer = app.upload_form("/api/customer/upload", multipart::Form::new().part("file", part)).await;

    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned();
    let taken: Value = answer.json().await.expect("JSON");
    assert_eq!((&taken["success"], &taken["data"]["status"]), (&json!(true), &json!("queued")));
    assert!(location.ends_with(taken["data"]["importId"].as_str().expect("an id")), "{location}");
    assert_eq!(app.finished(&location).await["rows"]["inserted"], 1);
}
