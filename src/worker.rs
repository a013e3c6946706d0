//! `signalbox worker`: a process that works and serves no pages.

use std::{process::ExitCode, str::FromStr, time::Duration};

use app::domain::QueueName;
use server::jobs::{BulkImportCustomers, Echo, Job, Registry, Worker, WorkerConfig};

use crate::{config::Config, installation, shutdown, span};

/// Jobs of one queue at the same time, where nobody says otherwise: as many as keep two cores busy.
const CONCURRENCY: u32 = 2;
/// How long jobs of a server's own worker may go on when it is told to stop: well within the time that it takes to stop itself.
const DRAIN: Duration = Duration::from_secs(2);

/// Takes jobs from queues and runs them; several workers may share an installation.
///
/// Example: signalbox worker --name night --queues customer.jobs=1
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Its name in lists: letters, digits, '-', '_' and '.'; made of its process id when left out
    #[arg(long, value_parser = worker_name)]
    name: Option<String>,
    /// Queues, each with the number of jobs at the same time, such as customer.jobs=2; all queues when left out
    #[arg(long, value_delimiter = ',', value_name = "QUEUE=CONCURRENCY")]
    queues: Vec<QueueShare>,
    /// How long running jobs may go on when the worker is told to stop; the rest is handed back
    #[arg(long, value_parser = span::parse, value_name = "SPAN", default_value = "2s")]
    drain: Duration,
}

/// A name that can stand in a list and in the name of a file.
fn worker_name(text: &str) -> Result<String, String> {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_plain && (1..=64).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("use 1 to 64 letters, digits, '-', '_' and '.'".to_owned())
    }
}

/// A queue and how many of its jobs run at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct QueueShare {
    queue: QueueName,
    concurrency: u32,
}

impl FromStr for QueueShare {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (queue, concurrency) = text.split_once('=').unwrap_or((text, "2"));
        let concurrency = concurrency.parse().ok().filter(|number| (1..=1_000).contains(number));
        let concurrency = concurrency.ok_or("write it as queue=concurrency, with 1 to 1000 jobs at the same time")?;
        if queue.is_empty() {
            return Err("the queue's name is missing".to_owned());
        }
        Ok(Self { queue: queue.into(), concurrency })
    }
}

/// Works until the process is asked to stop.
pub(crate) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let stopping = shutdown::token()?;
    let parts = installation::open(&config).await?;
    let database = parts.database.clone();
    let mut worker = WorkerConfig { drain: args.drain, ..embedded() };
    if let Some(name) = args.name {
        worker.name = name;
    }
    if !args.queues.is_empty() {
        worker.queues = args.queues.into_iter().map(|share| (share.queue, share.concurrency)).collect();
    }
    Worker::new(worker, Registry::all(), parts).run(stopping).await;
    database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The worker of a process that was told nothing else: all queues that this program knows.
pub(crate) fn embedded() -> WorkerConfig {
    WorkerConfig {
        name: format!("worker-{}", std::process::id()),
        host: host(),
        queues: [BulkImportCustomers::QUEUE, Echo::QUEUE].map(|queue| (queue.into(), CONCURRENCY)).into(),
        drain: DRAIN,
    }
}

/// The name of this machine.
pub(crate) fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_read_with_its_concurrency() {
        let share: QueueShare = "customer.jobs=4".parse().expect("a share");

        assert_eq!(share, QueueShare { queue: "customer.jobs".into(), concurrency: 4 });
        assert!("=4".parse::<QueueShare>().is_err());
        assert!("customer.jobs=0".parse::<QueueShare>().is_err());
        assert!("customer.jobs=many".parse::<QueueShare>().is_err());
    }

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(worker_name("night-1").as_deref(), Ok("night-1"));
        assert!(worker_name("../night").is_err());
        assert!(worker_name("").is_err());
    }
}
