//! Notices the commits of other processes in SQLite.
//!
//! Whoever commits rings at the others, and a ring is news. For the commit of a process that died before it rang, or of a program that
//! doesn't ring, `pragma data_version` is looked at now and then: on an idle connection it tells whether there was a commit, and costs
//! microseconds. Where no ring can be heard, it is looked at often while there is traffic and four times a second when there is none.

use std::time::Duration;

use sqlx::SqlitePool;

use super::{
    doorbell::{Doorbell, Ear},
    operations::Operations,
};

/// The shortest time between two rings that are answered.
const PACE: Duration = Duration::from_millis(2);
const SHORTEST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(250);
/// Without a ring.
const NET: Duration = Duration::from_secs(1);

/// Looks for ever, and calls `on_news` whenever another process may have committed something; a database that can't be read is
/// looked at again later.
pub(super) async fn watch(reader: &SqlitePool, doorbell: &Doorbell, operations: &Operations, on_news: impl Fn()) {
    let ear = doorbell.listen();
    if let Err(error) = &ear {
        tracing::warn!(%error, "no socket can be made that wakes this process: it looks for news four times a second instead");
    }
    let mut pause = Pause { ear: ear.ok(), length: LONGEST_LOOK };
    loop {
        let Ok(mut connection) = reader.acquire().await else {
            tokio::time::sleep(LONGEST_LOOK).await;
            continue;
        };
        let mut seen: Option<i64> = None;
        // The version is a matter of this one connection, so it is kept for as long as it works.
        let error = loop {
            operations.note();
            let look = sqlx::query_scalar::<_, i64>("pragma data_version").fetch_one(&mut *connection).await;
            let version = match look {
                Ok(version) => version,
                Err(error) => break error,
            };
            // The first look of a connection can't tell what came before it, so it counts as news.
            let is_news = seen != Some(version);
            if is_news {
                on_news();
            }
            seen = Some(version);
            let mut after_news = is_news;
            while pause.make(after_news).await == Why::Ring {
                on_news();
                after_news = true;
                // Which commits rang is not known, so the next look counts as news as well.
                seen = None;
            }
        };
        drop(connection);
        tracing::warn!(%error, "news of other processes can't be looked for; trying again");
        tokio::time::sleep(LONGEST_LOOK).await;
    }
}

/// The time between two looks.
struct Pause {
    ear: Option<Ear>,
    length: Duration,
}

/// Why a pause has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Somebody has committed.
    Ring,
    /// It is time to look.
    Time,
}

impl Pause {
    async fn make(&mut self, after_news: bool) -> Why {
        let Some(ear) = &self.ear else {
            self.length = if after_news { SHORTEST_LOOK } else { (self.length * 2).min(LONGEST_LOOK) };
            tokio::time::sleep(self.length).await;
            return Why::Time;
        };
        if after_news {
            // Commits of this moment are seen together.
            tokio::time::sleep(PACE).await;
        }
        match tokio::time::timeout(NET, ear.wait()).await {
            Ok(()) => Why::Ring,
            Err(_) => Why::Time,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Database;

    #[tokio::test]
    async fn who_looks_for_news_keeps_nobody_from_closing_the_database() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("db").display());
        let database = Database::open(&url).await.expect("opened");
        let mut news = database.commits();
        let watching = tokio::spawn(database.clone().watch_other_processes());
        news.changed().await.expect("the first look is news");

        let closed = tokio::time::timeout(super::NET * 20, database.close()).await;

        assert!(closed.is_ok(), "who looks is waited for");
        watching.await.expect("it has ended");
    }
}
