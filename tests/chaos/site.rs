//! The processes of an installation: a web server and two workers, all to be killed, frozen and started again.

use std::{net::TcpListener, time::Duration};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::{engine::Engine, token};

/// How long a frozen worker stays so: longer than its leases hold.
const FROZEN: Duration = Duration::from_secs(12);
/// Worker processes.
const WORKERS: usize = 2;

/// What was done to an installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Harm {
    pub(crate) workers_killed: u32,
    pub(crate) workers_frozen: u32,
    pub(crate) webs_killed: u32,
    pub(crate) engines_killed: u32,
}

/// An installation.
pub(crate) struct Site {
    engine: Engine,
    port: u16,
    web: Child,
    workers: Vec<Child>,
    /// A frozen worker is not killed, and only one is frozen at a time: somebody has to do the work.
    frozen: Option<Frozen>,
    pub(crate) harm: Harm,
    /// A token that may do everything.
    pub(crate) token: String,
    folder: TempDir,
}

struct Frozen {
    worker: usize,
    until: tokio::time::Instant,
}

impl Site {
    /// Starts everything, in a folder of its own.
    pub(crate) async fn build(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The port stays the same when the server is started again, so that whoever lost it finds it.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let token = token::make(folder.path(), &engine.environment).await;
        let web = web(&engine, &folder, port);
        let workers = (0..WORKERS).map(|number| worker(&engine, &folder, number)).collect();
        let mut site = Self { engine, port, web, workers, frozen: None, harm: Harm::default(), token, folder };
        site.is_ready().await;
        site
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn engine_name(&self) -> &'static str {
        self.engine.name
    }

    /// Does some harm, as chance has it.
    pub(crate) async fn hurt(&mut self, chances: &mut fastrand::Rng) {
        self.wake_in_time().await;
        self.supervise();
        let worker = chances.usize(..WORKERS);
        match chances.u8(..10) {
            0..4 if !self.is_frozen(worker) => {
                self.harm.workers_killed += 1;
                self.workers[worker].kill().await.expect("killed");
                self.workers[worker] = self::worker(&self.engine, &self.folder, worker);
            }
            4..6 if self.frozen.is_none() => {
                self.harm.workers_frozen += 1;
                signal(&self.workers[worker], "STOP").await;
                self.frozen = Some(Frozen { worker, until: tokio::time::Instant::now() + FROZEN });
            }
            6..8 if self.engine.can_be_killed() => {
                self.harm.engines_killed += 1;
                self.engine.kill().await;
                sleep(Duration::from_millis(chances.u64(..1_500))).await;
                self.engine.start_again().await;
            }
            _ => {
                self.harm.webs_killed += 1;
                self.web.kill().await.expect("killed");
                self.web = web(&self.engine, &self.folder, self.port);
            }
        }
    }

    /// No more harm: whoever is frozen goes on.
    pub(crate) async fn heal(&mut self) {
        if let Some(Frozen { worker, until }) = self.frozen.take() {
            tokio::time::sleep_until(until).await;
            signal(&self.workers[worker], "CONT").await;
        }
        self.is_ready().await;
    }

    /// Starts those again that gave up by themselves, as a supervisor does: a program can't begin while its database is out of reach.
    fn supervise(&mut self) {
        if has_ended(&mut self.web) {
            self.web = web(&self.engine, &self.folder, self.port);
        }
        for (number, worker) in self.workers.iter_mut().enumerate() {
            if has_ended(worker) {
                *worker = self::worker(&self.engine, &self.folder, number);
            }
        }
    }

    /// Ends all processes.
    pub(crate) async fn demolish(mut self) {
        for child in self.workers.iter_mut().chain([&mut self.web]) {
            child.kill().await.expect("killed");
        }
        self.engine.kill().await;
    }

    fn is_frozen(&self, worker: usize) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.worker == worker)
    }

    async fn wake_in_time(&mut self) {
        if let Some(frozen) = self.frozen.take_if(|frozen| frozen.until <= tokio::time::Instant::now()) {
            signal(&self.workers[frozen.worker], "CONT").await;
        }
    }

    /// Waits until the web server answers.
    async fn is_ready(&mut self) {
        let url = format!("{}/health/ready", self.base());
        let answers = async {
            while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                self.supervise();
                sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), answers).await.expect("the server answers in time");
    }
}

fn web(engine: &Engine, folder: &TempDir, port: u16) -> Child {
    start(engine, folder, &["serve", "--no-worker", "--addr", &format!("127.0.0.1:{port}")])
}

fn worker(engine: &Engine, folder: &TempDir, number: usize) -> Child {
    // Room enough that one worker does the work of both: what a job waits for is its rescue, not a free place.
    start(engine, folder, &["worker", "--name", &format!("w{number}"), "--queues", "test=32"])
}

fn start(engine: &Engine, folder: &TempDir, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_signalbox"))
        .args(arguments)
        .env("SIGNALBOX_DATA_DIR", folder.path())
        .env("SIGNALBOX_LOG", "off")
        .envs(engine.environment.iter().cloned())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("started")
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().expect("a child of ours").is_some()
}

async fn signal(child: &Child, name: &str) {
    let Some(id) = child.id() else { return };
    let sent = Command::new("kill").args(["-s", name, &id.to_string()]).status().await.expect("kill(1)");
    assert!(sent.success(), "signal {name}");
}
