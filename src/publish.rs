//! `signalbox publish`: tells every open browser something of one's own.

use std::process::ExitCode;

use anyhow::bail;
use app::events::{Custom, Event, Topic};
use serde_json::Value;

use crate::{config::Config, enqueue::json, installation};

/// Appends an event of your own to the log, and prints its cursor.
///
/// Example: `signalbox publish custom:dashboard_updates '{"orders": 7}'`
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The topic, custom:NAME
    topic: Topic,
    /// What is told to those who listen
    #[arg(value_name = "JSON", value_parser = json)]
    json: Value,
}

/// Appends the event.
pub(crate) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    if !matches!(args.topic, Topic::Custom(_)) {
        bail!("'{}' is told by Signalbox itself; publish to custom:NAME", args.topic);
    }
    let parts = installation::open(&config).await?;
    let cursor = parts.backplane.append(vec![Event::Custom(Custom { topic: args.topic, data: args.json })]).await?;
    println!("{cursor}");
    parts.close().await;
    Ok(ExitCode::SUCCESS)
}
