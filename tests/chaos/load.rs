//! Jobs that are handed in one after the other, each again and again until it is answered.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::token;

/// The pause between two jobs of one caller.
const PAUSE: Duration = Duration::from_millis(20);
/// Callers.
const CALLERS: u64 = 4;

/// Callers at work.
pub(crate) struct Load {
    stopping: CancellationToken,
    callers: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    pub(crate) fn start(base: String, token: &str) -> Self {
        let stopping = CancellationToken::new();
        let client = token::builder(token).timeout(Duration::from_secs(5)).build().expect("a client");
        let call = |number| call((client.clone(), base.clone()), number, stopping.clone());
        let callers = (0..CALLERS).map(|number| tokio::spawn(call(number))).collect();
        Self { stopping, callers }
    }

    /// Ends the callers, and gives the ids of all jobs that were answered.
    pub(crate) async fn stop(self) -> Vec<String> {
        self.stopping.cancel();
        let mut accepted = Vec::new();
        for caller in self.callers {
            accepted.extend(caller.await.expect("a caller that ends well"));
        }
        accepted
    }
}

async fn call((client, base): (Client, String), caller: u64, stopping: CancellationToken) -> Vec<String> {
    let mut accepted = Vec::new();
    for number in 0_u64.. {
        if stopping.is_cancelled() {
            break;
        }
        // Every third takes long enough to be met in the middle.
        let ms = if number.is_multiple_of(3) { 300 } else { 1 };
        let job_id = format!("job-{caller}-{number}");
        let order = json!({
            "queueName": "test", "jobName": "sleep", "data": {"ms": ms}, "opts": {"jobId": job_id, "attempts": 100}
        });
        // Whether an unanswered one was taken is not known. The id makes it safe to ask again.
        loop {
            let answer = client.post(format!("{base}/api/v1/queue/add")).json(&order).send().await;
            match answer.map(|answer| answer.status()) {
                Ok(StatusCode::ACCEPTED | StatusCode::OK) => break,
                Ok(status) if !status.is_server_error() => panic!("{job_id}: {status}"),
                _ => sleep(PAUSE).await,
            }
        }
        accepted.push(job_id);
        sleep(PAUSE).await;
    }
    accepted
}
