//! Logs, to stderr: stdout is for results.

use std::io;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts to log.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter)
        .with_context(|| format!("SIGNALBOX_LOG: '{}' can't be read", config.filter))?;
    // Whoever sends a made-up cookie would fill the log with warnings.
    let filter = ["tower_sessions=error", "tower_sessions_core=error"]
        .iter()
        .try_fold(filter, |filter, directive| anyhow::Ok(filter.add_directive(directive.parse()?)))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match config.format {
        LogFormat::Pretty => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
