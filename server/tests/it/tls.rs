//! Ports that encrypt: agreeing on how within limits, and pairs that are renewed.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::Value;
use server::http::listener::{ListenerLimits, Port, pair::PairError, tls::Tls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    certificates::{Folder, HTTP_1_1, Issued},
    harness::DEADLINE,
    listener::{PATIENT, SHORT, Server, ask, rest, server_at},
};

/// A server that encrypts by what a folder holds.
async fn server(limits: ListenerLimits, folder: &Folder) -> (Server, Tls) {
    let tls = Tls::open(folder.files()).await.expect("a pair");
    let (server, port) = (tls.clone(), tls);
    (server_at(limits, |listener| Port::encrypted(listener, server)).await, port)
}

/// Whether a server is reached by who trusts this certificate alone.
async fn serves(server: &Server, issued: &Issued) -> bool {
    let Ok(mut line) = issued.connect(server.addr, HTTP_1_1).await else { return false };
    line.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await.expect("sent");
    rest(&mut line).await.starts_with("HTTP/1.1 200 OK")
}

/// The beginning of a handshake: a record that says it has 512 bytes, and some of them.
const BEGINNING: &[u8] = &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_come_to_the_end_of_a_handshake_is_cut_off() {
    let issued = Issued::new();
    let (server, _) = server(ListenerLimits { head: SHORT, ..PATIENT }, &Folder::with(&issued)).await;

    for words in [&b""[..], &BEGINNING[..1], BEGINNING] {
        let mut line = server.connect().await;
        line.write_all(words).await.expect("sent");

        assert_eq!(rest(&mut line).await, "", "{words:?}");
    }
    // He has agreed, and says nothing more.
    let mut line = issued.connect(server.addr, HTTP_1_1).await.expect("agreed");
    assert_eq!(rest(&mut line).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_do_not_end_hold_nobody_up_and_count_as_connections() {
    let issued = Issued::new();
    let (server, _) = server(ListenerLimits { connections: 21, ..PATIENT }, &Folder::with(&issued)).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut line = server.connect().await;
        line.write_all(BEGINNING).await.expect("sent");
        held.push(line);
    }

    let mut last = issued.connect(server.addr, HTTP_1_1).await.expect("agreed");
    ask(&mut last, "/").await;
    let mut beginning = [0; 15];
    timeout(DEADLINE, last.read_exact(&mut beginning)).await.expect("in time").expect("read");
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");

    assert_eq!(rest(&mut server.connect().await).await, "", "one too many");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_encrypt_is_told_how_to_come_again() {
    let (server, _) = server(PATIENT, &Folder::with(&Issued::new())).await;
    let mut line = server.connect().await;

    let unread = "x".repeat(20_000);
    let request = format!("POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 20000\r\n\r\n{unread}");
    line.write_all(request.as_bytes()).await.expect("sent");

    let mut answer = String::new();
    timeout(DEADLINE, line.read_to_string(&mut answer)).await.expect("in time").expect("closed, and not broken");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{answer}");
    let problem: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&problem["status"], &problem["code"]), (&400.into(), &"tls_required".into()));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("https://")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_what_is_encrypted_for_it_is_cut_off() {
    let issued = Issued::new();
    let (mut server, _) = server(ListenerLimits { reading: SHORT, ..PATIENT }, &Folder::with(&issued)).await;
    let mut stopped = issued.connect(server.addr, HTTP_1_1).await.expect("agreed");
    ask(&mut stopped, "/endless").await;

    let mut ended = timeout(DEADLINE, server.endless.recv()).await.expect("in time").expect("it began");
    assert!(timeout(DEADLINE, ended.recv()).await.expect("in time").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_pair_is_served_without_a_restart() {
    let (old, new) = (Issued::new(), Issued::new());
    let folder = Folder::with(&old);
    let (server, tls) = server(PATIENT, &folder).await;
    assert!(serves(&server, &old).await && !serves(&server, &new).await);
    let stopping = CancellationToken::new();
    let watching = tokio::spawn(tls.keep_current(Duration::from_millis(1), stopping.clone()));

    // Not in one step: in between they don't belong together.
    folder.put(&new.certificate, &new.key);

    let renewed = async { while !serves(&server, &new).await {} };
    timeout(DEADLINE, renewed).await.expect("renewed in time");
    assert!(!serves(&server, &old).await);
    stopping.cancel();
    timeout(DEADLINE, watching).await.expect("in time").expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_is_broken_changes_nothing_and_is_told_once() {
    let (old, new) = (Issued::new(), Issued::new());
    let folder = Folder::with(&old);
    let (server, tls) = server(PATIENT, &folder).await;

    folder.put(&new.certificate, &old.key);
    assert!(matches!(tls.renew().await, Err(PairError::Mismatch { .. })));
    assert!(tls.renew().await.is_ok(), "told already");
    folder.put("", &new.key);
    assert!(matches!(tls.renew().await, Err(PairError::Certificates(_))));
    std::fs::remove_file(folder.files().key).expect("removed");
    assert!(matches!(tls.renew().await, Err(PairError::Unreadable { .. })));
    assert!(serves(&server, &old).await);

    folder.put(&new.certificate, &new.key);
    tls.renew().await.expect("a pair");
    assert!(serves(&server, &new).await);
}

/// A key as SEC1 (RFC 5915) has it: that part of PKCS#8 which begins with its own version.
fn as_sec1(key: &str) -> String {
    let whole = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let whole = whole.secret_der();
    let begins = whole.windows(5).position(|bytes| bytes == [0x30, 0x6b, 2, 1, 1]).expect("a key of P-256");
    let text = STANDARD.encode(&whole[begins..]);
    format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n")
}

#[tokio::test]
async fn a_key_may_be_of_an_older_form_and_stand_among_other_things() {
    let issued = Issued::new();
    let folder = Folder::with(&issued);

    for key in [as_sec1(&issued.key), format!("made by hand\n{}{}", issued.certificate, issued.key)] {
        folder.put(&issued.certificate, &key);
        assert!(Tls::open(folder.files()).await.is_ok(), "{}", key.lines().next().unwrap_or_default());
    }
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_is_refused_with_the_file_and_what_to_do() {
    let (one, other) = (Issued::new(), Issued::new());
    let folder = Folder::with(&one);
    let files = folder.files();
    let garbled = |pem: &str| pem.replace("MII", "MIX").replace("MIG", "MIX");
    let encrypted = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let secret = one.key.lines().nth(1).expect("a line of the key");

    for (certificate, key, blamed) in [
        ("", one.key.as_str(), "chain.pem holds no certificate"),
        ("tea", &one.key, "chain.pem holds no certificate"),
        (&garbled(&one.certificate), &one.key, "chain.pem holds no certificate"),
        (&one.key, &one.key, "chain.pem holds no certificate"),
        (&one.certificate, "", "key.pem holds no private key"),
        (&one.certificate, &garbled(&one.key), "key.pem holds no private key"),
        (&one.certificate, &encrypted, "without a passphrase"),
        (&one.certificate, &one.certificate, "key.pem holds no private key"),
        (&one.certificate, &other.key, "key.pem is not the private key of"),
    ] {
        folder.put(certificate, key);

        let refused = Tls::open(files.clone()).await.err().expect(blamed);

        let words = format!("{refused} {refused:?}");
        assert!(words.contains(blamed), "{words}");
        assert!(!words.contains(secret), "{words}");
    }
    std::fs::remove_file(&files.certificates).expect("removed");
    let refused = Tls::open(files.clone()).await.err().expect("no file").to_string();
    assert!(refused.contains("chain.pem can't be read") && refused.contains("Name a PEM file"), "{refused}");
}
