//! `signalbox bench`: load measured on this machine, against a server of its own in a temporary folder.

mod customers;
mod import;
mod pickup;
mod plain;
mod queue;
mod report;
mod stream;
mod trial;

use std::process::ExitCode;

use crate::config::Config;

/// Measures, with servers of its own in temporary folders, and prints a table.
///
/// Example: signalbox bench import --json
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    Import(import::Args),
    Queue(queue::Args),
    Stream(stream::Args),
    #[command(hide = true)]
    QueueWorker(pickup::Args),
}

/// Runs one.
pub(crate) async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(args) => import::run(args).await,
        Command::Queue(args) => queue::run(args, config).await,
        Command::Stream(args) => stream::run(args, config).await,
        Command::QueueWorker(args) => pickup::run(args, config).await,
    }
}
