//! What stands under an installation: the environment that names it and, where it is a server, the server itself.

use std::{net::TcpListener, path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    /// What the programs are told of it.
    pub(crate) environment: Vec<(&'static str, String)>,
    server: Option<Server>,
}

/// A server of an engine.
struct Server {
    command: String,
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl Engine {
    /// SQLite: a file, and nobody to kill.
    pub(crate) const fn sqlite() -> Self {
        Self { name: "SQLite", environment: Vec::new(), server: None }
    }

    /// Redis, which writes each change to its file before it answers. Domain data is in SQLite.
    pub(crate) async fn redis() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let command = format!(
            "redis-server --port {port} --bind 127.0.0.1 --appendonly yes --save '' --dir {}",
            folder.path().display()
        );
        let environment =
            vec![("REDIS_URL", format!("redis://127.0.0.1:{port}")), ("PUBSUB_BACKEND", "redis".to_owned())];
        Self { name: "Redis", environment, server: Some(Server::start(command, port, folder).await) }
    }

    /// Postgres, for everything.
    pub(crate) async fn postgres() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let path = folder.path().display();
        // Postgres refuses to run as root.
        let prepare = format!(
            "chmod 711 {path} && mkdir {path}/data && if [ $(id -u) = 0 ]; then chown postgres {path}/data; fi && \
             {POSTGRES} initdb -D {path}/data -U postgres -A trust -E UTF8 --no-sync"
        );
        let made = shell(&prepare).status().await.expect("a shell");
        assert!(made.success(), "a database can't be made");
        let command = format!("{POSTGRES} postgres -D {path}/data -p {port} -k '' -c listen_addresses=127.0.0.1");
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let server = Server::start(command, port, folder).await;
        Self { name: "Postgres", environment: vec![("DATABASE_URL", url)], server: Some(server) }
    }

    /// Whether there is a server that can be killed.
    pub(crate) const fn can_be_killed(&self) -> bool {
        self.server.is_some()
    }

    /// SIGKILL for the server.
    pub(crate) async fn kill(&mut self) {
        if let Some(server) = &mut self.server {
            server.kill().await;
        }
    }

    /// Starts the server again, on what it left behind.
    pub(crate) async fn start_again(&mut self) {
        if let Some(server) = &mut self.server {
            server.start_again().await;
        }
    }
}

/// Runs one of Postgres' programs, which Debian keeps beside the path, as a user that it takes.
const POSTGRES: &str = "env PATH=\"$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1):$PATH\" \
                        $([ $(id -u) = 0 ] && echo setpriv --reuid=postgres --regid=postgres --clear-groups)";

impl Server {
    async fn start(command: String, port: u16, folder: TempDir) -> Self {
        let mut server = Self { child: spawn(&command), command, port, _folder: folder };
        server.answers().await;
        server
    }

    async fn start_again(&mut self) {
        self.child = spawn(&self.command);
        self.answers().await;
    }

    async fn kill(&mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Waits until it takes connections. One that was killed may leave processes behind for a moment, and refuses to begin beside them.
    async fn answers(&mut self) {
        let answers = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                if self.child.try_wait().expect("a child of ours").is_some() {
                    self.child = spawn(&self.command);
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, answers).await.expect("the engine answers in time");
    }
}

/// Each command replaces the shell that starts it, so that the shell's process is the server's.
fn spawn(command: &str) -> Child {
    shell(&format!("exec {command}")).kill_on_drop(true).spawn().expect("started")
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(Path::new("/")).stdout(Stdio::null()).stderr(Stdio::null());
    shell
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port()
}
