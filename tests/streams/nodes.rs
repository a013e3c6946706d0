//! Several nodes of one installation: what is told at one of them is heard at each.

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::{
    DEADLINE, MACHINE,
    engine::Engine,
    program::{Program, TOPIC},
    reader::Reader,
};

/// Events of a test.
const EVENTS: u64 = 200;

/// Two nodes over one engine.
struct Site {
    engine: Engine,
    nodes: [Program; 2],
    _folder: TempDir,
}

impl Site {
    async fn build(engine: Engine) -> Self {
        // Seen where a test fails.
        println!("on {}", engine.name);
        let folder = tempfile::tempdir().expect("a folder");
        let first = Program::start(folder.path(), &engine.environment).await;
        let second = Program::start(folder.path(), &engine.environment).await;
        Self { engine, nodes: [first, second], _folder: folder }
    }

    async fn demolish(mut self) {
        for node in self.nodes {
            node.kill().await;
        }
        self.engine.kill().await;
    }
}

/// Tries a rule with two nodes over an engine.
async fn holds(engine: Engine, rule: impl AsyncFnOnce(Site)) {
    let _turn = MACHINE.read().await;
    rule(Site::build(engine).await).await;
}

on_each_engine! {
    holds:
    what_is_published_at_either_node_is_heard_at_both_in_one_order: [sqlite, postgres, redis],
    a_client_of_a_killed_node_goes_on_at_the_other_one_where_it_was: [sqlite, postgres, redis],
    the_topics_of_a_connection_are_changed_at_its_own_node_only: [sqlite, postgres, redis],
    streams_of_both_nodes_live_through_a_restart_of_the_engine: [postgres, redis],
}

async fn what_is_published_at_either_node_is_heard_at_both_in_one_order(site: Site) {
    let [a, b] = &site.nodes;
    let mut readers = Vec::new();
    for node in &site.nodes {
        readers.push(Reader::over_sse(&node.host, &node.token, None).await.0);
        readers.push(Reader::over_websocket(&node.host, &node.token, None).await.0);
    }

    let publish = async |node: &Program, half: u64| {
        for number in 0..EVENTS / 2 {
            node.publish(half * 1_000 + number).await;
        }
    };
    tokio::join!(publish(a, 0), publish(b, 1));

    let mut told = Vec::new();
    for reader in &mut readers {
        let mut heard = Vec::new();
        for _ in 0..EVENTS {
            let frame = reader.next_published().await.expect("the stream goes on");
            heard.push((frame.id, frame.data["data"].as_u64().expect("a number")));
        }
        told.push(heard);
    }
    assert!(told.iter().all(|heard| *heard == told[0]), "they hear different things");
    for half in 0..2 {
        let of_one: Vec<u64> = told[0].iter().map(|(_, number)| *number).filter(|at| at / 1_000 == half).collect();
        assert_eq!(of_one, (0..EVENTS / 2).map(|number| half * 1_000 + number).collect::<Vec<_>>());
    }
    drop(readers);
    site.demolish().await;
}

/// How far a client is.
struct Place {
    next: u64,
    cursor: String,
}

impl Place {
    /// Follows up to a number, or until the stream breaks.
    async fn follow(&mut self, reader: &mut Reader, end: u64) {
        while self.next < end {
            let Some(frame) = reader.next_published().await else { return };
            assert_eq!(frame.data["data"], self.next);
            *self = Self { next: self.next + 1, cursor: frame.id };
        }
    }
}

async fn a_client_of_a_killed_node_goes_on_at_the_other_one_where_it_was(site: Site) {
    let Site { mut engine, nodes: [dying, living], _folder } = site;
    let (mut stream, greeting) = Reader::over_sse(&dying.host, &dying.token, None).await;
    let mut of_stream = Place { next: 0, cursor: greeting.id };
    let (mut socket, greeting) = Reader::over_websocket(&dying.host, &dying.token, None).await;
    let mut of_socket = Place { next: 0, cursor: greeting.id };

    let publishing = async {
        for number in 0..EVENTS {
            living.publish(number).await;
        }
    };
    let following = async {
        of_stream.follow(&mut stream, EVENTS / 4).await;
        dying.kill().await;
        of_stream.follow(&mut stream, EVENTS).await;
        of_socket.follow(&mut socket, EVENTS).await;
    };
    tokio::join!(publishing, following);
    let again = [
        (Reader::over_sse(&living.host, &living.token, Some(&of_stream.cursor)).await, of_stream),
        (Reader::over_websocket(&living.host, &living.token, Some(&of_socket.cursor)).await, of_socket),
    ];
    living.publish(EVENTS).await;

    for ((mut reader, greeting), place) in again {
        assert!(place.next < EVENTS, "the node was killed too late");
        assert_eq!(greeting.data["resumed"], true, "{greeting:?}");
        assert_eq!(greeting.data["replayed"], EVENTS - place.next, "{greeting:?}");
        for number in place.next..=EVENTS {
            reader.hears(number).await;
        }
    }
    living.kill().await;
    engine.kill().await;
}

async fn the_topics_of_a_connection_are_changed_at_its_own_node_only(site: Site) {
    let [own, other] = &site.nodes;
    let (_stream, greeting) = Reader::over_sse(&own.host, &own.token, None).await;
    let path = format!("/api/v1/sse/{}/topics", greeting.data["connectionId"].as_str().expect("an id"));
    let change = json!({ "add": ["imports"] });

    let (elsewhere, problem) = other.post(&path, &change).await;
    let (here, topics) = own.post(&path, &change).await;

    assert_eq!((elsewhere, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    assert_eq!((here, topics), (StatusCode::OK, json!({ "topics": ["imports", TOPIC] })));
    site.demolish().await;
}

async fn streams_of_both_nodes_live_through_a_restart_of_the_engine(mut site: Site) {
    let mut readers = Vec::new();
    for node in &site.nodes {
        readers.push(Reader::over_sse(&node.host, &node.token, None).await.0);
    }
    site.nodes[0].publish(0).await;
    for reader in &mut readers {
        reader.hears(0).await;
    }

    assert!(site.engine.can_be_killed());
    site.engine.kill().await;
    site.engine.start_again().await;
    let published = async { while !site.nodes[1].has_published(1).await {} };
    timeout(DEADLINE, published).await.expect("taken in again");

    for reader in &mut readers {
        reader.hears(1).await;
    }
    site.demolish().await;
}
