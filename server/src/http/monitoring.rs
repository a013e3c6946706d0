//! The whole at a glance, and things to try it with, as monitors of other programs ask for them.

use std::sync::Arc;

use app::{
    domain::{Queue, Worker},
    events::{Cursor, Topic},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    error::{Problem, Sent, SentIfAny, refusal},
    events::{self, Order, Told},
    jobs::Standing,
    queue,
    refusal::{Reading, TakingJson},
};
use crate::{
    hub::Hub,
    jobs::{Echo, Job, JobOptions, JobOrder, Registry, context::Parts},
};

/// The whole, as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemStatus {
    /// `ready`, or `stopping` when this node was asked to stop.
    status: &'static str,
    /// The version of the program that answers.
    version: &'static str,
    /// What carries jobs and events: `sqlite`, `postgres` or `redis`.
    backend: &'static str,
    /// Where the log ends.
    #[schema(value_type = String)]
    cursor: Cursor,
    /// All queues, by name.
    queues: Vec<Queue>,
    /// All workers, by their ids.
    workers: Vec<Worker>,
    /// Streams that are open on this node.
    total_connections: usize,
    /// Events that this node handed to streams.
    events_delivered: u64,
}

/// Shows the whole.
///
/// Queues and workers of the installation, and the streams of the node that answers.
#[utoipa::path(
    get,
    path = "/api/queue/system-status",
    operation_id = "showSystem",
    tag = "alternative",
    responses((status = 200, description = "As it stands.", body = SystemStatus), Reading)
)]
pub(super) async fn system_status(
    State(parts): State<Parts>,
    State(hub): State<Arc<Hub>>,
) -> Result<Json<SystemStatus>, Problem> {
    let backplane = &parts.backplane;
    let stats = hub.overview();
    Ok(Json(SystemStatus {
        status: if hub.is_stopping() { "stopping" } else { "ready" },
        version: env!("CARGO_PKG_VERSION"),
        backend: backplane.name(),
        cursor: backplane.head().await.map_err(refusal)?,
        queues: backplane.queues().await.map_err(refusal)?,
        workers: backplane.workers().await.map_err(refusal)?,
        total_connections: stats.total_connections,
        events_delivered: stats.events_delivered,
    }))
}

/// A job to try the queue `test` with; all of it may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"jobName": "sleep", "data": {"ms": 5_000}}))]
pub(super) struct TestJob {
    /// Its kind.
    #[schema(default = "echo")]
    job_name: Option<String>,
    /// Its arguments.
    #[serde(default)]
    data: Value,
    /// What is different from the kind's own ways.
    #[serde(default)]
    opts: JobOptions,
}

/// Hands in a job for trying.
///
/// In the queue `test`; without a body, an `echo`.
#[utoipa::path(
    post,
    path = "/api/queue/test/job",
    operation_id = "addTestJob",
    tag = "alternative",
    request_body = Option<TestJob>,
    responses(
        (status = 202, description = "The job was taken in.", body = Standing),
        (status = 200, description = "There is one with the same `uniqueKey` or `jobId` already: this one.", body = Standing),
        TakingJson
    )
)]
pub(super) async fn add_test_job(
    parts: State<Parts>,
    registry: State<Registry>,
    SentIfAny(TestJob { job_name, data, opts }): SentIfAny<TestJob>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    let job_name = job_name.unwrap_or_else(|| Echo::KIND.to_owned());
    queue::add(parts, registry, Sent(JobOrder { queue_name: Echo::QUEUE.to_owned(), job_name, data, opts })).await
}

/// An event to try the stream with; all of it may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"topic": "custom:shop", "data": {"orders": 7}}))]
pub(super) struct TestEvent {
    /// `custom:{name}`.
    #[schema(value_type = String, default = "custom:dashboard_updates")]
    topic: Topic,
    /// Any JSON, up to 64 KiB.
    data: Value,
}

impl Default for TestEvent {
    fn default() -> Self {
        Self { topic: Topic::dashboard(), data: json!({ "message": "A test event." }) }
    }
}

/// Tells an event for trying.
///
/// At once, without a job; without a body, to the dashboard.
#[utoipa::path(
    post,
    path = "/api/queue/test/event",
    operation_id = "addTestEvent",
    tag = "alternative",
    request_body = Option<TestEvent>,
    responses((status = 201, description = "It is in the log.", body = Told), TakingJson)
)]
pub(super) async fn add_test_event(
    parts: State<Parts>,
    SentIfAny(TestEvent { topic, data }): SentIfAny<TestEvent>,
) -> Result<(StatusCode, Json<Told>), Problem> {
    events::add(parts, Sent(Order { topic, data })).await
}
