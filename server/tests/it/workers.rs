//! Workers as the API shows them.

use serde_json::{Value, json};
use server::{
    Limits,
    backplane::{Backplane, WorkerProfile},
    jobs::{Job, Registry, Sleep, Worker},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    frames::Stream,
    harness::{DEADLINE, Work, spawn, worker_of},
};

#[tokio::test]
async fn workers_are_listed_with_what_they_take_from() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let share = ::app::domain::WorkerShare { queue_name: "test".into(), concurrency: 3 };
    let profile = WorkerProfile {
        worker: "night-1".into(),
        name: "night".to_owned(),
        host: "hall".to_owned(),
        version: "1.2.3".to_owned(),
        queues: vec![share],
    };
    let backplane: &dyn Backplane = &*app.parts.backplane;
    backplane.join(&profile).await.expect("joined");

    let listed = app.json("/api/v1/workers").await;

    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["next"]), (Some(1), &Value::Null));
    let worker = &listed["items"][0];
    assert_eq!((&worker["workerId"], &worker["status"]), (&json!("night-1"), &json!("idle")));
    assert_eq!(
        (&worker["host"], &worker["concurrency"], &worker["currentJobs"]),
        (&json!("hall"), &json!(3), &json!(0))
    );
    assert_eq!(worker["queues"], json!([{"queueName": "test", "concurrency": 3}]));
    backplane.leave(&profile.worker).await.expect("left");
    assert_eq!(app.json("/api/v1/workers").await["items"], json!([]));
}

/// Waits until the worker is told of as being at something.
async fn tells(stream: &mut Stream, status: &str) -> Value {
    let telling = async {
        loop {
            let told = stream.next_of("worker_status").await.data;
            if told["status"] == status {
                return told;
            }
        }
    };
    timeout(DEADLINE, telling).await.expect("told in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_heard_from_its_first_breath_to_its_last() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let mut stream = Stream::open(&app, "topics=workers").await;
    stream.next_of("connected").await;
    let closing = CancellationToken::new();
    let worker = Worker::new(worker_of("night", vec![("test".into(), 3)]), Registry::all(), app.parts.clone());
    let worker = tokio::spawn(worker.run(closing.clone()));

    let joined = tells(&mut stream, "idle").await;
    assert_eq!((&joined["currentJobs"], &joined["concurrency"]), (&json!(0), &json!(3)));
    assert!(joined["workerId"].as_str().is_some_and(|id| id.starts_with("night-")), "{joined}");
    let nap = Sleep { ms: 1_500 }.into_new_job("nap".into()).expect("writable");
    let backplane: &dyn Backplane = &*app.parts.backplane;
    backplane.enqueue(vec![nap]).await.expect("taken in");
    assert_eq!(tells(&mut stream, "active").await["currentJobs"], 1);
    assert_eq!(tells(&mut stream, "idle").await["currentJobs"], 0);
    closing.cancel();
    tells(&mut stream, "stopping").await;
    assert_eq!(tells(&mut stream, "gone").await["workerId"], joined["workerId"]);
    timeout(DEADLINE, worker).await.expect("stopped in time").expect("stopped well");
}
