//! Workers as the API shows them.

use serde_json::{Value, json};
use server::{
    Limits,
    backplane::{Backplane, WorkerProfile},
};

use crate::harness::{Work, spawn};

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
