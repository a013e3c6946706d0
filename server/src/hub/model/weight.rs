//! What a listener costs: an event wakes those who listen to it, and a listener that does not read holds nothing.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    config,
    script::{Script, topics_of},
};
use crate::hub::{Encoding, Feed, Hub, Naming, Opening, Poured, Scratch, Transport, UserKey};

/// Counts how often it was woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

async fn open(hub: &Arc<Hub>, topics: u8) -> Feed {
    let opening = Opening {
        user: UserKey("somebody".into()),
        credential: None,
        transport: Transport::Sse,
        encoding: Encoding::Sse(Naming::On),
        topics: topics_of(topics),
        resume: None,
    };
    let mut feed = hub.open(opening).await.expect("opened");
    let mut scratch = Scratch::default();
    assert_eq!(poll_fn(|cx| feed.poll_pour(cx, &mut scratch)).await, Poured::Frames);
    feed
}

async fn hub(script: &Arc<Script>) -> Arc<Hub> {
    let config = crate::hub::HubConfig { streams_per_user: u32::MAX, ..config() };
    Hub::over(Arc::clone(script) as _, config, CancellationToken::new()).await.expect("started")
}

#[tokio::test(start_paused = true)]
async fn an_event_wakes_its_listeners_and_none_of_ten_thousand_others() {
    let script = Arc::new(Script::new());
    let hub = hub(&script).await;
    let (listening, idle) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let mut feeds = Vec::new();
    for number in 0..10_003 {
        let (topics, count) = if number < 3 { (0b1000, &listening) } else { (0b1_0000, &idle) };
        let mut feed = open(&hub, topics).await;
        let waker = Arc::clone(count).into();
        assert!(feed.poll_pour(&mut Context::from_waker(&waker), &mut Scratch::default()).is_pending());
        feeds.push(feed);
    }

    script.append(&[3]);
    tokio::time::sleep(Duration::from_millis(1)).await;

    assert_eq!((listening.0.load(SeqCst), idle.0.load(SeqCst)), (3, 0));
    drop(feeds);
    assert_eq!(hub.ring().topics(), 1, "the topic of the event");
}

#[tokio::test(start_paused = true)]
async fn a_silent_topic_never_falls_off_the_ring() {
    let script = Arc::new(Script::new());
    let hub = hub(&script).await;
    let mut silent = open(&hub, 0b1000).await;

    // Far more than the ring holds, and all of it is trimmed.
    for _ in 0..10 {
        script.append(&[4; 5]);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    script.trim(0);
    script.append(&[3]);
    let mut scratch = Scratch::default();
    poll_fn(|cx| silent.poll_pour(cx, &mut scratch)).await;

    let text = String::from_utf8(scratch.take().to_vec()).expect("UTF-8");
    assert!(text.starts_with("event: custom\n") && text.matches("\n\n").count() == 1, "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_holds_no_queue_and_a_slow_one_gets_all_of_it() {
    let script = Arc::new(Script::new());
    let hub = hub(&script).await;
    let mut fast = open(&hub, 0b1000_0000).await;
    let mut slow = open(&hub, 0b1000_0000).await;
    let _stopped = open(&hub, 0b1000_0000).await;
    let (mut given, mut largest) = (0, 0);
    for _ in 0..50 {
        // 40 KB each; the ring holds five.
        script.append(&[7, 7]);
        let mut scratch = Scratch::default();
        poll_fn(|cx| fast.poll_pour(cx, &mut scratch)).await;
        given += scratch.take_each().len();
    }
    while given < 100 {
        let mut scratch = Scratch::default();
        poll_fn(|cx| fast.poll_pour(cx, &mut scratch)).await;
        given += scratch.take_each().len();
    }

    let mut told = BTreeSet::new();
    while told.len() < 100 {
        let mut scratch = Scratch::default();
        poll_fn(|cx| slow.poll_pour(cx, &mut scratch)).await;
        let frames = scratch.take_each();
        largest = largest.max(frames.iter().map(bytes::Bytes::len).sum());
        for frame in frames {
            let id = frame.split(|byte| *byte == b'\n').nth(1).expect("an id").to_vec();
            assert!(told.insert(id), "twice");
        }
    }

    assert!(largest <= 2 * 64 * 1024, "{largest} bytes were given at once");
    let stats = hub.overview();
    assert_eq!(stats.events_delivered, 200);
    assert_eq!(stats.connections[2].lag_events, 5, "what waits for it is what the ring holds anyway");
    let poll = slow.poll_pour(&mut Context::from_waker(std::task::Waker::noop()), &mut Scratch::default());
    assert_eq!(poll, Poll::Pending);
}
