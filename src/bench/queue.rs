//! `signalbox bench queue`: how fast jobs are taken in, picked up and done, on the engine that the environment names.

use std::{
    collections::HashSet,
    process::{ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use app::{
    domain::{JobId, JobState, QueueName},
    events::{Cursor, Event, JobStatus},
};
use futures::future::try_join_all;
use serde_json::Value;
use server::{
    backplane::{Backplane, NewJob, ReadLog},
    jobs::{Echo, Job, context::Parts},
};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

use super::{
    import::{count, percentile},
    pickup::{Pickup, now_us},
    report::{self, Bar, Figure},
};
use crate::{config::Config, installation};

/// Measures jobs: handed in one by one and in bulk, done by one process and by two, and picked up when nothing else is to be done.
///
/// SQLite is measured in a folder of its own, Postgres and Redis where the environment says; their ended jobs stay in queues named
/// bench-… until their retention is over.
///
/// Example: `REDIS_URL=redis://127.0.0.1` signalbox bench queue --jobs 100000
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Jobs that are handed in in bulk and then done
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    jobs: u32,
    /// Callers that hand jobs in one by one, at the same time
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    callers: u32,
    /// Jobs that a process does at the same time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    concurrency: u32,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// How long callers hand jobs in one by one.
const SINGLES: Duration = Duration::from_secs(3);
/// Jobs of one bulk.
const BULK: usize = 10_000;
/// Jobs whose pick-up is measured, and those before them, which find a process that is still starting.
const PICKUPS: usize = 300;
const STARTERS: usize = 10;
/// Longer than an engine looks for more by itself, and than a job takes: an idle process shall be met.
const BETWEEN_PICKUPS: Duration = Duration::from_millis(10);
/// How long a process idles.
const IDLE: Duration = Duration::from_secs(23);
/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// Measures and prints.
pub(super) async fn run(args: Args, mut config: Config) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    config.move_to(folder.path());
    let parts = installation::open(&config).await?;
    let trial = Trial { parts, args, config, _folder: folder };
    let mut figures = vec![trial.singles().await?];
    figures.extend(trial.bulk_and_done(1).await?);
    figures.extend(trial.bulk_and_done(2).await?.pop());
    figures.extend(trial.pickup().await?);
    figures.push(trial.idle().await?);
    for figure in &mut figures {
        figure.name = format!("{}: {}", trial.parts.backplane.name(), figure.name);
    }
    report::print(&figures, trial.args.json)?;
    trial.parts.close().await;
    Ok(ExitCode::SUCCESS)
}

struct Trial {
    parts: Parts,
    args: Args,
    config: Config,
    _folder: TempDir,
}

impl Trial {
    /// Jobs a second that callers hand in, each waiting for the answer before it hands in the next.
    async fn singles(&self) -> anyhow::Result<Figure> {
        let queue = queue();
        let began = Instant::now();
        let callers = (0..self.args.callers).map(|_| {
            let (backplane, queue) = (Arc::clone(&self.parts.backplane), queue.clone());
            async move {
                let mut taken = 0_usize;
                while began.elapsed() < SINGLES {
                    backplane.enqueue(vec![echo(&queue)?]).await?;
                    taken += 1;
                }
                anyhow::Ok(taken)
            }
        });
        let taken: usize = try_join_all(callers).await?.into_iter().sum();
        let value = count(taken) / began.elapsed().as_secs_f64();
        Ok(Figure {
            name: format!("enqueue, one by one, {} callers", self.args.callers),
            value,
            unit: "jobs/s",
            bar: None,
        })
    }

    /// Jobs a second that are handed in in bulk, and that so many worker processes do.
    async fn bulk_and_done(&self, processes: usize) -> anyhow::Result<Vec<Figure>> {
        let queue = queue();
        let jobs: Vec<NewJob> = (0..self.args.jobs).map(|_| echo(&queue)).collect::<Result<_, _>>()?;
        let ends = [jobs.first(), jobs.last()].map(|job| job.map(|job| job.job_id.clone()));
        let [Some(first), Some(last)] = ends else { bail!("there are no jobs") };
        let bulks: Vec<Vec<NewJob>> = jobs.chunks(BULK).map(<[_]>::to_vec).collect();

        let began = Instant::now();
        for bulk in bulks {
            self.parts.backplane.enqueue(bulk).await?;
        }
        let bulk = count(self.args.jobs as usize) / began.elapsed().as_secs_f64();

        let workers: Vec<Child> = (0..processes).map(|_| self.worker(&queue)).collect::<Result<_, _>>()?;
        self.reaches(&first, |state| state != JobState::Waiting).await?;
        let began = Instant::now();
        self.reaches(&last, |state| state == JobState::Completed).await?;
        let done = count(self.args.jobs as usize) / began.elapsed().as_secs_f64();
        stop(workers).await?;

        let figure = |name: String, value| Figure { name, value, unit: "jobs/s", bar: None };
        let concurrency = self.args.concurrency;
        Ok(vec![
            figure(format!("enqueue, {BULK} a call"), bulk),
            figure(format!("done, processes: {processes}, concurrency {concurrency}"), done),
        ])
    }

    /// How long a job waits for an idle worker of another process, while nothing else goes on: the results are read at the end.
    async fn pickup(&self) -> anyhow::Result<Vec<Figure>> {
        let queue = queue();
        let worker = self.worker(&queue)?;
        let mut cursor = self.parts.backplane.head().await?;
        // The worker runs when the first one is done.
        let mut job_ids = vec![self.hand_in_to_be_picked_up(&queue).await?];
        results_of(&*self.parts.backplane, &job_ids, &mut cursor).await?;
        while job_ids.len() < PICKUPS + STARTERS {
            job_ids.push(self.hand_in_to_be_picked_up(&queue).await?);
            tokio::time::sleep(BETWEEN_PICKUPS).await;
        }
        let waited_us = results_of(&*self.parts.backplane, &job_ids[STARTERS..], &mut cursor).await?;
        let mut took: Vec<Duration> = waited_us.into_iter().map(Duration::from_micros).collect();
        stop(vec![worker]).await?;
        took.sort_unstable();
        let figure = |share, name: &str| Figure {
            name: format!("pick-up by an idle process, {name}"),
            value: percentile(&took, share).as_secs_f64() * 1_000.0,
            unit: "ms",
            bar: None,
        };
        Ok(vec![figure(0.5, "p50"), figure(0.99, "p99")])
    }

    /// In a task of its own, as a request is answered.
    async fn hand_in_to_be_picked_up(&self, queue: &QueueName) -> anyhow::Result<JobId> {
        let (backplane, queue_name) = (Arc::clone(&self.parts.backplane), queue.clone());
        let handing_in = async move {
            let job_id = JobId(uuid::Uuid::now_v7().to_string());
            let job = Pickup { sent_us: now_us() }.into_new_job(job_id.clone())?;
            backplane.enqueue(vec![NewJob { queue_name, ..job }]).await?;
            anyhow::Ok(job_id)
        };
        tokio::spawn(handing_in).await?
    }

    /// Operations that a process asks of the engine while there is nothing to do.
    async fn idle(&self) -> anyhow::Result<Figure> {
        let mut worker = self.worker(&queue())?;
        let mut said = worker.stdout.take().context("the worker has no output")?;
        tokio::time::sleep(IDLE).await;
        stop(vec![worker]).await?;
        let mut text = String::new();
        said.read_to_string(&mut text).await?;
        let value = text.trim().parse().context("the worker did not say what it cost")?;
        let name = "operations of an idle process".to_owned();
        Ok(Figure { name, value, unit: "/s", bar: Some(Bar::AtMost(5.0)) })
    }

    /// Starts a worker process of the same installation.
    fn worker(&self, queue: &QueueName) -> anyhow::Result<Child> {
        Command::new(std::env::current_exe()?)
            .args(["bench", "queue-worker", queue.as_str(), &self.args.concurrency.to_string()])
            .env("SIGNALBOX_DATA_DIR", &self.config.data_dir)
            .env("DATABASE_URL", self.config.database_url.expose())
            .env("SIGNALBOX_LOG", "error")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("a worker can't be started")
    }

    /// Waits until a job's state is as wanted.
    async fn reaches(&self, job_id: &JobId, is_wanted: impl Fn(JobState) -> bool) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.parts.backplane.job_state(job_id).await?.is_some_and(&is_wanted) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the jobs were not done within {} s", PATIENCE.as_secs())
    }
}

/// A queue that nobody else uses.
fn queue() -> QueueName {
    QueueName(format!("bench-{}", uuid::Uuid::now_v7().simple()))
}

fn echo(queue: &QueueName) -> anyhow::Result<NewJob> {
    let job = Echo(Value::from(1)).into_new_job(JobId(uuid::Uuid::now_v7().to_string()))?;
    Ok(NewJob { queue_name: queue.clone(), ..job })
}

/// Follows the log until jobs are completed, in whatever order, and returns their results.
async fn results_of(backplane: &dyn Backplane, job_ids: &[JobId], cursor: &mut Cursor) -> anyhow::Result<Vec<u64>> {
    let mut running: HashSet<&JobId> = job_ids.iter().collect();
    let mut results = Vec::with_capacity(running.len());
    while !running.is_empty() {
        let read =
            tokio::time::timeout(PATIENCE, backplane.tail(cursor, 100)).await.context("no job was done in time")??;
        let ReadLog::Events(entries) = read else { bail!("the log was trimmed during the trial") };
        for entry in entries {
            *cursor = entry.envelope.cursor;
            let Event::JobUpdate(update) = entry.envelope.stamped.event else { continue };
            if update.status == JobStatus::Completed && running.remove(&update.job_id) {
                results.push(update.result.and_then(|result| result.as_u64()).context("a job gave no time")?);
            }
        }
    }
    Ok(results)
}

/// Asks workers to stop, as a terminal does, and waits until they have.
async fn stop(workers: Vec<Child>) -> anyhow::Result<()> {
    for mut worker in workers {
        if let Some(id) = worker.id() {
            ensure!(Command::new("kill").arg(id.to_string()).status().await?.success(), "a worker can't be stopped");
        }
        worker.wait().await?;
    }
    Ok(())
}
