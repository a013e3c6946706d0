//! How many streams one user may have, who is told what of them, and how an operator ends one.

use std::{convert::Infallible, time::Duration};

use ::app::domain::Role;
use futures::{StreamExt, stream};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    frames::Stream,
    harness::{App, DEADLINE, Work, client_with, spawn, token_for},
};

/// As many as one may have.
const LIMIT: usize = 8;

async fn idle() -> App {
    spawn(Work::Nowhere, server::Limits::default()).await
}

async fn connect(app: &App, client: &Client, headers: &[(&str, &str)]) -> Response {
    let mut request = client.get(format!("{}/api/v1/sse/connect?topics=imports&cursor=mine-7", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("answered")
}

/// Somebody else, who may do as much.
async fn stranger(app: &App) -> Client {
    client_with(Some(&token_for(&app.accounts, Role::Admin).await))
}

async fn post(app: &App, path: &str) -> (StatusCode, Value) {
    let answer = app.client.post(format!("{}/api/v1/sse/{path}", app.base)).send().await.expect("answered");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn greeted(app: &App, query: &str) -> (Stream, String) {
    let mut stream = Stream::open(app, query).await;
    let id = stream.next_of("connected").await.data["connectionId"].as_str().expect("an id").to_owned();
    (stream, id)
}

#[tokio::test]
async fn one_stream_too_many_is_rejected_in_a_way_that_each_client_understands() {
    let app = idle().await;
    let mut held = Vec::new();
    for _ in 0..LIMIT {
        held.push(greeted(&app, "topics=imports").await);
    }

    let browser = connect(&app, &app.client, &[("accept", "text/event-stream")]).await;
    let program = connect(&app, &app.client, &[]).await;
    let somebody_else = connect(&app, &stranger(&app).await, &[]).await;

    assert_eq!(browser.status(), StatusCode::OK);
    assert_eq!(browser.headers()[header::CONTENT_TYPE], "text/event-stream");
    let text = browser.text().await.expect("an end");
    assert!(text.starts_with("retry: 30000\nevent: rejected\nid: mine-7\ndata: {"), "{text}");
    assert!(text.contains("\"reason\":\"too_many_streams\",\"limit\":8"), "{text}");
    assert_eq!(program.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(program.headers()[header::RETRY_AFTER], "30");
    assert_eq!(program.json::<Value>().await.expect("JSON")["code"], "too_many_streams");
    assert_eq!(somebody_else.status(), StatusCode::OK);
    assert_eq!(app.json("/api/v1/sse/stats").await["rejected"], 2);

    // One that ended makes room for one.
    let (mut first, id) = held.remove(0);
    post(&app, &format!("{id}/kick")).await;
    while first.next().await.is_some() {}
    greeted(&app, "topics=imports").await;
}

#[tokio::test]
async fn the_statistics_tell_who_listens_to_what_and_how_much_was_given() {
    let app = idle().await;
    let (mut first, id) = greeted(&app, "topics=custom:test,job:a,queue:b").await;
    let (_second, _) = greeted(&app, "topics=job:c").await;
    let from = app.parts.backplane.head().await.expect("an end");
    publish(&app).await;
    let event = first.next_of("custom").await;
    let (mut third, _) = greeted(&app, &format!("topics=custom:test&cursor={from}")).await;
    third.next_of("custom").await;

    let stats = app.json("/api/v1/sse/stats").await;

    assert_eq!((&stats["totalConnections"], &stats["totalSubscriptions"]), (&json!(3), &json!(5)));
    assert_eq!((&stats["totalJobSubscriptions"], &stats["totalQueueSubscriptions"]), (&json!(2), &json!(1)));
    assert_eq!((&stats["eventsDelivered"], &stats["replayed"]), (&json!(2), &json!(1)));
    assert_eq!((&stats["resets"], &stats["rejected"], &stats["limitPerUser"]), (&json!(0), &json!(0), &json!(8)));
    assert_eq!(stats["ownConnections"], stats["totalConnections"]);
    let connection = &stats["connections"][0];
    assert_eq!((&connection["connectionId"], &connection["user"]), (&json!(id), &json!(app.name())));
    assert_eq!((&connection["transport"], &connection["lagEvents"]), (&json!("sse"), &json!(0)));
    assert_eq!(connection["topics"], json!(["job:a", "queue:b", "custom:test"]));
    assert_eq!(connection["cursor"], event.id.as_str());
    assert!(connection["since"].is_string());
}

#[tokio::test]
async fn single_topics_are_added_and_taken_away_by_address() {
    let app = idle().await;
    let (mut stream, id) = greeted(&app, "topics=general").await;

    let job = post(&app, &format!("{id}/subscribe/job/j-1")).await;
    let queue = post(&app, &format!("{id}/subscribe/queue/customer.jobs")).await;

    assert_eq!(job, (StatusCode::OK, json!({ "topics": ["job:j-1", "general"] })));
    assert_eq!(queue.1, json!({ "topics": ["job:j-1", "queue:customer.jobs", "general"] }));
    assert_eq!(stream.next_of("subscribed").await.data["topics"], json!(["job:j-1", "general"]));
    post(&app, &format!("{id}/unsubscribe/job/j-1")).await;
    let left = post(&app, &format!("{id}/unsubscribe/queue/customer.jobs")).await;
    assert_eq!(left.1, json!({ "topics": ["general"] }));
    assert_eq!(stream.next_of("unsubscribed").await.data["topics"], json!(["queue:customer.jobs", "general"]));
    let no_name = post(&app, &format!("{id}/subscribe/job/a,b")).await;
    assert_eq!((no_name.0, &no_name.1["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("jobId")));
}

#[tokio::test]
async fn the_connection_of_somebody_else_is_as_good_as_none() {
    let app = idle().await;
    let (_stream, id) = greeted(&app, "topics=general").await;
    let url = format!("{}/api/v1/sse/{id}/subscribe/job/j-1", app.base);

    let stranger = stranger(&app).await.post(url).send().await.expect("answered");

    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.json("/api/v1/sse/stats").await["connections"][0]["topics"], json!(["general"]));
}

#[tokio::test]
async fn an_operator_ends_a_stream_and_its_client_may_come_back() {
    let app = idle().await;
    let (mut stream, id) = greeted(&app, "topics=general").await;

    let kicked = post(&app, &format!("{id}/kick")).await;

    assert_eq!(kicked, (StatusCode::OK, json!({ "connectionId": id })));
    assert_eq!(stream.next_of("bye").await.data["reason"], "kicked");
    assert!(stream.next().await.is_none());
    assert_eq!(post(&app, &format!("{id}/kick")).await.0, StatusCode::NOT_FOUND);
    greeted(&app, "topics=general").await;
}

async fn publish(app: &App) {
    use ::app::events::{Custom, Event, Topic};
    let custom = Custom { topic: Topic::Custom("test".to_owned()), data: json!(1) };
    app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended");
}

#[tokio::test]
async fn a_change_names_no_more_topics_than_a_stream_may_have() {
    let app = idle().await;
    let (_stream, id) = greeted(&app, "topics=general").await;
    let many: Vec<String> = (0..257).map(|number| format!("job:j-{number}")).collect();

    for change in [json!({ "add": many }), json!({ "remove": many })] {
        let url = format!("{}/api/v1/sse/{id}/topics", app.base);
        let answer = app.client.post(url).json(&change).send().await.expect("answered");

        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(app.json("/api/v1/sse/stats").await["connections"][0]["topics"], json!(["general"]));
}

#[tokio::test]
async fn a_body_whose_rest_does_not_come_is_not_waited_for() {
    let limits = server::Limits { silence: Duration::from_millis(50), ..server::Limits::default() };
    let app = spawn(Work::Nowhere, limits).await;
    let begun = stream::iter([Ok::<_, Infallible>("{\"topic\":")]).chain(stream::pending());

    let request = app.client.post(format!("{}/api/v1/events", app.base)).header("content-type", "application/json");
    let answer = timeout(DEADLINE, request.body(reqwest::Body::wrap_stream(begun)).send()).await.expect("in time");

    assert_eq!(answer.expect("answered").status(), StatusCode::BAD_REQUEST);
}
