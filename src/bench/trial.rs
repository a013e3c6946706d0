//! A server for one trial: this program again, in a folder of its own that is removed afterwards.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use app::domain::Role;
use reqwest::{Client, StatusCode, header};
use serde::Deserialize;
use server::{
    auth::{Accounts, By},
    store::Database,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::service_url::ServiceUrl;

/// How long an import may take before the trial is given up.
const PATIENCE: Duration = Duration::from_mins(5);

/// A running server.
pub(super) struct Trial {
    child: Child,
    base: String,
    client: Client,
    _folder: TempDir,
}

/// An import as far as it is measured.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Import {
    pub(super) status: String,
    pub(super) rows: Rows,
    pub(super) error: Option<String>,
    pub(super) started_at: Option<jiff::Timestamp>,
    pub(super) finished_at: Option<jiff::Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Rows {
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
}

impl Trial {
    /// Starts a server on a free port, which lets one user send so many files at once.
    pub(super) async fn start(uploads: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", "--addr", "127.0.0.1:0"])
            .env_clear()
            .env("SIGNALBOX_DATA_DIR", folder.path())
            .env("SIGNALBOX_MAX_UPLOADS_PER_USER", uploads.to_string())
            .env("SIGNALBOX_LOG", "warn");
        let (child, base) = start(command).await?;
        let url = ServiceUrl::of_file(&folder.path().join("signalbox.db"));
        let client = client(&Database::open(url.expose()).await?).await?;
        Ok(Self { child, base, client, _folder: folder })
    }

    /// Uploads a file. Returns where its import is, and how long the answer took.
    pub(super) async fn upload(&self, csv: String) -> anyhow::Result<(String, Duration)> {
        let request = self
            .client
            .post(format!("{}/api/v1/customers/import", self.base))
            .header(header::CONTENT_TYPE, "text/csv")
            .body(csv);
        let began = Instant::now();
        let answer = request.send().await?;
        let took = began.elapsed();
        ensure!(answer.status() == StatusCode::ACCEPTED, "the upload was answered with {}", answer.status());
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        Ok((location.context("the answer names no import")?.to_owned(), took))
    }

    /// Waits until an import is completed.
    pub(super) async fn completed(&self, location: &str) -> anyhow::Result<Import> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let import: Import = self.client.get(format!("{}{location}", self.base)).send().await?.json().await?;
            match import.status.as_str() {
                "completed" => return Ok(import),
                "failed" => bail!("the import failed: {}", import.error.unwrap_or_default()),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        bail!("the import took longer than {} s", PATIENCE.as_secs())
    }

    /// The most memory that the server held so far, in MiB (`VmHWM` of proc(5)); `None` where the system doesn't tell.
    pub(super) async fn peak_mib(&self) -> Option<f64> {
        let status = tokio::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).await.ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / 1_024.0)
    }

    /// Ends the server.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// The line of a request that shows a token which may do everything, made for this.
pub(super) async fn proof(database: &Database) -> anyhow::Result<String> {
    let name = format!("bench {}", uuid::Uuid::now_v7());
    let (_, token) = Accounts::new(database.clone()).make_token(&By::Console, &name, Role::Admin, None).await?;
    Ok(format!("Bearer {}", token.reveal()))
}

/// A client that shows one.
async fn client(database: &Database) -> anyhow::Result<Client> {
    let mut headers = header::HeaderMap::new();
    headers.insert(header::AUTHORIZATION, proof(database).await?.parse()?);
    Ok(Client::builder().default_headers(headers).build()?)
}

/// Starts a server, and hears from it where it is.
pub(super) async fn start(mut command: Command) -> anyhow::Result<(Child, String)> {
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("a server can't be started")?;
    let stdout = child.stdout.take().context("the server has no output")?;
    let line =
        BufReader::new(stdout).lines().next_line().await?.context("the server ended at once; its log says why")?;
    let base = line.split_whitespace().last().context("the server did not say where it is")?.to_owned();
    Ok((child, base))
}
