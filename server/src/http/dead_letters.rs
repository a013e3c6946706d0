//! Jobs that went wrong for good: taken up again, or thrown away, many at once.

use app::{
    api::ApiError,
    domain::{QueueName, Reason},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    access::Note,
    error::{Id, Problem, SentIfAny, refusal},
    queues::as_it_stands,
    refusal::{Refusal, TakingJson},
};
use crate::{
    backplane::{Backplane, DeadLetters},
    jobs::context::Parts,
};

/// Dead-lettered jobs of one call.
const MOST_AT_ONCE: u32 = 10_000;
/// Dead-lettered jobs that an engine deals with in one step.
const STEP: u32 = 1_000;

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
    /// Why: kept in the audit log.
    reason: Option<Reason>,
}

impl Default for Letters {
    fn default() -> Self {
        Self { limit: STEP, error_fingerprint: None, reason: None }
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
    note: Note,
    Id(name): Id<QueueName>,
    SentIfAny(letters): SentIfAny<Letters>,
) -> Result<Json<Replayed>, Problem> {
    let replayed = in_steps(&*parts.backplane, &note, name, letters, Fate::Replayed).await?;
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
    note: Note,
    Id(name): Id<QueueName>,
    SentIfAny(letters): SentIfAny<Letters>,
) -> Result<Json<Discarded>, Problem> {
    let discarded = in_steps(&*parts.backplane, &note, name, letters, Fate::Discarded).await?;
    Ok(Json(Discarded { discarded }))
}

/// What becomes of dead-lettered jobs.
#[derive(Clone, Copy)]
enum Fate {
    Replayed,
    Discarded,
}

/// Does something to dead-lettered jobs, a bounded step at a time, until there are no more of them or enough was done. How many it were is
/// noted after each step: should the next one fail, these are done.
async fn in_steps(
    backplane: &dyn Backplane,
    note: &Note,
    queue_name: QueueName,
    letters: Letters,
    fate: Fate,
) -> Result<u64, Problem> {
    let Letters { limit, error_fingerprint, reason } = letters;
    note.because(reason.as_ref());
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
        note.was(format!("{done} failed"));
        if matches!(fate, Fate::Replayed) {
            note.is_now(format!("{done} waiting"));
        }
        // A step that came to the end is the last: jobs that failed again since must not be taken up a second time.
        if done_now < u64::from(step) || done >= u64::from(limit) {
            return Ok(done);
        }
    }
}
