//! The engines that the suite is run on, each made fresh for every rule.

use std::{any::Any, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tempfile::TempDir;

use super::postgres_server;
use crate::{
    backplane::{Backplane, RedisBackplane, SqlBackplane, redis::tests::server::RedisServer, sql::Retention},
    store::{Database, sql},
};

/// A fresh engine, and what has to outlive it.
pub(crate) struct Engine {
    pub(crate) backplane: Arc<dyn Backplane>,
    /// Makes another process of the same installation.
    reopen: Box<dyn Fn(Retention) -> BoxFuture<'static, Arc<dyn Backplane>> + Send + Sync>,
    /// Loses all that is kept.
    lose: Box<dyn Fn() -> BoxFuture<'static, Option<Engine>> + Send + Sync>,
    _ground: Box<dyn Any + Send + Sync>,
}

impl Engine {
    /// The same installation, as another process would open it.
    pub(crate) async fn another_process(&self) -> Arc<dyn Backplane> {
        (self.reopen)(RETENTION).await
    }

    /// The same, when it keeps so many events only.
    pub(crate) async fn another_process_that_keeps(&self, event_count: u64) -> Arc<dyn Backplane> {
        (self.reopen)(Retention { event_count, ..RETENTION }).await
    }

    /// Loses the log. `None` where processes go on with what takes its place; else the engine that they find who are started again.
    pub(crate) async fn lose_the_log(&self) -> Option<Self> {
        (self.lose)().await
    }
}

/// Keeps so few events that a test can outrun it.
pub(crate) const RETENTION: Retention =
    Retention { events: Duration::from_hours(1), event_count: 50, jobs: Duration::from_hours(1), job_count: 50 };

pub(super) async fn sqlite() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("signalbox.db").display());
    let engine = in_database(url, Some(folder)).await;
    Engine { lose: Box::new(another_sqlite), ..engine }
}

fn another_sqlite() -> BoxFuture<'static, Option<Engine>> {
    sqlite().map(Some).boxed()
}

pub(super) async fn postgres() -> Engine {
    let url = postgres_server::shared().fresh_database(migrate).await;
    let engine = in_database(url, None).await;
    Engine { lose: Box::new(another_postgres), ..engine }
}

fn another_postgres() -> BoxFuture<'static, Option<Engine>> {
    let made = async {
        let url = postgres_server::shared().fresh_database(migrate).await;
        // Copies have the epoch of what they were copied from; a database of one's own has its own.
        let database = Database::open(&url).await.expect("opened");
        let mut change = database.begin().await.expect("begun");
        change.execute(sql("update event_log set epoch = substr(md5(random()::text), 1, 12)")).await.expect("changed");
        change.commit().await.expect("committed");
        database.close().await;
        Some(Engine { lose: Box::new(another_postgres), ..in_database(url, None).await })
    };
    made.boxed()
}

/// A database that was given is whoever's who gave it.
fn none_takes_its_place() -> BoxFuture<'static, Option<Engine>> {
    async { panic!("this log is not to be lost") }.boxed()
}

pub(crate) async fn migrate(url: String) {
    let database = Database::open(&url).await.expect("opened");
    database.migrate().await.expect("migrated");
    database.close().await;
}

/// The SQL engine of a database.
pub(crate) async fn in_database(url: String, folder: Option<TempDir>) -> Engine {
    let open = move |retention| {
        let url = url.clone();
        let opened = async move {
            let database = Database::open(&url).await.expect("opened");
            database.migrate().await.expect("migrated");
            SqlBackplane::open(database, retention).await.expect("opened") as Arc<dyn Backplane>
        };
        opened.boxed()
    };
    let (backplane, lose) = (open(RETENTION).await, Box::new(none_takes_its_place));
    Engine { backplane, reopen: Box::new(open), lose, _ground: Box::new(folder) }
}

pub(super) async fn redis() -> Engine {
    let server = Arc::new(RedisServer::start().await);
    let url = server.url();
    let open = move |retention| {
        let url = url.clone();
        let opened =
            async move { RedisBackplane::open(&url, retention, None).await.expect("opened") as Arc<dyn Backplane> };
        opened.boxed()
    };
    let emptied = Arc::clone(&server);
    let lose = move || {
        let server = Arc::clone(&emptied);
        async move {
            server.ask::<()>("FLUSHALL").await;
            None
        }
        .boxed()
    };
    Engine { backplane: open(RETENTION).await, reopen: Box::new(open), lose: Box::new(lose), _ground: Box::new(server) }
}
