//! The processes of an installation: a web server without a worker, and workers as a test wants them.

use std::{
    net::TcpListener,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures::{TryStreamExt, stream::BoxStream};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{engine::Engine, token};

/// How long anything may take that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// Jobs that were taken in when a server counts as busy.
const BUSY: u32 = 50;
/// How long to wait between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Looks until something is so.
pub(crate) async fn at_last(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not {what} in time");
        sleep(BETWEEN_LOOKS).await;
    }
}

/// An installation.
pub(crate) struct Site {
    engine: Engine,
    port: u16,
    web: Option<Child>,
    workers: Vec<Option<Child>>,
    client: Client,
    /// Jobs that were taken in by those who hand them in until they are refused.
    taken: AtomicU32,
    folder: TempDir,
}

impl Site {
    /// Starts the web server, in a folder of its own.
    pub(crate) async fn build(engine: Engine) -> Self {
        // Seen where a test fails.
        println!("on {}", engine.name);
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut site = Self {
            engine,
            port,
            web: None,
            workers: Vec::new(),
            client: Client::new(),
            taken: AtomicU32::new(0),
            folder,
        };
        // Before anybody else uses the database, which is made by this.
        let token = token::make(site.folder.path(), &site.engine.environment).await;
        site.client = token::client(&token);
        site.start_web().await;
        site
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Starts the web server, and waits until it answers. One that was asked to stop has ended well before.
    pub(crate) async fn start_web(&mut self) {
        if let Some(mut stopped) = self.web.take() {
            assert!(stopped.wait().await.expect("ended").success());
        }
        let addr = format!("127.0.0.1:{}", self.port);
        self.web = Some(self.start(&["serve", "--no-worker", "--addr", &addr]));
        let url = self.url("/health/ready");
        at_last("ready", async || self.client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()))
            .await;
    }

    /// Starts a worker; returns its number.
    pub(crate) fn start_worker(&mut self) -> usize {
        let worker = self.start(&["worker", "--queues", "test=8"]);
        self.workers.push(Some(worker));
        self.workers.len() - 1
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .args(arguments)
            .env("SIGNALBOX_DATA_DIR", self.folder.path())
            .env("SIGNALBOX_LOG", "off")
            // Callers here ask as fast as they can.
            .env("SIGNALBOX_REQUESTS_PER_SECOND", "0")
            .envs(self.engine.environment.iter().cloned())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("started")
    }

    /// Ends a worker as a job does that calls `abort`.
    pub(crate) async fn abort(&mut self, worker: usize) {
        let mut worker = self.workers[worker].take().expect("running");
        signal(&worker, "ABRT").await;
        worker.wait().await.expect("ended");
    }

    /// Asks the web server to stop, as a supervisor does, once it is busy.
    pub(crate) async fn stop_web_when_busy(&self) {
        at_last("busy", async || self.taken.load(Ordering::Relaxed) >= BUSY).await;
        signal(self.web.as_ref().expect("running"), "TERM").await;
    }

    /// Stops the engine.
    pub(crate) async fn stop_engine(&mut self) {
        assert!(self.engine.can_be_killed(), "there is no server to stop");
        self.engine.kill().await;
    }

    /// Starts the engine again, on what it left behind.
    pub(crate) async fn start_engine(&mut self) {
        self.engine.start_again().await;
    }

    /// Hands a job in; returns its id when it was taken.
    pub(crate) async fn enqueue(&self, kind: &str, data: Value) -> Option<String> {
        let order = json!({"queueName": "test", "jobName": kind, "data": data});
        let answer = self.client.post(self.url("/api/v1/queue/add")).json(&order).send().await.ok()?;
        if answer.status() != StatusCode::ACCEPTED {
            return None;
        }
        let taken: Value = answer.json().await.ok()?;
        taken["jobId"].as_str().map(ToOwned::to_owned)
    }

    /// Hands jobs in, one after the other, until one is not taken; returns those that were.
    pub(crate) async fn hand_in_until_refused(&self) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(job) = self.enqueue("echo", json!(1)).await {
            taken.push(job);
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// A job as it stands; `None` while nobody can say.
    pub(crate) async fn job(&self, job_id: &str) -> Option<Value> {
        let answer = self.client.get(self.url(&format!("/api/v1/jobs/{job_id}"))).send().await.ok()?;
        if answer.status().is_success() { answer.json().await.ok() } else { None }
    }

    /// A live stream of a topic.
    pub(crate) async fn listen(&self, topic: &str) -> BoxStream<'static, reqwest::Result<Vec<u8>>> {
        let url = self.url(&format!("/api/v1/sse/connect?topics={topic}"));
        let answer = timeout(PATIENCE, self.client.get(url).send()).await.expect("in time").expect("answered");
        Box::pin(answer.bytes_stream().map_ok(|piece| piece.to_vec()))
    }

    /// Ends all processes.
    pub(crate) async fn demolish(mut self) {
        for child in self.workers.iter_mut().chain([&mut self.web]).flatten() {
            child.kill().await.expect("killed");
        }
        self.engine.kill().await;
    }
}

async fn signal(child: &Child, name: &str) {
    let id = child.id().expect("running").to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status().await.expect("kill(1)");
    assert!(sent.success(), "signal {name}");
}
