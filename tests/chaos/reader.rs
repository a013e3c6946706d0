//! A reader that follows the log over the live stream, through all that happens to the servers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::events::JobStatus;
use futures::StreamExt;
use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::token;

/// One step of one job, as the stream tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its place in the log.
    pub(crate) cursor: String,
    pub(crate) job_id: String,
    pub(crate) status: JobStatus,
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
}

/// What was followed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed {
    /// Where it began.
    pub(crate) from: String,
    pub(crate) steps: Vec<Step>,
    /// How often the log could not say what came after a cursor.
    pub(crate) resets: usize,
}

/// A reader at work.
pub(crate) struct Reader {
    followed: Arc<Mutex<Followed>>,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Reader {
    /// Follows from now on, and returns once it does.
    pub(crate) async fn start(base: String, token: String) -> Self {
        let followed = Arc::<Mutex<Followed>>::default();
        let stopping = CancellationToken::new();
        let task = tokio::spawn(follow((base, token), Arc::clone(&followed), stopping.clone()));
        let reader = Self { followed, stopping, task };
        while reader.now().from.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        reader
    }

    /// Waits until all these jobs have ended.
    pub(crate) async fn has_seen_the_end_of(&self, jobs: &[String], patience: Duration) {
        let seen = async {
            loop {
                let ended: HashSet<String> = {
                    let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
                    let ended = followed.steps.iter().filter(|step| is_end(step.status));
                    ended.map(|step| step.job_id.clone()).collect()
                };
                if jobs.iter().all(|job| ended.contains(job)) {
                    return;
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        // Those that are missing then are told by the verdict.
        let _ = tokio::time::timeout(patience, seen).await;
    }

    pub(crate) async fn stop(self) -> Followed {
        self.stopping.cancel();
        self.task.await.expect("a reader that ends well");
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the same stretch of the log once more, in one go.
    pub(crate) async fn read_again((base, token): (String, String), followed: &Followed) -> Vec<Step> {
        let Some(last) = followed.steps.last() else { return Vec::new() };
        let again = Arc::new(Mutex::new(Followed { from: followed.from.clone(), ..Followed::default() }));
        let stopping = CancellationToken::new();
        let task = tokio::spawn(follow((base, token), Arc::clone(&again), stopping.clone()));
        let reader = Self { followed: again, stopping, task };
        let arrived = async {
            while reader.now().steps.last().is_none_or(|step| step.cursor != last.cursor) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        // A place that never comes is told by the verdict.
        let _ = tokio::time::timeout(Duration::from_secs(30), arrived).await;
        reader.stop().await.steps
    }

    fn now(&self) -> Followed {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(crate) const fn is_end(status: JobStatus) -> bool {
    matches!(status, JobStatus::Completed | JobStatus::Failed | JobStatus::Cancelled)
}

/// Connects again and again, each time behind the last event.
async fn follow((base, token): (String, String), followed: Arc<Mutex<Followed>>, stopping: CancellationToken) {
    let client = token::client(&token);
    while !stopping.is_cancelled() {
        let cursor = {
            let followed = followed.lock().unwrap_or_else(PoisonError::into_inner);
            followed.steps.last().map_or_else(|| followed.from.clone(), |step| step.cursor.clone())
        };
        let url = format!("{base}/api/v1/sse/connect?topics=queue:test&cursor={cursor}");
        let reading = async {
            let Ok(answer) = client.get(&url).send().await else { return };
            let mut bytes = answer.bytes_stream();
            let mut rest = String::new();
            while let Some(Ok(part)) = bytes.next().await {
                rest.push_str(&String::from_utf8_lossy(&part));
                while let Some((frame, later)) = rest.split_once("\n\n") {
                    take(frame, &followed);
                    rest = later.to_owned();
                }
            }
        };
        stopping.run_until_cancelled(reading).await;
        stopping.run_until_cancelled(sleep(Duration::from_millis(50))).await;
    }
}

fn take(frame: &str, followed: &Mutex<Followed>) {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let (Some(id), Some(data)) = (field("id:"), field("data:")) else { return };
    let data: Value = serde_json::from_str(data).expect("JSON");
    let mut followed = followed.lock().unwrap_or_else(PoisonError::into_inner);
    match data["type"].as_str() {
        Some("connected") if followed.from.is_empty() => id.clone_into(&mut followed.from),
        Some("reset") => followed.resets += 1,
        Some("job_update") => followed.steps.push(Step {
            cursor: id.to_owned(),
            job_id: data["jobId"].as_str().expect("a job").to_owned(),
            status: serde_json::from_value(data["status"].clone()).expect("a status"),
            at_ms: data["timestamp"].as_i64().expect("a moment"),
        }),
        _ => {}
    }
}
