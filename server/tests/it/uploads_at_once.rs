//! How many files one may send at the same time.

use std::sync::Arc;

use ::app::domain::Role;
use reqwest::{Body, Client, StatusCode, header};
use serde_json::Value;
use server::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use crate::harness::{App, DEADLINE, Work, client_with, spawn, token_for};

const CSV: &str = "email\nann@x.org\n";
/// Pieces of a file that no buffers between two processes hold: if all have left, somebody reads them.
const PIECES: usize = 64;
const PIECE: usize = 256 * 1024;
/// Every way in.
const WAYS: [&str; 2] = ["/api/v1/customers/import", "/api/customer/upload"];

async fn one_at_a_time() -> App {
    spawn(Work::Nowhere, Limits { uploads_per_user: 1, ..Limits::default() }).await
}

/// An upload that the server has begun to read, and whose end comes when it is said.
struct Begun {
    end: Arc<Notify>,
    sending: JoinHandle<StatusCode>,
}

async fn begin(app: &App) -> Begun {
    let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&end));
    let body = async_stream::stream! {
        for _ in 0..PIECES {
            yield Ok::<_, std::io::Error>(vec![b'\n'; PIECE]);
        }
        tell.notify_one();
        wait.notified().await;
    };
    let request = app.client.post(format!("{}{}", app.base, WAYS[0])).header(header::CONTENT_TYPE, "text/csv");
    let request = request.body(Body::wrap_stream(body));
    let sending = tokio::spawn(async move { request.send().await.expect("answered").status() });
    timeout(DEADLINE, begun.notified()).await.expect("it is read in time");
    Begun { end, sending }
}

async fn send(app: &App, client: &Client, path: &str) -> reqwest::Response {
    let request = client.post(format!("{}{path}", app.base)).header(header::CONTENT_TYPE, "text/csv");
    request.body(CSV).send().await.expect("answered")
}

#[tokio::test]
async fn one_file_too_many_at_the_same_time_is_refused_and_others_send_theirs() {
    let app = one_at_a_time().await;
    let other = client_with(Some(&token_for(&app.accounts, Role::Operator).await));
    let first = begin(&app).await;

    for way in WAYS {
        let refused = send(&app, &app.client, way).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{way}");
        assert_eq!(refused.headers()[header::RETRY_AFTER], "5");
        assert_eq!(refused.json::<Value>().await.expect("JSON")["code"], "too_many_uploads");
        assert_eq!(send(&app, &other, way).await.status(), StatusCode::ACCEPTED);
    }
    let form = send(&app, &app.client, "/customers/import").await;
    assert_eq!(form.headers()[header::LOCATION], "/customers/import?refused=too_many_uploads");

    first.end.notify_one();
    assert_eq!(first.sending.await.expect("joined"), StatusCode::ACCEPTED);
    assert_eq!(send(&app, &app.client, WAYS[0]).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn one_too_many_is_refused_before_a_byte_of_it_is_read() {
    let app = one_at_a_time().await;
    let _first = begin(&app).await;
    let host = app.base.trim_start_matches("http://");
    let mut line = TcpStream::connect(host).await.expect("connected");
    let proof = app.proof();
    let head = format!("POST {} HTTP/1.1\r\nhost: {host}\r\n{proof}content-type: text/csv\r\n", WAYS[0]);

    line.write_all(format!("{head}content-length: 1000000\r\n\r\n").as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    timeout(DEADLINE, line.read_exact(&mut answer)).await.expect("in time").expect("answered");

    assert_eq!(&answer, b"HTTP/1.1 429");
}

#[tokio::test]
async fn whoever_leaves_or_is_refused_gives_his_place_up() {
    let app = one_at_a_time().await;
    let first = begin(&app).await;

    first.sending.abort();
    let mut again = send(&app, &app.client, WAYS[0]).await.status();
    let waiting = async {
        while again == StatusCode::TOO_MANY_REQUESTS {
            again = send(&app, &app.client, WAYS[0]).await.status();
        }
    };
    timeout(DEADLINE, waiting).await.expect("given up in time");

    assert_eq!(again, StatusCode::ACCEPTED);
    for _ in 0..3 {
        let request = app.client.post(format!("{}{}", app.base, WAYS[0])).body(CSV);
        assert_eq!(request.send().await.expect("answered").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    assert_eq!(send(&app, &app.client, WAYS[0]).await.status(), StatusCode::ACCEPTED);
}
