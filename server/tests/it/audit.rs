//! What the audit log tells of each lever: who, what, to what, from which state to which, why, and how it ended.

use reqwest::{Method, StatusCode, multipart};
use serde_json::{Value, json};
use server::{
    Limits,
    backplane::{Directive, Heartbeat, Outcome},
};

use crate::{
    api::{add, call, claim, end, fail, get, post, tell},
    frames::Stream,
    harness::{App, Work, spawn},
};

const PASSWORD: &str = "correct horse battery staple";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

/// Entries that meet a query, the youngest first.
pub(crate) async fn entries(app: &App, query: &str) -> Vec<Value> {
    app.json(&format!("/api/v1/audit?{query}")).await["items"].as_array().expect("entries").clone()
}

/// Action, target, states and outcome of the youngest entry of a subject.
async fn last(app: &App, subject: &str) -> Value {
    let entry = entries(app, &format!("action={subject}&limit=1")).await.remove(0);
    ["action", "target", "stateBefore", "stateAfter", "outcome"].map(|field| entry[field].clone()).to_vec().into()
}

#[tokio::test]
async fn what_is_done_to_jobs_is_told_with_both_states() {
    let app = idle().await;
    let cancel = async |id: &str| tell(&app, &format!("/api/v1/jobs/{id}/cancel")).await.status;
    let retry = async |id: &str| tell(&app, &format!("/api/v1/jobs/{id}/retry")).await.status;
    let remove = async |id: &str| call(&app, Method::DELETE, &format!("/api/v1/jobs/{id}"), None).await.status;

    add(&app, "a", Value::Null, json!({})).await;
    cancel("a").await;
    assert_eq!(last(&app, "job").await, json!(["job.cancelled", "a", "waiting", "cancelled", "done"]));
    retry("a").await;
    assert_eq!(last(&app, "job").await, json!(["job.retried", "a", "cancelled", "waiting", "done"]));

    let running = claim(&app).await;
    assert_eq!(cancel("a").await, StatusCode::ACCEPTED);
    assert_eq!(last(&app, "job").await, json!(["job.cancelled", "a", "active", "cancelling", "done"]));
    cancel("a").await;
    assert_eq!(last(&app, "job").await, json!(["job.cancelled", "a", "cancelling", "cancelling", "done"]));
    assert_eq!(remove("a").await, StatusCode::CONFLICT);
    assert_eq!(last(&app, "job").await, json!(["job.removed", "a", "active", "active", "conflict"]));
    let leases = [running.lease.clone()];
    let alive = Heartbeat {
        worker: &"w-1".into(),
        status: ::app::domain::WorkerStatus::Active,
        leases: &leases,
        lease: std::time::Duration::from_mins(1),
    };
    let told = app.parts.backplane.heartbeat(alive).await.expect("answered");
    assert_eq!(told, [Directive::Cancel(running.lease)]);

    add(&app, "b", Value::Null, json!({})).await;
    end(&app, "b", Outcome::Completed(json!(1))).await;
    assert_eq!(retry("b").await, StatusCode::CONFLICT);
    assert_eq!(last(&app, "job").await, json!(["job.retried", "b", "completed", "completed", "conflict"]));
    remove("b").await;
    assert_eq!(last(&app, "job").await, json!(["job.removed", "b", "completed", null, "done"]));
    assert_eq!(cancel("b").await, StatusCode::NOT_FOUND);
    assert_eq!(last(&app, "job").await, json!(["job.cancelled", "b", null, null, "not_found"]));
}

#[tokio::test]
async fn what_is_done_to_queues_and_dead_letters_is_told_with_what_was_before() {
    let app = idle().await;
    let limit = async |limit: Value| {
        call(&app, Method::PATCH, "/api/v1/queues/test", Some(json!({"concurrencyLimit": limit}))).await;
    };

    tell(&app, "/api/v1/queues/test/pause").await;
    assert_eq!(last(&app, "queue").await, json!(["queue.paused", "test", "running", "paused", "done"]));
    tell(&app, "/api/v1/queues/test/pause").await;
    assert_eq!(last(&app, "queue").await, json!(["queue.paused", "test", "paused", "paused", "done"]));
    tell(&app, "/api/v1/queues/test/resume").await;
    assert_eq!(last(&app, "queue").await, json!(["queue.resumed", "test", "paused", "running", "done"]));
    limit(json!(4)).await;
    assert_eq!(last(&app, "queue").await, json!(["queue.limited", "test", "no limit", "4", "done"]));
    limit(json!(8)).await;
    assert_eq!(last(&app, "queue").await, json!(["queue.limited", "test", "4", "8", "done"]));
    limit(json!(0)).await;
    assert_eq!(last(&app, "queue").await, json!(["queue.limited", "test", null, null, "invalid"]));
    limit(Value::Null).await;
    assert_eq!(last(&app, "queue").await, json!(["queue.limited", "test", "8", "no limit", "done"]));

    for id in ["a", "b", "c"] {
        fail(&app, id, "no").await;
    }
    post(&app, "/api/v1/queues/test/failed/replay", json!({"limit": 2})).await;
    let replayed = json!(["dead_letters.replayed", "test", "2 failed", "2 waiting", "done"]);
    assert_eq!(last(&app, "dead_letters").await, replayed);
    tell(&app, "/api/v1/queues/test/failed/discard").await;
    let discarded = json!(["dead_letters.discarded", "test", "1 failed", null, "done"]);
    assert_eq!(last(&app, "dead_letters").await, discarded);
}

#[tokio::test]
async fn of_a_schedule_it_is_told_what_differs_and_no_arguments() {
    let app = idle().await;
    let order = json!({"name": "n", "cron": "0 2 * * *", "queueName": "test", "jobName": "echo", "data": "hush"});
    let change = async |body: Value| call(&app, Method::PATCH, "/api/v1/schedules/n", Some(body)).await.status;

    post(&app, "/api/v1/schedules", order.clone()).await;
    let entry = last(&app, "schedule").await;
    assert_eq!((&entry[0], &entry[1], &entry[4]), (&json!("schedule.added"), &json!("n"), &json!("done")));
    post(&app, "/api/v1/schedules", order).await;
    assert_eq!(last(&app, "schedule").await, json!(["schedule.added", "n", null, null, "conflict"]));

    change(json!({"cron": "0 3 * * *", "paused": true, "timeZone": "UTC", "data": "hush hush"})).await;
    let was = r#"{"cron":"0 2 * * *","data":"…","paused":false}"#;
    let is_now = r#"{"cron":"0 3 * * *","data":"…","paused":true}"#;
    assert_eq!(last(&app, "schedule").await, json!(["schedule.changed", "n", was, is_now, "done"]));

    let job = tell(&app, "/api/v1/schedules/n/run").await.json["jobId"].as_str().expect("an id").to_owned();
    let ran = json!(["schedule.run", "n", null, format!("job {job} waiting"), "done"]);
    assert_eq!(last(&app, "schedule").await, ran);
    call(&app, Method::DELETE, "/api/v1/schedules/n", None).await;
    assert_eq!(last(&app, "schedule.removed").await[3], Value::Null);
    assert!(!json!(entries(&app, "").await).to_string().contains("hush"));
}

#[tokio::test]
async fn streams_imports_and_downloads_are_told_of() {
    let app = idle().await;
    let mut stream = Stream::open(&app, "topics=imports").await;
    let connection = stream.next_of("connected").await.data["connectionId"].as_str().expect("an id").to_owned();

    tell(&app, &format!("/api/v1/sse/{connection}/kick")).await;
    assert_eq!(last(&app, "stream").await, json!(["stream.kicked", connection, "open", "ending", "done"]));

    let import: Value = app.upload("email\nann@x.org\n").await.json().await.expect("JSON");
    let after = format!("job {}", import["jobId"].as_str().expect("an id"));
    assert_eq!(last(&app, "import").await, json!(["import.uploaded", import["importId"], null, after, "done"]));
    // A page without a script is sent back to, which is no success.
    let form = multipart::Form::new().text("mode", "upsert");
    assert_eq!(app.upload_form("/customers/import", form).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(last(&app, "import").await, json!(["import.uploaded", null, null, null, "invalid"]));

    app.get("/api/v1/customers/export.csv").await;
    assert_eq!(last(&app, "customers").await, json!(["customers.exported", null, null, null, "done"]));
    tell(&app, "/dashboard/trigger-test-pubsub").await;
    assert_eq!(last(&app, "test_event").await[0], "test_event.ordered");
}

#[tokio::test]
async fn a_reason_is_kept_with_and_without_another_body_and_of_refusals_too() {
    let app = idle().await;
    add(&app, "a", Value::Null, json!({})).await;
    let user = json!({"email": "ada@example.com", "role": "viewer", "password": PASSWORD, "reason": "why"});
    let user_id = post(&app, "/api/v1/users", user).await.json["userId"].as_str().expect("an id").to_owned();
    let token = post(&app, "/api/v1/tokens", json!({"name": "ci", "role": "viewer", "reason": "why"})).await.json;
    let schedule = json!({"name": "n", "cron": "@daily", "queueName": "test", "jobName": "echo", "reason": "why"});
    post(&app, "/api/v1/schedules", schedule).await;
    let why = |mut body: Value| {
        body["reason"] = " why ".into();
        Some(body)
    };

    for (method, path, body) in [
        (Method::POST, "/api/v1/queues/test/pause", json!({})),
        (Method::PATCH, "/api/v1/queues/test", json!({"concurrencyLimit": null})),
        (Method::POST, "/api/v1/queues/test/failed/discard", json!({})),
        (Method::PATCH, "/api/v1/schedules/n", json!({"paused": true})),
        (Method::DELETE, "/api/v1/schedules/n", json!({})),
        (Method::DELETE, "/api/v1/jobs/a", json!({})),
        (Method::DELETE, "/api/v1/jobs/a", json!({})),
        (Method::POST, "/api/v1/sse/nobody/kick", json!({})),
        (Method::PATCH, &format!("/api/v1/users/{user_id}"), json!({"role": "admin"})),
        (Method::DELETE, &format!("/api/v1/tokens/{}", token["tokenId"].as_str().expect("an id")), json!({})),
    ] {
        call(&app, method, path, why(body)).await;
        assert_eq!(entries(&app, "limit=1").await[0]["reason"], "why", "{path}");
    }
    for action in ["user.added", "token.created", "schedule.added"] {
        assert_eq!(entries(&app, &format!("action={action}&limit=1")).await[0]["reason"], "why", "{action}");
    }
}

#[tokio::test]
async fn a_reason_that_can_not_be_kept_is_refused_and_nothing_is_done() {
    let app = idle().await;
    for (reason, status) in [
        (json!("x".repeat(501)), 422),
        (json!("two\nlines"), 422),
        (json!(7), 422),
        (json!("x".repeat(500)), 200),
        (json!(" "), 200),
    ] {
        let answer = post(&app, "/api/v1/queues/test/pause", json!({"reason": reason})).await;
        assert_eq!(answer.status.as_u16(), status, "{reason}");
        if status == 422 {
            assert_eq!(answer.json["field"], "reason");
            assert_eq!(get(&app, "/api/v1/queues/test").await.status, StatusCode::NOT_FOUND);
        }
    }
    assert_eq!(post(&app, "/api/v1/queues/test/pause", json!({"reasons": "x"})).await.status.as_u16(), 422);
    let told = entries(&app, "action=queue.paused").await;
    assert_eq!(told.iter().filter(|entry| entry["outcome"] == "invalid").count(), 4);
    assert_eq!((&told[1]["reason"], &told[2]["reason"]), (&Value::Null, &json!("x".repeat(500))));
}
