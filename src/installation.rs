//! The parts of an installation, opened as the configuration says.

use std::sync::Arc;

use anyhow::Context;
use server::{
    backplane::{Backplane, RedisBackplane, SqlBackplane},
    files::Files,
    jobs::context::Parts,
    store::Database,
};

use crate::{
    config::{Config, EngineChoice},
    service_url::ServiceUrl,
};

/// Opens database, files and backplane, and brings the schema up to date if that is wanted.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Parts> {
    let database = open_current(config).await?;
    let uploads = config.data_dir.join("uploads");
    let files =
        Files::in_folder(&uploads).with_context(|| format!("the folder {} can't be used", uploads.display()))?;
    let backplane = open_backplane(config, &database).await?;
    tracing::info!(backplane = backplane.name(), database = %config.database_url, "opened");
    Ok(Parts { database, files, backplane })
}

/// Opens the database, and brings the schema up to date if that is wanted.
pub(crate) async fn open_current(config: &Config) -> anyhow::Result<Database> {
    let database = open_database(config).await?;
    if config.auto_migrate {
        database.migrate().await?;
    } else if database.missing_migrations().await?.1 > 0 {
        anyhow::bail!("the schema is older than this program: run `signalbox migrate`");
    }
    Ok(database)
}

/// The engine that the configuration chooses.
pub(crate) async fn open_backplane(config: &Config, database: &Database) -> anyhow::Result<Arc<dyn Backplane>> {
    let sql = || SqlBackplane::open(database.clone(), config.retention);
    let redis = |url: &ServiceUrl| {
        let (url, database) = (url.expose().to_owned(), database.clone());
        async move { RedisBackplane::open(&url, config.retention, Some(database)).await }
    };
    Ok(match &config.engine {
        EngineChoice::Database => sql().await?,
        EngineChoice::Redis(url) => {
            redis(url).await.with_context(|| format!("PUBSUB_BACKEND is redis, but {url} can't be used"))?
        }
        EngineChoice::RedisIfItAnswers(url) => match redis(url).await {
            Ok(backplane) => backplane,
            Err(error) => {
                tracing::warn!(redis = %url, %error, "the Redis that is named can't be used: the database carries jobs and events");
                sql().await?
            }
        },
    })
}

/// Opens the database alone.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Database> {
    Database::open(config.database_url.expose())
        .await
        .with_context(|| format!("the database {} can't be opened", config.database_url))
}
