//! The program, as processes: web servers without a worker.

use std::{path::Path, process::Stdio};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{DEADLINE, token};

/// What every test listens to.
pub(crate) const TOPIC: &str = "custom:test";

/// A running server.
pub(crate) struct Program {
    child: Child,
    /// Address and port.
    pub(crate) host: String,
    /// A token that may do everything.
    pub(crate) token: String,
    client: Client,
}

impl Program {
    /// Starts one on a folder, and waits until it listens.
    pub(crate) async fn start(folder: &Path, environment: &[(&'static str, String)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .args(["serve", "--no-worker", "--addr", "127.0.0.1:0"])
            .env("SIGNALBOX_DATA_DIR", folder)
            .env("SIGNALBOX_HEARTBEAT_SECONDS", "1")
            .env("SIGNALBOX_LOG", "off")
            .envs(environment.iter().cloned())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.expect("it begins in time").expect("readable");
        let line = line.expect("it says where it is");
        let host = line.rsplit("//").next().expect("an address").to_owned();
        let token = token::make(folder, environment).await;
        let client = token::client(&token);
        Self { child, host, token, client }
    }

    /// Where something of it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Sends JSON; returns the status and the answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.client.post(self.url(path)).json(body).send().await.expect("answered");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// Publishes a number.
    pub(crate) async fn publish(&self, number: u64) {
        assert!(self.has_published(number).await, "{number} was not taken in");
    }

    /// Publishes a number, if that can be done.
    pub(crate) async fn has_published(&self, number: u64) -> bool {
        self.post("/api/v1/events", &json!({ "topic": TOPIC, "data": number })).await.0.is_success()
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().expect("running").to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &id]).status().await.expect("kill(1)");
        assert!(sent.success());
    }

    /// Waits until it has ended; returns its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        timeout(DEADLINE, self.child.wait()).await.expect("it ends in time").expect("a child of ours").code()
    }

    /// SIGKILL: no last word.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }
}
