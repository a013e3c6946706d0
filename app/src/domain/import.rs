//! Imports of customer files: their state, counts and row errors.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ImportId, JobId};

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportStatus {
    /// The file is kept; no worker has picked it up yet.
    Queued,
    /// A worker checks the file, then writes its rows. `rows.total` is known once the check is done.
    Running,
    /// Every row was dealt with; some may be in the error list.
    Completed,
    /// The file could not be read; `error` says what to change. No customer was changed.
    Failed,
}

impl ImportStatus {
    /// The status' name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// A name that is none of those allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{name}'; use one of: {allowed}")]
pub struct UnknownName {
    /// What the name should have been, such as `mode`.
    pub what: &'static str,
    /// The name as it was given.
    pub name: String,
    /// The allowed names, separated by commas.
    pub allowed: &'static str,
}

impl FromStr for ImportStatus {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Queued, Self::Running, Self::Completed, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| UnknownName {
                what: "status",
                name: name.to_owned(),
                allowed: "queued, running, completed, failed",
            })
    }
}

/// What to do with rows whose e-mail is, or is not, known already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportMode {
    /// Known customers are updated, new ones are created.
    #[default]
    Upsert,
    /// New customers are created; rows of known ones are skipped.
    Create,
    /// Known customers are updated; rows of unknown ones are skipped.
    Update,
}

impl ImportMode {
    /// The mode's name, as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

impl FromStr for ImportMode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Upsert, Self::Create, Self::Update]
            .into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| UnknownName { what: "mode", name: name.to_owned(), allowed: "upsert, create, update" })
    }
}

/// What became of the rows read so far.
///
/// At every moment `inserted + updated + unchanged + skipped + failed = read`. The header and blank lines are not rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowCounts {
    /// Rows dealt with so far.
    pub read: u64,
    /// Rows that made a new customer.
    pub inserted: u64,
    /// Rows that changed a customer.
    pub updated: u64,
    /// Rows whose customer already was as the row says.
    pub unchanged: u64,
    /// Rows left out by the chosen mode.
    pub skipped: u64,
    /// Rows in the error list.
    pub failed: u64,
    /// Rows in the whole file; `None` until the check has counted them.
    pub total: Option<u64>,
}

impl RowCounts {
    /// The sum of the five outcomes, which must equal [`RowCounts::read`].
    pub const fn outcomes(&self) -> u64 {
        self.inserted + self.updated + self.unchanged + self.skipped + self.failed
    }
}

/// How far into the file the import is, in bytes of the file as it was uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByteCounts {
    /// Bytes dealt with so far.
    pub read: u64,
    /// The file's size.
    pub total: u64,
}

/// An import as every list and page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportSummary {
    /// The import.
    pub import_id: ImportId,
    /// The job that does it.
    pub job_id: JobId,
    /// The file's name on the uploader's machine; `None` when it was sent as a bare body.
    pub file_name: Option<String>,
    /// Where it stands.
    pub status: ImportStatus,
    /// How known and unknown e-mails are treated.
    pub mode: ImportMode,
    /// Row counts.
    pub rows: RowCounts,
    /// Byte counts.
    pub bytes: ByteCounts,
    /// Rows a second since the work began; `None` before the first rows.
    pub rows_per_second: Option<u64>,
    /// Seconds left at that rate; `None` when it can't be said or nothing is left.
    pub eta_seconds: Option<u64>,
    /// Why it failed, and what to change.
    pub error: Option<String>,
    /// When the file was accepted.
    pub created_at: Timestamp,
    /// When a worker first picked it up.
    pub started_at: Option<Timestamp>,
    /// When it was completed or failed.
    pub finished_at: Option<Timestamp>,
}

/// One thing that is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportRowError {
    /// The row, counted from 1 without the header.
    pub row: u64,
    /// The line of the file where the row begins, counted from 1.
    pub line: u64,
    /// The column's header as the file has it; `None` when the row as a whole is wrong.
    pub column: Option<String>,
    /// The offending value, shortened to 200 characters.
    pub value: Option<String>,
    /// A stable code, such as `bad_email`.
    pub code: String,
    /// A sentence that says what to change.
    pub message: String,
}
