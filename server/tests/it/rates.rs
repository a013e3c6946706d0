//! Who asks faster than he may.

use ::app::domain::Role;
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header};
use serde_json::Value;
use server::Limits;
use tokio_tungstenite::{connect_async, tungstenite::Error};

use crate::{
    harness::{App, Work, client_with, spawn, token_for},
    ws,
};

/// A server that gives each five requests, and one a second from then on.
async fn strict() -> App {
    spawn(Work::Nowhere, Limits { requests_per_second: 1, ..Limits::default() }).await
}

async fn ask(app: &App, client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = client.get(format!("{}{path}", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("answered")
}

/// Asks until it is too fast.
async fn asked_too_fast(app: &App, client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    for _ in 0..1_000 {
        let answer = ask(app, client, path, headers).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
    }
    panic!("{path} is answered however often it is asked");
}

#[tokio::test]
async fn who_asks_too_fast_is_told_when_to_come_back_and_others_notice_nothing() {
    let app = strict().await;
    let other = client_with(Some(&token_for(&app.accounts, Role::Viewer).await));

    let refused = asked_too_fast(&app, &app.client, "/api/v1/queues", &[]).await;

    assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    assert_eq!(refused.json::<Value>().await.expect("JSON")["code"], "too_many_requests");
    assert_eq!(ask(&app, &other, "/api/v1/queues", &[]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn health_and_files_are_answered_however_often_somebody_asks() {
    let app = strict().await;
    let anonymous = client_with(None);

    for _ in 0..50 {
        assert_eq!(ask(&app, &anonymous, "/health/live", &[]).await.status(), StatusCode::OK);
        assert_eq!(ask(&app, &anonymous, "/api/queue/health", &[]).await.status(), StatusCode::OK);
        assert_eq!(ask(&app, &anonymous, "/pkg/nothing.js", &[]).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn whom_we_do_not_know_is_counted_by_his_address_whatever_he_shows() {
    let app = strict().await;
    let (anonymous, liar) = (client_with(None), client_with(Some("sbx_nonsense")));
    let (here, there) = (("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "203.0.113.2"));

    for (client, path) in [(&anonymous, "/login"), (&anonymous, "/api/v1/queues"), (&liar, "/api/v1/queues")] {
        asked_too_fast(&app, client, path, &[here]).await;
    }

    assert_eq!(ask(&app, &anonymous, "/api/v1/queues", &[there]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app, &app.client, "/api/v1/queues", &[here]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_browser_whose_stream_is_put_off_is_told_so_in_a_stream() {
    let app = strict().await;
    let path = "/api/v1/sse/connect?topics=imports&cursor=mine-7";
    let mut told = String::new();

    for _ in 0..1_000 {
        let answer = ask(&app, &app.client, path, &[("accept", "text/event-stream")]).await;
        // Any other status would end it for good.
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        let first = answer.bytes_stream().next().await.expect("a piece").expect("read");
        told = String::from_utf8(first.to_vec()).expect("text");
        if told.contains("rejected") {
            break;
        }
    }

    assert!(told.starts_with("retry: 30000\nevent: rejected\nid: mine-7\ndata: {"), "{told}");
    assert!(told.contains("\"reason\":\"too_many_requests\",\"limit\":1"), "{told}");
    asked_too_fast(&app, &app.client, path, &[("accept", "*/*")]).await;
    let refused = loop {
        if let Err(refused) = connect_async(ws::request(&app, "/api/v1/ws")).await {
            break refused;
        }
    };
    assert!(matches!(&refused, Error::Http(answer) if answer.status() == 429), "{refused}");
}
