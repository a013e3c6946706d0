//! What happened to imports.

use serde::{Deserialize, Serialize};

use crate::domain::{ByteCounts, ImportId, ImportStatus, ImportSummary, RowCounts};

/// An import changed its state or dealt with more rows. Whole values, not differences: the last one tells all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportUpdate {
    /// The import.
    pub import_id: ImportId,
    /// Where it stands.
    pub status: ImportStatus,
    /// Row counts.
    pub rows: RowCounts,
    /// Byte counts.
    pub bytes: ByteCounts,
    /// Rows a second since the work began; `null` before the first rows.
    pub rows_per_second: Option<u64>,
    /// Seconds left at that rate; `null` when it can't be said or nothing is left.
    pub eta_seconds: Option<u64>,
    /// Why it failed, and what to change.
    pub error: Option<String>,
}

impl From<&ImportSummary> for ImportUpdate {
    fn from(summary: &ImportSummary) -> Self {
        Self {
            import_id: summary.import_id,
            status: summary.status,
            rows: summary.rows,
            bytes: summary.bytes,
            rows_per_second: summary.rows_per_second,
            eta_seconds: summary.eta_seconds,
            error: summary.error.clone(),
        }
    }
}
