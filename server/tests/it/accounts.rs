//! Signing in and out, users, tokens, and the log of what was done.

use ::app::domain::Role;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};
use server::auth::By;

use crate::{
    api::{call, get, post},
    frames::Stream,
    harness::{App, Work, client_with, spawn, token_for},
};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
const OTHER_PASSWORD: &str = "another long and odd sentence";

async fn idle() -> App {
    spawn(Work::Nowhere, server::Limits::default()).await
}

pub(crate) async fn add_user(app: &App, email: &str, role: Role) -> String {
    let user = app.accounts.add_user(&By::Console, email, role, PASSWORD.to_owned()).await.expect("added");
    user.user_id.to_string()
}

/// Signs in; the client shows the cookie from then on.
pub(crate) async fn sign_in(app: &App, email: &str, password: &str) -> Result<Client, StatusCode> {
    let login = json!({"email": email, "password": password});
    let answer = client_with(None).post(format!("{}/api/v1/auth/login", app.base)).json(&login).send().await;
    let answer = answer.expect("answered");
    if !answer.status().is_success() {
        return Err(answer.status());
    }
    let mut cookies = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookie = cookies.find(|line| line.starts_with("signalbox=")).expect("a session");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair").parse().expect("a header");
    let headers = header::HeaderMap::from_iter([(header::COOKIE, pair)]);
    Ok(Client::builder().default_headers(headers).build().expect("a client"))
}

async fn status(app: &App, client: &Client, path: &str) -> StatusCode {
    client.get(format!("{}{path}", app.base)).send().await.expect("answered").status()
}

#[tokio::test]
async fn who_signs_in_is_known_until_he_signs_out() {
    let app = idle().await;
    add_user(&app, "Ada@example.com", Role::Viewer).await;
    let ada = sign_in(&app, " ada@EXAMPLE.com", PASSWORD).await.expect("signed in");

    let me: Value =
        ada.get(format!("{}/api/v1/auth/me", app.base)).send().await.expect("answered").json().await.expect("JSON");
    assert_eq!((&me["name"], &me["role"]), (&json!("Ada@example.com"), &json!("viewer")));

    let out = ada.post(format!("{}/api/v1/auth/logout", app.base)).send().await.expect("answered");
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let cookies: Vec<&str> =
        out.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()).collect();
    assert!(cookies.contains(&"signalbox=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"), "{cookies:?}");
    assert_eq!(status(&app, &ada, "/api/v1/auth/me").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_a_disabled_one_get_the_same_answer() {
    let app = idle().await;
    let gone = add_user(&app, "gone@example.com", Role::Viewer).await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    call(&app, Method::PATCH, &format!("/api/v1/users/{gone}"), Some(json!({"disabled": true}))).await;

    let mut answers = Vec::new();
    for (email, password) in
        [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD)]
    {
        let answer = post(&app, "/api/v1/auth/login", json!({"email": email, "password": password})).await;
        answers.push((answer.status, answer.json));
    }

    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(answers[0].1["code"], "invalid_credentials");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn who_guesses_waits_and_is_told_how_long() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let guess = async |address: String| {
        let request =
            client_with(None).post(format!("{}/api/v1/auth/login", app.base)).header("x-forwarded-for", address);
        request.json(&json!({"email": "ada@example.com", "password": "wrong"})).send().await.expect("answered")
    };
    let mut put_off = 0;
    for n in 0..40 {
        let answer = guess(format!("203.0.113.{n}")).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
            put_off += 1;
        }
    }

    assert!(put_off >= 30, "{put_off}");
}

#[tokio::test]
async fn streams_end_when_their_session_or_token_does() {
    let app = idle().await;
    let user_id = add_user(&app, "ada@example.com", Role::Operator).await;
    let ada = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let (token, text) = app.accounts.make_token(&By::Console, "probe", Role::Viewer, None).await.expect("made");
    let open = async |client: &Client| {
        let request = client.get(format!("{}/api/v1/sse/connect?topics=imports", app.base));
        let mut stream = Stream::of(request.send().await.expect("answered"));
        stream.next_of("connected").await;
        stream
    };
    let (mut first, mut second) = (open(&ada).await, open(&client_with(Some(text.reveal()))).await);

    call(&app, Method::PATCH, &format!("/api/v1/users/{user_id}"), Some(json!({"role": "viewer"}))).await;
    assert_eq!(first.next_of("bye").await.data["reason"], "signed_out");
    assert_eq!(status(&app, &ada, "/api/v1/queues").await, StatusCode::UNAUTHORIZED);

    call(&app, Method::DELETE, &format!("/api/v1/tokens/{}", token.token_id), None).await;
    assert_eq!(second.next_of("bye").await.data["reason"], "signed_out");
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_counts_at_once() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let here = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let elsewhere = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let change = async |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "password": new});
        here.post(format!("{}/api/v1/auth/password", app.base)).json(&body).send().await.expect("answered").status()
    };

    assert_eq!(change("wrong", OTHER_PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(PASSWORD, "password1234").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(PASSWORD, OTHER_PASSWORD).await, StatusCode::NO_CONTENT);

    // The browser that asked has another cookie now.
    assert_eq!(status(&app, &here, "/api/v1/auth/me").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app, &elsewhere, "/api/v1/auth/me").await, StatusCode::UNAUTHORIZED);
    assert!(sign_in(&app, "ada@example.com", PASSWORD).await.is_err());
    assert!(sign_in(&app, "ada@example.com", OTHER_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_oneself_and_by_admins_only() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    add_user(&app, "bob@example.com", Role::Operator).await;
    let ada = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let bob = sign_in(&app, "bob@example.com", PASSWORD).await.expect("signed in");
    let own: Value = ada
        .get(format!("{}/api/v1/auth/sessions", app.base))
        .send()
        .await
        .expect("answered")
        .json()
        .await
        .expect("JSON");
    let path = format!("/api/v1/auth/sessions/{}", own["items"][0]["sessionId"].as_str().expect("an id"));
    let end =
        async |client: &Client| client.delete(format!("{}{path}", app.base)).send().await.expect("answered").status();

    assert_eq!(own["items"][0]["isCurrent"], true);
    assert_eq!(end(&bob).await, StatusCode::NOT_FOUND);
    assert_eq!(end(&app.client).await, StatusCode::NO_CONTENT);
    assert_eq!(status(&app, &ada, "/api/v1/auth/me").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let app = idle().await;
    let only = add_user(&app, "ada@example.com", Role::Admin).await;
    let path = format!("/api/v1/users/{only}");

    let role = call(&app, Method::PATCH, &path, Some(json!({"role": "viewer"}))).await;
    let disabled = call(&app, Method::PATCH, &path, Some(json!({"disabled": true}))).await;

    assert_eq!(role.refusal(), (409, "conflict"));
    assert_eq!(disabled.refusal(), (409, "conflict"));
    assert_eq!(get(&app, "/api/v1/users").await.json["items"][0]["role"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_who_take_that_from_each_other_at_the_same_time_leave_one() {
    for _ in 0..5 {
        let app = idle().await;
        let mut ids = Vec::new();
        for email in ["ada@example.com", "bob@example.com"] {
            ids.push(add_user(&app, email, Role::Admin).await.parse().expect("an id"));
        }
        let demote = |user_id| {
            let accounts = app.accounts.clone();
            tokio::spawn(async move { accounts.set_role(&By::Console, user_id, Role::Viewer).await })
        };

        let (first, second) = (demote(ids[0]), demote(ids[1]));
        let outcomes = [first.await.expect("joined"), second.await.expect("joined")];

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_taken_until_it_is_revoked_or_over() {
    let app = idle().await;
    let made = post(&app, "/api/v1/tokens", json!({"name": "ci", "role": "viewer"})).await;
    let text = made.json["token"].as_str().expect("a text").to_owned();
    let bearer = client_with(Some(&text));

    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(status(&app, &bearer, "/api/v1/queues").await, StatusCode::OK);
    assert!(!get(&app, "/api/v1/tokens").await.json.to_string().contains(&text));
    assert_eq!(
        post(&app, "/api/v1/tokens", json!({"name": "ci", "role": "viewer"})).await.status,
        StatusCode::CONFLICT
    );
    let past = json!({"name": "past", "role": "viewer", "expiresAt": "2020-01-01T00:00:00Z"});
    assert_eq!(post(&app, "/api/v1/tokens", past).await.refusal(), (422, "invalid"));

    let path = format!("/api/v1/tokens/{}", made.json["tokenId"].as_str().expect("an id"));
    assert_eq!(call(&app, Method::DELETE, &path, None).await.status, StatusCode::OK);
    assert_eq!(status(&app, &bearer, "/api/v1/queues").await, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&app, Method::DELETE, &path, None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what_and_what_was_refused_and_no_secret() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let ada = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let _ = sign_in(&app, "ada@example.com", "a wrong password").await;
    ada.post(format!("{}/api/v1/queues/test/pause", app.base)).send().await.expect("answered");
    post(&app, "/api/v1/queues/test/pause", json!({})).await;

    let log = get(&app, "/api/v1/audit").await.json;
    let told: Vec<(&str, &str, &str)> = log["items"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| {
            let word = |name: &str| entry[name].as_str().expect("a word");
            (word("actor"), word("action"), word("outcome"))
        })
        .collect();

    for expected in [
        ("", "user.added", "done"),
        ("ada@example.com", "signed_in", "done"),
        ("ada@example.com", "signed_in", "invalid_credentials"),
        ("ada@example.com", "queue.paused", "forbidden"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    assert!(told.iter().any(|(_, action, outcome)| (*action, *outcome) == ("queue.paused", "done")));
    assert!(!log.to_string().contains(PASSWORD) && !log.to_string().contains(&app.token));
    let sifted = get(&app, "/api/v1/audit?action=signed_in&limit=1").await.json;
    assert_eq!(sifted["items"].as_array().expect("entries").len(), 1);
    assert!(sifted["next"].is_string());
}

#[tokio::test]
async fn viewers_see_their_own_streams_and_operators_all() {
    let app = idle().await;
    let operator = client_with(Some(&token_for(&app.accounts, Role::Operator).await));
    let viewer = client_with(Some(&token_for(&app.accounts, Role::Viewer).await));
    let _others = Stream::open(&app, "topics=imports").await;
    let seen = async |client: &Client| {
        let answer = client.get(format!("{}/api/v1/sse/stats", app.base)).send().await.expect("answered");
        answer.json::<Value>().await.expect("JSON")["totalConnections"].as_u64()
    };

    assert_eq!(seen(&operator).await, Some(1));
    assert_eq!(seen(&viewer).await, Some(0));
}
