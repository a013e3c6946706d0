//! The *Big List of Naughty Strings*: each is kept byte for byte, given back byte for byte, and shown as text.
//!
//! A cell of a file is trimmed of white space and of marks without width, as every import does it; nothing else is changed.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    api::post,
    harness::{App, DEADLINE, Work, spawn, spawn_app},
};

/// See `support/naughty-strings/README.md`. It has no string with a NUL, which an import refuses, and none of over 1,000 characters.
fn naughty_strings() -> Vec<String> {
    let list = include_str!("../support/naughty-strings/blns.json");
    let strings: Vec<String> = serde_json::from_str(list).expect("a list of strings");
    assert!(strings.len() > 400);
    assert!(strings.iter().all(|string| !string.contains('\0') && string.chars().count() <= 1_000));
    strings
}

/// What an import makes of a cell.
fn trimmed(cell: &str) -> &str {
    let is_invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}');
    cell.trim_matches(is_invisible)
}

/// Imports the strings as names, in the order of their e-mails.
async fn import_names(app: &App, names: &[String]) {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["name", "email", "company", "city"]).expect("written");
    for (number, name) in names.iter().enumerate() {
        file.write_record([name, &format!("n{number:03}@x.org"), name, name]).expect("written");
    }
    let import = app.import(file.into_inner().expect("written")).await;
    assert_eq!(import["rows"]["inserted"], names.len(), "{import}");
}

#[tokio::test]
async fn each_is_a_customers_name() {
    let app = spawn_app().await;
    let strings = naughty_strings();
    import_names(&app, &strings).await;

    let listed = app.json("/api/v1/customers?sort=email&limit=500").await;

    let customers = listed["items"].as_array().expect("a list");
    assert_eq!(customers.len(), strings.len());
    for (customer, string) in customers.iter().zip(&strings) {
        let name = trimmed(string);
        assert_eq!(customer["name"], name);
        let optional = (!name.is_empty()).then_some(name);
        assert_eq!((&customer["company"], &customer["city"]), (&json!(optional), &json!(optional)));
        let shown = app.json(&format!("/api/v1/customers/{}", customer["id"].as_str().expect("an id"))).await;
        assert_eq!(&shown, customer);
    }
}

#[tokio::test]
async fn each_that_leaves_in_an_export_comes_back() {
    let (one, other) = (spawn_app().await, spawn_app().await);
    import_names(&one, &naughty_strings()).await;

    let csv = one.get("/api/v1/customers/export.csv").await.text().await.expect("text");
    other.import(csv).await;

    let names = async |app: &App| {
        let listed = app.json("/api/v1/customers?sort=email&limit=500").await;
        let items = listed["items"].as_array().expect("a list").clone();
        items.into_iter().map(|mut customer| customer["name"].take()).collect::<Vec<Value>>()
    };
    assert_eq!(names(&other).await, names(&one).await);
}

#[tokio::test]
async fn a_text_that_is_too_long_refuses_its_row_and_a_nul_its_file() {
    let app = spawn_app().await;

    let long = app.import(format!("name,email\n{},a@x.org\n{},b@x.org\n", "é".repeat(1_001), "é".repeat(1_000))).await;
    let nul = app.import("name,email\nAnn\0,c@x.org\nBob,d@x.org\n").await;

    assert_eq!((&long["rows"]["inserted"], &long["rows"]["failed"]), (&json!(1), &json!(1)));
    assert_eq!((&nul["status"], &nul["rows"]["inserted"]), (&json!("failed"), &json!(0)));
}

#[tokio::test]
async fn each_finds_its_customer() {
    let app = spawn_app().await;
    let strings = naughty_strings();
    import_names(&app, &strings).await;

    for (number, string) in strings.iter().enumerate() {
        let request =
            app.client.get(format!("{}/api/v1/customers?limit=500", app.base)).query(&[("q", trimmed(string))]);
        let found: Value = request.send().await.expect("answered").json().await.expect("JSON");

        let email = format!("n{number:03}@x.org");
        let items = found["items"].as_array().expect("a list");
        assert!(items.iter().any(|customer| customer["email"] == email.as_str()), "{string:?}");
    }
}

#[tokio::test]
async fn each_goes_through_a_job() {
    let app = spawn_app().await;
    let strings = naughty_strings();
    let order = |(number, string): (usize, &String)| {
        let data = json!({ "text": string, string: number });
        json!({"queueName": "test", "jobName": "echo", "data": data, "opts": {"jobId": format!("n{number}")}})
    };
    let orders: Vec<Value> = strings.iter().enumerate().map(order).collect();

    assert_eq!(post(&app, "/api/v1/queue/add-bulk", json!(orders)).await.status, 202);

    for (number, order) in orders.iter().enumerate() {
        let job = completed(&app, &format!("/api/v1/jobs/n{number}")).await;
        assert_eq!((&job["data"], &job["result"]), (&order["data"], &order["data"]));
    }
}

/// Waits for a job's end. Woken by the database's commits, not by time.
async fn completed(app: &App, path: &str) -> Value {
    let mut commits = app.parts.database.commits();
    let waiting = async {
        loop {
            commits.mark_unchanged();
            let job = app.json(path).await;
            if job["state"] == "completed" {
                return job;
            }
            commits.changed().await.expect("the database lives");
        }
    };
    timeout(DEADLINE, waiting).await.expect("the job is done in time")
}

#[tokio::test]
async fn each_is_told_by_an_event() {
    let app = spawn(Work::Nowhere, server::Limits::default()).await;

    for string in naughty_strings() {
        let told = post(&app, "/api/v1/events", json!({"topic": "custom:naughty", "data": {"text": string}})).await;
        assert_eq!(told.status, 201, "{string:?}");
        let event = app.json(&format!("/api/v1/events/{}", told.json["cursor"].as_str().expect("a cursor"))).await;
        assert_eq!(event["data"], json!({"text": string}));
    }
}

/// As text stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_is_text_on_a_page_and_nothing_else() {
    let app = spawn_app().await;
    let strings = naughty_strings();
    import_names(&app, &strings).await;
    for string in strings.iter().filter(|string| string.contains('<')) {
        post(&app, "/api/v1/events", json!({"topic": "custom:naughty", "data": {"text": string}})).await;
    }
    let mut pages = app.get("/events?topics=custom:naughty").await.text().await.expect("text");
    assert!(pages.contains("custom:naughty") && pages.contains("&lt;script&gt;"), "{pages}");
    let mut before = String::new();
    let mut names: Vec<String> = strings.iter().map(|string| trimmed(string).to_owned()).collect();

    loop {
        let html = app.get(&format!("/customers?sort=email{before}")).await.text().await.expect("text");
        assert!(!html.contains("role=\"alert\""), "{html}");
        for name in names.drain(..names.len().min(50)) {
            assert!(html.contains(&escaped(&name)), "{name:?} is not shown");
        }
        let _ = write!(pages, "{html}");
        let listed = app.json(&format!("/api/v1/customers?sort=email{before}")).await;
        match listed["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }

    assert!(names.is_empty());
    // Shorter ones with a `<`, such as `</`, stand on every page.
    for string in strings.iter().map(|string| trimmed(string)).filter(|string| string.contains('<') && string.len() > 4)
    {
        assert!(!pages.contains(string), "{string:?} stands on a page as it is");
    }
}
