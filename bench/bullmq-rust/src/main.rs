//! How long BullMQ's idle worker takes to pick a job up: `bullmq-rust URL` prints `{"p50", "p99"}` in milliseconds.
//!
//! It is measured as `signalbox bench queue` measures its own: one process hands jobs in, each in a task of its own and 10 ms after the one
//! before, another one works, and what counts is the time from the call to the beginning of the job.

use std::{
    env,
    error::Error,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bullmq::{Job, Queue, QueueOptions, Worker, WorkerOptions, worker::CancellationToken};
use serde_json::json;
use tokio::{sync::Notify, time::sleep};

const QUEUE: &str = "pickups";
/// Jobs that are measured, and those before them, which find a process that is still starting.
const PICKUPS: usize = 300;
const STARTERS: usize = 10;
const BETWEEN_PICKUPS: Duration = Duration::from_millis(10);
/// The longest that all of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &*arguments {
        [url] => hand_in(url).await,
        [role, url] if role == "work" => work(url).await,
        _ => Err("usage: bullmq-rust URL".into()),
    }
}

/// Starts a worker in a process of its own, and hands jobs in.
async fn hand_in(url: &str) -> Result<(), Box<dyn Error>> {
    let mut options = QueueOptions::default();
    url.clone_into(&mut options.connection.url);
    let queue = Arc::new(Queue::with_options(QUEUE, options).await?);
    let mut worker = Command::new(env::current_exe()?).args(["work", url]).stdout(Stdio::inherit()).spawn()?;
    // Its first one waits until it is there.
    for number in 0..PICKUPS + STARTERS {
        let queue = Arc::clone(&queue);
        let adding = async move { queue.add("pickup", json!({ "sentUs": now_us() })).await.map(drop) };
        tokio::spawn(adding).await??;
        sleep(if number == 0 { Duration::from_secs(2) } else { BETWEEN_PICKUPS }).await;
    }
    let ended = worker.wait()?;
    if ended.success() { Ok(()) } else { Err("the worker failed".into()) }
}

/// Works until all jobs have begun, and prints how long they waited.
async fn work(url: &str) -> Result<(), Box<dyn Error>> {
    let waited: Arc<Mutex<Vec<u64>>> = Arc::default();
    let all = Arc::new(Notify::new());
    let mut options = WorkerOptions::default();
    url.clone_into(&mut options.connection.url);
    let (noting, begun) = (Arc::clone(&waited), Arc::clone(&all));
    let process = move |job: Job, _: CancellationToken| {
        let waited_us = now_us().saturating_sub(job.data()["sentUs"].as_u64().unwrap_or_default());
        let mut noted = noting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        noted.push(waited_us);
        if noted.len() == PICKUPS + STARTERS {
            begun.notify_one();
        }
        async move { Ok(json!(waited_us)) }
    };
    let worker = Worker::with_options(QUEUE, process, options).await?;
    tokio::time::timeout(PATIENCE, all.notified()).await?;
    worker.close(1_000).await?;
    let mut waited_us = waited.lock().unwrap_or_else(std::sync::PoisonError::into_inner).split_off(STARTERS);
    waited_us.sort_unstable();
    let ms = |share: usize| waited_us[waited_us.len() * share / 100] as f64 / 1_000.0;
    println!("{}", json!({ "p50": ms(50), "p99": ms(99) }));
    Ok(())
}

/// Microseconds since 1970. Both moments are read from the clock of one machine.
fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}
