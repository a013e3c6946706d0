//! Imports, moved by their events: pure folds over a snapshot.

use jiff::Timestamp;

use crate::{
    domain::{ImportSummary, Listing, Snapshot},
    events::{Cursor, Envelope, Event, ImportUpdate},
};

/// One import as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportBoard {
    /// The import.
    pub import: ImportSummary,
    cursor: Cursor,
}

impl From<Snapshot<ImportSummary>> for ImportBoard {
    fn from(snapshot: Snapshot<ImportSummary>) -> Self {
        Self { import: snapshot.data, cursor: snapshot.cursor }
    }
}

impl ImportBoard {
    /// Takes an event in. Returns whether anything changed: what is not newer than the board, or about another import, changes nothing.
    pub fn apply(&mut self, envelope: &Envelope) -> bool {
        if !envelope.cursor.is_after(&self.cursor) {
            return false;
        }
        let Event::ImportUpdate(update) = &envelope.stamped.event else {
            return false;
        };
        if update.import_id != self.import.import_id {
            return false;
        }
        self.cursor = envelope.cursor.clone();
        take(&mut self.import, update, envelope.stamped.timestamp);
        true
    }
}

/// The list of imports as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportsBoard {
    /// The imports of the page, newest first.
    pub listing: Listing<ImportSummary>,
    /// Imports that came since the snapshot: their rows are not known here, so the page offers to load them.
    pub newer: Vec<crate::domain::ImportId>,
    cursor: Cursor,
}

impl From<Snapshot<Listing<ImportSummary>>> for ImportsBoard {
    fn from(snapshot: Snapshot<Listing<ImportSummary>>) -> Self {
        Self { listing: snapshot.data, newer: Vec::new(), cursor: snapshot.cursor }
    }
}

impl ImportsBoard {
    /// Takes an event in. Returns whether anything changed.
    pub fn apply(&mut self, envelope: &Envelope) -> bool {
        if !envelope.cursor.is_after(&self.cursor) {
            return false;
        }
        let Event::ImportUpdate(update) = &envelope.stamped.event else {
            return false;
        };
        self.cursor = envelope.cursor.clone();
        let known = self.listing.items.iter_mut().find(|import| import.import_id == update.import_id);
        if let Some(import) = known {
            take(import, update, envelope.stamped.timestamp);
            return true;
        }
        // Ids are ordered by the time of their making: an older one belongs to a later page.
        let is_newer = self.listing.items.first().is_none_or(|first| update.import_id > first.import_id);
        if is_newer && !self.newer.contains(&update.import_id) {
            self.newer.push(update.import_id);
            return true;
        }
        false
    }
}

/// An update's values into a summary. Times are the event's: the first movement is the start, the last the end.
fn take(import: &mut ImportSummary, update: &ImportUpdate, timestamp_ms: i64) {
    let at = Timestamp::from_millisecond(timestamp_ms).ok();
    import.status = update.status;
    import.rows = update.rows;
    import.bytes = update.bytes;
    import.rows_per_second = update.rows_per_second;
    import.eta_seconds = update.eta_seconds;
    import.error.clone_from(&update.error);
    if update.status != crate::domain::ImportStatus::Queued {
        import.started_at = import.started_at.or(at);
    }
    if update.status.is_final() {
        import.finished_at = import.finished_at.or(at);
    }
}
