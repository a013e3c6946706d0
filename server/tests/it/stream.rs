//! The live stream: greeted, resumed, reset, and its topics changed while it runs.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    frames::Stream,
    harness::{App, client_with, spawn_app},
};

async fn publish(app: &App, number: u64) {
    use ::app::events::{Custom, Event, Topic};
    let custom = Custom { topic: Topic::Custom("test".to_owned()), data: json!(number) };
    app.parts.backplane.append(vec![Event::Custom(custom)]).await.expect("appended");
}

#[tokio::test]
async fn a_connection_is_greeted_and_proves_itself_by_heartbeats() {
    let app = spawn_app().await;
    let answer = app.get("/api/v1/sse/connect?topics=imports").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache, no-transform");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");

    let mut stream = Stream::open(&app, "topics=imports,custom:test").await;

    let greeting = stream.next().await.expect("a greeting");
    assert_eq!(greeting.event.as_deref(), Some("connected"));
    assert_eq!(greeting.data["cursor"], greeting.id.as_str());
    assert_eq!((&greeting.data["resumed"], &greeting.data["replayed"]), (&json!(false), &json!(0)));
    assert_eq!(greeting.data["heartbeatMs"], 300);
    assert_eq!(greeting.data["topics"], json!(["imports", "custom:test"]));
    assert!(greeting.data["connectionId"].is_string() && greeting.data["timestamp"].is_i64());
    let heartbeat = stream.next().await.expect("a heartbeat");
    assert_eq!(heartbeat.data["type"], "heartbeat");
}

#[tokio::test]
async fn an_import_is_told_from_queued_to_completed_and_its_counts_only_grow() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=imports,customers").await;

    app.import("email\na@x.org\nb@x.org\nbad\n").await;

    let mut statuses = Vec::new();
    loop {
        let update = stream.next_of("import_update").await.data;
        statuses.push(update["status"].as_str().expect("a status").to_owned());
        if update["status"] == "completed" {
            assert_eq!(update["rows"]["read"], 3);
            assert_eq!(update["bytes"]["read"], update["bytes"]["total"]);
            break;
        }
    }
    statuses.dedup();
    assert_eq!(statuses, ["queued", "running", "completed"]);
    assert_eq!(stream.next_of("customer.created").await.data["count"], 2);
    assert_eq!(stream.next_of("customer.validation.failed").await.data["count"], 1);
}

#[tokio::test]
async fn who_was_away_gets_what_was_missed_once_and_in_order() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=custom:test").await;
    stream.next_of("connected").await;
    publish(&app, 1).await;
    let seen = stream.next_of("custom").await.id;
    drop(stream);
    for number in 2..=5 {
        publish(&app, number).await;
    }

    let by_address = Stream::open(&app, &format!("topics=custom:test&cursor={seen}")).await;
    let request = app.client.get(format!("{}/api/v1/sse/connect?topics=custom:test&cursor=e-0", app.base));
    let by_header = request.header("last-event-id", &seen).send().await.expect("answered");
    let by_header = Stream::of(by_header);

    for mut stream in [by_address, by_header] {
        let greeting = stream.next().await.expect("a greeting").data;
        assert_eq!((&greeting["resumed"], &greeting["replayed"]), (&json!(true), &json!(4)));
        for number in 2..=5 {
            assert_eq!(stream.next_of("custom").await.data["data"], number);
        }
        publish(&app, 6).await;
        assert_eq!(stream.next_of("custom").await.data["data"], 6);
    }
}

#[tokio::test]
async fn a_cursor_that_cannot_be_served_is_answered_with_reset() {
    let app = spawn_app().await;
    let head = app.parts.backplane.head().await.expect("an end");

    for (cursor, reason) in [
        ("elsewhere-1".to_owned(), "epoch"),
        ("nonsense".to_owned(), "unknown"),
        (format!("{}-{}", head.epoch, head.position.major + 1_000_000_000), "unknown"),
    ] {
        let mut stream = Stream::open(&app, &format!("topics=custom:test&cursor={cursor}")).await;

        assert_eq!(stream.next().await.expect("a greeting").data["resumed"], false);
        assert_eq!(stream.next_of("reset").await.data["reason"], reason, "{cursor}");
        publish(&app, 1).await;
        assert_eq!(stream.next_of("custom").await.data["data"], 1);
    }
}

#[tokio::test]
async fn topics_of_a_live_connection_change_without_a_hole() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=general").await;
    let greeting = stream.next_of("connected").await;
    publish(&app, 1).await;
    let url = format!("{}/api/v1/sse/{}/topics", app.base, greeting.data["connectionId"].as_str().expect("an id"));

    let add = json!({ "add": ["custom:test"], "from": greeting.id });
    let answer = app.client.post(&url).json(&add).send().await.expect("answered");
    assert_eq!(answer.json::<Value>().await.expect("JSON"), json!({ "topics": ["general", "custom:test"] }));

    assert_eq!(stream.next_of("custom").await.data["data"], 1);
    assert_eq!(stream.next_of("subscribed").await.data["topics"], json!(["general", "custom:test"]));
    publish(&app, 2).await;
    assert_eq!(stream.next_of("custom").await.data["data"], 2);

    let remove = json!({ "remove": ["custom:test"] });
    app.client.post(&url).json(&remove).send().await.expect("answered");
    assert_eq!(stream.next_of("unsubscribed").await.data["topics"], json!(["general"]));
    publish(&app, 3).await;
    assert_eq!(stream.next().await.expect("a frame").data["type"], "heartbeat");
}

#[tokio::test]
async fn an_unknown_connection_or_topic_is_refused() {
    let app = spawn_app().await;

    let url = format!("{}/api/v1/sse/nobody/topics", app.base);
    let unknown = app.client.post(url).json(&json!({ "add": ["imports"] })).send().await.expect("answered");
    let no_topic = app.get("/api/v1/sse/connect?topics=tea").await;

    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(no_topic.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_connection_listens_to_256_topics_and_not_to_more() {
    let app = spawn_app().await;
    let names = |range: std::ops::Range<u32>| range.map(|number| format!("custom:t{number}")).collect::<Vec<_>>();
    let mut stream = Stream::open(&app, &format!("topics={},custom:t0", names(0..200).join(","))).await;
    let id = stream.next_of("connected").await.data["connectionId"].as_str().expect("an id").to_owned();
    let url = format!("{}/api/v1/sse/{id}/topics", app.base);
    let change = async |change: Value| {
        let answer = app.client.post(&url).json(&change).send().await.expect("answered");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };

    let at_once = app.get(&format!("/api/v1/sse/connect?topics={}", names(0..257).join(","))).await;
    let full = change(json!({ "add": names(100..256) })).await;
    let (status, problem) = change(json!({ "add": ["custom:one-more"] })).await;
    let exchanged = change(json!({ "add": ["custom:another"], "remove": ["custom:t0"] })).await;

    assert_eq!(at_once.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((full.0, full.1["topics"].as_array().map(Vec::len)), (StatusCode::OK, Some(256)));
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("topics")));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("256")), "{problem}");
    let topics = exchanged.1["topics"].as_array().expect("a list").clone();
    assert_eq!(topics.len(), 256);
    assert!(topics.contains(&json!("custom:another")) && !topics.contains(&json!("custom:one-more")));
}

#[tokio::test]
async fn names_can_be_left_out() {
    let app = spawn_app().await;

    let mut stream = Stream::open(&app, "topics=imports&names=off").await;

    let greeting = stream.next().await.expect("a greeting");
    assert_eq!(greeting.event, None);
    assert_eq!(greeting.data["type"], "connected");
}

#[tokio::test]
async fn a_server_that_stops_says_good_bye_and_ends() {
    let mut app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=imports").await;
    stream.next_of("connected").await;

    app.stop();

    assert_eq!(stream.next_of("bye").await.data["reason"], "shutdown");
    assert!(stream.next().await.is_none());
    app.stopped().await;
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready_and_sends_away_who_comes_with_his_own_cursor() {
    let mut app = spawn_app().await;
    let cursor = app.parts.backplane.head().await.expect("a head");
    let mut half = TcpStream::connect(app.base.trim_start_matches("http://")).await.expect("connected");
    let head = format!(
        "POST /api/v1/customers/import HTTP/1.1\r\nhost: here\r\n{}content-type: text/csv\r\ncontent-length: 99\r\n\r\n",
        app.proof()
    );
    half.write_all(head.as_bytes()).await.expect("sent");
    // Connections are taken in one after the other.
    app.get("/health/live").await;

    app.stop();

    // As long as a request has not ended others are answered. The connections of before are closed.
    app.client = client_with(Some(&app.token));
    assert_eq!(app.get("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let mut late = Stream::open(&app, &format!("topics=imports&cursor={cursor}")).await;
    let bye = late.next().await.expect("a word");
    assert_eq!((bye.data["reason"].as_str(), bye.id), (Some("shutdown"), cursor.to_string()));
    assert!(late.next().await.is_none());
    drop(half);
    app.stopped().await;
}
