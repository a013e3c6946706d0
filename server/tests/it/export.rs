//! CSV that leaves: opened in a spreadsheet it runs nothing, and imported again it is what it was.

use futures::StreamExt;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use reqwest::{Response, StatusCode, header, multipart};
use serde_json::{Value, json};
use server::Limits;

use crate::harness::{App, Work, spawn, spawn_app};

const EXPORT: &str = "/api/v1/customers/export.csv";
const HEADER: &str =
    "id,name,email,phone,company,city,country,totalSpendCents,visits,lastVisitAt,createdAt,updatedAt,_escaped";

/// The cells of a file that left, without what spreadsheets pass over before they look for a sign.
fn assert_runs_nothing(csv: &str, delimiter: u8) {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(csv.as_bytes());
    for record in reader.records() {
        for cell in &record.expect("a record") {
            let begins = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{200B}');
            assert!(!begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
            assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell:?}");
        }
    }
}

/// A file as anybody may write it.
fn written(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("written");
    }
    writer.into_inner().expect("written")
}

fn disposition(answer: &Response) -> &str {
    answer.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII")
}

/// All customers by their e-mails, without what is the installation's own.
async fn customers(app: &App) -> Vec<Value> {
    let mut found = Vec::new();
    let mut before = String::new();
    loop {
        let page = app.json(&format!("/api/v1/customers?sort=email&limit=500{before}")).await;
        found.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    for customer in &mut found {
        for own in ["id", "createdAt", "updatedAt"] {
            customer.as_object_mut().expect("an object").remove(own).expect("a field");
        }
    }
    found
}

/// Customers that would like to be something else.
fn nasty_rows(rows: usize) -> Vec<Vec<String>> {
    let pieces = vec![
        "=", "+", "-", "@", "＝", "＠", "'", "\t", "\r", "\n", "\r\n", "\"", ",", ";", "|", " ", "\u{FEFF}", "x", "ß",
        "😀",
    ];
    let other =
        any::<char>().prop_filter("no text has them", |character| !character.is_control()).prop_map(String::from);
    let piece = prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => other];
    let text = prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat());
    let strategy = (prop::collection::vec(text, 5), any::<i32>(), any::<u16>());
    let mut runner = TestRunner::default();
    let mut row = |number: usize| {
        let (mut cells, cents, visits) = strategy.new_tree(&mut runner).expect("a row").current();
        cells.extend([format!("={number}@x.org"), cents.to_string(), visits.to_string()]);
        cells
    };
    (0..rows).map(&mut row).collect()
}

/// A file of so many customers.
fn emails(rows: usize) -> String {
    let lines = (0..rows).map(|row| format!("c{row}@x.org"));
    std::iter::once("email".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn customers_leave_with_the_columns_of_the_api_under_a_dated_name() {
    let app = spawn_app().await;
    app.import("name,email,Total Spend,Last Visit\n=1+1,ann@x.org,-5.00,2026-01-02\n").await;
    let name = || jiff::Timestamp::now().strftime("customers-%Y-%m-%d.csv").to_string();

    let before = name();
    let answer = app.get(EXPORT).await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    // Midnight may have come between.
    let names = [before, name()].map(|name| format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}"));
    assert!(names.iter().any(|name| name == disposition(&answer)), "{}", disposition(&answer));
    let csv = answer.text().await.expect("text");
    let customer = app.json("/api/v1/customers").await["items"][0].clone();
    let text = |field: &str| customer[field].as_str().expect("a text").to_owned();
    let (id, created, updated) = (text("id"), text("createdAt"), text("updatedAt"));
    let line = format!("{id},'=1+1,ann@x.org,,,,,'-500,0,2026-01-02T00:00:00Z,{created},{updated},");
    assert_eq!(csv, format!("{HEADER}\n{line}\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_of_customers_leads_to_the_file() {
    let app = spawn(Work::Nowhere, Limits::default()).await;

    let html = app.get("/customers").await.text().await.expect("text");

    let link = html.split("<a ").find(|link| link.contains(&format!("href=\"{EXPORT}\""))).expect("a link");
    let tag = link.split('>').next().expect("a tag");
    assert!(tag.contains(" download") && tag.contains("rel=\"external\""), "{tag}");
}

#[tokio::test]
async fn an_installation_without_customers_gives_the_titles_alone() {
    let app = spawn(Work::Nowhere, Limits::default()).await;

    let csv = app.get(EXPORT).await.text().await.expect("text");

    assert_eq!(csv, format!("{HEADER}\n"));
}

#[tokio::test]
async fn what_leaves_one_installation_is_the_same_in_the_next() {
    let (one, other) = (spawn_app().await, spawn_app().await);
    // More than a page, and not a number of whole ones.
    let rows = nasty_rows(1_200);
    let header = ["name", "phone", "company", "city", "country", "email", "totalSpendCents", "visits"];
    let file = written(&[vec![header.map(str::to_owned).to_vec()], rows].concat());
    assert_eq!(one.import(file).await["rows"]["inserted"], 1_200);

    let csv = one.get(EXPORT).await.text().await.expect("text");
    let import = other.import(csv.clone()).await;

    assert_runs_nothing(&csv, b',');
    assert_eq!((&import["rows"]["inserted"], &import["rows"]["failed"]), (&json!(1_200), &json!(0)));
    assert_eq!(customers(&other).await, customers(&one).await);
    let again = one.import(csv).await;
    assert_eq!(again["rows"]["unchanged"], 1_200, "{again}");
}

#[tokio::test]
async fn a_whole_page_is_followed_by_none() {
    let app = spawn_app().await;
    app.import(emails(500)).await;

    let csv = app.get(EXPORT).await.text().await.expect("text");

    assert_eq!(csv.lines().count(), 501);
    assert!(csv.lines().last().is_some_and(|line| line.contains("c499@x.org")));
}

#[tokio::test]
async fn an_export_that_cannot_go_on_breaks_off() {
    let app = spawn_app().await;
    app.import(emails(1_200)).await;
    // No moment is so late.
    app.alter("update customers set updated_at = 9000000000000000000 where email_key = 'c1100@x.org'").await;

    let answer = app.get(EXPORT).await;

    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.bytes_stream();
    let (mut bytes, mut broke) = (0, false);
    while let Some(part) = body.next().await {
        match part {
            Ok(part) => bytes += part.len(),
            Err(_) => broke = true,
        }
    }
    assert!(broke, "{bytes} bytes looked like the whole");
}

#[tokio::test]
async fn an_export_that_cannot_begin_is_refused() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    app.alter("alter table customers rename to elsewhere").await;

    let answer = app.get(EXPORT).await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], "unavailable");
}

#[tokio::test]
async fn an_apostrophe_in_a_file_that_is_not_ours_stays() {
    let app = spawn_app().await;

    app.import("name,email,company,city\n'=1,ann@x.org,'Tis,''-2\n").await;

    let customer = &app.json("/api/v1/customers").await["items"][0];
    assert_eq!([&customer["name"], &customer["company"], &customer["city"]], ["'=1", "'Tis", "''-2"]);
}

#[tokio::test]
async fn refused_rows_run_nothing_and_are_what_they_were_when_they_come_back() {
    let app = spawn_app().await;
    let part = multipart::Part::text("name;email;=note;city\n=1+1;=bad;x;\t-y\n'=1;;+1;'Tis\n");
    let form = multipart::Form::new().part("file", part.file_name("../K\u{f6}ln \"=1\";.2026.CSV"));
    let answer = app.upload_form("/api/v1/customers/import", form).await;
    let import = app.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await;
    let path = format!("/api/v1/imports/{}/errors.csv", import["importId"].as_str().expect("an id"));

    let answer = app.get(&path).await;
    let disposition = disposition(&answer).to_owned();
    let csv = answer.text().await.expect("text");
    let mended = csv.replace("'=bad", "ann@x.org").replace("''=1;;", "''=1;bob@x.org;");
    let again = app.import(mended).await;

    let exact = "K%C3%B6ln%20_%3D1_%3B.2026-errors.csv";
    assert_eq!(disposition, format!("attachment; filename=\"K_ln _=1_;.2026-errors.csv\"; filename*=UTF-8''{exact}"));
    assert_runs_nothing(&csv, b';');
    assert!(csv.starts_with("name;email;'=note;city;_error_row;"), "{csv}");
    assert_eq!(again["rows"]["inserted"], 2, "{csv}");
    let found = customers(&app).await;
    assert_eq!([&found[0]["name"], &found[0]["city"]], ["=1+1", "-y"]);
    assert_eq!([&found[1]["name"], &found[1]["city"]], ["'=1", "'Tis"]);
}

#[tokio::test]
async fn refused_rows_that_are_refused_again_are_listed_with_one_set_of_columns() {
    let app = spawn_app().await;
    let errors = async |csv: String| {
        let import = app.import(csv).await;
        let path = format!("/api/v1/imports/{}/errors.csv", import["importId"].as_str().expect("an id"));
        app.get(&path).await.text().await.expect("text")
    };

    let first = errors("name,email\n=1,bad\n".to_owned()).await;
    let second = errors(first.clone()).await;

    assert_eq!(second, first);
}

#[tokio::test]
async fn uploads_lie_under_names_of_our_own() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let part = multipart::Part::text("email\na@x.org\n").file_name("../../../etc/cron.d/=evil\".csv");
    let form = multipart::Form::new().part("file", part);

    let import: Value = app.upload_form("/api/v1/customers/import", form).await.json().await.expect("JSON");

    let names: Vec<_> =
        std::fs::read_dir(app.uploads()).expect("a folder").map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(names, [format!("{}.csv", import["importId"].as_str().expect("an id")).as_str()]);
}
