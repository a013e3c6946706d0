//! The parts of an installation, opened as the configuration says.

use anyhow::Context;
use server::{
    backplane::{Backplane, SqlBackplane},
    files::Files,
    jobs::context::Parts,
    store::Database,
};

use crate::config::Config;

/// Opens database, files and backplane, and brings the schema up to date if that is wanted.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Parts> {
    let database = open_database(config).await?;
    if config.auto_migrate {
        database.migrate().await?;
    } else if database.missing_migrations().await?.1 > 0 {
        anyhow::bail!("the schema is older than this program: run `signalbox migrate`");
    }
    let uploads = config.data_dir.join("uploads");
    let files =
        Files::in_folder(&uploads).with_context(|| format!("the folder {} can't be used", uploads.display()))?;
    let backplane = SqlBackplane::open(database.clone(), config.retention).await?;
    if config.names_redis {
        tracing::warn!("a Redis is configured, but this version has no Redis backplane: the database is used");
    }
    tracing::info!(backplane = backplane.name(), database = config.database_url, "opened");
    Ok(Parts { database, files, backplane })
}

/// Opens the database alone.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Database> {
    Database::open(&config.database_url)
        .await
        .with_context(|| format!("the database {} can't be opened", config.database_url))
}
