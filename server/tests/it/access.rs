//! Who may do what: every route against every role, as one table declares it.

use std::collections::BTreeSet;

use ::app::domain::Role;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use server::http::access::rules::{Need, RULES};

use crate::harness::{App, Work, client_with, spawn, token_for};

async fn idle() -> App {
    spawn(Work::Nowhere, server::Limits::default()).await
}

/// A path with something in the place of each of its parameters.
pub(crate) fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{importId}" | "{customerId}" | "{userId}" | "{tokenId}" | "{sessionId}" | "{id}" => {
            "019a0000-0000-7000-8000-000000000000".to_owned()
        }
        part if part.starts_with('{') => "nothing".to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What is answered. A stream's head is enough.
async fn status(client: &Client, app: &App, method: &str, path: &str) -> u16 {
    let method: Method = method.parse().expect("a method");
    let request = client.request(method, format!("{}{}", app.base, filled(path)));
    request.send().await.expect("answered").status().as_u16()
}

#[tokio::test]
async fn every_route_of_the_document_and_every_function_of_the_pages_has_a_rule() {
    let app = idle().await;
    let document = app.json("/openapi.json").await;
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for verb in item.as_object().expect("operations").keys().filter(|key| *key != "parameters") {
            routes.insert((verb.to_uppercase(), path.clone()));
        }
    }
    for function in leptos::server_fn::axum::server_fn_paths() {
        routes.insert((function.1.to_string(), function.0.to_owned()));
    }
    for page in leptos_axum::generate_route_list(::app::App) {
        routes.insert(("GET".to_owned(), page.path().to_owned()));
    }

    let ruled: BTreeSet<(String, String)> =
        RULES.iter().map(|(verb, path, ..)| ((*verb).to_owned(), (*path).to_owned())).collect();

    for (verb, path, need, _) in RULES {
        let operation = &document["paths"][path][verb.to_lowercase()];
        let says_open = operation["security"] == serde_json::json!([{}]);
        assert!(operation.is_null() || says_open == (*need == Need::Nothing), "{verb} {path}");
    }
    let missing: Vec<_> = routes.difference(&ruled).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(routes.len() > 80, "{}", routes.len());
    assert_eq!(ruled.len(), RULES.len(), "a route has two rules");
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let app = idle().await;
    let mut clients = vec![(None, client_with(None))];
    for role in Role::ALL {
        clients.push((Some(role), client_with(Some(&token_for(&app.accounts, role).await))));
    }

    for (method, path, need, _) in RULES {
        for (role, client) in &clients {
            let got = status(client, &app, method, path).await;

            let expected = match (need, role) {
                // Who is signed out already is where he wanted to be.
                (Need::Role(_), None) if *path == "/logout" => Some(303),
                (Need::Role(_), None) => Some(401),
                (Need::Role(needed), Some(role)) if role < needed => Some(403),
                _ => None,
            };
            match expected {
                Some(expected) => assert_eq!(got, expected, "{method} {path} for {role:?}"),
                None => assert!(![401, 403].contains(&got), "{method} {path} for {role:?}: {got}"),
            }
        }
    }
}

#[tokio::test]
async fn what_has_no_rule_is_nothing_for_whom_we_do_not_know() {
    let app = idle().await;
    let anonymous = client_with(None);
    let ask = async |client: &Client, method: Method, path: &str| {
        client.request(method, format!("{}{path}", app.base)).send().await.expect("answered").status()
    };

    assert_eq!(ask(&anonymous, Method::GET, "/nowhere").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app.client, Method::GET, "/nowhere").await, StatusCode::NOT_FOUND);
    // Where pages keep their files, nobody has to be known; this one is not there.
    assert_eq!(ask(&anonymous, Method::GET, "/pkg/nothing.js").await, StatusCode::NOT_FOUND);
    assert_eq!(ask(&anonymous, Method::PUT, "/api/v1/queues").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app.client, Method::PUT, "/api/v1/queues").await, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_method_that_an_address_does_not_have_is_refused_as_that_whoever_asks() {
    let app = idle().await;
    let viewer = client_with(Some(&token_for(&app.accounts, Role::Viewer).await));
    let asked = [
        (client_with(None), "/api/v1/auth/login", "POST"),
        (client_with(None), "/health/live", "GET"),
        (viewer.clone(), "/api/v1/queues/{queueName}", "GET, PATCH"),
        (viewer, "/api/v1/events", "GET, POST"),
    ];
    for (client, path, allowed) in asked {
        let answer = client.delete(format!("{}{}", app.base, filled(path))).send().await.expect("answered");

        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()["allow"], allowed);
        assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], "method_not_allowed");
    }
}

#[tokio::test]
async fn a_page_leads_to_sign_in_and_back() {
    let app = idle().await;
    let request = client_with(None).get(format!("{}/imports?before=x", app.base)).header("accept", "text/html");

    let answer = request.send().await.expect("answered");

    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/login?next=%2Fimports%3Fbefore%3Dx");
}

#[tokio::test]
async fn a_token_that_is_wrong_or_revoked_or_over_is_not_taken() {
    let app = idle().await;
    for token in ["", "sbx_", "sbx_nonsense", "nonsense"] {
        let answer =
            client_with(Some(token)).get(format!("{}/api/v1/queues", app.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{token}");
        assert!(answer.headers().contains_key("www-authenticate"));
        let problem: Value = answer.json().await.expect("JSON");
        assert_eq!(problem["code"], "sign_in_required");
    }
}
