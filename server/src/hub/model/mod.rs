//! The hub, held against a model of it: whatever is appended, trimmed and lost while clients come, go, read slowly and change their
//! minds, each gets exactly the events of its topics after its place, in order, once; or one `reset`.

/// A client that checks what it is given.
mod client;
/// A log that does as it is told.
mod script;
/// What a listener holds, and whom an event wakes.
mod weight;

use std::{sync::Arc, time::Duration};

use app::events::Cursor;
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    client::Client,
    script::{Script, event},
};
use super::{Hub, HubConfig, RingLimits};

/// Listening clients at most.
pub(crate) const CLIENTS: usize = 3;

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Events on topics of these numbers.
    Append(Vec<u8>),
    /// All but the youngest so many events are trimmed.
    Trim(usize),
    /// The log is lost, and another one begins.
    Lose,
    /// Other tasks get their turn.
    Pass,
    /// A client connects from now on.
    Connect(usize, u8),
    /// A client takes what is there for it.
    Read(usize),
    /// A client goes, and comes back with the last cursor that it has.
    Return(usize),
    /// A client listens to other topics: those that are added with what was missed, or from now on.
    Change(usize, u8, u8, Since),
}

/// From where added topics are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Since {
    Now,
    /// So many events ago.
    Ago(usize),
}

impl Since {
    pub(crate) fn place(self, script: &Script) -> Option<Cursor> {
        match self {
            Self::Now => None,
            Self::Ago(events) => Some(script.place_before(events)),
        }
    }
}

/// Whatever may happen.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let client = 0..CLIENTS;
    let since = prop_oneof![Just(Since::Now), (0..12_usize).prop_map(Since::Ago)];
    prop_oneof![
        6 => prop::collection::vec(0..8_u8, 1..8).prop_map(Step::Append),
        1 => (0..8_usize).prop_map(Step::Trim),
        1 => Just(Step::Lose),
        2 => Just(Step::Pass),
        3 => (client.clone(), any::<u8>()).prop_map(|(client, topics)| Step::Connect(client, topics)),
        5 => client.clone().prop_map(Step::Read),
        2 => client.clone().prop_map(Step::Return),
        3 => (client, any::<u8>(), any::<u8>(), since).prop_map(|(client, add, remove, since)| Step::Change(client, add, remove, since)),
    ]
}

/// A hub whose ring is soon left behind.
pub(crate) fn config() -> HubConfig {
    HubConfig {
        // No heartbeat hides that a listener was not woken.
        heartbeat: Duration::from_hours(24),
        streams_per_user: 100,
        ring: RingLimits { frames: 5, bytes: 64 * 1024 * 1024 },
    }
}

async fn play(steps: Vec<Step>) {
    let (script, stopping) = (Arc::new(Script::new()), CancellationToken::new());
    let hub = Hub::over(Arc::clone(&script) as _, config(), stopping.clone()).await.expect("started");
    let mut clients: [Option<Client>; CLIENTS] = Default::default();
    for step in steps {
        match step {
            Step::Append(topics) => script.append(&topics),
            Step::Trim(left) => script.trim(left),
            Step::Lose => script.lose(),
            Step::Pass => tokio::time::sleep(Duration::from_millis(1)).await,
            Step::Connect(at, topics) => clients[at] = Some(Client::connect(&hub, &script, topics).await),
            Step::Read(at) => {
                if let Some(client) = &mut clients[at] {
                    client.read_once(&script).await;
                }
            }
            Step::Return(at) => {
                if let Some(client) = clients[at].take() {
                    clients[at] = Some(client.come_back(&hub, &script).await);
                }
            }
            Step::Change(at, add, remove, since) => {
                if let Some(client) = &mut clients[at] {
                    client.change(&hub, add, remove, since.place(&script));
                }
            }
        }
    }
    for client in clients.iter_mut().flatten() {
        client.read_all(&script).await;
    }
    assert!(hub.seats.all().len() <= CLIENTS);
    drop(clients);
    assert!(hub.seats.all().is_empty(), "a client that has gone is seated still");
    stopping.cancel();
}

proptest! {
    #[test]
    fn each_client_gets_its_events_in_order_once_or_one_reset(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(play(steps));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_ahead_of_a_ring_that_does_not_follow_goes_on_where_it_was() {
    let (script, stopping) = (Arc::new(Script::new()), CancellationToken::new());
    let hub = Hub::over(Arc::clone(&script) as _, config(), stopping.clone()).await.expect("started");
    script.append(&[3]);
    tokio::time::sleep(Duration::from_millis(1)).await;
    script.hold();
    script.append(&[3, 3, 3]);

    // It was at another node, which was told.
    let place = script.place_before(1);
    let mut client = Client::open(&hub, &script, script::topics_of(1 << 3), Some(place)).await;
    script.let_go();

    client.read_all(&script).await;
    stopping.cancel();
}
