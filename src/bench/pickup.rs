//! A worker for trials: it knows one kind more, whose result is how long it took from the enqueuing to the start. When it ends it prints
//! how many operations a second it has asked of the engine.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use server::jobs::{Job, JobContext, JobError, Registry, Worker, WorkerConfig};

use crate::{config::Config, installation, shutdown, worker};

/// A worker of a trial; started by the trial itself.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue it takes from
    queue: String,
    /// Jobs at the same time
    concurrency: u32,
}

/// How long a worker is not idle yet.
const BEGINNING: Duration = Duration::from_secs(3);

/// Works until it is told to stop.
pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let stopping = shutdown::token()?;
    let parts = installation::open(&config).await?;
    let queues = vec![(args.queue.as_str().into(), args.concurrency)];
    let worker = WorkerConfig { name: format!("bench-{}", std::process::id()), queues, ..worker::embedded() };
    let backplane = Arc::clone(&parts.backplane);
    let working = tokio::spawn(Worker::new(worker, Registry::all().with::<Pickup>(), parts).run(stopping.clone()));
    // What a beginning costs is not what idling costs.
    stopping.run_until_cancelled(tokio::time::sleep(BEGINNING)).await;
    let (began, before) = (Instant::now(), backplane.operations());
    stopping.cancelled().await;
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", f64::from(u32::try_from(backplane.operations() - before)?) / seconds);
    working.await?;
    Ok(ExitCode::SUCCESS)
}

/// Tells how long it waited. Both moments are read from the clock of one machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pickup {
    /// Microseconds since 1970 when it was handed in.
    pub(super) sent_us: u64,
}

#[async_trait]
impl Job for Pickup {
    const KIND: &'static str = "bench-pickup";
    const QUEUE: &'static str = "bench";

    type Output = u64;

    async fn run(self, _context: &JobContext) -> Result<u64, JobError> {
        Ok(now_us().saturating_sub(self.sent_us))
    }
}

/// Microseconds since 1970.
pub(super) fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}
