//! Notices the commits of other processes in SQLite.
//!
//! SQLite tells nobody of a commit, but `pragma data_version` on an idle connection changes when another connection committed, and
//! costs microseconds. It is looked at often while there is traffic and four times a second when there is none.

use std::time::Duration;

use sqlx::SqlitePool;

const SHORTEST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(250);

/// Looks for ever, and calls `on_news` whenever another process may have committed something; a database that can't be read is
/// looked at again later.
pub(super) async fn watch(reader: &SqlitePool, on_news: impl Fn()) {
    let mut pause = LONGEST_LOOK;
    loop {
        let Ok(mut connection) = reader.acquire().await else {
            tokio::time::sleep(LONGEST_LOOK).await;
            continue;
        };
        let mut seen: Option<i64> = None;
        // The version is a matter of this one connection, so it is kept for as long as it works.
        while let Ok(version) = sqlx::query_scalar::<_, i64>("pragma data_version").fetch_one(&mut *connection).await {
            // The first look of a connection can't tell what came before it, so it counts as news.
            if seen == Some(version) {
                pause = (pause * 2).min(LONGEST_LOOK);
            } else {
                on_news();
                pause = SHORTEST_LOOK;
            }
            seen = Some(version);
            tokio::time::sleep(pause).await;
        }
    }
}
