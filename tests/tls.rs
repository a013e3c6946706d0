//! The program with a certificate and a key of its own: what it says, what it refuses, and what `doctor` thinks of them.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A folder with a pair in it.
struct Site(tempfile::TempDir);

impl Site {
    fn new() -> Self {
        Self::until(rcgen::date_time_ymd(4096, 1, 1))
    }

    /// One whose certificate expires then.
    fn until(moment: time::OffsetDateTime) -> Self {
        let mut params = rcgen::CertificateParams::new(["signalbox.example".to_owned()]).expect("names");
        params.not_after = moment;
        let key = rcgen::KeyPair::generate().expect("a key");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("chain.pem"), params.self_signed(&key).expect("issued").pem())
            .expect("written");
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command, with a certificate and a key.
    fn with(&self, arguments: &[&str], certificate: &Path, key: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
        command.args(arguments).env("SIGNALBOX_DATA_DIR", self.0.path()).env("SIGNALBOX_LOG", "error");
        command.env("SIGNALBOX_TLS_CERT", certificate).env("SIGNALBOX_TLS_KEY", key);
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.with(arguments, &self.file("chain.pem"), &self.file("key.pem"))
    }

    /// The line of `doctor` on the pair, and whether it found all well.
    fn diagnosis(&self) -> (String, bool) {
        assert!(self.command(&["migrate"]).status().expect("started").success());
        let output = self.command(&["doctor"]).output().expect("started");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let line = said.lines().find(|line| line.contains(" certificate ")).expect("a line").to_owned();
        (line, output.status.success())
    }
}

fn days_from_now(days: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc() + time::Duration::days(days)
}

#[test]
fn with_a_pair_it_listens_beyond_loopback_and_names_itself_by_https() {
    let site = Site::new();
    let mut server = site.command(&["--addr", "0.0.0.0:0"]).stdout(Stdio::piped()).spawn().expect("started");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();

    let said = [lines.next(), lines.next()].map(|line| line.expect("a line").expect("text"));

    Command::new("kill").arg(server.id().to_string()).status().expect("signalled");
    assert_eq!(server.wait().expect("ended").code(), Some(0));
    assert!(said[0].starts_with("Signalbox is at https://0.0.0.0:"), "{said:?}");
    assert!(said[1].contains(" https://0.0.0.0:") && said[1].contains("/setup?token="), "{said:?}");
}

#[test]
fn a_pair_that_cannot_be_used_is_no_start_and_the_variable_is_named() {
    let (site, other) = (Site::new(), Site::new());
    let (chain, key, nowhere) = (site.file("chain.pem"), site.file("key.pem"), site.file("nowhere.pem"));
    let empty = site.file("empty.pem");
    std::fs::write(&empty, "").expect("written");

    for (certificate, key, blamed, wrong) in [
        (&chain, &PathBuf::new(), "SIGNALBOX_TLS_KEY", &PathBuf::new()),
        (&PathBuf::new(), &key, "SIGNALBOX_TLS_CERT", &PathBuf::new()),
        (&nowhere, &key, "SIGNALBOX_TLS_CERT", &nowhere),
        (&chain, &nowhere, "SIGNALBOX_TLS_KEY", &nowhere),
        (&empty, &key, "SIGNALBOX_TLS_CERT", &empty),
        (&chain, &empty, "SIGNALBOX_TLS_KEY", &empty),
        (&key, &key, "SIGNALBOX_TLS_CERT", &key),
        (&chain, &other.file("key.pem"), "SIGNALBOX_TLS_CERT and SIGNALBOX_TLS_KEY", &other.file("key.pem")),
    ] {
        let refused = site.with(&["serve", "--addr", "127.0.0.1:0"], certificate, key).output().expect("started");

        let said = String::from_utf8(refused.stderr).expect("UTF-8");
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains(&format!("signalbox: {blamed}: ")) && said.contains(&wrong.display().to_string()),
            "{said}"
        );
    }
}

#[test]
fn doctor_tells_for_whom_a_certificate_is_and_how_long_it_counts() {
    let (good, is_well) = Site::new().diagnosis();
    assert!(good.starts_with("ok ") && good.contains("signalbox.example; expires at 4096-01-01"), "{good}");
    assert!(is_well);

    let (soon, is_well) = Site::until(days_from_now(13)).diagnosis();
    assert!(soon.starts_with("soon ") && soon.contains("in 12 days"), "{soon}");
    assert!(is_well);

    let (expired, is_well) = Site::until(days_from_now(-1)).diagnosis();
    assert!(expired.starts_with("wrong ") && expired.contains("expired"), "{expired}");
    assert!(!is_well);
}
