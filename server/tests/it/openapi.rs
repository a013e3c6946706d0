//! The API's document, held against what the server answers; and the page that draws it.

use std::{collections::HashSet, fs, path::Path};

use reqwest::{Method, header};
use serde_json::{Value, json};
use server::{Limits, http::access::rules::UNCOUNTED};

use crate::harness::{App, Work, spawn};

/// An id that names nothing.
const NOBODY: &str = "0190d6c8-7c4b-7000-8000-000000000001";

async fn idle() -> App {
    spawn(Work::Nowhere, Limits::default()).await
}

/// All operations of a document: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(Method, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            all.push((method, path.clone(), operation));
        }
    }
    all
}

/// Every text that stands at a key, at any depth.
fn texts_at<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| name == key) {
                    Some(text) => found.push(text),
                    None => texts_at(member, key, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts_at(item, key, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let app = idle().await;

    let document = app.json("/openapi.json").await;

    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut references = Vec::new();
    texts_at(&document, "$ref", &mut references);
    for reference in references {
        let place = reference.trim_start_matches('#');
        assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
    }
    let tags: HashSet<&Value> = document["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut names = HashSet::new();
    for (method, path, operation) in operations(&document) {
        assert!(names.insert(&operation["operationId"]), "{method} {path} has the name of another");
        assert!(operation["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{method} {path}");
        assert!(tags.contains(&operation["tags"][0]), "{method} {path}");
        for (status, response) in operation["responses"].as_object().expect("responses") {
            assert!(
                response["description"].as_str().is_some_and(|words| !words.is_empty()),
                "{method} {path} {status}"
            );
            let is_health = operation["operationId"].as_str().is_some_and(|name| name.starts_with("isReady"));
            let is_refusal = status.starts_with(['4', '5']) && !is_health;
            let is_problem = response["content"]["application/problem+json"]["schema"]["$ref"].is_string();
            assert_eq!(is_problem, is_refusal, "{method} {path} {status}");
        }
    }
}

#[tokio::test]
async fn whatever_the_document_names_is_answered_with_a_status_that_it_names() {
    let app = idle().await;
    let document = app.json("/openapi.json").await;

    for (method, path, operation) in operations(&document) {
        let address = path.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part });
        let url = format!("{}{}", app.base, address.collect::<Vec<_>>().join("/"));
        let statuses = operation["responses"].as_object().expect("responses");
        let tried = [
            app.client.request(method.clone(), &url),
            app.client.request(method.clone(), &url).json(&json!({})),
            app.client.request(method.clone(), &url).header(header::CONTENT_TYPE, "application/json").body("{"),
            app.client.request(method.clone(), &url).query(&[
                ("limit", "0"),
                ("before", "x"),
                ("after", "x"),
                ("names", "x"),
            ]),
            app.client.request(method.clone(), &url).header("sec-fetch-site", "cross-site"),
        ];

        for request in tried {
            let answer = request.send().await.expect("answered");

            let status = answer.status().as_u16();
            assert!(statuses.contains_key(&status.to_string()), "{method} {path} answers {status}");
            let kind =
                answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            assert!(status < 400 || kind == "application/problem+json", "{method} {path} answers {status} as {kind}");
        }
    }
}

#[tokio::test]
async fn whatever_is_counted_may_be_put_off_and_the_document_says_so() {
    let app = idle().await;
    let document = app.json("/openapi.json").await;

    for (method, path, operation) in operations(&document) {
        let is_said = operation["responses"].get("429").is_some();
        assert_eq!(is_said, !UNCOUNTED.contains(&path.as_str()), "{method} {path}");
    }
}

#[test]
fn the_api_has_no_route_outside_the_document() {
    let router = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/mod.rs");
    let router = fs::read_to_string(router).expect("readable");

    let strays: Vec<&str> =
        router.lines().filter(|line| line.contains(".route(\"/api") || line.contains(".route(\"/health")).collect();

    assert!(strays.is_empty(), "use `routes!` for {strays:?}");
}

#[tokio::test]
async fn the_page_asks_no_other_host_for_anything() {
    let app = idle().await;

    let page = app.get("/docs").await.text().await.expect("text");

    let mut files = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        files.extend(page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
    }
    assert!(files.len() >= 4, "{page}");
    for file in files.iter().filter(|file| file.starts_with("/docs") || file.starts_with("/openapi")) {
        let answer = app.get(file).await;
        assert!(answer.status().is_success(), "{file}");
        assert!(answer.bytes().await.is_ok_and(|body| !body.is_empty()), "{file}");
    }
    let start = app.get("/docs/start.js").await.text().await.expect("text");
    for text in [page, start] {
        assert!(!text.contains("://"), "{text}");
    }
    assert_eq!(app.get("/docs/swagger-ui-es-bundle.js").await.status(), 404);
}
