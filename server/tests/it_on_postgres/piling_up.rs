//! A client that asks for more than can be done: over a WebSocket it is listened to as far as what it asked for is done.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::{
    database_url,
    harness::{Work, spawn_over},
    ws::Client,
};

/// Changes that may wait.
const CHANGES: usize = 16;

#[tokio::test]
async fn a_client_that_piles_up_changes_is_not_listened_to_until_one_of_them_is_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database_url(folder.path()).await;
    let app = spawn_over(&url, folder, Work::Nowhere, server::Limits::default()).await;
    let mut client = Client::open(&app, "topics=general").await;
    client.next_of("connected").await.expect("a greeting");
    // A change waits for the end of the log, and nobody can read that now.
    let mut administrator = PgConnection::connect(&url).await.expect("connected");
    let mut held = administrator.begin().await.expect("begun");
    sqlx::raw_sql("lock table event_log in access exclusive mode").execute(&mut *held).await.expect("locked");
    let subscribe = |number: usize| json!({ "type": "subscribe", "topics": [format!("custom:t{number}")] });

    for number in 1..CHANGES {
        client.say(subscribe(number)).await;
    }
    client.say(json!({ "type": "ping" })).await;
    assert!(client.next_of("pong").await.is_some(), "with one place left it is listened to");
    for number in CHANGES..2 * CHANGES {
        client.say(subscribe(number)).await;
    }
    client.say(json!({ "type": "ping" })).await;

    // Whatever is answered is answered before the next heartbeat but one.
    for _ in 0..2 {
        assert_eq!(client.next().await.expect("a frame")["type"], "heartbeat");
    }
    held.rollback().await.expect("let go");
    let mut subscribed = 0;
    loop {
        let frame = client.next().await.expect("a frame");
        match frame["type"].as_str() {
            Some("subscribed") => {
                subscribed += 1;
                assert_eq!(frame["topics"].as_array().map(Vec::len), Some(1 + subscribed), "in order");
            }
            Some("pong") => assert!(subscribed >= CHANGES, "the ping was heard before {subscribed} changes"),
            other => assert_eq!(other, Some("heartbeat")),
        }
        if subscribed == 2 * CHANGES - 1 {
            break;
        }
    }
}
