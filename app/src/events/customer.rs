//! What happened to customers.

use serde::{Deserialize, Serialize};

use crate::domain::ImportId;

/// An import made, changed or refused this many customers. Which ones, the lists and the error list tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomersChanged {
    /// The import.
    pub import_id: ImportId,
    /// How many; never 0.
    pub count: u64,
}
