//! Imports that are about the same customers at the same time: none stops the other, and no change is lost.

use std::fmt::Write as _;

use reqwest::header;
use serde_json::Value;

use crate::harness::{App, spawn_app};

/// Several chunks.
const CUSTOMERS: usize = 12_000;

/// A file that says one thing of each customer, in an order of its own.
fn file(column: &str, round: usize, order: impl Iterator<Item = usize>) -> String {
    let mut csv = format!("email,{column}\n");
    for customer in order {
        let _ = writeln!(csv, "c{customer}@x.org,{column} {round}");
    }
    csv
}

async fn import_at_once(app: &App, files: [String; 2]) -> [Value; 2] {
    let finished = async |file: String| {
        let answer = app.upload(file).await;
        app.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await
    };
    let [one, other] = files;
    tokio::join!(finished(one), finished(other)).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_the_same_customers_lose_none_of_their_changes() {
    let app = spawn_app().await;

    for round in 1..=2 {
        let files = [file("company", round, 0..CUSTOMERS), file("city", round, (0..CUSTOMERS).rev())];
        let imports = import_at_once(&app, files).await;

        for import in &imports {
            assert_eq!(import["status"], "completed", "{import}");
            assert_eq!(import["rows"]["read"], CUSTOMERS, "{import}");
        }
        let count = |name: &str| imports.iter().filter_map(|import| import["rows"][name].as_u64()).sum::<u64>();
        let expected = if round == 1 { (12_000, 12_000) } else { (0, 24_000) };
        assert_eq!((count("inserted"), count("updated")), expected);
    }

    let mut customers = Vec::new();
    let mut before = String::new();
    loop {
        let page = app.json(&format!("/api/v1/customers?limit=500&sort=email{before}")).await;
        customers.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(customers.len(), CUSTOMERS);
    for customer in customers {
        assert_eq!((&customer["company"], &customer["city"]), (&"company 2".into(), &"city 2".into()), "{customer}");
    }
}
