//! Customers, listed: searched, sorted, in pages.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{App, spawn_app};

async fn with_customers(rows: usize) -> App {
    let app = spawn_app().await;
    let mut csv = "name,email,company,Total Spend,visits\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(csv, "Name {:03},c{row}@x.org,Company {},{}.50,{}", rows - row, row % 3, row % 7, row % 5);
    }
    assert_eq!(app.import(csv).await["status"], "completed");
    app
}

/// Walks through all pages of a list.
async fn all(app: &App, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut before = String::new();
    loop {
        let page = app.json(&format!("/api/v1/customers?limit=17{query}{before}")).await;
        found.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn every_order_shows_every_customer_once() {
    let app = with_customers(60).await;

    for sort in ["name", "email", "company", "totalSpendCents", "visits", "lastVisitAt", "createdAt"] {
        for sign in ["", "-"] {
            let customers = all(&app, &format!("&sort={sign}{sort}")).await;

            let mut values: Vec<(String, i64)> = customers
                .iter()
                .map(|customer| {
                    let value = &customer[sort];
                    (value.as_str().unwrap_or_default().to_lowercase(), value.as_i64().unwrap_or_default())
                })
                .collect();
            if sign == "-" {
                values.reverse();
            }
            assert!(values.is_sorted(), "{sign}{sort}: {values:?}");
            let mut ids: Vec<&str> = customers.iter().filter_map(|customer| customer["id"].as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 60, "{sign}{sort}");
        }
    }
}

#[tokio::test]
async fn a_search_finds_parts_of_names_emails_and_companies_whatever_their_case() {
    let app = spawn_app().await;
    app.import("name,email,company\nÉlodie Ünal,el@x.org,Größe & Co\nBob,bob@x.org,Acme\n").await;

    for (text, expected) in
        [("élodie", 1), ("ÜNAL", 1), ("GRÖSSE", 0), ("größe", 1), ("X.ORG", 2), ("acm", 1), ("%", 0)]
    {
        let found = app.client.get(format!("{}/api/v1/customers", app.base)).query(&[("q", text)]).send();
        let found: Value = found.await.expect("answered").json().await.expect("JSON");

        assert_eq!(found["items"].as_array().map(Vec::len), Some(expected), "{text}");
    }
}

#[tokio::test]
async fn a_customer_has_all_fields_of_the_contract() {
    let app = spawn_app().await;
    app.import(
        "First Name,Last Name,E-mail,Phone,Company,City,Country,Total Spend,Visits,Last Visit At\n\
         Ann,Lee,Ann@X.org,+43 1,Acme,Wien,AT,\"1,234.50\",3,2026-01-02\n",
    )
    .await;

    let listed = app.json("/api/v1/customers").await["items"][0].clone();

    let id = listed["id"].as_str().expect("an id");
    assert_eq!(app.json(&format!("/api/v1/customers/{id}")).await, listed);
    for (field, value) in [
        ("name", "Ann Lee".into()),
        ("email", "Ann@X.org".into()),
        ("phone", "+43 1".into()),
        ("company", "Acme".into()),
        ("city", "Wien".into()),
        ("country", "AT".into()),
        ("totalSpendCents", Value::from(123_450)),
        ("visits", Value::from(3)),
        ("lastVisitAt", "2026-01-02T00:00:00Z".into()),
    ] {
        assert_eq!(listed[field], value, "{field}");
    }
    assert!(listed["createdAt"].is_string() && listed["updatedAt"].is_string());
}

#[tokio::test]
async fn wrong_questions_are_told_apart_from_empty_answers() {
    let app = spawn_app().await;

    for (query, status) in [
        ("sort=shoe-size", StatusCode::UNPROCESSABLE_ENTITY),
        ("limit=0", StatusCode::UNPROCESSABLE_ENTITY),
        ("limit=501", StatusCode::UNPROCESSABLE_ENTITY),
        ("limit=many", StatusCode::BAD_REQUEST),
        ("before=zzz", StatusCode::BAD_REQUEST),
        ("q=nobody", StatusCode::OK),
        ("q=&sort=&before=&limit=", StatusCode::OK),
    ] {
        assert_eq!(app.get(&format!("/api/v1/customers?{query}")).await.status(), status, "{query}");
    }
}
