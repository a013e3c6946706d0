//! Another server behind the same address, while the former one still answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use app::events::ResetReason;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::{RedisServer, in_time};
use crate::{
    backplane::{Backplane, ReadLog, RedisBackplane},
    conformance::{LEASE, RETENTION, new_job, profile, request, worker},
};

/// An address that leads to one server or another. Connections stay with the one that they led to when they were made.
struct Door {
    port: u16,
    leads_to: Arc<AtomicU16>,
    _keeper: AbortOnDropHandle<()>,
}

impl Door {
    async fn open(first: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let leads_to = Arc::new(AtomicU16::new(port_of(first)));
        let target = Arc::clone(&leads_to);
        let keeper = tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let target = target.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    if let Ok(mut there) = TcpStream::connect(("127.0.0.1", target)).await {
                        // However it ends, both ends are closed.
                        let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                    }
                });
            }
        });
        Self { port, leads_to, _keeper: AbortOnDropHandle::new(keeper) }
    }

    fn leads_to(&self, server: &RedisServer) {
        self.leads_to.store(port_of(server), Ordering::SeqCst);
    }
}

fn port_of(server: &RedisServer) -> u16 {
    server.url().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
}

async fn server() -> RedisServer {
    let server = RedisServer::start().await;
    server.ask::<()>("ACL SETUSER both on >both ~* &* +@all").await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_with_the_new_primary_although_the_former_one_still_answers() {
    let (former, new) = (server().await, server().await);
    let door = Door::open(&former).await;
    let url = format!("redis://both:both@127.0.0.1:{}", door.port);
    let backplane = RedisBackplane::open(&url, RETENTION, None).await.expect("opened");
    backplane.join(&profile("w")).await.expect("joined");
    backplane.enqueue(vec![new_job("before")]).await.expect("taken in");
    let (tailing, head) = (Arc::clone(&backplane), backplane.head().await.expect("an end"));
    let tail = tokio::spawn(async move { tailing.tail(&head, 10).await });

    door.leads_to(&new);
    former.ask::<()>("REPLICAOF 127.0.0.1 1").await;

    let coming_over = async {
        while let Err(failure) = backplane.enqueue(vec![new_job("a")]).await {
            assert!(failure.to_string().contains("takes no writes"), "{failure}");
            tokio::task::yield_now().await;
        }
        // Its line for the bell comes over as well, with its workers.
        while new.ask::<Option<String>>("HGET signalbox:{sb}:connections w").await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    in_time(coming_over).await;
    let jobs = backplane.claim(&request(&worker("w"), LEASE), Duration::ZERO).await.expect("claimed");
    assert_eq!(jobs[0].lease.job_id, "a".into());
    // Its log is another one.
    let told = in_time(tail).await.expect("joined").expect("answered");
    assert!(matches!(told, ReadLog::Gone { reason: ResetReason::Epoch, .. }), "{told:?}");
}
