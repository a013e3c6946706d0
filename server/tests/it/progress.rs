//! How far a job is, as listeners are told: ten times a second at most, and in the end as it is.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server::{
    Limits,
    backplane::{Backplane, Progress},
    jobs::{Job, JobContext, JobError, Registry, Worker},
};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    frames::Stream,
    harness::{DEADLINE, Work, spawn, worker_of},
};

/// Says all the time how far it is, for half a second, and then that it has come to the end.
#[derive(Serialize, Deserialize)]
struct Talk;

#[async_trait]
impl Job for Talk {
    const KIND: &'static str = "talk";
    const QUEUE: &'static str = "test";

    type Output = ();

    async fn run(self, context: &JobContext) -> Result<(), JobError> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(500) {
            context.report(Progress { percent: 50, ..Progress::default() }).await?;
            tokio::task::yield_now().await;
        }
        context.report(Progress { percent: 99, stage: Some("end".to_owned()), message: None }).await
    }
}

/// Says twice how far it is, and then waits until it is called off.
#[derive(Serialize, Deserialize)]
struct Mumble;

#[async_trait]
impl Job for Mumble {
    const KIND: &'static str = "mumble";
    const QUEUE: &'static str = "test";

    type Output = ();

    async fn run(self, context: &JobContext) -> Result<(), JobError> {
        context.report(Progress { percent: 1, ..Progress::default() }).await?;
        context.report(Progress { percent: 2, ..Progress::default() }).await?;
        context.signals.raised().await;
        context.check()
    }
}

/// Does a job; gives what was told of it, up to what `is_enough`.
async fn told_of(job: impl Job, is_enough: impl Fn(&Value) -> bool) -> Vec<Value> {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let mut stream = Stream::open(&app, "topics=job:it").await;
    stream.next_of("connected").await;
    let backplane: &dyn Backplane = &*app.parts.backplane;
    backplane.enqueue(vec![job.into_new_job("it".into()).expect("writable")]).await.expect("taken in");
    let closing = CancellationToken::new();
    let registry = Registry::default().with::<Talk>().with::<Mumble>();
    let worker = Worker::new(worker_of("w", vec![("test".into(), 1)]), registry, app.parts.clone());
    let worker = tokio::spawn(worker.run(closing.clone()));
    let mut told = Vec::new();
    let listening = async {
        while !told.last().is_some_and(&is_enough) {
            told.push(stream.next_of("job_update").await.data);
        }
    };
    timeout(DEADLINE, listening).await.expect("told in time");
    closing.cancel();
    timeout(DEADLINE, worker).await.expect("stopped in time").expect("stopped well");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_says_all_the_time_how_far_it_is_is_told_of_ten_times_a_second_and_at_its_end() {
    let told = told_of(Talk, |update| update["status"] == "completed").await;

    let steps: Vec<&Value> = told.iter().filter(|update| update["status"] == "in_progress").collect();
    let moments: Vec<i64> = steps.iter().map(|update| update["timestamp"].as_i64().expect("a moment")).collect();
    // The last one may come sooner: the attempt ends.
    let (last, before) = steps.split_last().expect("steps");
    assert!((2..=6).contains(&before.len()), "{moments:?}");
    assert!(moments[..before.len()].windows(2).all(|pair| pair[1] - pair[0] >= 99), "{moments:?}");
    assert_eq!((last["progress"].as_i64(), last["stage"].as_str()), (Some(99), Some("end")));
    assert_eq!(told[told.len() - 2], **last);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_said_last_before_it_fell_silent_is_told() {
    let told = told_of(Mumble, |update| update["progress"] == 2).await;

    let steps: Vec<i64> = told.iter().filter_map(|update| update["progress"].as_i64()).collect();
    assert_eq!(steps, [0, 0, 1, 2]);
}
