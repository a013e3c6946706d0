//! Corners of proving who one is: what changes meanwhile, what comes twice, and what is shown beside.

use std::collections::HashMap;

use ::app::domain::{Role, UserId};
use reqwest::{Client, StatusCode, header};
use serde_json::json;
use server::{
    Limits,
    auth::{
        BrowserSessions, By,
        browser_sessions::{PASSWORD as MARK, USER},
        sign_in::Trial,
    },
};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use crate::{
    accounts::{PASSWORD, add_user, sign_in},
    harness::{App, Work, client_with, spawn},
};

const OTHER_PASSWORD: &str = "another long and odd sentence";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

async fn status(app: &App, client: &Client, authorization: &str) -> StatusCode {
    let request = client.get(format!("{}/api/v1/auth/me", app.base)).header(header::AUTHORIZATION, authorization);
    request.send().await.expect("answered").status()
}

#[tokio::test]
async fn a_sign_in_that_began_before_the_password_changed_gets_no_session() {
    let app = idle().await;
    let user_id: UserId = add_user(&app, "ada@example.com", Role::Viewer).await.parse().expect("an id");
    let sessions = BrowserSessions(app.parts.database.clone());
    let begin = async |mark: &str| {
        let data = HashMap::from([(USER.to_owned(), json!(user_id)), (MARK.to_owned(), json!(mark))]);
        let expiry_date = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
        sessions.create(&mut Record { id: Id::default(), data, expiry_date }).await
    };
    let trial = || Trial {
        email: "ada@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        address: "10.0.0.1".to_owned(),
        device: None,
    };
    let first = app.accounts.recognize(trial()).await.expect("recognized");
    let late = app.accounts.recognize(trial()).await.expect("recognized");

    begin(&first.password_mark).await.expect("begun");
    let passwords = (PASSWORD.to_owned(), OTHER_PASSWORD.to_owned());
    let changed = app.accounts.change_password(&By::Console, user_id, "10.0.0.1", passwords).await.expect("changed");

    assert!(begin(&late.password_mark).await.is_err());
    assert!(begin("").await.is_err());
    assert_eq!(app.ask("select cast(count(*) as text) from sessions").await.as_deref(), Some("0"));
    begin(&changed.password_mark).await.expect("begun");
    app.alter("update users set disabled_at = 1").await;
    assert!(begin(&changed.password_mark).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_a_password_at_the_same_time_one_is_told_that_it_is_another_by_now() {
    let app = idle().await;
    let user_id: UserId = add_user(&app, "ada@example.com", Role::Viewer).await.parse().expect("an id");
    let change = |new: &str| {
        let (accounts, passwords) = (app.accounts.clone(), (PASSWORD.to_owned(), new.to_owned()));
        tokio::spawn(
            async move { accounts.change_password(&By::Console, user_id, "10.0.0.1", passwords).await.is_ok() },
        )
    };

    let (one, other) = (change(OTHER_PASSWORD), change("a third sentence, as odd as it is long"));

    assert_eq!(u8::from(one.await.expect("joined")) + u8::from(other.await.expect("joined")), 1);
}

#[tokio::test]
async fn the_set_up_link_makes_one_admin_once() {
    let app = idle().await;
    let link = app.accounts.setup_link().await.expect("asked").expect("there is no admin");
    let set_up = async |token: &str, password: &str| {
        let form = [("token", token), ("email", "ada@example.com"), ("password", password)];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client_with(None).post(format!("{}/setup", app.base)).body(form);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.send().await.expect("answered");
        answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned()
    };

    assert!(set_up("nonsense", PASSWORD).await.starts_with("/setup?problem=not_found"));
    assert!(set_up(link.reveal(), "short").await.contains("problem=invalid&field=password"));
    assert_eq!(set_up(link.reveal(), PASSWORD).await, "/");
    assert!(set_up(link.reveal(), PASSWORD).await.contains("problem=not_found"));

    assert!(app.accounts.setup_link().await.expect("asked").is_none());
    assert!(sign_in(&app, "ada@example.com", PASSWORD).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_use_the_set_up_link_at_the_same_time_make_one_admin() {
    let app = idle().await;
    let link = app.accounts.setup_link().await.expect("asked").expect("there is no admin");
    let set_up = |email: &'static str| {
        let (accounts, link) = (app.accounts.clone(), link.reveal().to_owned());
        tokio::spawn(async move { accounts.set_up(&By::Console, &link, email, PASSWORD.to_owned()).await.is_ok() })
    };

    let (ada, bob) = (set_up("ada@example.com"), set_up("bob@example.com"));

    assert_eq!(u8::from(ada.await.expect("joined")) + u8::from(bob.await.expect("joined")), 1);
    assert_eq!(app.ask("select cast(count(*) as text) from users").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_not_taken() {
    let app = idle().await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let (_, text) = app.accounts.make_token(&By::Console, "ci", Role::Viewer, Some(soon)).await.expect("made");
    let proof = format!("bearer {}", text.reveal());
    let client = Client::new();

    assert_eq!(status(&app, &client, &proof).await, StatusCode::OK);
    app.alter("update api_tokens set expires_at = 1 where name = 'ci'").await;

    assert_eq!(status(&app, &client, &proof).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_a_proxy_shows_to_its_own_door_does_not_close_ours() {
    let app = idle().await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let ada = sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let nobody = Client::new();

    for of_the_proxy in ["Basic YWRhOnNlY3JldA==", "Digest username=\"ada\"", "nonsense"] {
        assert_eq!(status(&app, &ada, of_the_proxy).await, StatusCode::OK, "{of_the_proxy}");
        assert_eq!(status(&app, &nobody, of_the_proxy).await, StatusCode::UNAUTHORIZED, "{of_the_proxy}");
    }
    // Whoever shows a token is judged by it.
    assert_eq!(status(&app, &ada, "Bearer sbx_nonsense").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn no_statement_changes_what_the_audit_log_says() {
    let app = idle().await;
    let said = || app.ask("select cast(count(*) as text) || min(actor) || min(action) from audit_log");
    let before = said().await;
    let overwriting: &[&'static str] = if app.is_on_postgres() {
        &[
            "truncate audit_log",
            "set session_replication_role = replica; delete from audit_log",
            "set session_replication_role = replica; truncate audit_log",
            "insert into audit_log (entry_id, at, actor_kind, actor, action, outcome) overriding system value
             select min(entry_id), 1, 'user', 'x', 'x', 'x' from audit_log
             on conflict (entry_id) do update set actor = excluded.actor",
        ]
    } else {
        &[
            "insert or replace into audit_log (entry_id, at, actor_kind, actor, action, outcome)
             select min(entry_id), 1, 'user', 'x', 'x', 'x' from audit_log",
            "replace into audit_log (entry_id, at, actor_kind, actor, action, outcome)
             select min(entry_id), 1, 'user', 'x', 'x', 'x' from audit_log",
            "update or replace audit_log set entry_id = 1",
        ]
    };

    for statement in overwriting.iter().copied().chain(["update audit_log set actor = 'x'", "delete from audit_log"]) {
        let refused = app.attempt(statement).await.expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(said().await, before);
    add_user(&app, "ada@example.com", Role::Viewer).await;
    assert_ne!(said().await, before);
}
