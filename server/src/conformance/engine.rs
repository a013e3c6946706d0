//! The engines that the suite is run on, each made fresh for every rule.

use std::{any::Any, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::postgres_server;
use crate::{
    backplane::{Backplane, RedisBackplane, SqlBackplane, redis::tests::server::RedisServer, sql::Retention},
    store::Database,
};

/// A fresh engine, and what has to outlive it.
pub(crate) struct Engine {
    pub(crate) backplane: Arc<dyn Backplane>,
    /// Makes another process of the same installation.
    reopen: Box<dyn Fn() -> futures::future::BoxFuture<'static, Arc<dyn Backplane>> + Send + Sync>,
    _ground: Box<dyn Any + Send + Sync>,
}

impl Engine {
    /// The same installation, as another process would open it.
    pub(crate) async fn another_process(&self) -> Arc<dyn Backplane> {
        (self.reopen)().await
    }
}

/// Keeps so few events that a test can outrun it.
pub(crate) const RETENTION: Retention =
    Retention { events: Duration::from_hours(1), event_count: 50, jobs: Duration::from_hours(1), job_count: 50 };

pub(super) async fn sqlite() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("signalbox.db").display());
    in_database(url, Some(folder)).await
}

pub(super) async fn postgres() -> Engine {
    let url = postgres_server::shared().fresh_database(migrate).await;
    in_database(url, None).await
}

pub(crate) async fn migrate(url: String) {
    let database = Database::open(&url).await.expect("opened");
    database.migrate().await.expect("migrated");
    database.close().await;
}

/// The SQL engine of a database.
pub(crate) async fn in_database(url: String, folder: Option<TempDir>) -> Engine {
    let open = move || {
        let url = url.clone();
        let opened = async move {
            let database = Database::open(&url).await.expect("opened");
            database.migrate().await.expect("migrated");
            SqlBackplane::open(database, RETENTION).await.expect("opened") as Arc<dyn Backplane>
        };
        Box::pin(opened) as futures::future::BoxFuture<'static, _>
    };
    Engine { backplane: open().await, reopen: Box::new(open), _ground: Box::new(folder) }
}

pub(super) async fn redis() -> Engine {
    let server = RedisServer::start().await;
    let url = server.url();
    let open = move || {
        let url = url.clone();
        let opened =
            async move { RedisBackplane::open(&url, RETENTION, None).await.expect("opened") as Arc<dyn Backplane> };
        Box::pin(opened) as futures::future::BoxFuture<'static, _>
    };
    Engine { backplane: open().await, reopen: Box::new(open), _ground: Box::new(server) }
}
