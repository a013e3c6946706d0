//! `signalbox bench`: load measured on this machine, against a server of its own in a temporary folder.

mod customers;
mod import;
mod plain;
mod report;
mod trial;

use std::process::ExitCode;

/// Measures, with servers of its own in temporary folders, and prints a table.
///
/// Example: signalbox bench import --json
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    Import(import::Args),
}

/// Runs one.
pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(args) => import::run(args).await,
    }
}
