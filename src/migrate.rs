//! `signalbox migrate`: brings the database to the current schema.

use std::process::ExitCode;

use crate::{config::Config, installation};

/// Brings the database to the current schema. `serve` and `worker` do it too, unless `SIGNALBOX_AUTO_MIGRATE` is false.
///
/// Example: signalbox migrate
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {}

/// Migrates, and says how many steps it took.
pub(crate) async fn run(Args {}: Args, config: Config) -> anyhow::Result<ExitCode> {
    let database = installation::open_database(&config).await?;
    let (_, missing) = database.missing_migrations().await?;
    database.migrate().await?;
    println!("{missing} migrations applied; the schema is current.");
    database.close().await;
    Ok(ExitCode::SUCCESS)
}
