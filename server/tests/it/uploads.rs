//! Files between their arrival and their row: none is lost that an import needs, and none lies about that no import has.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use ::app::domain::ImportId;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use server::{
    Limits,
    jobs::{Registry, Worker, sweeper},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::harness::{App, DEADLINE, Work, spawn, worker_of};

const CSV: &str = "email\nann@x.org\n";
const AGE: Duration = Duration::from_hours(1);

/// A file that was written to a while ago.
fn plant(app: &App, name: &str, age: Duration) -> PathBuf {
    fs::create_dir_all(app.uploads()).expect("a folder");
    let path = app.uploads().join(name);
    fs::write(&path, CSV).expect("written");
    make_older(&path, age);
    path
}

fn make_older(path: &Path, age: Duration) {
    let file = File::options().write(true).open(path).expect("opened");
    file.set_modified(SystemTime::now() - age).expect("set");
}

fn some_import() -> ImportId {
    ImportId(uuid::Uuid::now_v7())
}

/// Waits for something that nobody tells of.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, waiting).await.expect(what);
}

#[tokio::test]
async fn a_file_whose_row_could_not_be_written_is_removed() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    app.alter("alter table imports rename to elsewhere").await;

    let answer = app.upload(CSV).await;

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.kept_files(), 0);
}

#[tokio::test]
async fn an_idempotency_key_does_not_hide_that_the_mode_is_another() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let send = async |mode: &str| {
        let request = app.client.post(format!("{}/api/v1/customers/import?mode={mode}", app.base));
        let request = request.header("idempotency-key", "k-1").header(header::CONTENT_TYPE, "text/csv");
        let answer = request.body(CSV).send().await.expect("answered");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };

    let first = send("upsert").await;
    let other = send("update").await;
    let again = send("upsert").await;

    assert_eq!(first.0, StatusCode::ACCEPTED);
    assert_eq!((other.0, &other.1["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused")));
    assert_eq!(again, first);
    assert_eq!(app.kept_files(), 1);
}

#[tokio::test]
async fn an_import_is_not_recorded_whose_file_was_swept_away_before() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let uploads = app.uploads();
    let form = async_stream::stream! {
        yield Ok::<_, std::io::Error>(format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{CSV}\r\n--b\r\n"
        ));
        let file = || fs::read_dir(&uploads).ok()?.next()?.ok().map(|entry| entry.path());
        until("the file is kept in time", || file().is_some_and(|path| fs::read(path).is_ok_and(|csv| csv == CSV.as_bytes())))
            .await;
        fs::remove_file(file().expect("kept")).expect("removed");
        yield Ok("content-disposition: form-data; name=\"mode\"\r\n\r\nupsert\r\n--b--\r\n".to_owned());
    };

    let request = app.client.post(format!("{}/api/v1/customers/import", app.base));
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let answer = request.body(reqwest::Body::wrap_stream(form)).send().await.expect("answered");

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.json("/api/v1/imports").await["items"], json!([]));
}

#[tokio::test]
async fn old_files_without_an_import_are_swept_away_and_all_others_stay() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    let orphan = plant(&app, &format!("{}.csv", some_import()), AGE * 2);
    let half = plant(&app, &format!("{}.csv#1", some_import()), AGE * 2);
    let young = plant(&app, &format!("{}.csv", some_import()), AGE / 2);
    let young_half = plant(&app, &format!("{}.csv#1", some_import()), AGE / 2);
    let foreign = plant(&app, "notes.csv", AGE * 2);
    let import: Value = app.upload(CSV).await.json().await.expect("JSON");
    let taken_in = app.uploads().join(format!("{}.csv", import["importId"].as_str().expect("an id")));
    make_older(&taken_in, AGE * 2);

    let removed = sweeper::sweep(&app.parts, AGE).await.expect("swept");

    assert_eq!(removed, 2);
    for (path, stays) in
        [(orphan, false), (half, false), (young, true), (young_half, true), (foreign, true), (taken_in, true)]
    {
        assert_eq!(path.exists(), stays, "{}", path.display());
    }
}

#[tokio::test]
async fn a_sweep_goes_on_until_all_is_swept() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    for _ in 0..1_100 {
        plant(&app, &format!("{}.csv", some_import()), AGE * 2);
        plant(&app, &format!("{}.csv#1", some_import()), AGE * 2);
    }

    let removed = sweeper::sweep(&app.parts, AGE).await.expect("swept");

    assert_eq!((removed, app.kept_files()), (2_200, 0));
}

#[tokio::test]
async fn a_worker_sweeps_when_it_begins() {
    let app = spawn(Work::Nowhere, Limits::default()).await;
    plant(&app, &format!("{}.csv", some_import()), sweeper::AGE * 2);
    let stopping = CancellationToken::new();
    let config = worker_of("test", vec![("none".into(), 1)]);

    let worker = tokio::spawn(Worker::new(config, Registry::all(), app.parts.clone()).run(stopping.clone()));

    until("swept in time", || app.kept_files() == 0).await;
    stopping.cancel();
    timeout(DEADLINE, worker).await.expect("stopped in time").expect("stopped well");
}
