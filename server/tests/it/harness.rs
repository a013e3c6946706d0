//! A server of one test: port 0, a fresh database, a worker in the same process.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ::app::domain::{QueueName, Role};
use reqwest::{Client, Response, StatusCode, header, multipart};
use serde_json::Value;
use server::{
    AppState, Limits,
    auth::{Accounts, By, watch},
    backplane::{SqlBackplane, sql::Retention},
    files::Files,
    http,
    hub::{Hub, HubConfig},
    jobs::{BulkImportCustomers, Echo, Job, Registry, Worker, WorkerConfig, context::Parts},
    store::Database,
};
use sqlx::Connection;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long anything may take that a test waits for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Where the tests come from: they may say for whom they ask.
const PROXIES: &str = "127.0.0.1";

/// The name of the token that the tests show.
const NAME: &str = "the tests";

/// A running server.
pub(crate) struct App {
    pub(crate) base: String,
    /// A program that may do everything.
    pub(crate) client: Client,
    /// Its token.
    pub(crate) token: String,
    pub(crate) accounts: Accounts,
    pub(crate) parts: Parts,
    stopping: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    folder: TempDir,
    url: String,
}

/// Whether the server's process works too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Here,
    Nowhere,
}

/// A server that works, with the usual limits.
pub(crate) async fn spawn_app() -> App {
    spawn(Work::Here, Limits::default()).await
}

/// A server.
pub(crate) async fn spawn(work: Work, limits: Limits) -> App {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::database_url(folder.path()).await;
    spawn_over(&url, folder, work, limits).await
}

/// A server over a database.
pub(crate) async fn spawn_over(url: &str, folder: TempDir, work: Work, limits: Limits) -> App {
    let parts = open(url, folder.path()).await;

    let stopping = CancellationToken::new();
    let heartbeat = Duration::from_millis(300);
    let config = HubConfig { heartbeat, ..HubConfig::default() };
    let hub = Hub::start(parts.backplane.clone(), config, stopping.clone()).await.expect("started");
    let state = AppState::new(parts.clone(), hub.clone(), limits).behind(PROXIES.parse().expect("a network"));
    let accounts = state.accounts.clone();
    tokio::spawn(watch::watch(accounts.clone(), hub, stopping.clone()));
    let router = http::router(state);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = http::listener::serve(listener, router, stopping.clone());
    let mut tasks = vec![tokio::spawn(async move { serving.await.expect("served") })];
    if work == Work::Here {
        let queues = vec![(BulkImportCustomers::QUEUE.into(), 2), (Echo::QUEUE.into(), 2)];
        let config = worker_of("test", queues);
        tasks.push(tokio::spawn(Worker::new(config, Registry::all(), parts.clone()).run(stopping.clone())));
    }
    let (_, text) = accounts.make_token(&By::Console, NAME, Role::Admin, None).await.expect("made");
    let token = text.reveal().to_owned();
    let client = client_with(Some(&token));
    App { base, client, token, accounts, parts, stopping, tasks, folder, url: url.to_owned() }
}

/// A token for a role.
pub(crate) async fn token_for(accounts: &Accounts, role: Role) -> String {
    let name = format!("{role} {}", uuid::Uuid::new_v4());
    let (_, text) = accounts.make_token(&By::Console, &name, role, None).await.expect("made");
    text.reveal().to_owned()
}

/// A program that shows a token, or none.
pub(crate) fn client_with(token: Option<&str>) -> Client {
    let mut headers = header::HeaderMap::new();
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
    }
    let policy = reqwest::redirect::Policy::none();
    Client::builder().redirect(policy).default_headers(headers).build().expect("a client")
}

/// A worker that stops at once.
pub(crate) fn worker_of(name: &str, queues: Vec<(QueueName, u32)>) -> WorkerConfig {
    WorkerConfig { name: name.to_owned(), host: "here".to_owned(), queues, drain: Duration::ZERO }
}

/// The parts of the installation over a database and a folder.
async fn open(url: &str, folder: &Path) -> Parts {
    let database = Database::open(url).await.expect("opened");
    database.migrate().await.expect("migrated");
    let backplane = SqlBackplane::open(database.clone(), Retention::default()).await.expect("opened");
    let files = Files::in_folder(&folder.join("uploads")).expect("a folder");
    Parts { database, files, backplane }
}

impl App {
    /// As whom its client is known.
    #[expect(clippy::unused_self, reason = "it is the same for all")]
    pub(crate) fn name(&self) -> String {
        format!("token {NAME}")
    }

    /// The line of a request's head that shows the token.
    pub(crate) fn proof(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.expect("answered")
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Uploads a file as a bare body.
    pub(crate) async fn upload(&self, csv: impl Into<reqwest::Body>) -> Response {
        self.upload_to("/api/v1/customers/import", csv).await
    }

    pub(crate) async fn upload_to(&self, path: &str, csv: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, "text/csv");
        request.body(csv).send().await.expect("answered")
    }

    /// Uploads a file as a form does.
    pub(crate) async fn upload_form(&self, path: &str, form: multipart::Form) -> Response {
        self.client.post(format!("{}{path}", self.base)).multipart(form).send().await.expect("answered")
    }

    /// Uploads a file and waits until its import is over.
    pub(crate) async fn import(&self, csv: impl Into<reqwest::Body>) -> Value {
        let answer = self.upload(csv).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        self.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await
    }

    /// Waits until an import is over. Woken by the database's commits, not by time.
    pub(crate) async fn finished(&self, location: &str) -> Value {
        let mut commits = self.parts.database.commits();
        let waiting = async {
            loop {
                commits.mark_unchanged();
                let import = self.json(location).await;
                if matches!(import["status"].as_str(), Some("completed" | "failed")) {
                    return import;
                }
                commits.changed().await.expect("the database lives");
            }
        };
        timeout(DEADLINE, waiting).await.expect("the import is over in time")
    }

    /// Where the files of imports are kept.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.folder.path().join("uploads/imports")
    }

    /// Files that are kept.
    pub(crate) fn kept_files(&self) -> usize {
        std::fs::read_dir(self.uploads()).map_or(0, Iterator::count)
    }

    /// Does something to the database as another program would.
    pub(crate) async fn alter(&self, statement: &'static str) {
        self.attempt(statement).await.expect("altered");
    }

    /// Tries to.
    pub(crate) async fn attempt(&self, statement: &'static str) -> Result<(), sqlx::Error> {
        if self.is_on_postgres() {
            let mut database = sqlx::PgConnection::connect(&self.url).await?;
            sqlx::raw_sql(statement).execute(&mut database).await?;
            return database.close().await;
        }
        let mut database = sqlx::SqliteConnection::connect(&self.url).await?;
        sqlx::raw_sql(statement).execute(&mut database).await?;
        database.close().await
    }

    /// Whether the database is Postgres.
    pub(crate) fn is_on_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Asks the database a question as another program would.
    pub(crate) async fn ask(&self, question: &'static str) -> Option<String> {
        if self.is_on_postgres() {
            let mut database = sqlx::PgConnection::connect(&self.url).await.expect("opened");
            let answer = sqlx::query_scalar(question).fetch_one(&mut database).await.expect("answered");
            database.close().await.expect("closed");
            return answer;
        }
        let mut database = sqlx::SqliteConnection::connect(&self.url).await.expect("opened");
        let answer = sqlx::query_scalar(question).fetch_one(&mut database).await.expect("answered");
        database.close().await.expect("closed");
        answer
    }

    /// The same installation, as another process would open it.
    pub(crate) async fn another_process(&self) -> Parts {
        open(&self.url, self.folder.path()).await
    }

    /// Loses all jobs, as an engine does that was restored from an old copy.
    pub(crate) async fn forget_all_jobs(&self) {
        self.alter("delete from jobs").await;
    }

    /// Asks the server to stop, as a signal does.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until all of it has stopped.
    pub(crate) async fn stopped(&mut self) {
        for task in self.tasks.drain(..) {
            timeout(DEADLINE, task).await.expect("stopped in time").expect("stopped well");
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}
