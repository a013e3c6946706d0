//! The parts of an installation, opened as the configuration says.

use std::sync::Arc;

use anyhow::{Context, bail};
use server::{
    backplane::{Backplane, SqlBackplane},
    files::Files,
    jobs::context::Parts,
    store::Database,
};

use crate::config::{Config, EngineChoice};

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
    let backplane = open_backplane(config, &database).await?;
    tracing::info!(backplane = backplane.name(), database = %config.database_url, "opened");
    Ok(Parts { database, files, backplane })
}

/// The engine that the configuration chooses.
async fn open_backplane(config: &Config, database: &Database) -> anyhow::Result<Arc<dyn Backplane>> {
    match &config.engine {
        EngineChoice::Redis(_) => {
            bail!("PUBSUB_BACKEND: this version has no Redis backplane; use auto or database")
        }
        EngineChoice::RedisIfItAnswers(redis) => {
            tracing::warn!(%redis, "a Redis is named, but this version has no Redis backplane: the database is used");
        }
        EngineChoice::Database => {}
    }
    Ok(SqlBackplane::open(database.clone(), config.retention).await?)
}

/// Opens the database alone.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Database> {
    if !config.database_url.is_file() {
        bail!("DATABASE_URL: this version keeps its data in SQLite only; use sqlite://<path>, or leave it unset");
    }
    Database::open(config.database_url.expose())
        .await
        .with_context(|| format!("the database {} can't be opened", config.database_url))
}
