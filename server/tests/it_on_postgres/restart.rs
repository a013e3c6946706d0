//! A Postgres server that is started again under a running installation.

use reqwest::header;
use server::Limits;
use tokio::time::timeout;

use crate::{
    harness::{self, DEADLINE, Work},
    postgres::Server,
};

#[tokio::test(flavor = "multi_thread")]
async fn imports_go_on_after_the_database_server_was_started_again() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let url = server.fresh_database(crate::migrate).await;
    let app = harness::spawn_over(&url, folder, Work::Here, Limits::default()).await;
    assert_eq!(app.import("email\na@x.org\n").await["status"], "completed");

    server.stop();
    server.start_again();

    // The first words on a line that was cut may be lost; whoever says them again is heard.
    let accepted = async {
        loop {
            let answer = app.upload("email\na@x.org\nb@x.org\n").await;
            if answer.status().is_success() {
                return answer;
            }
        }
    };
    let answer = timeout(DEADLINE, accepted).await.expect("accepted in time");
    let import = app.finished(answer.headers()[header::LOCATION].to_str().expect("ASCII")).await;
    assert_eq!(import["status"], "completed", "{import}");
    assert_eq!((&import["rows"]["inserted"], &import["rows"]["unchanged"]), (&1.into(), &1.into()));
}
