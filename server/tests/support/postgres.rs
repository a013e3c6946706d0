//! A Postgres server for tests: made in a temporary folder, listening on a socket there only, gone with the process that started it.
//!
//! A shell watches over it and reads its orders from a pipe. When this process ends, however it ends, the pipe is closed; then the
//! shell stops the server and removes the folder.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::MetadataExt,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

/// What the shell does. Debian keeps Postgres' programs beside the path. Sorting by the rules of a language shows what was meant to be
/// sorted by bytes, and was not.
const WATCH: &str = r#"
cd /
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
PATH="$programs:$PATH"
folder=$(mktemp -d /tmp/signalbox-postgres.XXXXXX)
server=
start() {
    postgres -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=300 \
        -c log_min_messages=error >>"$folder/log" 2>&1 &
    server=$!
    until pg_isready -q -h "$folder"; do
        kill -0 "$server" || fail
        sleep 0.05
    done
}
stop() {
    [ -z "$server" ] || kill -INT "$server" && wait "$server"
    server=
}
crash() {
    kill -QUIT "$server"; wait "$server"
    server=
}
fail() { cat "$folder/log" >&2; exit 1; }
trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
initdb -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync \
    >"$folder/log" 2>&1 || fail
start
echo "$folder"
while read -r order; do
    "$order"
    echo done
done
"#;

/// A running server.
pub(crate) struct Server {
    /// The folder of its socket.
    folder: String,
    shell: Mutex<(Child, Option<ChildStdin>, BufReader<ChildStdout>)>,
    databases: AtomicU32,
    template: OnceCell<()>,
}

impl Server {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let mut shell = as_somebody("sh");
        shell.args(["-c", WATCH]);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let orders = shell.stdin.take();
        let mut answers = BufReader::new(shell.stdout.take().expect("its output"));
        let folder = line(&mut answers);
        Self {
            folder,
            shell: Mutex::new((shell, orders, answers)),
            databases: AtomicU32::new(0),
            template: OnceCell::new(),
        }
    }

    /// Stops it as an administrator does: connections are cut, nothing that was committed is lost.
    pub(crate) fn stop(&self) {
        self.order("stop");
    }

    /// Starts it again.
    pub(crate) fn start_again(&self) {
        self.order("start");
    }

    /// Has its shell do something: `start`, `stop`, or `crash`, after which only what was written is left.
    pub(crate) fn order(&self, order: &str) {
        let mut shell = self.shell.lock().expect("no test broke here");
        let (_, orders, answers) = &mut *shell;
        writeln!(orders.as_mut().expect("open"), "{order}").expect("ordered");
        assert_eq!(line(answers), "done");
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder)
    }

    /// A database whose schema is up to date, as `migrate` makes it: once, and then copied for each test.
    pub(crate) async fn fresh_database(&self, migrate: impl AsyncFnOnce(String)) -> String {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.expect("connected");
        self.template
            .get_or_init(async || {
                sqlx::raw_sql("create database template").execute(&mut connection).await.expect("created");
                migrate(self.url("template")).await;
            })
            .await;
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let copy = sqlx::AssertSqlSafe(format!("create database {name} template template"));
        sqlx::raw_sql(copy).execute(&mut connection).await.expect("copied");
        connection.close().await.expect("closed");
        self.url(&name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(shell) = self.shell.get_mut() {
            shell.1 = None;
            let _ = shell.0.wait();
        }
    }
}

/// The server that the tests of this process share. It is never dropped, but its shell notices the end of the process.
pub(crate) fn shared() -> &'static Server {
    static SHARED: std::sync::LazyLock<Server> = std::sync::LazyLock::new(Server::start);
    &SHARED
}

/// Postgres refuses to run as root.
fn as_somebody(program: &str) -> Command {
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    }
}

fn line(answers: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).expect("readable");
    assert!(!line.is_empty(), "the Postgres server could not be started; its words are above");
    line.trim_end().to_owned()
}
