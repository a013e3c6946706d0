//! Entries of the audit log, looked for.
//!
//! One of the things that are asked for has an index, which leads; the rest is sifted from what it gives, entry by entry. So a search for
//! something rare stops after a while and says how far it came, however long the log is.

use app::domain::{AuditEntry, AuditPage, AuditQuery};

use super::{Lead, Piece, Place, read};
use crate::store::{Database, StoreError};

/// Entries that one call looks at, at most.
pub const MOST_SCANNED: u32 = 10_000;
/// Entries that are read at once where some are sifted out.
const HANDFUL: u32 = 1_000;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The text given as `before` is no place in the log.
    #[error("'before' is not a place in the log")]
    NoPlace,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Entries that meet a query, the youngest first; `before` is the `next` of the page before.
///
/// # Errors
/// [`SearchError::NoPlace`], or the database refused.
pub async fn page(
    database: &Database,
    query: &AuditQuery,
    before: Option<&str>,
    limit: u32,
) -> Result<AuditPage, SearchError> {
    let mut place = match before {
        Some(text) => decoded(text).ok_or(SearchError::NoPlace)?,
        None => Place { at_ms: i64::MAX, entry_id: i64::MAX },
    };
    if let Some(until) = query.until {
        place = place.min(Place { at_ms: until.as_millisecond(), entry_id: i64::MIN });
    }
    let sieve = Sieve::of(query);
    let (mut items, mut scanned) = (Vec::new(), 0);
    loop {
        let room = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
        // One more than there is room for tells whether the page is the last.
        let wanted = if sieve.keeps_all() { room + 1 } else { HANDFUL }.min(MOST_SCANNED - scanned + 1);
        let piece = Piece { lead: sieve.lead, since: query.since, before: place, limit: wanted };
        let entries = read(database, &piece).await?;
        let is_last = entries.len() < wanted as usize;
        for entry in entries {
            if items.len() >= limit as usize || scanned == MOST_SCANNED {
                return Ok(AuditPage { items, next: Some(encoded(place)), scanned, complete: false });
            }
            scanned += 1;
            place = Place { at_ms: entry.at.as_millisecond(), entry_id: entry.entry_id };
            if sieve.keeps(&entry) {
                items.push(entry);
            }
        }
        if is_last {
            return Ok(AuditPage { items, next: None, scanned, complete: true });
        }
    }
}

/// What is asked for: what leads, and what is sifted.
struct Sieve<'a> {
    query: &'a AuditQuery,
    lead: Lead<'a>,
    /// In lower case.
    text: Option<String>,
}

impl<'a> Sieve<'a> {
    fn of(query: &'a AuditQuery) -> Self {
        let lead = match (&query.actor, &query.action, &query.outcome) {
            (Some(actor), ..) => Lead::Actor(actor),
            // Less is refused than is done, whatever it is.
            (None, _, Some(outcome)) if outcome != DONE => Lead::Refused,
            (None, Some(action), _) if action.contains('.') => Lead::Action(action),
            (None, Some(subject), _) => Lead::Subject(subject),
            (None, None, _) => Lead::All,
        };
        Self { query, lead, text: query.text.as_deref().map(str::to_lowercase) }
    }

    /// Whether the lead gives nothing that was not asked for.
    fn keeps_all(&self) -> bool {
        let AuditQuery { actor, action, outcome, text, .. } = self.query;
        let has_more = match self.lead {
            Lead::All => outcome.is_some(),
            Lead::Actor(_) => action.is_some() || outcome.is_some(),
            Lead::Action(_) | Lead::Subject(_) => actor.is_some() || outcome.is_some(),
            Lead::Refused => action.is_some() || outcome.as_deref() != Some(REFUSED),
        };
        !has_more && text.is_none()
    }

    fn keeps(&self, entry: &AuditEntry) -> bool {
        let AuditQuery { actor, action, outcome, .. } = self.query;
        actor.as_ref().is_none_or(|actor| *actor == entry.actor)
            && action.as_ref().is_none_or(|action| is_of(action, &entry.action))
            && outcome
                .as_ref()
                .is_none_or(|outcome| *outcome == entry.outcome || (outcome == REFUSED && entry.outcome != DONE))
            && self.text.as_deref().is_none_or(|text| says(entry, text))
    }
}

/// The outcome of what was done.
const DONE: &str = "done";
/// What is asked for to have all other outcomes.
const REFUSED: &str = "refused";

/// Whether an action has this name, or is one of this subject.
fn is_of(asked: &str, action: &str) -> bool {
    action == asked || action.split('.').next() == Some(asked)
}

fn says(entry: &AuditEntry, text: &str) -> bool {
    let texts = [entry.target.as_deref(), entry.reason.as_deref()];
    texts.into_iter().flatten().any(|words| words.to_lowercase().contains(text))
}

fn encoded(Place { at_ms, entry_id }: Place) -> String {
    format!("{at_ms}.{entry_id}")
}

fn decoded(text: &str) -> Option<Place> {
    let (at_ms, entry_id) = text.split_once('.')?;
    Some(Place { at_ms: at_ms.parse().ok()?, entry_id: entry_id.parse().ok()? })
}
