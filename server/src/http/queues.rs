//! Queues: seen, paused, limited.

use app::{
    api::ApiError,
    domain::{Listing, Queue, QueueName, Reason},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{
    access::Note,
    error::{Id, Problem, Sent, SentIfAny, refusal},
    queue::refused,
    reason::Because,
    refusal::{Reading, Refusal, TakingJson},
};
use crate::{
    backplane::{Backplane, Pause},
    jobs::{context::Parts, order},
};

/// The largest limit.
const MOST_AT_ONCE: u32 = 10_000;

/// Lists queues.
///
/// All queues that ever had a job or a setting, by name. It costs the same however many jobs they hold.
#[utoipa::path(
    get,
    path = "/api/v1/queues",
    operation_id = "listQueues",
    tag = "queues",
    responses((status = 200, description = "The queues, all on one page.", body = Listing<Queue>), Reading)
)]
pub(super) async fn list(State(parts): State<Parts>) -> Result<Json<Listing<Queue>>, Problem> {
    let items = parts.backplane.queues().await.map_err(refusal)?;
    Ok(Json(Listing { items, next: None }))
}

/// Shows a queue.
#[utoipa::path(
    get,
    path = "/api/v1/queues/{queueName}",
    operation_id = "showQueue",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    responses((status = 200, description = "The queue as it stands.", body = Queue), Refusal<404>, Reading)
)]
pub(super) async fn show(State(parts): State<Parts>, Id(name): Id<QueueName>) -> Result<Json<Queue>, Problem> {
    Ok(Json(as_it_stands(&*parts.backplane, &name).await?))
}

/// Pauses a queue.
///
/// No worker of any process is given jobs of it until it is resumed. What runs already runs on. Done to a paused queue it changes
/// nothing. A queue that had no job yet is made by it.
#[utoipa::path(
    post,
    path = "/api/v1/queues/{queueName}/pause",
    operation_id = "pauseQueue",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    request_body = Option<Because>,
    responses((status = 200, description = "The queue as it stands.", body = Queue), TakingJson)
)]
pub(super) async fn pause(
    State(parts): State<Parts>,
    note: Note,
    Id(name): Id<QueueName>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<Json<Queue>, Problem> {
    note.because(reason.as_ref());
    set_paused(&*parts.backplane, &note, name, Pause::Paused).await
}

/// Resumes a queue.
///
/// Workers are given its jobs again. Done to a queue that is not paused it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/queues/{queueName}/resume",
    operation_id = "resumeQueue",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    request_body = Option<Because>,
    responses((status = 200, description = "The queue as it stands.", body = Queue), TakingJson)
)]
pub(super) async fn resume(
    State(parts): State<Parts>,
    note: Note,
    Id(name): Id<QueueName>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<Json<Queue>, Problem> {
    note.because(reason.as_ref());
    set_paused(&*parts.backplane, &note, name, Pause::Running).await
}

async fn set_paused(
    backplane: &dyn Backplane,
    note: &Note,
    name: QueueName,
    pause: Pause,
) -> Result<Json<Queue>, Problem> {
    let name = well_formed(name)?;
    note.was(word_of(backplane.set_paused(&name, pause).await.map_err(refusal)?));
    note.is_now(word_of(pause));
    Ok(Json(as_it_stands(backplane, &name).await?))
}

const fn word_of(pause: Pause) -> &'static str {
    match pause {
        Pause::Paused => "paused",
        Pause::Running => "running",
    }
}

/// What can be set of a queue.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = QueueSettings, example = json!({"concurrencyLimit": 4}))]
pub(super) struct Settings {
    /// Jobs of it that may run at the same time, over all workers, 1 to 10,000; `null` lifts the limit.
    #[serde(deserialize_with = "named")]
    #[schema(minimum = 1, maximum = 10_000, required = true)]
    concurrency_limit: Option<u32>,
    /// Why: kept in the audit log.
    #[serde(default)]
    reason: Option<Reason>,
}

/// A field that may be null, but not left out: a body without it would lift a limit that nobody spoke of.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(deserializer)
}

/// Limits a queue.
///
/// What runs already runs on. A queue that had no job yet is made by it.
#[utoipa::path(
    patch,
    path = "/api/v1/queues/{queueName}",
    operation_id = "limitQueue",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    request_body = Settings,
    responses((status = 200, description = "The queue as it stands.", body = Queue), TakingJson)
)]
pub(super) async fn change(
    State(parts): State<Parts>,
    note: Note,
    Id(name): Id<QueueName>,
    Sent(settings): Sent<Settings>,
) -> Result<Json<Queue>, Problem> {
    note.because(settings.reason.as_ref());
    let name = well_formed(name)?;
    if settings.concurrency_limit.is_some_and(|limit| !(1..=MOST_AT_ONCE).contains(&limit)) {
        return Err(ApiError::invalid("concurrencyLimit", "Use 1 to 10,000, or null for no limit.").into());
    }
    let limit = settings.concurrency_limit;
    note.was(limited(parts.backplane.set_concurrency_limit(&name, limit).await.map_err(refusal)?));
    note.is_now(limited(limit));
    Ok(Json(as_it_stands(&*parts.backplane, &name).await?))
}

fn limited(limit: Option<u32>) -> String {
    limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string())
}

fn well_formed(name: QueueName) -> Result<QueueName, ApiError> {
    order::queue_name_of(name.0).map_err(|error| refused("", error))
}

/// A queue, if there is one of the name.
pub(super) async fn as_it_stands(backplane: &dyn Backplane, name: &QueueName) -> Result<Queue, ApiError> {
    let queue = backplane.queue(name).await.map_err(refusal)?;
    queue.ok_or_else(|| ApiError::not_found("queue"))
}
