//! The pages of users, tokens, the audit log and oneself, as the server renders them; and the forms that a browser sends without the script.

use ::app::domain::Role;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};
use server::auth::By;

use crate::{
    api::{call, get, post},
    harness::{App, Work, client_with, spawn, token_for},
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER_PASSWORD: &str = "another long and odd sentence";

async fn idle() -> App {
    spawn(Work::Nowhere, server::Limits::default()).await
}

async fn add_user(app: &App, email: &str, role: Role) -> String {
    let user = app.accounts.add_user(&By::Console, email, role, PASSWORD.to_owned()).await.expect("added");
    user.user_id.to_string()
}

/// A browser in which somebody is signed in.
async fn browser(app: &App, email: &str, password: &str) -> Client {
    let login = json!({"email": email, "password": password});
    let request = client_with(None).post(format!("{}/api/v1/auth/login", app.base)).json(&login);
    let answer = request.header(header::USER_AGENT, "Firefox/140.0 (Linux)").send().await.expect("answered");
    assert!(answer.status().is_success(), "{email}: {}", answer.status());
    with_cookie_of(&answer)
}

/// The same browser once it has taken the cookie of an answer.
fn with_cookie_of(answer: &reqwest::Response) -> Client {
    let mut cookies = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookie = cookies.find(|line| line.starts_with("signalbox=")).expect("a session");
    let pair = cookie.split(';').next().expect("a pair").parse().expect("a header");
    let headers = header::HeaderMap::from_iter([(header::COOKIE, pair)]);
    let policy = reqwest::redirect::Policy::none();
    Client::builder().redirect(policy).default_headers(headers).build().expect("a client")
}

async fn page(app: &App, client: &Client, path: &str) -> String {
    let answer = client.get(format!("{}{path}", app.base)).send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.expect("text")
}

/// Sends a form; where it leads.
async fn send(app: &App, client: &Client, path: &str, fields: &[(&str, &str)]) -> (String, reqwest::Response) {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = client.post(format!("{}{path}", app.base)).body(form);
    let answer =
        request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").send().await.expect("answered");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    (answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned(), answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn admins_see_users_with_their_sessions_tokens_and_who_did_what() {
    let app = idle().await;
    let ada = add_user(&app, "ada@example.com", Role::Operator).await;
    add_user(&app, "bob@example.com", Role::Viewer).await;
    browser(&app, "ada@example.com", PASSWORD).await;

    for (path, words) in [
        ("/users", vec!["data-testid=\"user-row\"", "ada@example.com", "bob@example.com", "never", "Add a user"]),
        (&*format!("/users/{ada}"), vec!["ada@example.com", "Firefox on Linux", "data-testid=\"session-row\""]),
        ("/tokens", vec!["data-testid=\"token-row\"", "the tests", "data-state=\"in-force\""]),
        ("/audit", vec!["data-testid=\"audit-row\"", "Signed in", "Added a user", "/api/v1/audit/export.csv"]),
    ] {
        let html = page(&app, &app.client, path).await;
        for word in words {
            assert!(html.contains(word), "{path} has no {word}");
        }
        assert!(!html.contains("argon2") && !html.contains(" style="), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_audit_log_is_sifted_by_its_address_and_so_is_what_is_exported() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    browser(&app, "ada@example.com", PASSWORD).await;

    let html = page(&app, &app.client, "/audit?actor=ada%40example.com&action=signed_in").await;

    assert_eq!(html.matches("data-testid=\"audit-row\"").count(), 1);
    assert!(html.contains("/api/v1/audit/export.csv?actor=ada%40example.com&amp;action=signed_in"));
    assert!(page(&app, &app.client, "/audit?actor=nobody").await.contains("Nothing like that was done"));
    assert!(page(&app, &app.client, "/audit?before=tea").await.contains("role=\"alert\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_pages_of_admins_are_for_admins() {
    let app = idle().await;
    let operator = client_with(Some(&token_for(&app.accounts, Role::Operator).await));

    for path in ["/users", "/users/019a0000-0000-7000-8000-000000000000", "/tokens", "/audit"] {
        let answer = operator.get(format!("{}{path}", app.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let nobody = app.get("/users/019a0000-0000-7000-8000-000000000000").await;
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
    let no_id = app.get("/users/tea").await;
    assert_eq!(no_id.status(), StatusCode::NOT_FOUND);
    // Where the door knows no route, the page asks for itself.
    let elsewhere = operator.get(format!("{}/users//", app.base)).send().await.expect("answered");
    assert!(!elsewhere.text().await.expect("text").contains("user-row"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn somebody_is_added_by_the_form_alone_and_what_was_wrong_stands_in_the_address_by_its_code() {
    let app = idle().await;
    let add = async |email: &str, password: &str| {
        send(&app, &app.client, "/users", &[("email", email), ("role", "operator"), ("password", password)]).await.0
    };

    assert_eq!(add("ada@example.com", PASSWORD).await, "/users?done=added");
    assert_eq!(add("ada@example.com", PASSWORD).await, "/users?problem=conflict");
    assert_eq!(add("bob@example.com", "password1234").await, "/users?problem=invalid&field=password");

    let users = get(&app, "/api/v1/users").await.json;
    assert_eq!(users["items"].as_array().expect("users").len(), 1);
    assert_eq!(users["items"][0]["role"], "operator");
    assert!(page(&app, &app.client, "/users?done=added").await.contains("The user was added."));
    let refused = page(&app, &app.client, "/users?problem=invalid&field=password").await;
    assert!(refused.contains("aria-invalid") && refused.contains("12 to 256 characters"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ones_own_password_is_changed_by_the_form_alone_and_the_browser_stays_in() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let here = browser(&app, "ada@example.com", PASSWORD).await;
    let elsewhere = browser(&app, "ada@example.com", PASSWORD).await;
    let change = async |current: &str, new: &str| {
        send(&app, &here, "/account", &[("current_password", current), ("password", new)]).await
    };

    assert_eq!(change("wrong", OTHER_PASSWORD).await.0, "/account?problem=invalid&field=currentPassword");
    assert_eq!(change(PASSWORD, "password1234").await.0, "/account?problem=invalid&field=password");
    let (place, answer) = change(PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(place, "/account?done=password");

    let html = page(&app, &with_cookie_of(&answer), &place).await;
    assert!(html.contains("Your password is changed.") && html.contains("This browser"));
    for gone in [here, elsewhere] {
        let answer = gone.get(format!("{}/api/v1/auth/me", app.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_other_sessions_end_in_one_step_and_nobody_elses_do() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    add_user(&app, "bob@example.com", Role::Viewer).await;
    let here = browser(&app, "ada@example.com", PASSWORD).await;
    let others = [browser(&app, "ada@example.com", PASSWORD).await, browser(&app, "ada@example.com", PASSWORD).await];
    let bob = browser(&app, "bob@example.com", PASSWORD).await;
    let path = format!("{}/api/v1/auth/sessions", app.base);
    let is_in = async |client: &Client| {
        client.get(format!("{}/api/v1/auth/me", app.base)).send().await.expect("answered").status().is_success()
    };

    for _ in 0..2 {
        assert_eq!(here.delete(&path).send().await.expect("answered").status(), StatusCode::NO_CONTENT);
    }

    assert!(is_in(&here).await && is_in(&bob).await);
    assert!(!is_in(&others[0]).await && !is_in(&others[1]).await);
    let told = get(&app, "/api/v1/audit?action=session.others_ended").await.json;
    // The second time there was nothing to end.
    assert_eq!(told["items"].as_array().expect("entries").len(), 1);
    assert_eq!(told["items"][0]["target"], "ada@example.com");
    assert_eq!(call(&app, Method::DELETE, "/api/v1/auth/sessions", None).await.refusal(), (409, "conflict"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_of_oneself_marks_the_browser_that_asks_and_tells_a_program_that_it_has_none() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let here = browser(&app, "ada@example.com", PASSWORD).await;
    browser(&app, "ada@example.com", PASSWORD).await;

    let html = page(&app, &here, "/account").await;

    assert_eq!(html.matches("data-testid=\"session-row\"").count(), 2);
    assert_eq!(html.matches("This browser").count(), 1);
    assert!(html.contains("autocomplete=\"new-password\"") && html.contains("autocomplete=\"current-password\""));
    assert!(page(&app, &app.client, "/account").await.contains("You come by a token"));
}

#[tokio::test]
async fn users_are_listed_with_their_sessions_that_count_and_when_they_were_here_last() {
    let app = idle().await;
    let ada = add_user(&app, "ada@example.com", Role::Viewer).await;
    browser(&app, "ada@example.com", PASSWORD).await;
    browser(&app, "ada@example.com", PASSWORD).await;
    let ask = async || -> Value {
        let answer = app.client.post(format!("{}/api/page/users", app.base)).send().await.expect("answered");
        answer.json().await.expect("JSON")
    };

    let before = ask().await;
    post(&app, "/api/v1/users", json!({"email": "bob@example.com", "role": "viewer", "password": PASSWORD})).await;
    call(&app, Method::PATCH, &format!("/api/v1/users/{ada}"), Some(json!({"disabled": true}))).await;
    let after = ask().await;

    assert_eq!(before["data"][0]["sessions"], 2);
    assert_eq!(after["data"][0]["sessions"], 0);
    // Who was here is known though all his sessions have ended.
    assert!(after["data"][0]["seenAt"].is_string(), "{after}");
    assert!(after["data"][1]["seenAt"].is_null(), "{after}");
}
