//! Jobs: looked for, shown, called off, taken up again, removed.

use app::{
    api::ApiError,
    domain::{JobDetail, JobId, JobPage, JobQuery, JobState, QueueName},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    access::Note,
    error::{Asked, Id, Problem, SentIfAny, refusal},
    reason::Because,
    refusal::{Reading, Refusal, TakingJson},
};
use crate::{
    backplane::{CalledOff, Removal, Retried},
    jobs::{
        context::Parts,
        listing::{self, ListingError},
    },
};

/// Most jobs of a page.
const MOST_ON_A_PAGE: u32 = 200;

/// A job, and where it stands now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobStanding, example = json!({"jobId": "0199c1a5-7a7e-7c31-9d0c-2f8b1a6e4d10", "status": "waiting"}))]
pub(super) struct Standing {
    /// The job.
    pub(super) job_id: JobId,
    /// Its state.
    pub(super) status: JobState,
}

/// Which jobs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Of this queue only.
    queue: Option<String>,
    /// In this state only.
    #[param(value_type = Option<JobState>)]
    state: Option<String>,
    /// Of this kind only.
    kind: Option<String>,
    /// Only those whose id, kind, message, error or arguments contain this text, without case.
    q: Option<String>,
    /// The `next` of the page before.
    before: Option<String>,
    /// Jobs on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Looks for jobs.
///
/// What runs comes first, then what waits, what is delayed, what failed, what was cancelled and what is done; ended ones the latest
/// first. One call looks at no more than 2,000 jobs: a search may answer a page that is not full, or empty, with `complete: false`; ask on
/// with its `next`.
#[utoipa::path(
    get,
    path = "/api/v1/jobs",
    operation_id = "listJobs",
    tag = "jobs",
    params(Page),
    responses(
        (status = 200, description = "A page of jobs.", body = JobPage), Refusal<400>, Refusal<422>, Reading
    )
)]
pub(super) async fn list(State(parts): State<Parts>, Asked(page): Asked<Page>) -> Result<Json<JobPage>, Problem> {
    let limit = page.limit.unwrap_or(JobQuery::default().limit);
    if !(1..=MOST_ON_A_PAGE).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("Ask for 1 to {MOST_ON_A_PAGE} jobs.")).into());
    }
    let query = JobQuery {
        queue_name: page.queue.map(QueueName),
        state: page.state.as_deref().map(state).transpose()?,
        job_name: page.kind,
        text: page.q,
        before: page.before,
        limit,
    };
    Ok(Json(listing::list(&*parts.backplane, &query).await.map_err(unlisted)?))
}

fn state(name: &str) -> Result<JobState, ApiError> {
    JobState::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| {
        let names = JobState::ALL.map(JobState::as_str).join(", ");
        ApiError::invalid("state", format!("There is no state of this name. Use one of {names}."))
    })
}

fn unlisted(error: ListingError) -> ApiError {
    match error {
        ListingError::NoPlace => ApiError::no_place("before"),
        ListingError::Engine(error) => refusal(error),
    }
}

/// Shows a job.
///
/// With its attempts that ended, and the last 1,000 lines of its log.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{jobId}",
    operation_id = "showJob",
    tag = "jobs",
    params(("jobId" = String, Path, description = "The job's id.")),
    responses((status = 200, description = "The job.", body = JobDetail), Refusal<404>, Reading)
)]
pub(super) async fn show(State(parts): State<Parts>, Id(job_id): Id<JobId>) -> Result<Json<JobDetail>, Problem> {
    let job = parts.backplane.job(&job_id).await.map_err(refusal)?;
    Ok(Json(job.ok_or_else(|| ApiError::not_found("job"))?))
}

/// Calls a job off.
///
/// One that waits or is delayed is cancelled at once. One that runs is asked to stop, and is cancelled as soon as it has; should it be done
/// before, it is completed. One that ended stays what it is.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/cancel",
    operation_id = "cancelJob",
    tag = "jobs",
    params(("jobId" = String, Path, description = "The job's id.")),
    request_body = Option<Because>,
    responses(
        (status = 200, description = "It was cancelled at once, or had ended before.", body = Standing,
            example = json!({"jobId": "nap", "status": "cancelled"})),
        (status = 202, description = "It runs, and was asked to stop.", body = Standing,
            example = json!({"jobId": "nap", "status": "active"})),
        Refusal<404>,
        TakingJson
    )
)]
pub(super) async fn cancel(
    State(parts): State<Parts>,
    note: Note,
    Id(job_id): Id<JobId>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    note.because(reason.as_ref());
    let called_off = parts.backplane.cancel(&job_id).await.map_err(refusal)?;
    let called_off = called_off.ok_or_else(|| ApiError::not_found("job"))?;
    let (before, after) = words_of(called_off);
    note.was(before);
    note.is_now(after);
    let status = called_off.state();
    let answer = if status == JobState::Active { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((answer, Json(Standing { job_id, status })))
}

/// From which state to which a job went that was called off. One that runs, and was asked to stop, is *cancelling*.
const fn words_of(called_off: CalledOff) -> (&'static str, &'static str) {
    const CANCELLING: &str = "cancelling";
    match called_off {
        CalledOff::AtOnce(state) => (state.as_str(), JobState::Cancelled.as_str()),
        CalledOff::Asked => (JobState::Active.as_str(), CANCELLING),
        CalledOff::AskedBefore => (CANCELLING, CANCELLING),
        CalledOff::Ended(state) => (state.as_str(), state.as_str()),
    }
}

/// Takes a job up again.
///
/// One that failed or was cancelled waits again, with all its attempts before it and its past kept. A delayed one is made ready at once. One
/// that waits stays what it is. One that runs or is done is refused, and so is one whose unique key another job holds.
#[utoipa::path(
    post,
    path = "/api/v1/jobs/{jobId}/retry",
    operation_id = "retryJob",
    tag = "jobs",
    params(("jobId" = String, Path, description = "The job's id.")),
    request_body = Option<Because>,
    responses(
        (status = 200, description = "It waits.", body = Standing, example = json!({"jobId": "nap", "status": "waiting"})),
        Refusal<404>,
        Refusal<409>,
        TakingJson
    )
)]
pub(super) async fn retry(
    State(parts): State<Parts>,
    note: Note,
    Id(job_id): Id<JobId>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<Json<Standing>, Problem> {
    note.because(reason.as_ref());
    let retried = parts.backplane.retry(&job_id).await.map_err(refusal)?;
    let Retried { from, to: status } = retried.ok_or_else(|| ApiError::not_found("job"))?;
    note.was(from.as_str());
    note.is_now(status.as_str());
    match status {
        JobState::Waiting | JobState::Delayed => Ok(Json(Standing { job_id, status })),
        JobState::Active => Err(ApiError::conflict("A worker has this job. Wait until it ends, or cancel it.").into()),
        JobState::Completed => {
            Err(ApiError::conflict("This job is done. Hand in a new one to have the work done once more.").into())
        }
        JobState::Failed | JobState::Cancelled => {
            Err(ApiError::conflict("Another job holds this one's unique key. Wait until that one ends, or cancel it.")
                .into())
        }
    }
}

/// Removes a job.
///
/// With its past and its log. One that was still to come is told of as cancelled first. One that a worker has is refused.
#[utoipa::path(
    delete,
    path = "/api/v1/jobs/{jobId}",
    operation_id = "removeJob",
    tag = "jobs",
    params(("jobId" = String, Path, description = "The job's id.")),
    request_body = Option<Because>,
    responses((status = 204, description = "It is gone."), Refusal<404>, Refusal<409>, TakingJson)
)]
pub(super) async fn remove(
    State(parts): State<Parts>,
    note: Note,
    Id(job_id): Id<JobId>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<StatusCode, Problem> {
    note.because(reason.as_ref());
    let removal = parts.backplane.remove(&job_id).await.map_err(refusal)?;
    match removal.ok_or_else(|| ApiError::not_found("job"))? {
        Removal::Removed(was) => {
            note.was(was.as_str());
            Ok(StatusCode::NO_CONTENT)
        }
        Removal::Active => {
            note.was(JobState::Active.as_str());
            note.is_now(JobState::Active.as_str());
            Err(ApiError::conflict("A worker has this job. Cancel it first.").into())
        }
    }
}
