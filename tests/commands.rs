//! The commands as a person or a script runs them.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

use std::{
    io::{BufRead, BufReader},
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
    for word in ["serve", "worker", "migrate", "doctor", "bench", "SIGNALBOX_ADDR", "DATABASE_URL", "Exit status"] {
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
