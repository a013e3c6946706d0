//! Schedules as the API shows and changes them.

use ::app::domain::JobState;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::Limits;

use crate::{
    api::{Answer, call, get, post, state, tell},
    harness::{App, Work, spawn},
};

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

fn nightly() -> Value {
    json!({"name": "nightly", "cron": "30 2 * * *", "queueName": "test", "jobName": "echo", "data": {"a": 1}})
}

async fn change(app: &App, body: Value) -> Answer {
    call(app, Method::PATCH, "/api/v1/schedules/nightly", Some(body)).await
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no moment"))
}

#[tokio::test]
async fn a_schedule_is_made_listed_shown_and_removed() {
    let app = idle().await;

    let made = post(&app, "/api/v1/schedules", nightly()).await;

    assert_eq!((made.status, made.location.as_deref()), (StatusCode::CREATED, Some("/api/v1/schedules/nightly")));
    let schedule = made.json;
    assert_eq!(
        (&schedule["timeZone"], &schedule["missed"], &schedule["paused"]),
        (&json!("UTC"), &json!("skip"), &json!(false))
    );
    assert_eq!((&schedule["data"], &schedule["opts"]), (&json!({"a": 1}), &json!({})));
    assert_eq!((&schedule["lastRunAt"], &schedule["lastJobId"]), (&Value::Null, &Value::Null));
    assert!(moment(&schedule["nextRunAt"]) > moment(&schedule["createdAt"]));
    assert_eq!(get(&app, "/api/v1/schedules/nightly").await.json, schedule);
    assert_eq!(app.json("/api/v1/schedules").await, json!({"items": [schedule], "next": null}));
    let remove = async || call(&app, Method::DELETE, "/api/v1/schedules/nightly", None).await;
    assert_eq!(remove().await.status, StatusCode::NO_CONTENT);
    assert_eq!(remove().await.refusal(), (404, "not_found"));
    assert_eq!(get(&app, "/api/v1/schedules/nightly").await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn a_name_is_given_once_and_what_can_not_be_read_is_named() {
    let app = idle().await;
    post(&app, "/api/v1/schedules", nightly()).await;

    assert_eq!(post(&app, "/api/v1/schedules", nightly()).await.refusal(), (409, "conflict"));
    for (field, value, named) in [
        ("name", json!("a/b"), "name"),
        ("cron", json!("soon"), "cron"),
        ("timeZone", json!("Europe/Bielefeld"), "timeZone"),
        ("jobName", json!("tea"), "jobName"),
        ("queueName", json!(""), "queueName"),
        ("opts", json!({"priority": 10}), "opts.priority"),
        ("opts", json!({"attempts": 0}), "opts.attempts"),
        ("missed", json!("twice"), "missed"),
    ] {
        let mut order = nightly();
        order["name"] = "other".into();
        order[field] = value;
        let refused = post(&app, "/api/v1/schedules", order).await;

        assert_eq!((refused.refusal(), &refused.json["field"]), ((422, "invalid"), &json!(named)));
    }
    let mut order = nightly();
    order["jobName"] = "sleep".into();
    order["data"] = json!({"ms": "long"});
    assert_eq!(post(&app, "/api/v1/schedules", order).await.json["field"], "data.ms");
}

#[tokio::test]
async fn a_change_leaves_the_rest_as_it_was_and_reckons_the_next_run_anew() {
    let app = idle().await;
    let made = post(&app, "/api/v1/schedules", nightly()).await.json;

    let hourly = change(&app, json!({"cron": "0 * * * *", "opts": {"priority": 5}, "missed": "once"})).await;
    let paused = change(&app, json!({"paused": true})).await.json;
    let resumed = change(&app, json!({"paused": false})).await.json;

    assert_eq!(hourly.status, StatusCode::OK);
    let hourly = hourly.json;
    assert_eq!((&hourly["data"], &hourly["createdAt"]), (&made["data"], &made["createdAt"]));
    assert_eq!((&hourly["opts"], &hourly["missed"]), (&json!({"priority": 5}), &json!("once")));
    assert!(moment(&hourly["nextRunAt"]).as_second() % 3_600 == 0, "{hourly}");
    assert_eq!((&paused["paused"], &paused["nextRunAt"]), (&json!(true), &Value::Null));
    assert!(moment(&resumed["nextRunAt"]) > moment(&made["createdAt"]));
    for (wrong, named) in [(json!({"cron": "soon"}), "cron"), (json!({"jobName": "tea"}), "jobName")] {
        let refused = change(&app, wrong).await;
        assert_eq!((refused.refusal(), &refused.json["field"]), ((422, "invalid"), &json!(named)));
    }
    assert_eq!(change(&app, json!({"name": "daily"})).await.refusal(), (422, "invalid"), "a name stays");
    let nobody = call(&app, Method::PATCH, "/api/v1/schedules/nobody", Some(json!({}))).await;
    assert_eq!(nobody.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn a_schedule_that_is_run_by_hand_makes_a_job_and_its_next_run_stays() {
    let app = idle().await;
    let made = post(&app, "/api/v1/schedules", nightly()).await.json;

    let first = tell(&app, "/api/v1/schedules/nightly/run").await;
    let second = tell(&app, "/api/v1/schedules/nightly/run").await;

    assert_eq!((first.status, &first.json["status"]), (StatusCode::ACCEPTED, &json!("waiting")));
    let job_id = first.json["jobId"].as_str().expect("an id");
    assert_eq!(state(&app, job_id).await, Some(JobState::Waiting));
    assert_eq!(app.json(&format!("/api/v1/jobs/{job_id}")).await["data"], json!({"a": 1}));
    assert_ne!(second.json["jobId"], first.json["jobId"]);
    assert_eq!(app.json("/api/v1/schedules/nightly").await["nextRunAt"], made["nextRunAt"]);
    assert_eq!(tell(&app, "/api/v1/schedules/nobody/run").await.refusal(), (404, "not_found"));
}
