//! The event log: read page by page in either direction, and told of what programs have to say themselves.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    frames::Stream,
    harness::{App, Work, spawn, spawn_app},
};

async fn tell(app: &App, order: Value) -> Response {
    app.client.post(format!("{}/api/v1/events", app.base)).json(&order).send().await.expect("answered")
}

async fn told(app: &App, topic: &str, data: Value) -> String {
    let answer = tell(app, json!({"topic": topic, "data": data})).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let place: Value = answer.json().await.expect("JSON");
    place["cursor"].as_str().expect("a cursor").to_owned()
}

fn data(page: &Value) -> Vec<&Value> {
    page["items"].as_array().expect("items").iter().map(|item| &item["data"]).collect()
}

async fn assert_refused(app: &App, query: &str, status: u16, code: &str) {
    let answer = app.get(&format!("/api/v1/events?{query}")).await;
    assert_eq!(answer.status().as_u16(), status, "{query}");
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["code"], code, "{query}: {problem}");
}

#[tokio::test]
async fn what_a_program_tells_is_in_the_log_and_in_the_stream_at_the_same_place() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=custom:shop").await;
    stream.next_of("connected").await;

    let cursor = told(&app, "custom:shop", json!({"orders": [7, null]})).await;

    let frame = stream.next_of("custom").await;
    assert_eq!(frame.id, cursor);
    let page = app.json("/api/v1/events?topics=custom:shop").await;
    let item = &page["items"][0];
    assert_eq!((&item["id"], &item["type"], &item["topic"]), (&json!(cursor), &json!("custom"), &json!("custom:shop")));
    assert_eq!((&item["data"], &item["timestamp"]), (&json!({"orders": [7, null]}), &frame.data["timestamp"]));
    assert_eq!(page["next"], Value::Null);
}

#[tokio::test]
async fn the_log_is_read_in_pages_forwards_and_backwards() {
    let app = spawn(Work::Nowhere, server::Limits::default()).await;
    let first = told(&app, "custom:a", json!(0)).await;
    for number in 1..=6 {
        told(&app, if number % 2 == 0 { "custom:a" } else { "custom:b" }, json!(number)).await;
    }

    let last = app.json("/api/v1/events?limit=3").await;
    assert_eq!(data(&last), [&json!(4), &json!(5), &json!(6)]);
    let next = last["next"].as_str().expect("more");
    let before = app.json(&format!("/api/v1/events?limit=3&before={next}")).await;
    assert_eq!(data(&before), [&json!(1), &json!(2), &json!(3)]);

    let evens = app.json(&format!("/api/v1/events?limit=2&topics=custom:a&after={first}")).await;
    assert_eq!(data(&evens), [&json!(2), &json!(4)]);
    let next = evens["next"].as_str().expect("more");
    let rest = app.json(&format!("/api/v1/events?limit=2&topics=custom:a&after={next}")).await;
    assert_eq!((data(&rest), &rest["next"]), (vec![&json!(6)], &Value::Null));
    let both = app.json("/api/v1/events?topics=custom:a,custom:b").await;
    assert_eq!(data(&both).len(), 7);
}

#[tokio::test]
async fn a_place_that_is_none_and_one_of_another_log_are_told_apart() {
    let app = spawn(Work::Nowhere, server::Limits::default()).await;
    let cursor = told(&app, "custom:a", json!(0)).await;

    assert_refused(&app, "before=nowhere", 400, "bad_request").await;
    assert_refused(&app, "after=nowhere", 400, "bad_request").await;
    assert_refused(&app, "before=otherlog-1", 409, "conflict").await;
    assert_refused(&app, "after=otherlog-1", 409, "conflict").await;
    assert_refused(&app, "limit=501", 422, "invalid").await;
    assert_refused(&app, "topics=tea", 422, "invalid").await;
    assert_refused(&app, &format!("after={cursor}&before={cursor}"), 422, "invalid").await;
}

#[tokio::test]
async fn only_topics_of_programs_are_told_by_programs_and_only_so_much_at_once() {
    let app = spawn(Work::Nowhere, server::Limits::default()).await;
    let refused = async |order: Value| {
        let answer = tell(&app, order).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        answer.json::<Value>().await.expect("JSON")["field"].clone()
    };

    assert_eq!(refused(json!({"topic": "customers", "data": 1})).await, "topic");
    assert_eq!(refused(json!({"topic": "queue:test", "data": 1})).await, "topic");
    assert_eq!(refused(json!({"topic": "custom:", "data": 1})).await, "topic");
    assert_eq!(refused(json!({"topic": "custom:a", "data": "x".repeat(64 * 1024)})).await, "data");

    told(&app, "custom:a", json!("x".repeat(64 * 1024 - 2))).await;
    assert_eq!(app.json("/api/v1/events").await["items"].as_array().map(Vec::len), Some(1));
}
