//! How large a body may be: each route that takes one, with one that is too large.

use reqwest::{Method, Response, StatusCode, header, multipart};
use serde_json::Value;
use server::Limits;

use crate::{
    access::filled,
    harness::{App, Work, spawn},
};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// The largest file here.
const FILE: usize = 10 * KIB;

async fn idle() -> App {
    spawn(Work::Nowhere, Limits { upload_bytes: FILE as u64, ..Limits::default() }).await
}

/// The largest body that a route takes.
fn most(path: &str) -> usize {
    match path {
        "/api/v1/queue/add" | "/api/v1/queue/add-bulk" | "/api/tasks" | "/api/queue/test/job" => 16 * MIB,
        "/api/v1/customers/import" | "/api/customer/upload" => FILE,
        "/api/v1/auth/login" | "/login" | "/setup" => 16 * KIB,
        path if path.starts_with("/api/page/") => 64 * KIB,
        _ => 2 * MIB,
    }
}

async fn assert_is_too_large(answer: Response, path: &str) {
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
    assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], "too_large", "{path}");
}

#[tokio::test]
async fn every_route_that_takes_a_body_refuses_one_that_is_too_large() {
    let app = idle().await;
    let document = app.json("/openapi.json").await;
    let mut tried = vec![
        ("POST".to_owned(), "/login".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ("POST".to_owned(), "/setup".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Some(taken) = operation["requestBody"]["content"].as_object() else { continue };
            // A form with a file is another matter.
            let kinds = taken.keys().filter(|kind| *kind != "multipart/form-data");
            tried.extend(kinds.map(|kind| (method.to_uppercase(), path.clone(), kind.clone())));
        }
    }
    for function in leptos::server_fn::axum::server_fn_paths() {
        tried.push((function.1.to_string(), function.0.to_owned(), "application/json".to_owned()));
    }
    assert!(tried.len() > 20, "{tried:?}");

    for (method, path, kind) in tried {
        let method: Method = method.parse().expect("a method");
        let request = app.client.request(method, format!("{}{}", app.base, filled(&path)));
        let body = vec![b' '; most(&path) + 1];
        let answer = request.header(header::CONTENT_TYPE, kind).body(body).send().await.expect("answered");

        assert_is_too_large(answer, &path).await;
    }
}

#[tokio::test]
async fn a_form_may_have_one_large_field_only_and_that_is_its_file() {
    let app = idle().await;
    let file = |bytes: usize| multipart::Part::bytes(vec![b'\n'; bytes]).file_name("a.csv");
    let path = "/api/v1/customers/import";

    let small = app.upload_form(path, multipart::Form::new().text("note", "x").part("file", file(FILE))).await;
    let large_file = app.upload_form(path, multipart::Form::new().part("file", file(FILE + 1))).await;
    let large_mode = app.upload_form(path, multipart::Form::new().text("mode", "x".repeat(4 * MIB))).await;
    let large_note = multipart::Form::new().part("file", file(1)).text("note", "x".repeat(4 * MIB));
    let large_note = app.upload_form(path, large_note).await;

    assert_eq!(small.status(), StatusCode::ACCEPTED);
    for refused in [large_file, large_mode, large_note] {
        assert_is_too_large(refused, path).await;
    }
    assert_eq!(app.kept_files(), 1);
}

#[tokio::test]
async fn a_file_may_be_much_larger_than_what_a_form_may_have_beside_it() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let file = multipart::Part::bytes(vec![b'\n'; 20 * MIB]).file_name("a.csv");

    let answer = app.upload_form("/api/v1/customers/import", multipart::Form::new().part("file", file)).await;

    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}
