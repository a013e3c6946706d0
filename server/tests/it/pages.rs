//! Pages as the server renders them: complete before any script has run, and never kept by a browser.

use reqwest::{StatusCode, header};

use crate::{frames::Stream, harness::spawn_app};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_of_streams_tells_who_listens_to_what() {
    let app = spawn_app().await;
    let mut stream = Stream::open(&app, "topics=imports,custom:shop").await;
    let id = stream.next_of("connected").await.data["connectionId"].as_str().expect("an id").to_owned();

    let html = app.get("/debug/streams").await.text().await.expect("text");

    for word in [format!("data-id=\"{id}\""), "imports, custom:shop".to_owned(), app.name()] {
        assert!(html.contains(&word), "no {word}");
    }
}

// On several threads, as the program runs: what a page leaves behind may be dropped by another one than made it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_page_is_rendered_and_never_kept() {
    let app = spawn_app().await;
    let import = app.import("name,email\nAnn,ann@x.org\nBad,bad\n").await;
    let id = import["importId"].as_str().expect("an id");

    for (path, words) in [
        ("/customers", vec!["ann@x.org", "data-testid=\"customer-row\""]),
        ("/customers/import", vec!["CSV file", "Import customers"]),
        ("/imports", vec!["data-testid=\"import-row\"", id]),
        ("/debug/streams", vec!["data-testid=\"total-connections\"", "Nobody listens"]),
        (&*format!("/imports/{id}"), vec!["data-state=\"completed\"", "connection-status"]),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        let html = answer.text().await.expect("text");

        for word in words {
            assert!(html.contains(word), "{path} has no {word}");
        }
        let again = futures::future::join_all((0..40).map(|_| async { app.get(path).await.text().await }));
        for html in again.await {
            assert!(html.expect("a whole page").contains("</html>"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_parameter_without_a_value_is_as_good_as_none() {
    let app = spawn_app().await;
    let import = app.import("name,email\nAnn,ann@x.org\nBad,bad\n").await;
    let errors = format!("/imports/{}?errors_after=", import["importId"].as_str().expect("an id"));

    for path in ["/customers?q=&sort=&before=", "/imports?before=", &errors] {
        let html = app.get(path).await.text().await.expect("text");

        assert!(!html.contains("role=\"alert\""), "{path}");
        assert!(html.contains("<tr"), "{path} has no rows");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_writes_an_order_as_the_browser_does() {
    let app = spawn_app().await;
    app.import("name,email\nAnn,ann@x.org\n").await;

    let html = app.get("/customers?sort=name").await.text().await.expect("text");

    assert!(html.contains("/customers?sort=-name\""), "no link to the other direction: {html}");
    assert!(!html.contains("%2D"));
}

#[tokio::test]
async fn an_address_without_a_page_is_not_found_and_says_so() {
    let app = spawn_app().await;

    let nowhere = app.get("/tea/room").await;
    let nobody = app.get("/nowhere").await;
    let no_import = app.get("/imports/0190d6c8-7c4b-7000-8000-000000000001").await;
    let file = app.get("/pkg/none.js").await;

    for page in [nowhere, nobody, no_import] {
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{}", page.url());
        assert!(page.headers()[header::CONTENT_TYPE].to_str().expect("ASCII").starts_with("text/html"));
        assert!(page.text().await.expect("text").contains("</html>"));
    }
    assert_eq!(file.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_tells_that_the_server_is_ready() {
    let app = spawn_app().await;

    assert_eq!(app.json("/health/live").await["status"], "ok");
    assert_eq!(app.json("/health/ready").await["status"], "ready");
}
