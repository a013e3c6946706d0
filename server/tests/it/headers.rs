//! What a browser is told with every answer, and that pages keep to it.

use std::collections::HashSet;

use axum::{body::Body, http::Request, response::Response as Answer};
use reqwest::{Method, Response, StatusCode, header};
use server::{
    AppState, Limits,
    http::{self, headers::Transport},
    hub::{Hub, HubConfig},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::harness::{App, Work, spawn, spawn_app};

/// The policy of what may load nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn told<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name).unwrap_or_else(|| panic!("{} has no {name}", answer.url()));
    value.to_str().expect("ASCII")
}

/// What a policy says under a name.
fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    let parts = policy.split(';').filter_map(|part| part.trim().split_once(' '));
    parts.into_iter().find(|(said, _)| *said == name).unwrap_or_else(|| panic!("no {name}: {policy}")).1
}

/// The nonce that a page's policy names.
fn nonce(page: &Response) -> String {
    let scripts = directive(told(page, "content-security-policy"), "script-src");
    let nonce = scripts.split(' ').find_map(|source| source.strip_prefix("'nonce-")?.strip_suffix('\''));
    nonce.expect("a nonce").to_owned()
}

/// The addresses of all pages of a server with an import, and of those that there are not.
async fn pages(app: &App) -> Vec<String> {
    let import = app.import("name,email\nAnn,ann@x.org\nBad,bad\n").await;
    let id = import["importId"].as_str().expect("an id");
    let mut pages = vec![format!("/imports/{id}"), format!("/imports/{id}?errors_after=")];
    let others = ["/imports", "/customers", "/customers/import", "/events", "/debug/streams", "/nowhere", "/no/where"];
    pages.extend(others.map(str::to_owned));
    pages
}

/// The tags of a document with what stands in them, and the texts of its scripts left out.
fn tags(html: &str) -> Vec<&str> {
    let pieces = html.split("<script").flat_map(|piece| {
        piece
            .split_once("</script>")
            .map_or(vec![piece], |(script, rest)| vec![script.split_once('>').map_or(script, |(tag, _)| tag), rest])
    });
    pieces.flat_map(|piece| piece.split('<')).collect()
}

/// The names of a tag's attributes: what stands outside of quotes.
fn attributes(tag: &str) -> impl Iterator<Item = &str> {
    tag.split('"').step_by(2).flat_map(str::split_whitespace).map(|name| name.trim_end_matches('='))
}

#[tokio::test]
async fn whatever_is_answered_may_not_be_framed_embedded_mistaken_or_kept() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let order = async |method: Method, path: &str| {
        app.client.request(method, format!("{}{path}", app.base)).send().await.expect("answered")
    };
    let foreign = app.client.post(format!("{}/api/v1/events", app.base)).header("sec-fetch-site", "cross-site");

    let answers = [
        (StatusCode::OK, app.get("/api/v1/jobs").await),
        (StatusCode::NOT_FOUND, app.get("/api/v1/jobs/nobody").await),
        (StatusCode::OK, app.get("/dashboard/debug").await),
        (StatusCode::OK, app.get("/openapi.json").await),
        (StatusCode::OK, app.get("/health/ready").await),
        (StatusCode::OK, order(Method::POST, "/api/page/film").await),
        (StatusCode::SEE_OTHER, order(Method::POST, "/customers/import").await),
        (StatusCode::NOT_FOUND, app.get("/pkg/none.js").await),
        (StatusCode::NOT_FOUND, app.get("/docs/none.js").await),
        (StatusCode::METHOD_NOT_ALLOWED, order(Method::DELETE, "/openapi.json").await),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, order(Method::POST, "/api/v1/events").await),
        (StatusCode::FORBIDDEN, foreign.send().await.expect("answered")),
        (StatusCode::OK, app.get("/imports").await),
        (StatusCode::NOT_FOUND, app.get("/nowhere").await),
        (StatusCode::OK, app.get("/docs").await),
        (StatusCode::OK, app.get("/docs/start.js").await),
        (StatusCode::OK, app.get("/api/v1/sse/connect?topics=imports").await),
    ];

    for (status, answer) in &answers {
        assert_eq!(answer.status(), *status, "{}", answer.url());
        assert_eq!(told(answer, "x-content-type-options"), "nosniff");
        assert_eq!(told(answer, "referrer-policy"), "same-origin");
        assert_eq!(told(answer, "cross-origin-opener-policy"), "same-origin");
        assert_eq!(told(answer, "cross-origin-resource-policy"), "same-origin");
        assert!(told(answer, "permissions-policy").contains("camera=()"));
        assert!(!answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(answer.headers().get_all(header::CONTENT_SECURITY_POLICY).iter().count(), 1, "{}", answer.url());
        let policy = told(answer, "content-security-policy");
        assert_eq!((directive(policy, "default-src"), directive(policy, "frame-ancestors")), ("'none'", "'none'"));
        let kept = match answer.url().path() {
            "/docs/start.js" => "public, max-age=3600",
            "/api/v1/sse/connect" => "no-cache, no-transform",
            _ => "no-store",
        };
        assert_eq!(told(answer, "cache-control"), kept, "{}", answer.url());
        let may_load = matches!(answer.url().path(), "/imports" | "/nowhere" | "/docs");
        assert_eq!(policy != NOTHING, may_load, "{}: {policy}", answer.url());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_answer_of_a_page_has_a_nonce_of_its_own_and_runs_nothing_else() {
    let app = spawn_app().await;
    let mut seen = HashSet::new();

    for path in pages(&app).await {
        for _ in 0..2 {
            let page = app.get(&path).await;

            let policy = told(&page, "content-security-policy").to_owned();
            let nonce = nonce(&page);
            assert_eq!(directive(&policy, "script-src"), format!("'nonce-{nonce}' 'wasm-unsafe-eval'"));
            assert!(!policy.contains("unsafe-inline") && !policy.contains('*'), "{policy}");
            for (name, sources) in [("style-src", "'self'"), ("connect-src", "'self'"), ("form-action", "'self'")] {
                assert_eq!(directive(&policy, name), sources);
            }
            for name in ["object-src", "base-uri"] {
                assert_eq!(directive(&policy, name), "'none'");
            }
            // 128 bits, in six a letter.
            assert!(nonce.len() >= 22, "{nonce}");
            assert!(seen.insert(nonce), "{path} was given a nonce twice");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_script_of_a_page_has_its_nonce_and_no_attribute_is_a_script_or_a_style() {
    let app = spawn_app().await;

    for path in pages(&app).await {
        let page = app.get(&path).await;
        let nonce = format!("nonce=\"{}\"", nonce(&page));
        let html = page.text().await.expect("text");

        let scripts: Vec<&str> = html.split("<script").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        // The theme, the start, and what the page was rendered with.
        assert!(scripts.len() >= 3, "{path}: {scripts:?}");
        assert!(scripts.iter().all(|attributes| attributes.contains(&nonce)), "{path}: {scripts:?}");
        let preloaded = html.split("<link").find(|link| link.contains("modulepreload")).expect("the module");
        assert!(preloaded.split('>').next().is_some_and(|attributes| attributes.contains(&nonce)), "{preloaded}");
        assert!(!html.contains("<style") && !html.contains("javascript:"), "{path}");
        let tags = tags(&html);
        assert!(
            tags.iter().any(|tag| attributes(tag).any(|name| name == "data-testid")),
            "{path}: nothing was looked at"
        );
        for tag in tags {
            let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
            let slipped = attributes(tag).find(|name| *name == "style" || name.starts_with("on"));
            assert_eq!(slipped, None, "{path}: <{tag}>");
        }
    }
}

#[tokio::test]
async fn the_page_of_the_api_runs_its_files_and_nothing_that_stands_in_it() {
    let app = spawn(Work::Nowhere, Limits::default()).await;

    let page = app.get("/docs").await;

    let policy = told(&page, "content-security-policy").to_owned();
    assert_eq!(directive(&policy, "script-src"), "'self'");
    assert_eq!(directive(&policy, "style-src"), "'self'");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text().await.expect("text");
    for script in html.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"/docs/") && script.contains("\"></script>"), "{script}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_come_encrypted_only_where_they_do() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let over = async |transport: Option<Transport>| -> Answer {
        let hub = Hub::start(app.parts.backplane.clone(), HubConfig::default(), CancellationToken::new());
        let state = AppState::new(app.parts.clone(), hub.await.expect("started"), Limits::default());
        let state = transport.map_or_else(|| state.clone(), |transport| state.clone().over(transport));
        let request = Request::get("/health/live").body(Body::empty()).expect("a request");
        http::router(state).oneshot(request).await.expect("answered")
    };

    let [plain, usual, encrypted] =
        [over(Some(Transport::Plain)).await, over(None).await, over(Some(Transport::Tls)).await];

    assert!(!plain.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    assert!(!usual.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    assert_eq!(encrypted.headers()[header::STRICT_TRANSPORT_SECURITY], "max-age=63072000; includeSubDomains");
}
