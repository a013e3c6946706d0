//! Calls of the API, and jobs in the states that a test needs.

use std::time::Duration;

use ::app::{domain::JobState, events::Cursor};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::backplane::{ClaimRequest, ClaimedJob, Ending, Outcome};

use crate::harness::App;

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    /// Null where there was no body.
    pub(crate) json: Value,
}

impl Answer {
    /// The status and the code of a refusal; it must be one that a person can read.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        assert!(self.json["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", self.json);
        (self.status.as_u16(), self.json["code"].as_str().expect("a code"))
    }
}

/// Asks for something, or sends something.
pub(crate) async fn call(app: &App, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = app.client.request(method, format!("{}{path}", app.base));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("answered");
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).map(|place| place.to_str().expect("ASCII").to_owned());
    let body = answer.bytes().await.expect("a body");
    let json = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") };
    Answer { status, location, json }
}

pub(crate) async fn get(app: &App, path: &str) -> Answer {
    call(app, Method::GET, path, None).await
}

pub(crate) async fn post(app: &App, path: &str, body: Value) -> Answer {
    call(app, Method::POST, path, Some(body)).await
}

/// Posts nothing.
pub(crate) async fn tell(app: &App, path: &str) -> Answer {
    call(app, Method::POST, path, None).await
}

/// Hands a job of the kind `echo` in, under an id.
pub(crate) async fn add(app: &App, job_id: &str, data: Value, mut opts: Value) {
    opts["jobId"] = job_id.into();
    let order = json!({"queueName": "test", "jobName": "echo", "data": data, "opts": opts});
    assert_eq!(post(app, "/api/v1/queue/add", order).await.status, StatusCode::ACCEPTED);
}

/// Takes the next job, as a worker does.
pub(crate) async fn claim(app: &App) -> ClaimedJob {
    let request =
        ClaimRequest { worker: "w-1".into(), queues: vec!["test".into()], limit: 1, lease: Duration::from_mins(1) };
    let claimed = app.parts.backplane.claim(&request, Duration::ZERO).await.expect("claimed");
    claimed.into_iter().next().expect("a job")
}

/// Hands a job in and dead-letters it.
pub(crate) async fn fail(app: &App, job_id: &str, error: &str) {
    add(app, job_id, Value::Null, json!({})).await;
    end(app, job_id, Outcome::Failed { error: error.to_owned() }).await;
}

/// Takes the next job, which must be this one, and ends it.
pub(crate) async fn end(app: &App, job_id: &str, outcome: Outcome) {
    let job = claim(app).await;
    assert_eq!(job.lease.job_id.as_str(), job_id);
    let ending = Ending { lease: job.lease, outcome };
    app.parts.backplane.finish(vec![ending]).await.expect("finished");
}

/// The state of a job, as the engine knows it.
pub(crate) async fn state(app: &App, job_id: &str) -> Option<JobState> {
    app.parts.backplane.job_state(&job_id.into()).await.expect("answered")
}

/// Where the log ends.
pub(crate) async fn head(app: &App) -> Cursor {
    app.parts.backplane.head().await.expect("a head")
}
