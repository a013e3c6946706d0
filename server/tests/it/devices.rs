//! Browsers in which somebody has signed in before.

use ::app::domain::{Role, UserId};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use server::{Limits, auth::By};
use tokio::time::timeout;

use crate::{
    accounts::{PASSWORD, add_user},
    harness::{App, DEADLINE, Work, client_with, spawn},
};

const EMAIL: &str = "ada@example.com";
/// An address from which everybody comes, as behind a proxy that nobody named.
const EVERYBODY: &str = "203.0.113.1";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits { requests_per_second: 0, ..Limits::default() }).await
}

/// Tries to sign in, with a browser that shows a cookie.
async fn attempt(app: &App, password: &str, device: &str) -> Response {
    let request = client_with(None).post(format!("{}/api/v1/auth/login", app.base));
    let request = request.header("x-forwarded-for", EVERYBODY).header(header::COOKIE, device);
    request.json(&json!({"email": EMAIL, "password": password})).send().await.expect("answered")
}

/// The cookie that an answer sets, by the beginning of its name.
fn device_of(answer: &Response) -> Option<String> {
    let lines = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.into_iter().find(|line| line.starts_with("signalbox-device=")).map(str::to_owned)
}

fn pair(cookie: &str) -> String {
    cookie.split(';').next().expect("a pair").to_owned()
}

/// Lets somebody guess until he is put off for longer than a moment.
async fn attacked(app: &App) {
    let guessing = async {
        loop {
            let answer = attempt(app, "wrong", "").await;
            let wait = answer.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok());
            if wait.is_some_and(|wait| wait != "1") {
                return;
            }
        }
    };
    timeout(DEADLINE, guessing).await.expect("put off in time");
}

#[tokio::test]
async fn the_owner_gets_in_with_a_known_browser_while_others_guess_from_the_same_address() {
    let app = idle().await;
    add_user(&app, EMAIL, Role::Viewer).await;
    let first = attempt(&app, PASSWORD, "").await;
    let cookie = device_of(&first).expect("a cookie");
    attacked(&app).await;

    let stranger = attempt(&app, PASSWORD, "signalbox-device=nonsense").await;
    let owner = attempt(&app, PASSWORD, &pair(&cookie)).await;

    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=7776000"));
    assert_eq!(stranger.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(owner.status(), StatusCode::OK);
    // It is another one each time, and the one before is not known any more.
    assert_ne!(device_of(&owner).map(|cookie| pair(&cookie)), Some(pair(&cookie)));
    attacked(&app).await;
    assert_eq!(attempt(&app, PASSWORD, &pair(&cookie)).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_known_browser_in_other_hands_guesses_no_better_than_any() {
    let app = idle().await;
    add_user(&app, EMAIL, Role::Viewer).await;
    let device = pair(&device_of(&attempt(&app, PASSWORD, "").await).expect("a cookie"));
    let before = app.accounts.passwords.count();

    for _ in 0..50 {
        attempt(&app, "wrong", &device).await;
    }

    assert!(app.accounts.passwords.count() - before < 20);
}

#[tokio::test]
async fn another_password_or_an_end_of_sign_in_forgets_all_browsers_and_a_user_has_twenty_at_most() {
    let app = idle().await;
    let user_id: UserId = add_user(&app, EMAIL, Role::Viewer).await.parse().expect("an id");
    let known = async || {
        let count = app.ask("select cast(count(*) as text) from devices").await;
        count.expect("a count").parse::<u32>().expect("a number")
    };
    for _ in 0..25 {
        app.accounts.know_device(user_id, None).await.expect("known");
    }
    assert_eq!(known().await, 20);

    let passwords = (PASSWORD.to_owned(), "another long and odd sentence".to_owned());
    app.accounts.change_password(&By::Console, user_id, "10.0.0.1", passwords).await.expect("changed");
    assert_eq!(known().await, 0);

    app.accounts.know_device(user_id, None).await.expect("known");
    app.accounts.set_disabled(&By::Console, user_id, true).await.expect("disabled");
    assert_eq!(known().await, 0);
}
