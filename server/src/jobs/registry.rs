//! The kinds that this program knows.

use std::{collections::HashMap, sync::Arc};

use app::domain::JobId;
use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use super::{BulkImportCustomers, Echo, Fail, Job, JobContext, JobError, PublishTestEvent, Sleep, order::OrderError};
use crate::backplane::NewJob;

type Run = dyn for<'a> Fn(Value, &'a JobContext) -> BoxFuture<'a, Result<Value, JobError>> + Send + Sync;

/// What can be done with a kind that is known by its name only.
#[derive(Clone)]
struct Kind {
    prepare: fn(Value, JobId) -> Result<NewJob, OrderError>,
    run: Arc<Run>,
}

/// Kinds by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Kind>,
}

impl Registry {
    /// All kinds that ship.
    pub fn all() -> Self {
        let trying = Self::default().with::<Echo>().with::<Sleep>().with::<Fail>().with::<PublishTestEvent>();
        trying.with::<BulkImportCustomers>()
    }

    /// The same with one kind more.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        let run: Arc<Run> = Arc::new(|data, context| run::<J>(data, context).boxed());
        self.kinds.insert(J::KIND, Kind { prepare: prepare::<J>, run });
        self
    }

    /// A job of a kind, with the kind's own ways.
    ///
    /// # Errors
    /// The kind is unknown or its arguments can't be read.
    pub(super) fn prepare(&self, kind: &str, data: Value, job_id: JobId) -> Result<NewJob, OrderError> {
        let Some(known) = self.kinds.get(kind) else {
            let mut kinds: Vec<&str> = self.kinds.keys().copied().collect();
            kinds.sort_unstable();
            let message = format!("There is no kind of this name. Use one of {}.", kinds.join(", "));
            return Err(OrderError { field: "jobName".to_owned(), message });
        };
        (known.prepare)(data, job_id)
    }

    /// Runs a job of a kind.
    ///
    /// # Errors
    /// The kind is unknown or its arguments can't be read, for which another attempt is no help; or what the job says.
    pub async fn run(&self, kind: &str, data: Value, context: &JobContext) -> Result<Value, JobError> {
        let Some(Kind { run, .. }) = self.kinds.get(kind) else {
            return Err(JobError::fail(format!("this program knows no job of the kind '{kind}'")));
        };
        run(data, context).await
    }
}

fn prepare<J: Job>(data: Value, job_id: JobId) -> Result<NewJob, OrderError> {
    let job: J = serde_path_to_error::deserialize(data).map_err(|problem| {
        let field = match problem.path().to_string() {
            whole if whole == "." => "data".to_owned(),
            path => format!("data.{path}"),
        };
        OrderError { field, message: format!("The arguments can't be read: {}.", problem.into_inner()) }
    })?;
    job.into_new_job(job_id).map_err(|problem| OrderError { field: "data".to_owned(), message: problem.to_string() })
}

async fn run<J: Job>(data: Value, context: &JobContext) -> Result<Value, JobError> {
    let job: J = serde_json::from_value(data)
        .map_err(|problem| JobError::fail(format!("the arguments can't be read: {problem}")))?;
    let output = job.run(context).await?;
    serde_json::to_value(output).map_err(|problem| JobError::fail(format!("the result can't be written: {problem}")))
}
