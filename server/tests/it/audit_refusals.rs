//! What the audit log tells of people and programs: who was let do what and who was not, and never a secret.

use ::app::domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{Limits, auth::By};

use crate::{
    accounts::sign_in,
    api::{call, post},
    audit::entries,
    harness::{App, Work, client_with, spawn, token_for},
};

const PASSWORD: &str = "correct horse battery staple";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

#[tokio::test]
async fn who_may_not_is_told_of_by_the_name_of_what_he_tried() {
    let app = idle().await;
    let viewer = client_with(Some(&token_for(&app.accounts, Role::Viewer).await));
    let ask = async |method: Method, path: &str| {
        let answer = viewer.request(method, format!("{}{path}", app.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    };

    ask(Method::POST, "/api/v1/queues/a%20b/pause?hidden=hush").await;
    ask(Method::POST, "/api/v1/queues/nul%00/pause").await;
    ask(Method::GET, "/api/v1/users?hidden=hush").await;
    ask(Method::GET, "/api/v1/audit/export.csv").await;

    let told: Vec<_> = entries(&app, "outcome=forbidden")
        .await
        .into_iter()
        .map(|entry| (entry["action"].clone(), entry["target"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("audit.exported"), Value::Null),
            (json!("GET /api/v1/users"), Value::Null),
            (json!("queue.paused"), json!("nul\u{FFFD}")),
            (json!("queue.paused"), json!("a b")),
        ]
    );
    assert!(!json!(entries(&app, "").await).to_string().contains("hush"));
}

#[tokio::test]
async fn steps_of_admins_that_were_refused_are_told_of_and_no_secret() {
    let app = idle().await;
    let user = |email: &str, password: &str| json!({"email": email, "role": "admin", "password": password});
    let added = post(&app, "/api/v1/users", user("ada@example.com", PASSWORD)).await;
    let path = format!("/api/v1/users/{}", added.json["userId"].as_str().expect("an id"));

    post(&app, "/api/v1/users", user("ada@example.com", PASSWORD)).await;
    post(&app, "/api/v1/users", user("my secret password", PASSWORD)).await;
    post(&app, "/api/v1/users", user("bob@example.com", "too short")).await;
    call(&app, Method::PATCH, &path, Some(json!({"role": "viewer"}))).await;
    call(&app, Method::PATCH, &path, Some(json!({"disabled": true}))).await;
    post(&app, "/api/v1/tokens", json!({"name": "the tests", "role": "viewer"})).await;
    let nobody = "019a0000-0000-7000-8000-000000000000";
    call(&app, Method::DELETE, &format!("/api/v1/tokens/{nobody}"), None).await;
    call(&app, Method::DELETE, &format!("/api/v1/auth/sessions/{nobody}"), None).await;
    // Commands on the machine go the same way.
    let again = app.accounts.add_user(&By::Console, "ada@example.com", Role::Viewer, PASSWORD.to_owned()).await;
    assert!(again.is_err());

    let told: Vec<Value> = entries(&app, "outcome=refused")
        .await
        .iter()
        .rev()
        .map(|entry| {
            let fields = ["actorKind", "action", "target", "stateBefore", "stateAfter", "outcome"];
            fields.map(|field| entry[field].clone()).to_vec().into()
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["token", "user.added", "ada@example.com", null, null, "conflict"]),
            json!(["token", "user.added", null, null, null, "invalid"]),
            json!(["token", "user.added", "bob@example.com", null, null, "invalid"]),
            json!(["token", "user.role_changed", "ada@example.com", "admin", null, "conflict"]),
            json!(["token", "user.disabled", "ada@example.com", "enabled", null, "conflict"]),
            json!(["token", "token.created", "the tests", null, null, "conflict"]),
            json!(["token", "token.revoked", nobody, null, null, "not_found"]),
            json!(["token", "session.ended", nobody, null, null, "not_found"]),
            json!(["console", "user.added", "ada@example.com", null, null, "conflict"]),
        ]
    );
    let all = json!(entries(&app, "limit=1000").await).to_string();
    assert!(!all.contains("secret") && !all.contains(PASSWORD) && !all.contains("too short"), "{all}");
}

#[tokio::test]
async fn who_signs_out_or_gives_a_wrong_password_is_told_of() {
    let app = idle().await;
    app.accounts.add_user(&By::Console, "ada@example.com", Role::Viewer, PASSWORD.to_owned()).await.expect("added");
    let ada = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let send = async |path: &str, body: Value| {
        ada.post(format!("{}{path}", app.base)).json(&body).send().await.expect("answered").status()
    };

    let wrong = json!({"currentPassword": "wrong", "password": "another long and odd sentence"});
    assert_eq!(send("/api/v1/auth/password", wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
    let weak = json!({"currentPassword": PASSWORD, "password": "password1234"});
    assert_eq!(send("/api/v1/auth/password", weak).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send("/api/v1/auth/logout", json!({})).await, StatusCode::NO_CONTENT);

    let told: Vec<_> = entries(&app, "actor=ada@example.com")
        .await
        .into_iter()
        .map(|entry| (entry["action"].clone(), entry["outcome"].clone()))
        .collect();
    let told: Vec<_> = told.iter().map(|(action, outcome)| (action.as_str(), outcome.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("signed_out"), Some("done")),
            (Some("user.password_changed"), Some("invalid")),
            (Some("user.password_changed"), Some("invalid_credentials")),
            (Some("signed_in"), Some("done")),
        ]
    );
}
