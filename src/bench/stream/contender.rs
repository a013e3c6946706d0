//! A server that streams: a program of its own, whose memory and processor time the system tells.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use app::events::{Custom, Event, Topic};
use reqwest::Client;
use serde_json::Value;
use server::{backplane::Backplane, jobs::context::Parts};
use tokio::process::{Child, Command};

use super::streams::Place;
use crate::{
    bench::trial::{proof, start},
    config::Config,
    installation, tls_pair,
};

/// What is listened to.
const TOPIC: &str = "custom:bench";
/// Parts of a second in which Linux counts processor time, for all programs.
const TICKS: f64 = 100.0;
/// KiB of a page of memory.
const PAGE_KIB: f64 = 4.0;

/// What somebody listens to who has a topic of his own.
fn topic_of(listener: usize) -> String {
    format!("{TOPIC}-{listener}")
}

/// A running server.
pub(super) struct Contender {
    pub(super) name: String,
    pub(super) is_ours: bool,
    child: Child,
    base: String,
    path: &'static str,
    publisher: Publisher,
    /// What a stream is asked for with.
    proof: Option<String>,
}

/// How it is told of events.
enum Publisher {
    /// From another process, through the engine.
    Engine(Parts),
    /// By a request.
    Request(Client),
}

impl Contender {
    /// This program, over the engine that the environment names.
    pub(super) async fn signalbox(config: &Config) -> anyhow::Result<Self> {
        let parts = installation::open(config).await?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", "--addr", "127.0.0.1:0", "--no-worker"])
            .env("SIGNALBOX_DATA_DIR", &config.data_dir)
            .env("DATABASE_URL", config.database_url.expose())
            .env("SIGNALBOX_MAX_STREAMS_PER_USER", "100000")
            .env("SIGNALBOX_REQUESTS_PER_SECOND", "0")
            .env("SIGNALBOX_LOG", "error");
        // Its streams are listened to over plain sockets.
        for variable in tls_pair::VARIABLES {
            command.env_remove(variable);
        }
        let (child, base) = start(command).await?;
        let name = format!("signalbox on {}", parts.backplane.name());
        let proof = Some(proof(&parts.database).await?);
        let publisher = Publisher::Engine(parts);
        Ok(Self { name, is_ours: true, child, base, path: "/api/v1/sse/connect", publisher, proof })
    }

    /// Another program, which may write to a folder.
    pub(super) async fn other(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.env("TMPDIR", folder);
        let (child, base) = start(command).await?;
        let name = program.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let publisher = Publisher::Request(Client::new());
        Ok(Self { name, is_ours: false, child, base, path: "/stream", publisher, proof: None })
    }

    /// Where its stream is; from a place of its log on.
    pub(super) fn stream(&self, cursor: Option<String>) -> Place {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        self.place(&format!("{TOPIC}{cursor}"))
    }

    /// Where the stream of somebody is who listens to a topic of his own.
    pub(super) fn stream_of(&self, listener: usize) -> Place {
        self.place(&topic_of(listener))
    }

    fn place(&self, topics: &str) -> Place {
        let host = self.base.trim_start_matches("http://").to_owned();
        Place { host, path: format!("{}?topics={topics}", self.path), proof: self.proof.clone() }
    }

    /// The end of its log, where it has one.
    pub(super) async fn head(&self) -> anyhow::Result<Option<String>> {
        Ok(match &self.publisher {
            Publisher::Engine(parts) => Some(parts.backplane.head().await?.to_string()),
            Publisher::Request(_) => None,
        })
    }

    /// Publishes events to somebody who listens to a topic of his own; nobody else hears them.
    pub(super) async fn publish_to(&self, listener: usize, events: Vec<Value>) -> anyhow::Result<()> {
        self.publish_on(&topic_of(listener), events).await
    }

    /// Publishes events to all.
    pub(super) async fn publish(&self, events: Vec<Value>) -> anyhow::Result<()> {
        self.publish_on(TOPIC, events).await
    }

    async fn publish_on(&self, topic: &str, events: Vec<Value>) -> anyhow::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        match &self.publisher {
            Publisher::Engine(parts) => {
                let topic: Topic = topic.parse()?;
                let custom = |data| Event::Custom(Custom { topic: topic.clone(), data });
                let backplane: Arc<dyn Backplane> = Arc::clone(&parts.backplane);
                backplane.append(events.into_iter().map(custom).collect()).await?;
            }
            Publisher::Request(client) => {
                let send = async |event: Value| {
                    let request = client.post(format!("{}/publish", self.base)).body(event.to_string());
                    request.send().await?.error_for_status()?;
                    anyhow::Ok(())
                };
                futures::future::try_join_all(events.into_iter().map(send)).await?;
            }
        }
        Ok(())
    }

    /// KiB of memory that it holds now.
    pub(super) async fn resident_kib(&self) -> anyhow::Result<f64> {
        let pages: f64 = self.told("statm").await?.split_whitespace().nth(1).context("no memory is told")?.parse()?;
        Ok(pages * PAGE_KIB)
    }

    /// What its engine is held to when an event goes from one process to a client of another: milliseconds, p50 and p99.
    pub(super) fn promised_ms(&self) -> Option<(f64, f64)> {
        let Publisher::Engine(parts) = &self.publisher else { return None };
        match parts.backplane.name() {
            "redis" => Some((1.0, 5.0)),
            "postgres" => Some((3.0, 15.0)),
            _ => Some((2.0, 10.0)),
        }
    }

    /// Seconds of processor time that it has taken.
    pub(super) async fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let told = self.told("stat").await?;
        // Behind the program's name, which may hold anything: 11 words, then the time of the program and that of the system for it.
        let behind = told.rsplit_once(')').context("no time is told")?.1;
        let ticks: Vec<f64> = behind.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(ticks.iter().sum::<f64>() / TICKS)
    }

    /// A file of proc(5).
    async fn told(&self, file: &str) -> anyhow::Result<String> {
        let id = self.child.id().context("the server has ended")?;
        tokio::fs::read_to_string(format!("/proc/{id}/{file}"))
            .await
            .context("memory and time are measured on Linux only")
    }

    /// Ends it.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        if let Publisher::Engine(parts) = self.publisher {
            parts.close().await;
        }
        Ok(())
    }
}
