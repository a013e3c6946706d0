//! The commands as a person or a script runs them.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

fn signalbox(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    command.args(arguments).env("SIGNALBOX_DATA_DIR", folder).env("SIGNALBOX_LOG", "error");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    signalbox(folder, arguments).output().expect("started")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn help_names_every_command_and_variable() {
    let folder = tempfile::tempdir().expect("a folder");

    let help = run(folder.path(), &["--help"]);

    assert!(help.status.success());
    for word in [
        "serve",
        "worker",
        "enqueue",
        "publish",
        "migrate",
        "user",
        "token",
        "doctor",
        "bench",
        "SIGNALBOX_ADDR",
        "DATABASE_URL",
        "Exit status",
    ] {
        assert!(text(&help.stdout).contains(word), "{word}");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_a_wrong_variable_with_1_and_its_name() {
    let folder = tempfile::tempdir().expect("a folder");

    let usage = run(folder.path(), &["serve", "--nonsense"]);
    let variable = signalbox(folder.path(), &["migrate"]).env("SIGNALBOX_ADDR", "here").output().expect("started");

    assert_eq!(usage.status.code(), Some(2));
    assert_eq!(variable.status.code(), Some(1));
    assert!(text(&variable.stderr).contains("SIGNALBOX_ADDR"));
}

#[test]
fn doctor_finds_a_missing_schema_and_is_content_after_migrate() {
    let folder = tempfile::tempdir().expect("a folder");

    let before = run(folder.path(), &["doctor"]);
    let migrate = run(folder.path(), &["migrate"]);
    let again = run(folder.path(), &["migrate"]);
    let after = run(folder.path(), &["doctor"]);

    assert_eq!(before.status.code(), Some(1));
    assert!(text(&before.stdout).contains("signalbox migrate"));
    assert!(migrate.status.success() && again.status.success());
    assert!(text(&again.stdout).starts_with("0 migrations"));
    assert!(after.status.success(), "{}", text(&after.stdout));
}

#[test]
fn an_address_open_to_the_network_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");

    let refused = run(folder.path(), &["serve", "--addr", "0.0.0.0:0"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("127.0.0.1"));
}

#[test]
fn a_server_that_is_asked_to_stop_exits_with_0() {
    let folder = tempfile::tempdir().expect("a folder");
    // Serving is what it does without a subcommand.
    let mut server =
        signalbox(folder.path(), &["--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("started");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it is");

    Command::new("kill").arg(server.id().to_string()).status().expect("signalled");

    assert_eq!(server.wait().expect("ended").code(), Some(0));
    assert!(line.starts_with("Signalbox is at http://127.0.0.1:"), "{line}");
}

#[test]
fn enqueue_prints_the_id_and_the_same_one_while_a_unique_key_is_alive() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = ["enqueue", "test", "sleep", r#"{"ms": 1}"#, "--delay", "1h", "--priority", "9", "--unique-key", "k"];

    let first = run(folder.path(), &order);
    let second = run(folder.path(), &order);

    assert!(first.status.success(), "{}", text(&first.stderr));
    assert_eq!(text(&first.stdout).trim().len(), 36);
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn an_order_that_is_wrong_is_refused_and_says_what_to_change() {
    let folder = tempfile::tempdir().expect("a folder");
    for (order, code, word) in [
        (["enqueue", "test", "tea", "{}"], 1, "echo"),
        (["enqueue", "test", "sleep", r#"{"ms": "x"}"#], 1, "data.ms"),
        (["enqueue", "test", "sleep", "{"], 2, "JSON"),
    ] {
        let refused = run(folder.path(), &order);

        assert_eq!(refused.status.code(), Some(code), "{order:?}");
        assert!(text(&refused.stderr).contains(word), "{}", text(&refused.stderr));
    }
}

#[test]
fn publish_prints_a_cursor_and_takes_topics_of_ones_own_only() {
    let folder = tempfile::tempdir().expect("a folder");

    let published = run(folder.path(), &["publish", "custom:dashboard_updates", r#"{"orders": 7}"#]);
    let refused = run(folder.path(), &["publish", "customers", "{}"]);

    assert!(published.status.success(), "{}", text(&published.stderr));
    assert!(text(&published.stdout).trim().parse::<app::events::Cursor>().is_ok(), "{}", text(&published.stdout));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("custom:"), "{}", text(&refused.stderr));
}

#[test]
fn bench_stream_tells_what_streams_cost_and_how_soon_events_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let few = ["--connections", "50", "--listeners", "50", "--rate", "50", "--seconds", "1", "--no-search", "--json"];

    let measured = run(folder.path(), &[&["bench", "stream"], &few[..]].concat());

    assert!(measured.status.success(), "{}", text(&measured.stderr));
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&measured.stdout).expect("JSON");
    for what in ["memory of an idle stream, 50 open", "50 events/s to 50 streams, p99", "50 streams come back at once"]
    {
        let figure = figures.iter().find(|figure| figure["name"].as_str().is_some_and(|name| name.contains(what)));
        assert!(figure.expect(what)["value"].is_number(), "{what}");
    }
}

/// Runs a command that is told something.
fn tell(folder: &Path, arguments: &[&str], said: &str) -> Output {
    let mut command = signalbox(folder, arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // One that refuses before it listens closes the pipe.
    let _ = child.stdin.take().expect("piped").write_all(said.as_bytes());
    child.wait_with_output().expect("ended")
}

#[test]
fn users_are_added_listed_and_disabled() {
    let folder = tempfile::tempdir().expect("a folder");
    let add = ["user", "add", "ada@example.com", "--role", "operator", "--password-stdin"];

    let short = tell(folder.path(), &add, "too short\n");
    let added = tell(folder.path(), &add, "correct horse battery staple\n");
    let again = tell(folder.path(), &add, "correct horse battery staple\n");
    let disabled = run(folder.path(), &["user", "disable", "Ada@Example.com"]);
    let nobody = run(folder.path(), &["user", "disable", "bob@example.com"]);
    let list = run(folder.path(), &["user", "list"]);

    assert_eq!(short.status.code(), Some(1));
    assert!(text(&short.stderr).contains("12 characters"), "{}", text(&short.stderr));
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(text(&again.stderr).contains("ada@example.com"), "{}", text(&again.stderr));
    assert!(disabled.status.success(), "{}", text(&disabled.stderr));
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&list.stdout).starts_with("ada@example.com\toperator\tdisabled\t"), "{}", text(&list.stdout));
    assert_eq!(run(folder.path(), &["user", "add", "ada@example.com", "--role", "root"]).status.code(), Some(2));
}

#[test]
fn a_token_is_printed_once_and_alone_and_revoked_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");

    let made = run(folder.path(), &["token", "create", "ci", "--role", "viewer", "--expires-in", "90d"]);
    let again = run(folder.path(), &["token", "create", "ci", "--role", "viewer"]);
    let revoked = run(folder.path(), &["token", "revoke", "ci"]);
    let twice = run(folder.path(), &["token", "revoke", "ci"]);
    let list = run(folder.path(), &["token", "list"]);

    assert!(made.status.success(), "{}", text(&made.stderr));
    let token = text(&made.stdout).trim();
    assert!(token.starts_with("sbx_") && token.len() == 47, "{token}");
    assert_eq!(text(&made.stdout).lines().count(), 1);
    assert_eq!(again.status.code(), Some(1));
    assert!(revoked.status.success() && !twice.status.success());
    assert!(text(&list.stdout).starts_with("ci\tviewer\trevoked\t") && !text(&list.stdout).contains(token));
}

#[test]
fn a_server_without_an_admin_prints_a_link_to_make_one_and_one_with_an_admin_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    // What it says until it is told to stop, behind so many lines.
    let said = |lines: usize| {
        let mut server =
            signalbox(folder.path(), &["--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("started");
        let mut out = BufReader::new(server.stdout.take().expect("piped"));
        let mut told = String::new();
        for _ in 0..lines {
            out.read_line(&mut told).expect("it says something");
        }
        Command::new("kill").arg(server.id().to_string()).status().expect("signalled");
        server.wait().expect("ended");
        out.read_to_string(&mut told).expect("the rest");
        told
    };

    let told = said(2);
    let (_, link) = told.split_once("Set up the first admin: http://127.0.0.1:").expect("a link");
    assert!(link.contains("/setup?token="), "{told}");

    let add = ["user", "add", "ada@example.com", "--role", "admin", "--password-stdin"];
    assert!(tell(folder.path(), &add, "correct horse battery staple").status.success());
    let told = said(1);
    assert!(!told.contains("/setup"), "{told}");
}
