//! What other programs see: channels, the set of dead letters, and how the server is set up.

use std::time::Duration;

use app::events::Event;
use futures::StreamExt;
use serde_json::{Value, json};

use super::{RedisServer, finish_one, in_time, open};
use crate::{
    backplane::{Backplane, BackplaneError, Control, Inspect, Outcome, Pause, WorkerProfile},
    conformance::{LEASE, claim_all, new_job, profile, request, worker},
};

/// What comes on a channel, or on those of a pattern: the channel, and the event's JSON.
async fn listen(server: &RedisServer, pattern: &str) -> impl futures::Stream<Item = (String, Value)> + Unpin {
    let client = redis::Client::open(server.url()).expect("an address");
    let mut listening = client.get_async_pubsub().await.expect("connected");
    listening.psubscribe(pattern).await.expect("subscribed");
    Box::pin(listening.into_on_message().map(|message| {
        let json = serde_json::from_slice(message.get_payload_bytes()).expect("JSON");
        (message.get_channel_name().to_owned(), json)
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_sees_every_step_of_a_job_on_its_three_channels() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let mut tasks = listen(&server, "task_updates").await;
    let mut job = listen(&server, "job:*").await;
    let mut queue = listen(&server, "queue:*").await;

    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    finish_one(&backplane, Outcome::Completed(json!({ "rows": 3 }))).await;

    for status in ["waiting", "started", "completed"] {
        let (_, event) = in_time(tasks.next()).await.expect("an event");
        assert_eq!(
            (&event["type"], &event["jobId"], &event["status"]),
            (&json!("job_update"), &json!("a"), &json!(status))
        );
        assert_eq!(in_time(job.next()).await, Some(("job:a".to_owned(), event.clone())));
        // How the queue stands is told between the steps of its jobs.
        let step = async {
            loop {
                let told = queue.next().await.expect("an event");
                if told.1["type"] == "job_update" {
                    return told;
                }
            }
        };
        assert_eq!(in_time(step).await, ("queue:conformance".to_owned(), event.clone()));
        if status == "completed" {
            assert_eq!(event["result"], json!({ "rows": 3 }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_sees_what_workers_are_at_and_how_queues_stand() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let mut workers = listen(&server, "worker:*").await;
    let mut queues = listen(&server, "queue:*").await;

    backplane.join(&WorkerProfile { host: "a \"b\" ü".to_owned(), ..profile("w/1") }).await.expect("joined");
    backplane.set_paused(&"q \"1\"".into(), Pause::Paused).await.expect("paused");
    backplane.leave(&worker("w/1")).await.expect("left");

    for status in ["idle", "gone"] {
        let (channel, told) = in_time(workers.next()).await.expect("an event");
        let timestamp = told["timestamp"].clone();
        let expected = json!({
            "type": "worker_status", "timestamp": timestamp, "workerId": "w/1", "status": status, "currentJobs": 0,
            "concurrency": 10, "host": "a \"b\" ü"
        });
        assert_eq!((channel.as_str(), told), ("worker:w/1", expected));
    }
    let (channel, told) = in_time(queues.next()).await.expect("an event");
    assert_eq!((channel.as_str(), &told["queueName"]), ("queue:q \"1\"", &json!("q \"1\"")));
    assert_eq!((&told["type"], &told["waiting"], &told["paused"]), (&json!("queue_update"), &json!(0), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_to_one_job_sees_it_among_a_hundred() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let client = redis::Client::open(server.url()).expect("an address");
    let mut listening = client.get_async_pubsub().await.expect("connected");
    listening.subscribe("job:77").await.expect("subscribed");
    let jobs = || (0..100).map(|number| new_job(&number.to_string())).collect::<Vec<_>>();

    backplane.enqueue(jobs()).await.expect("taken in");

    let message = in_time(listening.on_message().next()).await.expect("an event");
    assert!(String::from_utf8_lossy(message.get_payload_bytes()).contains(r#""jobId":"77""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_takes_nothing_in_by_halves() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    server.ask::<()>("CONFIG SET maxmemory 1").await;

    let refused = backplane.enqueue(vec![new_job("b"), new_job("c")]).await;
    let held = backplane.claim(&request(&worker("w"), LEASE), Duration::ZERO).await.expect("claimed");

    assert!(matches!(refused, Err(BackplaneError::Redis(_))), "{refused:?}");
    assert_eq!(backplane.job_state(&"b".into()).await.expect("answered"), None);
    assert_eq!(held.len(), 1);
    server.ask::<()>("CONFIG SET maxmemory 0").await;
    let taken = backplane.enqueue(vec![new_job("b"), new_job("c")]).await.expect("taken in");
    assert!(taken.iter().all(|job| job.is_new));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_on_its_channel_of_the_contract() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    let mut all = listen(&server, "[a-z]*").await;
    let custom: Event = serde_json::from_value(json!({ "type": "custom", "topic": "custom:dash", "data": { "a": 1 } }))
        .expect("an event");
    let notice: Event =
        serde_json::from_value(json!({ "type": "system_notification", "level": "info", "message": "hi" }))
            .expect("an event");

    backplane.append(vec![custom, notice]).await.expect("appended");

    let (channel, event) = in_time(all.next()).await.expect("an event");
    assert_eq!((channel.as_str(), &event["data"]), ("dash", &json!({ "a": 1 })));
    assert!(event["timestamp"].is_i64());
    assert_eq!(in_time(all.next()).await.expect("an event").0, "general_updates");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_lettered_job_is_in_the_set_of_the_contract() {
    let server = RedisServer::start().await;
    let backplane = open(&server).await;
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");

    finish_one(&backplane, Outcome::Failed { error: "no \"way\"".to_owned() }).await;

    let dead: Vec<String> = server.ask("ZRANGE signalbox:queue:conformance:failed 0 -1").await;
    assert_eq!(dead, ["a"]);
    assert_eq!(claim_all(&*backplane, &worker("w"), LEASE).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_keys_of_a_step_lie_in_one_slot_of_a_cluster() {
    let server = RedisServer::start_with(&["--cluster-enabled", "yes"]).await;
    server.ask::<()>("CLUSTER ADDSLOTSRANGE 0 16383").await;
    let ready = async {
        while !server.ask::<String>("CLUSTER INFO").await.contains("cluster_state:ok") {
            tokio::task::yield_now().await;
        }
    };
    in_time(ready).await;
    let backplane = open(&server).await;

    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("a")]).await.expect("taken in");
    finish_one(&backplane, Outcome::Failed { error: "no".to_owned() }).await;
    backplane.maintain().await.expect("kept");

    let keys: Vec<String> = server.ask("KEYS *").await;
    let strays: Vec<_> = keys.iter().filter(|key| !key.starts_with("signalbox:{sb}:")).collect();
    assert_eq!(strays, ["signalbox:queue:conformance:failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_how_it_is_set_up() {
    let careful = RedisServer::start_with(&["--appendonly", "yes"]).await;
    let careless = RedisServer::start_with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).await;

    let good = open(&careful).await.health().await.expect("answered");
    let bad = open(&careless).await.health().await.expect("answered");

    assert!(good.is_append_only && good.is_persistent() && !good.is_cluster);
    assert_eq!(good.maxmemory_policy, "noeviction");
    assert!(good.clock_skew < Duration::from_secs(1));
    assert!(good.version.contains('.') && good.used_memory_bytes > 0);
    assert!(!bad.is_persistent());
    assert_eq!((bad.maxmemory_policy.as_str(), bad.maxmemory_bytes), ("allkeys-lru", 100 * 1024 * 1024));
    assert_eq!(bad.snapshots.as_deref(), Some(""));
}
