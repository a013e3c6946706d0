//! Events that transactions of the database write.

use app::events::{Event, NoticeLevel, SystemNotification};
use jiff::Timestamp;

use super::{RedisServer, events, in_time, open};
use crate::{
    backplane::{Backplane, RedisBackplane, redis::relay::push},
    conformance::RETENTION,
    store::{Database, outbox},
};

fn notice(number: usize) -> Event {
    Event::SystemNotification(SystemNotification { level: NoticeLevel::Info, message: number.to_string() })
}

async fn database(folder: &tempfile::TempDir) -> Database {
    let url = format!("sqlite://{}", folder.path().join("signalbox.db").display());
    let database = Database::open(&url).await.expect("opened");
    database.migrate().await.expect("migrated");
    database
}

async fn write(database: &Database, numbers: std::ops::Range<usize>) {
    let mut transaction = database.begin().await.expect("begun");
    for number in numbers {
        outbox::append(&mut transaction, notice(number), Timestamp::now()).await.expect("written");
    }
    transaction.commit().await.expect("committed");
}

/// Waits until so many events are in the log.
async fn relayed(backplane: &RedisBackplane, after: &app::events::Cursor, count: usize) -> Vec<Event> {
    let waiting = async {
        loop {
            let found = events(backplane, after).await;
            if found.len() >= count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    in_time(waiting).await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_transactions_come_into_the_log_in_order_and_once_though_two_processes_bring_them() {
    let (server, folder) = (RedisServer::start().await, tempfile::tempdir().expect("a folder"));
    let (here, there) = (database(&folder).await, database(&folder).await);
    let start = open(&server).await.head().await.expect("an end");
    write(&here, 0..700).await;

    let one = RedisBackplane::open(&server.url(), RETENTION, Some(here.clone())).await.expect("opened");
    let _two = RedisBackplane::open(&server.url(), RETENTION, Some(there.clone())).await.expect("opened");
    for round in 0..20 {
        write(if round % 2 == 0 { &here } else { &there }, 700 + round * 10..710 + round * 10).await;
    }

    let found = relayed(&one, &start, 900).await;
    assert_eq!(found, (0..900).map(notice).collect::<Vec<_>>());
    let emptied = async {
        while !outbox::oldest(&here, 1).await.expect("read").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    in_time(emptied).await;
    assert_eq!(events(&one, &start).await.len(), 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_bringing_and_removing_doubles_nothing() {
    let (server, folder) = (RedisServer::start().await, tempfile::tempdir().expect("a folder"));
    let database = database(&folder).await;
    let backplane = open(&server).await;
    let start = backplane.head().await.expect("an end");
    write(&database, 0..3).await;
    let rows = outbox::oldest(&database, 100).await.expect("read");

    assert_eq!(push(&backplane.connections, "here", &rows).await.expect("brought"), 3);
    write(&database, 3..4).await;
    let rows = outbox::oldest(&database, 100).await.expect("read");
    assert_eq!(push(&backplane.connections, "here", &rows).await.expect("brought"), 1);

    assert_eq!(events(&backplane, &start).await, (0..4).map(notice).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_in_the_database_while_redis_is_away() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(&folder).await;
    let backplane = RedisBackplane::open(&server.url(), RETENTION, Some(database.clone())).await.expect("opened");
    let start = backplane.head().await.expect("an end");

    server.kill();
    write(&database, 0..3).await;
    server.start_again().await;

    assert_eq!(relayed(&backplane, &start, 3).await, (0..3).map(notice).collect::<Vec<_>>());
}
