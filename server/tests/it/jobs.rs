//! Jobs as the API shows them: listed, shown, called off, taken up again, removed.

use ::app::domain::JobState;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{Limits, backplane::Outcome};

use crate::{
    api::{add, call, claim, end, fail, get, post, state, tell},
    harness::{App, Work, spawn},
};

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("a list").iter().filter_map(|job| job["jobId"].as_str()).collect()
}

#[tokio::test]
async fn jobs_are_listed_by_state_and_each_filter_narrows_them() {
    let app = idle().await;
    fail(&app, "failed", "no luck").await;
    add(&app, "done", json!({}), json!({})).await;
    end(&app, "done", Outcome::Completed(json!(1))).await;
    add(&app, "runs", json!({}), json!({})).await;
    claim(&app).await;
    add(&app, "later", json!({"who": "Zoë"}), json!({"delayMs": 3_600_000})).await;
    add(&app, "next", json!({}), json!({"priority": 3})).await;

    let all = app.json("/api/v1/jobs").await;
    assert_eq!(ids(&all), ["runs", "next", "later", "failed", "done"]);
    assert_eq!((&all["next"], &all["scanned"], &all["complete"]), (&Value::Null, &json!(5), &json!(true)));
    for (query, expected) in [
        ("state=failed", &["failed"][..]),
        ("queue=test&state=waiting", &["next"]),
        ("queue=elsewhere", &[]),
        ("kind=echo&q=NO%20LUCK", &["failed"]),
        ("kind=sleep", &[]),
        ("q=zo%C3%AB", &["later"]),
        ("state=&q=", &["runs", "next", "later", "failed", "done"]),
    ] {
        assert_eq!(ids(&app.json(&format!("/api/v1/jobs?{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn pages_of_jobs_follow_each_other_without_gaps_or_doubles() {
    let app = idle().await;
    for number in 0..7 {
        let delay = if number < 3 { 0 } else { 3_600_000 + number };
        add(&app, &format!("j{number}"), json!({}), json!({"delayMs": delay})).await;
    }

    let mut met = Vec::new();
    let mut before = String::new();
    loop {
        let page = app.json(&format!("/api/v1/jobs?limit=2&before={before}")).await;
        met.extend(ids(&page).into_iter().map(ToOwned::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut before);
    }

    assert_eq!(met, ["j0", "j1", "j2", "j3", "j4", "j5", "j6"]);
}

#[tokio::test]
async fn a_question_that_is_wrong_is_refused_with_the_name_of_what_is_wrong() {
    let app = idle().await;
    for (query, refused, field) in [
        ("limit=0", (422, "invalid"), "limit"),
        ("limit=201", (422, "invalid"), "limit"),
        ("limit=many", (400, "bad_request"), ""),
        ("state=tired", (422, "invalid"), "state"),
        ("before=seven", (400, "bad_request"), ""),
        ("queue=%00", (400, "bad_request"), ""),
    ] {
        let answer = get(&app, &format!("/api/v1/jobs?{query}")).await;

        assert_eq!(answer.refusal(), refused, "{query}");
        assert_eq!(answer.json["field"].as_str().unwrap_or_default(), field);
        let parameter = query.split('=').next().filter(|name| *name != "queue").unwrap_or("query");
        let names_it =
            field == parameter || answer.json["detail"].as_str().is_some_and(|text| text.contains(parameter));
        assert!(names_it, "{}", answer.json);
    }
}

#[tokio::test]
async fn a_job_is_shown_with_its_past_and_all_that_the_contract_names() {
    let app = idle().await;
    add(&app, "mine", json!({"a": 1}), json!({"attempts": 1, "uniqueKey": "k"})).await;
    end(&app, "mine", Outcome::Failed { error: "no luck: at all".to_owned() }).await;

    let job = app.json("/api/v1/jobs/mine").await;

    for name in [
        "jobId",
        "queueName",
        "jobName",
        "state",
        "priority",
        "attempt",
        "maxAttempts",
        "progress",
        "stage",
        "message",
        "data",
        "result",
        "error",
        "uniqueKey",
        "createdAt",
        "runAt",
        "startedAt",
        "finishedAt",
        "workerId",
        "attempts",
        "log",
    ] {
        assert!(job.get(name).is_some(), "{name} in {job}");
    }
    assert_eq!((&job["state"], &job["data"], &job["attempt"]), (&json!("failed"), &json!({"a": 1}), &json!(1)));
    assert_eq!(job["attempts"][0]["error"], "no luck: at all");
    for nobody in ["nobody", "%00", "%FF", "a%2Fb"] {
        assert_eq!(get(&app, &format!("/api/v1/jobs/{nobody}")).await.refusal(), (404, "not_found"), "{nobody}");
    }
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_at_once_and_one_that_runs_is_asked_to_stop() {
    let app = idle().await;
    add(&app, "runs", json!({}), json!({})).await;
    claim(&app).await;
    add(&app, "waits", json!({}), json!({})).await;

    let waits = tell(&app, "/api/v1/jobs/waits/cancel").await;
    let again = tell(&app, "/api/v1/jobs/waits/cancel").await;
    let runs = tell(&app, "/api/v1/jobs/runs/cancel").await;

    let cancelled = json!({"jobId": "waits", "status": "cancelled"});
    assert_eq!((waits.status, &waits.json), (StatusCode::OK, &cancelled));
    assert_eq!((again.status, &again.json), (StatusCode::OK, &cancelled));
    assert_eq!((runs.status, &runs.json), (StatusCode::ACCEPTED, &json!({"jobId": "runs", "status": "active"})));
    assert_eq!(app.json("/api/v1/jobs/runs").await["cancelRequested"], true);
    assert_eq!(tell(&app, "/api/v1/jobs/nobody/cancel").await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn a_failed_job_is_taken_up_again_and_one_that_cannot_be_is_refused_with_the_reason() {
    let app = idle().await;
    fail(&app, "failed", "no luck").await;
    add(&app, "holder", json!({}), json!({"uniqueKey": "k", "delayMs": 3_600_000})).await;
    tell(&app, "/api/v1/jobs/holder/cancel").await;
    add(&app, "heir", json!({}), json!({"uniqueKey": "k", "delayMs": 3_600_000})).await;

    let retried = tell(&app, "/api/v1/jobs/failed/retry").await;
    let once_more = tell(&app, "/api/v1/jobs/failed/retry").await;
    let held = tell(&app, "/api/v1/jobs/holder/retry").await;
    claim(&app).await;
    let runs = tell(&app, "/api/v1/jobs/failed/retry").await;

    let waiting = json!({"jobId": "failed", "status": "waiting"});
    assert_eq!((retried.status, &retried.json), (StatusCode::OK, &waiting));
    assert_eq!((once_more.status, &once_more.json), (StatusCode::OK, &waiting));
    assert_eq!(held.refusal(), (409, "conflict"));
    assert_eq!(runs.refusal(), (409, "conflict"));
    assert_eq!(tell(&app, "/api/v1/jobs/nobody/retry").await.refusal(), (404, "not_found"));
    add(&app, "done", json!({}), json!({})).await;
    end(&app, "done", Outcome::Completed(Value::Null)).await;
    assert_eq!(tell(&app, "/api/v1/jobs/done/retry").await.refusal(), (409, "conflict"));
}

#[tokio::test]
async fn a_job_is_removed_unless_a_worker_has_it() {
    let app = idle().await;
    add(&app, "runs", json!({}), json!({})).await;
    claim(&app).await;
    add(&app, "waits", json!({}), json!({})).await;
    let remove = async |path: &str| call(&app, Method::DELETE, path, None).await;

    assert_eq!(remove("/api/v1/jobs/waits").await.status, StatusCode::NO_CONTENT);
    assert_eq!(remove("/api/v1/jobs/waits").await.refusal(), (404, "not_found"));
    assert_eq!(remove("/api/v1/jobs/runs").await.refusal(), (409, "conflict"));

    assert_eq!((state(&app, "waits").await, state(&app, "runs").await), (None, Some(JobState::Active)));
}

#[tokio::test]
async fn a_timed_key_is_held_after_its_job_has_ended() {
    let app = idle().await;
    let order = |time: u64| json!({"queueName": "test", "jobName": "echo", "opts": {"uniqueKey": format!("k{time}"), "uniqueForMs": time}});
    let first = post(&app, "/api/v1/queue/add", order(3_600_000)).await;
    end(&app, first.json["jobId"].as_str().expect("an id"), Outcome::Completed(Value::Null)).await;

    let second = post(&app, "/api/v1/queue/add", order(3_600_000)).await;

    assert_eq!((second.status, &second.json["jobId"]), (StatusCode::OK, &first.json["jobId"]));
    assert_eq!(second.json["status"], "completed");
    let refused = post(&app, "/api/v1/queue/add", order(0)).await;
    assert_eq!((refused.refusal(), &refused.json["field"]), ((422, "invalid"), &json!("opts.uniqueForMs")));
}
