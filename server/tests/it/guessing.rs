//! Ten thousand wrong passwords from somebody who says that he is everybody. On Linux, where every address that begins with 127 is one of the
//! machine's own.

use std::net::IpAddr;

use ::app::domain::Role;
use futures::{StreamExt, stream};
use reqwest::{Client, StatusCode};
use serde_json::json;
use server::Limits;
use tokio::time::timeout;

use crate::{
    accounts::{PASSWORD, add_user, sign_in},
    harness::{App, DEADLINE, Work, spawn},
};

const GUESSES: u32 = 10_000;
/// Guesses that are under way at the same time.
const AT_ONCE: usize = 64;
/// Passwords that may be looked at meanwhile: those that cost nothing, and one each time that a wait is over.
const MOST_LOOKED_AT: u64 = 20;

async fn guess(app: &App, client: &Client, number: u32) -> StatusCode {
    let login = json!({"email": "ada@example.com", "password": format!("guess number {number}")});
    let said = format!("198.{}.{}.{}", number >> 16, (number >> 8) & 0xff, number & 0xff);
    let request = client.post(format!("{}/api/v1/auth/login", app.base)).header("x-forwarded-for", said);
    request.json(&login).send().await.expect("answered").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_not_somebody_else_each_time_because_he_says_so_and_the_owner_gets_in() {
    // With no limit to requests, so that nothing but the throttle of guesses stands in the way.
    let app = spawn(Work::Nowhere, Limits { requests_per_second: 0, ..Limits::default() }).await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    sign_in(&app, "ada@example.com", PASSWORD).await.expect("signed in");
    let looked_at = app.accounts.passwords.count();
    let elsewhere: IpAddr = "127.0.0.2".parse().expect("an address");
    let client = Client::builder().local_address(elsewhere).build().expect("a client");

    let guesses = stream::iter(0..GUESSES).map(|number| guess(&app, &client, number)).buffer_unordered(AT_ONCE);
    let answers: Vec<StatusCode> = timeout(DEADLINE * 4, guesses.collect()).await.expect("all are answered in time");

    let looked_at = app.accounts.passwords.count() - looked_at;
    let put_off = answers.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count() as u64;
    assert!(looked_at <= MOST_LOOKED_AT, "{looked_at}");
    assert_eq!(put_off, u64::from(GUESSES) - looked_at);
    assert!(sign_in(&app, "ada@example.com", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_a_disabled_one_cost_one_look_each() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    add_user(&app, "ada@example.com", Role::Viewer).await;
    let gone = add_user(&app, "gone@example.com", Role::Viewer).await.parse().expect("an id");
    app.accounts.set_disabled(&server::auth::By::Console, gone, true).await.expect("disabled");

    for (email, password) in
        [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD)]
    {
        let before = app.accounts.passwords.count();
        let refused = sign_in(&app, email, password).await.err();

        assert_eq!(refused, Some(StatusCode::UNAUTHORIZED), "{email}");
        assert_eq!(app.accounts.passwords.count() - before, 1, "{email}");
    }
}
