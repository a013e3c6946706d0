//! Schedules: listed, shown, made, changed, removed, and run before their time.

use app::{
    api::ApiError,
    domain::{Listing, Schedule},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use jiff::Timestamp;

use super::{
    access::Note,
    error::{Id, Problem, Sent, SentIfAny, refusal},
    jobs::Standing,
    queue::{hand_in, refused},
    reason::Because,
    refusal::{Reading, Refusal, TakingJson},
};
use crate::{
    backplane::{Former, Plan, StoredSchedule},
    jobs::{
        Registry, ScheduleChange, ScheduleOrder,
        context::Parts,
        schedule_difference::{all_of, difference},
        schedule_order::shown,
        scheduler::{first_run, job_now},
    },
};

/// Lists schedules.
#[utoipa::path(
    get,
    path = "/api/v1/schedules",
    operation_id = "listSchedules",
    tag = "schedules",
    responses((status = 200, description = "The schedules by name, all on one page.", body = Listing<Schedule>), Reading)
)]
pub(super) async fn list(State(parts): State<Parts>) -> Result<Json<Listing<Schedule>>, Problem> {
    let schedules = parts.backplane.schedules().await.map_err(refusal)?;
    Ok(Json(Listing { items: schedules.into_iter().map(shown).collect(), next: None }))
}

/// Shows a schedule.
#[utoipa::path(
    get,
    path = "/api/v1/schedules/{name}",
    operation_id = "showSchedule",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule's name.", example = "nightly")),
    responses((status = 200, description = "The schedule.", body = Schedule), Refusal<404>, Reading)
)]
pub(super) async fn show(State(parts): State<Parts>, Id(name): Id<String>) -> Result<Json<Schedule>, Problem> {
    Ok(Json(shown(stored(&parts, &name).await?)))
}

/// Makes a schedule.
///
/// Its pattern is five fields of crontab(5), or a nickname such as `@daily`. A name that is taken is refused.
#[utoipa::path(
    post,
    path = "/api/v1/schedules",
    operation_id = "addSchedule",
    tag = "schedules",
    request_body = ScheduleOrder,
    responses(
        (status = 201, description = "It is there.", body = Schedule,
            headers(("Location" = String, description = "Where the schedule is."))),
        Refusal<409>,
        TakingJson
    )
)]
pub(super) async fn add(
    State(parts): State<Parts>,
    State(registry): State<Registry>,
    note: Note,
    Sent(order): Sent<ScheduleOrder>,
) -> Result<impl IntoResponse + use<>, Problem> {
    note.because(order.reason.as_ref());
    note.of(&order.name);
    let plan = order.into_plan(&registry).map_err(|error| refused("", error))?;
    let next = next_run(&plan)?;
    if !parts.backplane.add_schedule(&plan, next).await.map_err(refusal)? {
        return Err(
            ApiError::conflict("There is a schedule of this name. Change that one, or use another name.").into()
        );
    }
    note.is_now(all_of(&plan));
    let location = format!("/api/v1/schedules/{}", plan.name);
    let schedule = shown(stored(&parts, &plan.name).await?);
    Ok((StatusCode::CREATED, AppendHeaders([(header::LOCATION, location)]), Json(schedule)))
}

/// Changes a schedule.
///
/// What is left out stays. When it runs next is reckoned anew from now on.
#[utoipa::path(
    patch,
    path = "/api/v1/schedules/{name}",
    operation_id = "changeSchedule",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule's name.", example = "nightly")),
    request_body = ScheduleChange,
    responses((status = 200, description = "The schedule as it is now.", body = Schedule), Refusal<404>, TakingJson)
)]
pub(super) async fn change(
    State(parts): State<Parts>,
    State(registry): State<Registry>,
    note: Note,
    Id(name): Id<String>,
    Sent(change): Sent<ScheduleChange>,
) -> Result<Json<Schedule>, Problem> {
    note.because(change.reason.as_ref());
    let before = stored(&parts, &name).await?;
    let plan = change.apply(before.plan.clone(), &registry).map_err(|error| refused("", error))?;
    let next = next_after_change(&before, &plan)?;
    let former = parts.backplane.change_schedule(&plan, next).await.map_err(refusal)?;
    let Former(former) = former.ok_or_else(|| ApiError::not_found("schedule"))?;
    // What it was is what the step wrote over, which may be younger than what was read before.
    let (was, is_now) = difference(former.as_ref(), &plan);
    note.was(was);
    note.is_now(is_now);
    Ok(Json(shown(stored(&parts, &name).await?)))
}

/// Removes a schedule.
///
/// Jobs that it made stay.
#[utoipa::path(
    delete,
    path = "/api/v1/schedules/{name}",
    operation_id = "removeSchedule",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule's name.", example = "nightly")),
    request_body = Option<Because>,
    responses((status = 204, description = "It is gone."), Refusal<404>, TakingJson)
)]
pub(super) async fn remove(
    State(parts): State<Parts>,
    note: Note,
    Id(name): Id<String>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<StatusCode, Problem> {
    note.because(reason.as_ref());
    let removed = parts.backplane.remove_schedule(&name).await.map_err(refusal)?;
    let Former(plan) = removed.ok_or_else(|| ApiError::not_found("schedule"))?;
    note.was(plan.as_ref().map_or_else(|| "unreadable".to_owned(), all_of));
    Ok(StatusCode::NO_CONTENT)
}

/// Runs a schedule now.
///
/// Hands in a job like those that it makes, even while it is paused. When it runs next stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/schedules/{name}/run",
    operation_id = "runSchedule",
    tag = "schedules",
    params(("name" = String, Path, description = "The schedule's name.", example = "nightly")),
    request_body = Option<Because>,
    responses(
        (status = 202, description = "The job was taken in.", body = Standing),
        (status = 200, description = "A job with the unique key of its kind is there already: this one.", body = Standing),
        Refusal<404>,
        TakingJson
    )
)]
pub(super) async fn run(
    State(parts): State<Parts>,
    note: Note,
    Id(name): Id<String>,
    SentIfAny(Because { reason }): SentIfAny<Because>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    note.because(reason.as_ref());
    let schedule = stored(&parts, &name).await?;
    let (status, Json(standing)) = hand_in(&parts, job_now(&schedule.plan)).await?;
    note.is_now(format!("job {} {}", standing.job_id, standing.status.as_str()));
    Ok((status, Json(standing)))
}

async fn stored(parts: &Parts, name: &str) -> Result<StoredSchedule, ApiError> {
    let schedule = parts.backplane.schedule(name).await.map_err(refusal)?;
    schedule.ok_or_else(|| ApiError::not_found("schedule"))
}

fn next_run(plan: &Plan) -> Result<Option<Timestamp>, ApiError> {
    first_run(plan, Timestamp::now()).map_err(|problem| ApiError::invalid("cron", problem))
}

/// A run that is due at this very moment is not lost over a change of something else.
fn next_after_change(before: &StoredSchedule, plan: &Plan) -> Result<Option<Timestamp>, ApiError> {
    let when = |plan: &Plan| (plan.cron.clone(), plan.time_zone.clone(), plan.paused);
    match before.next_run_at {
        Some(due) if due <= Timestamp::now() && when(&before.plan) == when(plan) => Ok(Some(due)),
        _ => next_run(plan),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use app::domain::{MissedRuns, ScheduleOptions};
    use serde_json::{Value, json};

    use super::*;

    fn due_now() -> StoredSchedule {
        let order = json!({"name": "hourly", "cron": "0 * * * *", "queueName": "test", "jobName": "echo"});
        let order: ScheduleOrder = serde_json::from_value(order).expect("an order");
        let now = Timestamp::now();
        StoredSchedule {
            plan: order.into_plan(&Registry::all()).expect("a plan"),
            next_run_at: Some(now - Duration::from_millis(1)),
            last_run_at: None,
            last_job_id: None,
            created_at: now,
        }
    }

    fn next_after(before: &StoredSchedule, change: Value) -> Option<Timestamp> {
        let change: ScheduleChange = serde_json::from_value(change).expect("a change");
        let plan = change.apply(before.plan.clone(), &Registry::all()).expect("a plan");
        next_after_change(before, &plan).expect("a moment")
    }

    #[test]
    fn a_run_that_is_due_is_lost_only_over_a_change_of_its_moment() {
        let before = due_now();
        let options = ScheduleOptions { priority: Some(3), attempts: None };

        let other = next_after(&before, json!({"data": 7, "opts": options, "missed": MissedRuns::Once}));
        let moment = next_after(&before, json!({"cron": "30 * * * *"}));
        let rest = next_after(&before, json!({"paused": true}));

        assert_eq!(other, before.next_run_at);
        assert!(moment.is_some_and(|next| Some(next) > before.next_run_at));
        assert_eq!(rest, None);
    }
}
