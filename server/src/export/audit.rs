//! The audit log as a file, or what of it was asked for; the youngest first.
//!
//! What is written meanwhile is younger than where the file begins, and is not in it.

use app::domain::{AuditEntry, AuditQuery};
use bytes::Bytes;
use futures::Stream;

use super::table::Table;
use crate::{
    import::MARK_COLUMN,
    store::{
        Database,
        audit::search::{self, SearchError},
    },
};

/// Entries that are read at once.
const ENTRIES_AT_ONCE: u32 = 500;
/// The titles.
const COLUMNS: [&str; 12] = [
    "entryId",
    "at",
    "actorKind",
    "actor",
    "action",
    "target",
    "stateBefore",
    "stateAfter",
    "reason",
    "outcome",
    "address",
    MARK_COLUMN,
];

/// The file in pieces. The first page is read before it begins, so that a database that is away can still be told as a refusal.
///
/// # Errors
/// The database refused, or a row is broken. Later on, the same ends the stream.
pub async fn audit(
    database: Database,
    query: AuditQuery,
) -> Result<impl Stream<Item = Result<Bytes, SearchError>> + Send + 'static, SearchError> {
    let mut page = search::page(&database, &query, None, ENTRIES_AT_ONCE).await?;
    Ok(async_stream::try_stream! {
        let mut table = Table::new(b',');
        table.row(COLUMNS);
        loop {
            for entry in &page.items {
                table.row(cells(entry));
            }
            // Nothing was found in a piece of a long log: whoever reads need not be told.
            let rows = table.take();
            if !rows.is_empty() {
                yield rows;
            }
            let Some(next) = page.next else { break };
            page = search::page(&database, &query, Some(&next), ENTRIES_AT_ONCE).await?;
        }
    })
}

/// An entry, below the titles.
fn cells(entry: &AuditEntry) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        entry.entry_id.to_string(),
        entry.at.to_string(),
        entry.actor_kind.clone(),
        entry.actor.clone(),
        entry.action.clone(),
        text(&entry.target),
        text(&entry.state_before),
        text(&entry.state_after),
        text(&entry.reason),
        entry.outcome.clone(),
        text(&entry.address),
        String::new(),
    ]
}
