//! The kinds that this program knows.

use std::{collections::HashMap, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use super::{BulkImportCustomers, Job, JobContext, JobError};

type Run = dyn for<'a> Fn(Value, &'a JobContext) -> BoxFuture<'a, Result<Value, JobError>> + Send + Sync;

/// Kinds by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Arc<Run>>,
}

impl Registry {
    /// All kinds that ship.
    pub fn all() -> Self {
        Self::default().with::<BulkImportCustomers>()
    }

    /// The same with one kind more.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        self.kinds.insert(J::KIND, Arc::new(|data, context| run::<J>(data, context).boxed()));
        self
    }

    /// Runs a job of a kind.
    ///
    /// # Errors
    /// The kind is unknown or its arguments can't be read, for which another attempt is no help; or what the job says.
    pub async fn run(&self, kind: &str, data: Value, context: &JobContext) -> Result<Value, JobError> {
        let Some(run) = self.kinds.get(kind) else {
            return Err(JobError::Fail(format!("this program knows no job of the kind '{kind}'")));
        };
        run(data, context).await
    }
}

async fn run<J: Job>(data: Value, context: &JobContext) -> Result<Value, JobError> {
    let job: J = serde_json::from_value(data)
        .map_err(|problem| JobError::Fail(format!("the arguments can't be read: {problem}")))?;
    let output = job.run(context).await?;
    serde_json::to_value(output).map_err(|problem| JobError::Fail(format!("the result can't be written: {problem}")))
}
