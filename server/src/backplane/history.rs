//! What happened before: pages of the log in either direction, and one event of it.
//!
//! The log has no index by topic, type or words: events are read on from the place and sifted, a bounded number for each page. So a page
//! may have fewer events than were asked for, even none, and still not be the last one.

use app::{
    domain::Sieve,
    events::{Cursor, ResetReason},
};

use super::{Backplane, BackplaneError, LogEntry, ReadLog};

/// Events that are read at once.
const ROUND: u32 = 500;
/// Rounds of one page at most.
const ROUNDS: usize = 20;

/// Where a page lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Behind a place: the first events after it.
    After(Cursor),
    /// Before a place: the last events before it.
    Before(Cursor),
    /// At the end: the last events of all.
    Last,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryPage {
    /// The events, in the order of the log.
    Events {
        /// At most as many as were asked for.
        entries: Vec<LogEntry>,
        /// From where the next page goes on in the same direction; `None` when the log ends there.
        next: Option<Cursor>,
    },
    /// The log can't say what happened around the place.
    Gone(ResetReason),
}

/// A page of at most `limit` events that a sieve lets pass.
///
/// # Errors
/// The engine can't be read.
pub async fn page(
    backplane: &dyn Backplane,
    sieve: &Sieve,
    side: Side,
    limit: u32,
) -> Result<HistoryPage, BackplaneError> {
    let limit = limit as usize;
    let is_forward = matches!(side, Side::After(_));
    let mut found = Vec::new();
    let mut place = match side {
        Side::After(place) | Side::Before(place) => Some(place),
        Side::Last => None,
    };
    let mut next = None;
    for _ in 0..ROUNDS {
        let read = match &place {
            Some(place) if is_forward => backplane.read(place, ROUND).await?,
            place => backplane.read_back(place.as_ref(), ROUND).await?,
        };
        let mut entries = match read {
            ReadLog::Events(entries) => entries,
            // Trimmed on the way back: what was found is all that there is.
            ReadLog::Gone { reason: ResetReason::Trimmed, .. } if !is_forward && next.is_some() => {
                next = None;
                break;
            }
            ReadLog::Gone { reason, .. } => return Ok(HistoryPage::Gone(reason)),
        };
        if !is_forward {
            entries.reverse();
        }
        let is_last = entries.len() < ROUND as usize;
        let read = entries.len();
        let mut looked_at = 0;
        for entry in entries {
            looked_at += 1;
            place = Some(entry.envelope.cursor.clone());
            if sieve.lets_pass(&entry.envelope.stamped.event, &entry.json) {
                found.push(entry);
                if found.len() == limit {
                    break;
                }
            }
        }
        next = if is_last && looked_at == read { None } else { place.clone() };
        if next.is_none() || found.len() == limit {
            break;
        }
    }
    if !is_forward {
        found.reverse();
    }
    Ok(HistoryPage::Events { entries: found, next })
}

/// The event at a place; `None` where there is none, or none any more.
///
/// Engines read after and before an event, never at it: so the next one is looked up, and then the one before that.
///
/// # Errors
/// The engine can't be read.
pub async fn event(backplane: &dyn Backplane, place: &Cursor) -> Result<Option<LogEntry>, BackplaneError> {
    loop {
        let ReadLog::Events(after) = backplane.read(place, 1).await? else { return Ok(None) };
        let next = after.into_iter().next().map(|entry| entry.envelope.cursor);
        let ReadLog::Events(mut before) = backplane.read_back(next.as_ref(), 1).await? else { return Ok(None) };
        let Some(found) = before.pop() else { return Ok(None) };
        let cursor = &found.envelope.cursor;
        // Behind the last event, others may have come between the two questions.
        if next.is_some() || !cursor.is_after(place) {
            return Ok((cursor == place).then_some(found));
        }
    }
}
