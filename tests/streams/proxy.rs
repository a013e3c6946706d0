//! Streams behind a proxy that keeps the pieces of an answer back until they fill a packet or a buffer, unless it is told not to.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    DEADLINE, MACHINE,
    nginx::Nginx,
    program::{Program, TOPIC},
    reader::Reader,
};

/// Events of a test.
const EVENTS: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_buffers_lets_each_frame_through_at_once() {
    let _turn = MACHINE.read().await;
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path(), &[("SIGNALBOX_HEARTBEAT_SECONDS", "3600".to_owned())]).await;
    let nginx = Nginx::start(&program.host).await;
    let (mut stream, _) = Reader::over_sse(&nginx.host, &program.token, None).await;
    let (mut plain, _) = Reader::over_sse(&nginx.plain_host, &program.token, None).await;

    // Each is heard before the next one is published, and there is no heartbeat: nothing pushes it out.
    for number in 0..EVENTS {
        program.publish(number).await;
        stream.hears(number).await;
        plain.hears(number).await;
    }
    nginx.stop().await;
    program.kill().await;
}

/// The same proxy without that word: if this does not hold any more, the rule above shows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_hear_the_word_about_buffering_keeps_frames_back() {
    let _turn = MACHINE.read().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(folder.path(), &[]).await;
    let nginx = Nginx::start(&program.host).await;
    let mut kept_back = TcpStream::connect(&nginx.deaf_host).await.expect("connected");
    let proof = format!("authorization: Bearer {}", program.token);
    let request = format!("GET /api/v1/sse/connect?topics={TOPIC} HTTP/1.0\r\nhost: here\r\n{proof}\r\n\r\n");
    kept_back.write_all(request.as_bytes()).await.expect("sent");
    let (mut stream, _) = Reader::over_sse(&nginx.plain_host, &program.token, None).await;

    program.publish(0).await;
    stream.hears(0).await;
    // Whatever was let through has arrived by then.
    for _ in 0..2 {
        assert_eq!(stream.next().await.expect("the stream goes on").data["type"], "heartbeat");
    }
    let mut heard = vec![0; 64 * 1024];
    // Whoever did not even hear the head of the answer heard nothing at all.
    let begun = kept_back.try_read(&mut heard).unwrap_or_default();
    let begun = String::from_utf8_lossy(&heard[..begun]).into_owned();

    assert!(!begun.contains("event:"), "{begun}");
    program.terminate().await;
    let mut rest = String::new();
    timeout(DEADLINE, kept_back.read_to_string(&mut rest)).await.expect("the stream ends in time").expect("readable");
    assert_eq!((begun + &rest).matches("event: custom\n").count(), 1, "{rest}");
    program.ended().await;
    nginx.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_passes_a_proxy() {
    let _turn = MACHINE.read().await;
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path(), &[]).await;
    let nginx = Nginx::start(&program.host).await;
    let (mut socket, greeting) = Reader::over_websocket(&nginx.host, &program.token, None).await;

    for number in 0..EVENTS {
        program.publish(number).await;
        socket.hears(number).await;
    }

    // Who was away comes back through it as well.
    drop(socket);
    let (mut socket, again) = Reader::over_websocket(&nginx.host, &program.token, Some(&greeting.id)).await;
    assert_eq!((&again.data["resumed"], &again.data["replayed"]), (&true.into(), &EVENTS.into()));
    for number in 0..EVENTS {
        socket.hears(number).await;
    }
    nginx.stop().await;
    program.kill().await;
}
