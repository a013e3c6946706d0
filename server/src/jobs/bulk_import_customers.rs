//! The import of customers: brings the rows of a kept file into the database, exactly once.

use app::domain::ImportId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Job, JobContext, JobError};
use crate::import;

/// Its arguments: everything else stands in the import's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkImportCustomers {
    /// The import.
    pub import_id: ImportId,
}

#[async_trait]
impl Job for BulkImportCustomers {
    const KIND: &'static str = "BULK_IMPORT_CUSTOMERS";
    const QUEUE: &'static str = "customer.jobs";
    // An import goes on from where the last attempt came to, so deaths of its worker that are no fault of its own may be many.
    const MAX_STALLS: u32 = 25;
    const MAX_ATTEMPTS: u32 = 50;

    type Output = Value;

    fn public(&self) -> Map<String, Value> {
        Map::from_iter([("importId".to_owned(), json!(self.import_id))])
    }

    fn unique_key(&self) -> Option<String> {
        Some(format!("import:{}", self.import_id))
    }

    fn concurrency_key(&self) -> Option<String> {
        Some("customers".to_owned())
    }

    async fn run(self, context: &JobContext) -> Result<Value, JobError> {
        let counts = import::run(self.import_id, context).await?;
        Ok(json!({ "importId": self.import_id, "rows": counts }))
    }
}
