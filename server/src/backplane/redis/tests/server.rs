//! A real server of a test's own, which dies with it.
//!
//! It starts within 20 ms, so each test has one and nothing needs to be kept apart. A shell stands between the two: it kills the
//! server when its own input ends, which also happens when the test process is killed.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(20);
const SUPERVISION: &str = r#"redis-server "$@" <&- 2>&1 & exec >&-; read _; kill -9 $!; wait $!"#;

/// A running server.
pub(crate) struct RedisServer {
    supervisor: Child,
    port: u16,
    /// Whoever connects to the server of another test by its port is refused.
    password: String,
    settings: Vec<String>,
    folder: TempDir,
}

impl RedisServer {
    /// One that keeps nothing on the disk.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One with further settings, such as `["--appendonly", "yes"]`.
    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        let password = uuid::Uuid::new_v4().simple().to_string();
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let started = Instant::now();
        loop {
            // Free now; another test may be quicker, and then the next one is tried.
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
            let folder = tempfile::tempdir().expect("a folder");
            let supervisor = run(&folder, port, &password, &settings);
            let mut server = Self { supervisor, port, password: password.clone(), settings: settings.clone(), folder };
            if server.is_ready().await {
                return server;
            }
            assert!(started.elapsed() < DEADLINE, "no redis-server could be started");
        }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// Stops it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        drop(self.supervisor.stdin.take());
        self.supervisor.wait().expect("ended");
    }

    /// Starts it again, with the same port and files.
    pub(crate) async fn start_again(&mut self) {
        self.supervisor = run(&self.folder, self.port, &self.password, &self.settings);
        assert!(self.is_ready().await, "the server does not come back");
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let patient = redis::AsyncConnectionConfig::new().set_response_timeout(Some(DEADLINE));
        redis::Client::open(self.url())?.get_multiplexed_async_connection_with_config(&patient).await
    }

    /// Sends a command, its words separated by spaces.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut asking = redis::cmd(words.next().expect("a command"));
        words.for_each(|word| {
            asking.arg(word);
        });
        asking.query_async(&mut self.connect().await.expect("connected")).await.expect(command)
    }

    /// Waits until it says that it is ready; not so when it ends instead.
    async fn is_ready(&mut self) -> bool {
        let Some(stdout) = self.supervisor.stdout.take() else { return false };
        let says_so = tokio::task::spawn_blocking(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .any(|line| line.contains("Ready to accept connections"))
        });
        tokio::time::timeout(DEADLINE, says_so).await.is_ok_and(|said| said.is_ok_and(|is_ready| is_ready))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(folder: &TempDir, port: u16, password: &str, settings: &[String]) -> Child {
    Command::new("sh")
        .args(["-c", SUPERVISION, "redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--requirepass", password, "--save", "", "--enable-debug-command", "local", "--loglevel", "notice"])
        .args(settings)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell")
}
