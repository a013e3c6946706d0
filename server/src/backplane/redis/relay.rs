//! Brings the events that transactions of the database wrote into the log.
//!
//! Customers and imports stay in SQL, so their events are written by the transaction that makes them true, into a table. From there
//! they are appended to the stream, oldest first, and removed. Every process does it: the script knows which rows it has seen, so
//! it does no harm that two bring the same ones, or that one dies before it could remove them. Only the oldest are ever read, so
//! the order stays.

use std::time::Duration;

use tokio::sync::watch;

use super::{
    RedisFailure,
    connections::Connections,
    script::{self, Call},
};
use crate::{
    backplane::BackplaneError,
    store::{Commits, Database, outbox},
};

/// Rows that are brought together.
const ROUND: u32 = 500;
/// How often rows are looked for that another process left behind when it died.
const NET: Duration = Duration::from_secs(1);

/// Relays for ever.
pub(super) async fn keep(connections: std::sync::Arc<Connections>, database: Database) {
    let mut commits = database.commits();
    let mut was_failing = false;
    loop {
        commits.mark_unchanged();
        match relay(&connections, &database).await {
            Ok(0) => was_failing = false,
            Ok(_) => {
                was_failing = false;
                continue;
            }
            // Said once: an outage would fill the log with it.
            Err(error) if !was_failing => {
                tracing::error!(%error, "events of the database can't be brought to Redis; they are kept and tried again");
                was_failing = true;
            }
            Err(_) => {}
        }
        news(&mut commits, was_failing).await;
    }
}

/// Waits for a commit, or a second; after a failure in any case a second.
async fn news(commits: &mut watch::Receiver<Commits>, was_failing: bool) {
    if was_failing {
        tokio::time::sleep(NET).await;
    } else {
        // The sender lives in the database, which the caller holds: it can't be gone.
        let _ = tokio::time::timeout(NET, commits.changed()).await;
    }
}

/// Brings the oldest rows; returns how many there were.
async fn relay(connections: &Connections, database: &Database) -> Result<usize, BackplaneError> {
    let rows = outbox::oldest(database, ROUND).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    push(connections, &outbox::installation(database).await?, &rows).await?;
    outbox::remove(database, &rows).await?;
    Ok(rows.len())
}

/// Appends the rows that are not in the log yet; returns how many.
pub(super) async fn push(
    connections: &Connections,
    installation: &str,
    rows: &[outbox::Row],
) -> Result<u64, RedisFailure> {
    let mut call = Call::of(&script::RELAY, rows.len() * 3);
    for row in rows.iter().filter(|row| !row.is_of_the_queue()) {
        // A database that was brought back from a copy gives the same numbers once more, but not at the same moment.
        call.arg(format!("{installation}:{}:{}", row.id, row.created_at)).arg(&row.channel).arg(&row.data);
    }
    connections.run(&call).await
}
