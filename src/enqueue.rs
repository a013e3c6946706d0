//! `signalbox enqueue`: hands a job in from a shell.

use std::{process::ExitCode, time::Duration};

use serde_json::Value;
use server::jobs::{JobOptions, JobOrder, Registry};

use crate::{config::Config, installation, span};

/// Hands a job in, and prints its id.
///
/// Example: `signalbox enqueue test sleep '{"ms": 5000}' --delay 5s --priority 9`
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue that it shall wait in
    queue: String,
    /// Its kind
    kind: String,
    /// Its arguments
    #[arg(value_name = "JSON", value_parser = json)]
    json: Value,
    /// How long it waits before it may be started, such as 500ms, 5s, 10m or 24h
    #[arg(long, value_parser = span::parse)]
    delay: Option<Duration>,
    /// 0 to 9; larger first
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=9))]
    priority: Option<u8>,
    /// While a job with the same key is alive, no second one is made: its id is printed instead
    #[arg(long)]
    unique_key: Option<String>,
}

/// JSON of the command line.
pub(crate) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|problem| format!("no JSON: {problem}"))
}

/// Checks the order, enqueues it and prints the id.
pub(crate) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let order = JobOrder {
        queue_name: args.queue,
        job_name: args.kind,
        data: args.json,
        opts: JobOptions {
            priority: args.priority,
            delay_ms: args.delay.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            unique_key: args.unique_key,
            ..JobOptions::default()
        },
    };
    let job = order.into_new_job(&Registry::all())?;
    let parts = installation::open(&config).await?;
    let enqueued = parts.backplane.enqueue(vec![job]).await?;
    for job in enqueued {
        println!("{}", job.job_id);
    }
    parts.close().await;
    Ok(ExitCode::SUCCESS)
}
