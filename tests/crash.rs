//! The program killed without warning, again and again: what it answered is kept, and nothing is lost or doubled.
//!
//! Here and not with the server's tests, because only tests of this package are given the program itself.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

/// A token of the program's own.
#[path = "support/token.rs"]
mod token;

use std::{fmt::Write as _, path::Path, process::Stdio, time::SystemTime};

use reqwest::{Client, StatusCode, header};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Duration, Instant},
};

const KILLS: usize = 20;
const ROWS: usize = 60_000;
/// Rows of the small files that are uploaded between the kills.
const FEW: usize = 10;
const DEADLINE: Duration = Duration::from_mins(3);

/// The program, serving and working on a folder.
struct Program {
    child: Child,
    base: String,
    client: Client,
}

impl Program {
    async fn start(folder: &Path, token: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .args(["serve", "--addr", "127.0.0.1:0"])
            .env("SIGNALBOX_DATA_DIR", folder)
            .env("SIGNALBOX_LOG", "error")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next_line().await.expect("readable").expect("it says where it is");
        let base = line.split_whitespace().last().expect("an address").to_owned();
        Self { child, base, client: token::client(token) }
    }

    /// SIGKILL: no handler, no destructor, no last word.
    async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.expect("JSON")
    }

    /// Uploads a file and returns where its import is.
    async fn upload(&self, csv: String) -> String {
        let request = self.client.post(format!("{}/api/v1/customers/import", self.base));
        let answer = request.header(header::CONTENT_TYPE, "text/csv").body(csv).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned()
    }

    /// Asks again and again until an import is so far.
    async fn until(&self, location: &str, is_so_far: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let import = self.json(location).await;
            if is_so_far(&import) {
                return import;
            }
            assert!(began.elapsed() < DEADLINE, "{import}");
        }
    }

    /// Every customer, in the order of the e-mails, without what differs from run to run: ids and moments.
    async fn table(&self) -> Vec<Value> {
        let mut table = Vec::with_capacity(ROWS);
        let mut before = String::new();
        loop {
            let page = self.json(&format!("/api/v1/customers?sort=email&limit=500{before}")).await;
            for mut customer in page["items"].as_array().expect("a list").clone() {
                let fields = customer.as_object_mut().expect("an object");
                for field in ["id", "createdAt", "updatedAt"] {
                    fields.remove(field).expect("a customer has it");
                }
                table.push(customer);
            }
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => return table,
            }
        }
    }
}

/// New customers, the same e-mail twice now and then, and bad rows among them.
fn large_file() -> String {
    let mut csv = "name,email,city,visits\n".to_owned();
    for row in 0..ROWS {
        let _ = match row % 100 {
            7 => writeln!(csv, "No Address {row},,Wien,1"),
            8 => writeln!(csv, "No Number {row},n{row}@x.org,Wien,many"),
            9 => writeln!(csv, "Again {row},c{}@x.org,Linz,{row}", row - 9),
            _ => writeln!(csv, "Name {row},c{row}@x.org,Graz,{}", row % 50),
        };
    }
    csv
}

fn small_file(number: usize) -> String {
    let mut csv = "name,email\n".to_owned();
    for row in 0..FEW {
        let _ = writeln!(csv, "Small {row},s{number}.{row}@x.org");
    }
    csv
}

fn is_over(import: &Value) -> bool {
    matches!(import["status"].as_str(), Some("completed" | "failed"))
}

/// A number below `limit`, of the quality that a moment to die needs (xorshift64, Marsaglia 2003).
fn chance(state: &mut u64, limit: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % limit
}

#[tokio::test]
async fn a_program_killed_twenty_times_leaves_what_an_undisturbed_one_leaves() {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let mut seed = u64::from(since_1970.subsec_nanos()) | 1;
    println!("seed {seed}");
    let (calm, wild) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));

    let token = token::make(calm.path(), &[]).await;
    let program = Program::start(calm.path(), &token).await;
    let large = program.upload(large_file()).await;
    let expected = program.until(&large, is_over).await["rows"].clone();
    for number in 0..=KILLS {
        let small = program.upload(small_file(number)).await;
        program.until(&small, is_over).await;
    }
    let expected_table = program.table().await;
    program.kill().await;

    let token = token::make(wild.path(), &[]).await;
    let mut program = Program::start(wild.path(), &token).await;
    let large = program.upload(large_file()).await;
    let mut accepted = Vec::new();
    for number in 0..KILLS {
        accepted.push(program.upload(small_file(number)).await);
        let threshold = (number * ROWS / (KILLS + 1)) as u64;
        program.until(&large, |import| import["rows"]["read"].as_u64() >= Some(threshold) || is_over(import)).await;
        for _ in 0..chance(&mut seed, 40) {
            program.json("/health/live").await;
        }
        assert!(!is_over(&program.json(&large).await), "the import was over before kill {number}");
        program.kill().await;
        program = Program::start(wild.path(), &token).await;
    }
    accepted.push(program.upload(small_file(KILLS)).await);

    let import = program.until(&large, is_over).await;
    assert_eq!(import["status"], "completed", "{import}");
    assert_eq!(import["rows"], expected);
    for small in accepted {
        let import = program.until(&small, is_over).await;
        assert_eq!((&import["status"], &import["rows"]["inserted"]), (&"completed".into(), &FEW.into()));
    }
    let table = program.table().await;
    assert_eq!(table.len(), expected_table.len());
    assert!(table == expected_table, "the tables differ");
    program.kill().await;
}
