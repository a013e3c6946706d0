//! Jobs that other programs hand in.

use app::{api::ApiError, domain::JobState};
use axum::{Json, extract::State, http::StatusCode};

use super::{
    error::{Problem, Sent, refusal},
    jobs::Standing,
    refusal::TakingJson,
};
use crate::{
    backplane::NewJob,
    jobs::{JobOrder, OrderError, Registry, context::Parts},
};

/// Most jobs of one call.
const MOST_AT_ONCE: usize = 10_000;

/// Hands a job in.
///
/// It is kept before it is answered. Where a job with the same `uniqueKey` is alive, or one with the same `jobId` is known, no new one is made:
/// that one is answered.
#[utoipa::path(
    post,
    path = "/api/v1/queue/add",
    operation_id = "addJob",
    tag = "jobs",
    request_body = JobOrder,
    responses(
        (status = 202, description = "The job was taken in.", body = Standing),
        (status = 200, description = "There is one with the same `uniqueKey` or `jobId` already: this one.", body = Standing),
        TakingJson
    )
)]
pub(super) async fn add(
    State(parts): State<Parts>,
    State(registry): State<Registry>,
    Sent(order): Sent<JobOrder>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    let job = order.into_new_job(&registry).map_err(|error| refused("", error))?;
    hand_in(&parts, job).await
}

/// Enqueues a job, or finds the one that is there already.
pub(super) async fn hand_in(parts: &Parts, job: NewJob) -> Result<(StatusCode, Json<Standing>), Problem> {
    let state = first_state(&job);
    let enqueued = parts.backplane.enqueue(vec![job]).await.map_err(refusal)?.pop().ok_or(ApiError::Internal)?;
    if enqueued.is_new {
        return Ok((StatusCode::ACCEPTED, Json(Standing { job_id: enqueued.job_id, status: state })));
    }
    let known = parts.backplane.job_state(&enqueued.job_id).await.map_err(refusal)?;
    // It may have ended and been removed since it was found: then completed is the nearest truth.
    let status = known.unwrap_or(JobState::Completed);
    Ok((StatusCode::OK, Json(Standing { job_id: enqueued.job_id, status })))
}

/// Hands many jobs in.
///
/// Up to 10,000, all or none, in one step. An order that is wrong is named by its place: `[3].data.ms`.
#[utoipa::path(
    post,
    path = "/api/v1/queue/add-bulk",
    operation_id = "addJobs",
    tag = "jobs",
    request_body = Vec<JobOrder>,
    responses(
        (status = 202, description = "All were taken in; each stands at the place of its order.", body = Vec<Standing>),
        TakingJson
    )
)]
pub(super) async fn add_bulk(
    State(parts): State<Parts>,
    State(registry): State<Registry>,
    Sent(orders): Sent<Vec<JobOrder>>,
) -> Result<(StatusCode, Json<Vec<Standing>>), Problem> {
    if orders.len() > MOST_AT_ONCE {
        return Err(ApiError::invalid("", format!("Send at most {MOST_AT_ONCE} orders at once.")).into());
    }
    let prepared = orders.into_iter().enumerate().map(|(place, order)| {
        let prefix = format!("[{place}].");
        order.into_new_job(&registry).map_err(|error| refused(&prefix, error))
    });
    let jobs: Vec<NewJob> = prepared.collect::<Result<_, _>>()?;
    let states: Vec<JobState> = jobs.iter().map(first_state).collect();
    let enqueued = parts.backplane.enqueue(jobs).await.map_err(refusal)?;
    let mut taken = Vec::with_capacity(enqueued.len());
    for (job, state) in enqueued.into_iter().zip(states) {
        let known = if job.is_new { None } else { parts.backplane.job_state(&job.job_id).await.map_err(refusal)? };
        taken.push(Standing { job_id: job.job_id, status: known.unwrap_or(state) });
    }
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

const fn first_state(job: &NewJob) -> JobState {
    if job.delay.is_zero() { JobState::Waiting } else { JobState::Delayed }
}

/// An order that can't be taken, as a refusal.
pub(super) fn refused(prefix: &str, error: OrderError) -> ApiError {
    ApiError::invalid(&format!("{prefix}{}", error.field), error.message)
}
