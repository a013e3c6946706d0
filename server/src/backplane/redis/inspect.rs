//! What can be seen of jobs, queues and workers.

use app::domain::{CounterDrift, Job, JobDetail, JobId, JobState, Queue, QueueCounts, QueueName, Worker, WorkerStatus};
use async_trait::async_trait;

use super::{
    RedisBackplane, RedisFailure,
    connections::Connections,
    keys,
    script::{self, Call},
    shelf, sight, worker,
};
use crate::backplane::{BackplaneError, Inspect, Shelf};

#[async_trait]
impl Inspect for RedisBackplane {
    async fn job_state(&self, job_id: &JobId) -> Result<Option<JobState>, BackplaneError> {
        Ok(sight::job_state(&self.connections, job_id).await?)
    }

    async fn job(&self, job_id: &JobId) -> Result<Option<JobDetail>, BackplaneError> {
        Ok(sight::detail(&self.connections, job_id).await?)
    }

    async fn shelf(&self, wanted: &Shelf) -> Result<Vec<Job>, BackplaneError> {
        Ok(shelf::read(&self.connections, wanted).await?)
    }

    async fn queues(&self) -> Result<Vec<Queue>, BackplaneError> {
        Ok(queues(&self.connections, None).await?)
    }

    async fn queue(&self, queue: &QueueName) -> Result<Option<Queue>, BackplaneError> {
        Ok(queues(&self.connections, Some(queue)).await?.pop())
    }

    async fn workers(&self) -> Result<Vec<Worker>, BackplaneError> {
        Ok(worker::all(&self.connections).await?)
    }

    async fn recount(&self) -> Result<Vec<CounterDrift>, BackplaneError> {
        let names: Vec<String> = self.connections.ask(redis::cmd("SMEMBERS").arg(keys::QUEUES)).await?;
        let mut drifts = Vec::new();
        for queue in names {
            for state in JobState::ALL {
                drifts.extend(recount(&self.connections, &queue, state).await?);
            }
        }
        Ok(drifts)
    }
}

/// A queue as `queues.lua` tells of it: name, its counts, what curbs it, its pace, the age of its oldest job.
type Seen = (String, u64, u64, u64, u64, u64, u64, String, u64, i64);

/// Queues by name: all, or one.
async fn queues(connections: &Connections, only: Option<&QueueName>) -> Result<Vec<Queue>, RedisFailure> {
    let mut call = Call::of(&script::QUEUES, 1);
    if let Some(queue) = only {
        call.arg(queue.as_str());
    }
    let seen: Vec<Seen> = connections.run_aside(&call).await?;
    let workers = worker::all(connections).await?;
    let mut queues: Vec<Queue> = seen.into_iter().map(|seen| read(seen, &workers)).collect();
    queues.sort_by(|a, b| a.queue_name.cmp(&b.queue_name));
    Ok(queues)
}

fn read(seen: Seen, workers: &[Worker]) -> Queue {
    let (name, waiting, active, completed, failed, delayed, cancelled, curbs, rate_per_minute, oldest) = seen;
    let queue_name = QueueName(name);
    let takes_from_it = |worker: &&Worker| {
        worker.status != WorkerStatus::Gone && worker.queues.iter().any(|share| share.queue_name == queue_name)
    };
    Queue {
        counts: QueueCounts { waiting, active, completed, failed, delayed, cancelled },
        paused: curbs.starts_with('p'),
        concurrency_limit: curbs.trim_start_matches('p').parse().ok(),
        consumers: u32::try_from(workers.iter().filter(takes_from_it).count()).unwrap_or(u32::MAX),
        rate_per_minute,
        oldest_waiting_ms: u64::try_from(oldest).ok(),
        queue_name,
    }
}

/// Walks the sets of a state of a queue, in bounded steps between which Redis serves others, and drops what does not belong there.
async fn recount(
    connections: &Connections,
    queue: &str,
    state: JobState,
) -> Result<Option<CounterDrift>, RedisFailure> {
    let (mut counted, mut wrong) = (0, 0);
    for set in shelf::sets(state) {
        let mut cursor = 0_u64;
        loop {
            let mut call = Call::of(&script::RECOUNT, 4);
            call.arg(queue).arg(*set).arg(sight::letter(state)).arg(cursor);
            let (next, before, dropped): (u64, i64, i64) = connections.run_aside(&call).await?;
            counted += if cursor == 0 { before } else { 0 };
            wrong += dropped;
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
    }
    let drift = || CounterDrift { queue_name: queue.into(), state, counted, found: counted - wrong };
    Ok((wrong > 0).then(drift))
}
