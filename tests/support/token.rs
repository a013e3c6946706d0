//! A token of the program's own, made as its users make one.

use std::path::Path;

use reqwest::{
    Client, ClientBuilder,
    header::{AUTHORIZATION, HeaderMap},
};
use tokio::process::Command;

/// Makes a token that may do everything, for an installation that may be running already.
pub(crate) async fn make(folder: &Path, environment: &[(&'static str, String)]) -> String {
    let name = format!("test {}", uuid::Uuid::new_v4());
    let made = Command::new(env!("CARGO_BIN_EXE_signalbox"))
        .args(["token", "create", &name, "--role", "admin"])
        .env("SIGNALBOX_DATA_DIR", folder)
        .env("SIGNALBOX_LOG", "error")
        .envs(environment.iter().cloned())
        .output()
        .await
        .expect("started");
    assert!(made.status.success(), "no token: {}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).expect("UTF-8").trim().to_owned()
}

/// A client that shows it.
pub(crate) fn client(token: &str) -> Client {
    builder(token).build().expect("a client")
}

/// The same, before it is built.
pub(crate) fn builder(token: &str) -> ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
    Client::builder().default_headers(headers)
}
