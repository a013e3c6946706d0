//! Queues: seen, paused, limited, and what went wrong in them taken up again or thrown away.

use app::{
    api::ApiError,
    domain::{Listing, Queue, QueueName},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    error::{Id, Problem, Sent, SentIfAny, refusal},
    queue::refused,
    refusal::{Changing, Reading, Refusal, TakingJson},
};
use crate::{
    backplane::{Backplane, DeadLetters, Pause},
    jobs::{context::Parts, order},
};

/// Dead-lettered jobs of one call.
const MOST_AT_ONCE: u32 = 10_000;
/// Dead-lettered jobs that an engine deals with in one step.
const STEP: u32 = 1_000;

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
    responses((status = 200, description = "The queue as it stands.", body = Queue), Refusal<422>, Changing)
)]
pub(super) async fn pause(State(parts): State<Parts>, Id(name): Id<QueueName>) -> Result<Json<Queue>, Problem> {
    set_paused(&*parts.backplane, name, Pause::Paused).await
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
    responses((status = 200, description = "The queue as it stands.", body = Queue), Refusal<422>, Changing)
)]
pub(super) async fn resume(State(parts): State<Parts>, Id(name): Id<QueueName>) -> Result<Json<Queue>, Problem> {
    set_paused(&*parts.backplane, name, Pause::Running).await
}

async fn set_paused(backplane: &dyn Backplane, name: QueueName, pause: Pause) -> Result<Json<Queue>, Problem> {
    let name = well_formed(name)?;
    backplane.set_paused(&name, pause).await.map_err(refusal)?;
    Ok(Json(as_it_stands(backplane, &name).await?))
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
    Id(name): Id<QueueName>,
    Sent(settings): Sent<Settings>,
) -> Result<Json<Queue>, Problem> {
    let name = well_formed(name)?;
    if settings.concurrency_limit.is_some_and(|limit| !(1..=MOST_AT_ONCE).contains(&limit)) {
        return Err(ApiError::invalid("concurrencyLimit", "Use 1 to 10,000, or null for no limit.").into());
    }
    parts.backplane.set_concurrency_limit(&name, settings.concurrency_limit).await.map_err(refusal)?;
    Ok(Json(as_it_stands(&*parts.backplane, &name).await?))
}

/// Which dead-lettered jobs: those that failed first come first.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = DeadLetters, example = json!({"limit": 500, "errorFingerprint": "5f0c2a9be1d44c73"}))]
pub(super) struct Letters {
    /// So many at most, 1 to 10,000.
    #[schema(minimum = 1, maximum = 10_000, default = 1_000)]
    limit: u32,
    /// Only those with this fingerprint of their error.
    error_fingerprint: Option<String>,
}

impl Default for Letters {
    fn default() -> Self {
        Self { limit: STEP, error_fingerprint: None }
    }
}

/// How many jobs were taken up again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"replayed": 12}))]
pub(super) struct Replayed {
    /// So many.
    replayed: u64,
}

/// How many jobs were removed.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"discarded": 12}))]
pub(super) struct Discarded {
    /// So many.
    discarded: u64,
}

/// Takes dead-lettered jobs up again.
///
/// Those that failed first come first; each waits with all its attempts before it, its past kept. One whose unique key is held by
/// another job stays. Without a body: up to 1,000 jobs, whatever their error.
#[utoipa::path(
    post,
    path = "/api/v1/queues/{queueName}/failed/replay",
    operation_id = "replayFailedJobs",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    request_body = Option<Letters>,
    responses(
        (status = 200, description = "How many were taken up again.", body = Replayed), Refusal<404>, TakingJson
    )
)]
pub(super) async fn replay(
    State(parts): State<Parts>,
    Id(name): Id<QueueName>,
    SentIfAny(letters): SentIfAny<Letters>,
) -> Result<Json<Replayed>, Problem> {
    let replayed = in_steps(&*parts.backplane, name, letters, Fate::Replayed).await?;
    Ok(Json(Replayed { replayed }))
}

/// Removes dead-lettered jobs.
///
/// Those that failed first come first; each with its past and its log. Without a body: up to 1,000 jobs, whatever their error.
#[utoipa::path(
    post,
    path = "/api/v1/queues/{queueName}/failed/discard",
    operation_id = "discardFailedJobs",
    tag = "queues",
    params(("queueName" = String, Path, description = "The queue's name.", example = "test")),
    request_body = Option<Letters>,
    responses((status = 200, description = "How many were removed.", body = Discarded), Refusal<404>, TakingJson)
)]
pub(super) async fn discard(
    State(parts): State<Parts>,
    Id(name): Id<QueueName>,
    SentIfAny(letters): SentIfAny<Letters>,
) -> Result<Json<Discarded>, Problem> {
    let discarded = in_steps(&*parts.backplane, name, letters, Fate::Discarded).await?;
    Ok(Json(Discarded { discarded }))
}

/// What becomes of dead-lettered jobs.
#[derive(Clone, Copy)]
enum Fate {
    Replayed,
    Discarded,
}

/// Does something to dead-lettered jobs, a bounded step at a time, until there are no more of them or enough was done.
async fn in_steps(
    backplane: &dyn Backplane,
    queue_name: QueueName,
    letters: Letters,
    fate: Fate,
) -> Result<u64, Problem> {
    let Letters { limit, error_fingerprint } = letters;
    if !(1..=MOST_AT_ONCE).contains(&limit) {
        return Err(ApiError::invalid("limit", "Use 1 to 10,000.").into());
    }
    if error_fingerprint.as_deref().is_some_and(|text| text.chars().any(char::is_control)) {
        return Err(ApiError::invalid("errorFingerprint", "Use the one that a failed job shows.").into());
    }
    as_it_stands(backplane, &queue_name).await?;
    let mut done = 0;
    loop {
        let wanted = u64::from(limit) - done;
        let step = u32::try_from(wanted).unwrap_or(STEP).min(STEP);
        let letters =
            DeadLetters { queue_name: queue_name.clone(), limit: step, fingerprint: error_fingerprint.clone() };
        let done_now = match fate {
            Fate::Replayed => backplane.replay(&letters).await,
            Fate::Discarded => backplane.discard(&letters).await,
        };
        let done_now = done_now.map_err(refusal)?;
        done += done_now;
        // A step that came to the end is the last: jobs that failed again since must not be taken up a second time.
        if done_now < u64::from(step) || done >= u64::from(limit) {
            return Ok(done);
        }
    }
}

fn well_formed(name: QueueName) -> Result<QueueName, ApiError> {
    order::queue_name_of(name.0).map_err(|error| refused("", error))
}

async fn as_it_stands(backplane: &dyn Backplane, name: &QueueName) -> Result<Queue, ApiError> {
    let queue = backplane.queue(name).await.map_err(refusal)?;
    queue.ok_or_else(|| ApiError::not_found("queue"))
}
