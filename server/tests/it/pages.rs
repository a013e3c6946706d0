//! Pages as the server renders them: complete before any script has run, and never kept by a browser.

use reqwest::{StatusCode, header};

use crate::harness::spawn_app;

#[tokio::test]
async fn every_page_is_rendered_and_never_kept() {
    let app = spawn_app().await;
    let import = app.import("name,email\nAnn,ann@x.org\nBad,bad\n").await;
    let id = import["importId"].as_str().expect("an id");

    for (path, words) in [
        ("/customers", vec!["ann@x.org", "data-testid=\"customer-row\""]),
        ("/customers/import", vec!["CSV file", "Import customers"]),
        ("/imports", vec!["data-testid=\"import-row\"", id]),
        (&*format!("/imports/{id}"), vec!["data-state=\"completed\"", "connection-status"]),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        let html = answer.text().await.expect("text");

        for word in words {
            assert!(html.contains(word), "{path} has no {word}");
        }
    }
}

#[tokio::test]
async fn an_address_without_a_page_is_not_found_and_says_so() {
    let app = spawn_app().await;

    let nowhere = app.get("/tea/room").await;
    let file = app.get("/pkg/none.js").await;

    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert!(nowhere.headers()[header::CONTENT_TYPE].to_str().expect("ASCII").starts_with("text/html"));
    assert_eq!(file.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_tells_that_the_server_is_ready() {
    let app = spawn_app().await;

    assert_eq!(app.json("/health/live").await["status"], "ok");
    assert_eq!(app.json("/health/ready").await["status"], "ready");
}
