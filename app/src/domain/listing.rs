//! Answers that come in pages, and snapshots that know their place in the event log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::events::Cursor;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Listing<T> {
    /// The items of this page, in the order asked for.
    pub items: Vec<T>,
    /// What to pass as `before` (or `after`) for the next page; `None` at the end.
    pub next: Option<String>,
}

/// What a page shows, and where in the event log it was true.
///
/// The cursor is read **before** the data: a change between the two arrives again as an event and is
/// ignored by the board, while the other order would lose it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<T> {
    /// Every event after this cursor may be news.
    pub cursor: Cursor,
    /// The server's clock when the snapshot was taken; relative times are drawn from it, so that the
    /// browser's first rendering equals the server's.
    pub taken_at: Timestamp,
    /// The data itself.
    pub data: T,
}
