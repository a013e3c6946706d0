//! A file's way in: what is accepted, what is refused, and what becomes of its rows.

use std::fmt::Write as _;

use reqwest::{StatusCode, header, multipart};
use serde_json::{Value, json};
use server::Limits;

use crate::harness::{Work, spawn, spawn_app};

const THREE: &str = "Name,Email,Visits\nAnn,ann@x.org,1\nBob,bob@x.org,2\nCy,cy@x.org,3\n";

fn form(csv: &'static str) -> multipart::Form {
    multipart::Form::new().part("file", multipart::Part::text(csv).file_name("customers.csv"))
}

/// The five outcomes and the rows read, as the contract names them.
fn counts(import: &Value) -> [u64; 6] {
    let rows = &import["rows"];
    let counts = ["read", "inserted", "updated", "unchanged", "skipped", "failed"];
    let counts = counts.map(|name| rows[name].as_u64().unwrap_or_else(|| panic!("{name} in {rows}")));
    assert_eq!(counts[0], counts[1..].iter().sum::<u64>(), "{rows}");
    counts
}

#[tokio::test]
async fn a_file_is_answered_with_202_and_where_its_import_is() {
    let app = spawn(Work::Nowhere, Limits::default()).await;

    let answer = app.upload(THREE).await;

    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned();
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(location, format!("/api/v1/imports/{}", body["importId"].as_str().expect("an id")));
    assert_eq!(body["status"], "queued");
    assert!(body["jobId"].is_string());
    let import = app.json(&location).await;
    assert_eq!(import["status"], "queued");
    assert_eq!(import["bytes"], json!({ "read": 0, "total": THREE.len() }));
}

#[tokio::test]
async fn rows_become_customers_and_a_second_import_changes_only_what_is_different() {
    let app = spawn_app().await;

    let first = app.import(THREE).await;
    let again = app.import(THREE).await;
    let changed = app.import("email,visits\nBOB@x.org,9\nnew@x.org,1\n").await;

    assert_eq!(first["status"], "completed", "{first}");
    assert_eq!(counts(&first), [3, 3, 0, 0, 0, 0]);
    assert_eq!(first["rows"]["total"], 3);
    assert_eq!(counts(&again), [3, 0, 0, 3, 0, 0]);
    assert_eq!(counts(&changed), [2, 1, 1, 0, 0, 0]);
    let found = app.json("/api/v1/customers?q=bob").await;
    assert_eq!(found["items"][0]["visits"], 9);
    assert_eq!(found["items"][0]["name"], "Bob");
}

#[tokio::test]
async fn the_same_email_twice_in_a_file_is_one_customer_and_the_last_row_wins() {
    let app = spawn_app().await;

    let import = app.import("name,email\nAnn,ann@x.org\nAnna,ANN@X.org\n").await;

    assert_eq!(counts(&import), [2, 1, 1, 0, 0, 0]);
    let customers = app.json("/api/v1/customers").await;
    assert_eq!(customers["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(customers["items"][0]["name"], "Anna");
}

#[tokio::test]
async fn bad_rows_go_to_the_error_list_and_the_good_ones_go_on() {
    let app = spawn_app().await;

    let import =
        app.import("name,email,visits\nAnn,ann@x.org,1\nNo,,2\nBad,not-an-email,3\nNum,num@x.org,many\nShort\n").await;

    assert_eq!(import["status"], "completed");
    assert_eq!(counts(&import), [5, 1, 0, 0, 0, 4]);
    let id = import["importId"].as_str().expect("an id");
    let errors = app.json(&format!("/api/v1/imports/{id}/errors")).await;
    let codes: Vec<&str> =
        errors["items"].as_array().expect("a list").iter().filter_map(|e| e["code"].as_str()).collect();
    assert_eq!(codes, ["no_email", "bad_email", "not_a_number", "too_few_fields"]);
    let bad = &errors["items"][1];
    assert_eq!((&bad["row"], &bad["line"]), (&json!(3), &json!(4)));
    assert_eq!((&bad["column"], &bad["value"]), (&json!("email"), &json!("not-an-email")));
    assert!(bad["message"].as_str().is_some_and(|message| message.len() > 10));
}

#[tokio::test]
async fn refused_rows_can_be_downloaded_mended_and_imported_again() {
    let app = spawn_app().await;
    let import = app.import("name;email\nNo;\nAnn;ann@x.org\n\"Q \"\"uo;te\";bad\n").await;
    let id = import["importId"].as_str().expect("an id");

    let answer = app.get(&format!("/api/v1/imports/{id}/errors.csv")).await;

    let disposition = answer.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII").to_owned();
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    let csv = answer.text().await.expect("text");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert_eq!(lines[0], "name;email;_error_row;_error_line;_error_column;_error;_escaped");
    assert!(lines[1].starts_with("No;;1;2;email;"), "{csv}");
    assert!(lines[2].starts_with("\"Q \"\"uo;te\";bad;3;4;email;"), "{csv}");
    let mended = csv.replace("No;;", "No;no@x.org;").replace(";bad;", ";q@x.org;");
    assert_eq!(counts(&app.import(mended).await), [2, 2, 0, 0, 0, 0]);
}

#[tokio::test]
async fn the_error_list_comes_in_pages_without_gaps_or_doubles() {
    let app = spawn_app().await;
    let mut csv = "email,visits\n".to_owned();
    for row in 0..130 {
        let _ = writeln!(csv, "bad{row},many");
    }
    let import = app.import(csv).await;
    let id = import["importId"].as_str().expect("an id");

    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = app.json(&format!("/api/v1/imports/{id}/errors?{after}")).await;
        rows.extend(
            page["items"].as_array().expect("a list").iter().map(|e| (e["row"].as_u64(), e["code"].to_string())),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("after={next}"),
            None => break,
        }
    }

    assert_eq!(rows.len(), 260);
    rows.dedup();
    assert_eq!(rows.len(), 260);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_with_a_sentence_and_changes_no_customer() {
    let app = spawn_app().await;
    let long_line = format!("email\na@x.org\n{}", "x".repeat(10 * 1024 * 1024)).into_bytes();
    let mut half_way = "name,email\nZoë,zoe@x.org\n".repeat(10).into_bytes();
    half_way.extend_from_slice(b"Zo\xeb,other@x.org\n");
    let refused: [(&str, Vec<u8>); 6] = [
        ("no e-mail column", b"name,city\nAnn,Wien\n".to_vec()),
        ("binary", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("empty", Vec::new()),
        ("a long line", long_line),
        ("wrong encoding half-way", half_way),
        ("a quote that is never closed", b"name,email\n\"Ann,ann@x.org\nBob,bob@x.org\n".to_vec()),
    ];

    for (what, file) in refused {
        let import = app.import(file).await;

        assert_eq!(import["status"], "failed", "{what}: {import}");
        assert!(import["error"].as_str().is_some_and(|error| error.len() > 20), "{what}: {import}");
        assert_eq!(counts(&import), [0; 6], "{what}");
    }
    assert_eq!(app.json("/api/v1/customers").await["items"], json!([]));
}

#[tokio::test]
async fn the_modes_create_only_or_update_only() {
    let app = spawn_app().await;
    app.import("name,email\nAnn,ann@x.org\n").await;

    for (mode, expected) in [("create", [2, 1, 0, 0, 1, 0]), ("update", [2, 0, 1, 0, 1, 0])] {
        let csv = format!("name,email\nAnna,ann@x.org\nNew,{mode}@x.org\n");
        let answer = app.upload_to(&format!("/api/v1/customers/import?mode={mode}"), csv).await;
        let import = app.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await;

        assert_eq!(counts(&import), expected, "{mode}");
    }
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_import_and_keeps_one_file() {
    let app = spawn_app().await;
    let send = |csv: &'static str| {
        let request = app.client.post(format!("{}/api/v1/customers/import", app.base));
        request.header("idempotency-key", "k-1").header(header::CONTENT_TYPE, "text/csv").body(csv).send()
    };

    let first: Value = send(THREE).await.expect("answered").json().await.expect("JSON");
    let second = send(THREE).await.expect("answered");
    let other = send("email\nelse@x.org\n").await.expect("answered");

    assert_eq!(second.status(), StatusCode::ACCEPTED);
    assert_eq!(second.json::<Value>().await.expect("JSON"), first);
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json::<Value>().await.expect("JSON")["code"], "idempotency_key_reused");
    assert_eq!(app.kept_files(), 1);
}

#[tokio::test]
async fn a_form_names_the_file_and_a_form_without_one_is_told_so() {
    let app = spawn_app().await;

    let answer = app.upload_form("/api/v1/customers/import", form(THREE)).await;
    let import = app.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await;
    let empty = app.upload_form("/api/v1/customers/import", multipart::Form::new().text("other", "x")).await;

    assert_eq!(import["fileName"], "customers.csv");
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = empty.json().await.expect("JSON");
    assert_eq!((&problem["code"], &problem["field"]), (&json!("invalid"), &json!("file")));
}

#[tokio::test]
async fn a_form_of_a_page_without_script_is_sent_on_to_its_import() {
    let app = spawn_app().await;

    let answer = app.upload_form("/customers/import", form(THREE).text("mode", "update")).await;
    let refused = app.upload_form("/customers/import", multipart::Form::new().text("mode", "upsert")).await;

    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[header::LOCATION].to_str().expect("ASCII");
    assert!(location.starts_with("/imports/"));
    assert_eq!(counts(&app.finished(&format!("/api/v1{location}")).await), [3, 0, 0, 0, 3, 0]);
    assert_eq!(refused.headers()[header::LOCATION], "/customers/import?refused=no_file");
}

#[tokio::test]
async fn what_is_no_upload_is_refused_as_problem_json_and_leaves_no_file() {
    let app = spawn(Work::Nowhere, Limits { upload_bytes: 100, ..Limits::default() }).await;
    let import = "/api/v1/customers/import";

    let too_large = app.upload("email\n".repeat(100)).await;
    let wrong_type = app.client.post(format!("{}{import}", app.base)).json(&json!({})).send().await.expect("answered");
    let wrong_mode = app.upload_to(&format!("{import}?mode=sideways"), THREE).await;
    let other_site = app.client.post(format!("{}{import}", app.base)).header("sec-fetch-site", "cross-site");
    let other_site = other_site.header(header::CONTENT_TYPE, "text/csv").body(THREE).send().await.expect("answered");

    for (answer, status, code) in [
        (too_large, 413, "too_large"),
        (wrong_type, 415, "unsupported_media_type"),
        (wrong_mode, 422, "invalid"),
        (other_site, 403, "cross_site"),
    ] {
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = answer.json().await.expect("JSON");
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
    }
    assert_eq!(app.kept_files(), 0);
    assert_eq!(app.json("/api/v1/imports").await["items"], json!([]));
}

#[tokio::test]
async fn an_import_that_lost_its_job_gets_a_new_one() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let answer = app.upload(THREE).await;
    let before: Value = answer.json().await.expect("JSON");
    let import = format!("/api/v1/imports/{}", before["importId"].as_str().expect("an id"));
    app.forget_all_jobs().await;

    server::jobs::reconciler::reconcile(&app.parts).await.expect("reconciled");

    let after = app.json(&import).await;
    assert_ne!(after["jobId"], before["jobId"]);
    let job_id = after["jobId"].as_str().expect("a job").into();
    let state = app.parts.backplane.job_state(&job_id).await.expect("answered");
    assert_eq!(state, Some(::app::domain::JobState::Waiting));
}

#[tokio::test]
async fn imports_are_listed_newest_first() {
    let app = spawn_app().await;
    let first = app.import(THREE).await;
    let second = app.import(THREE).await;

    let listed = app.json("/api/v1/imports").await;

    let ids: Vec<&Value> =
        listed["items"].as_array().expect("a list").iter().map(|import| &import["importId"]).collect();
    assert_eq!(ids, [&second["importId"], &first["importId"]]);
    assert_eq!(listed["next"], Value::Null);
}

#[tokio::test]
async fn unknown_imports_and_broken_places_are_told_apart() {
    let app = spawn(Work::Nowhere, Limits::default()).await;

    let unknown = app.get("/api/v1/imports/0190d6c8-7c4b-7000-8000-000000000001").await;
    let no_id = app.get("/api/v1/imports/seven").await;
    let no_place = app.get("/api/v1/imports?before=seven").await;

    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(no_id.status(), StatusCode::NOT_FOUND);
    assert_eq!(no_place.status(), StatusCode::BAD_REQUEST);
}
