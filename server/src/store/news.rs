//! News of commits between processes, by Postgres' `notify` and `listen`.
//!
//! Nobody notifies inside a transaction: Postgres would hold a lock of the whole server while it commits, and all commits would stand
//! in line. The commit comes first; then one notification tells of all commits of this process since the last one. It carries
//! no data but who sends it: what is new stands in the tables.
//!
//! Where nobody was told a moment ago, the notification travels with the commit, right behind it. So who is idle hears as soon as can be,
//! and who is busy is not told more often than is of use.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::Notify, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::StoreError;

const CHANNEL: &str = "signalbox";
/// The shortest time between two notifications of a process.
const PACE: Duration = Duration::from_millis(2);
/// How long to wait after the server failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// How often is looked without news: for those of a process that died between its commit and its notification.
const LOOK: Duration = Duration::from_secs(5);

/// Tells other processes, and listens to them, on connections of its own.
#[derive(Clone)]
pub(super) struct News {
    pool: PgPool,
    untold: Arc<Untold>,
    /// By which this process knows its own notifications again.
    origin: Arc<str>,
    _telling: Arc<AbortOnDropHandle<()>>,
}

/// Commits that nobody was told of yet.
#[derive(Default)]
struct Untold {
    made: AtomicU64,
    told: AtomicU64,
    wake: Notify,
    /// When others may be told next.
    next: Mutex<Option<Instant>>,
}

impl Untold {
    /// Takes the turn to tell others, if it is time; else says when it is.
    fn take_turn(&self) -> Result<(), Instant> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        match *next {
            Some(next) if now < next => Err(next),
            _ => {
                *next = Some(now + PACE);
                Ok(())
            }
        }
    }

    fn note_told(&self, made: u64) {
        self.told.fetch_max(made, Ordering::SeqCst);
    }

    fn has_any(&self) -> bool {
        self.told.load(Ordering::SeqCst) < self.made.load(Ordering::SeqCst)
    }
}

/// A notification that travels behind a commit.
pub(super) struct Word {
    untold: Arc<Untold>,
    commit: u64,
    /// The statement.
    pub(super) sql: String,
}

impl Word {
    /// It has arrived, or it has not, and another one has to be sent.
    pub(super) fn was_sent(&self, has_arrived: bool) {
        if has_arrived {
            self.untold.note_told(self.commit);
        } else {
            self.untold.wake.notify_one();
        }
    }
}

impl News {
    /// Over these connections; two are enough.
    pub(super) fn over(pool: PgPool) -> Self {
        let untold: Arc<Untold> = Arc::default();
        let origin: Arc<str> = uuid::Uuid::new_v4().simple().to_string().into();
        let telling = tokio::spawn(tell_for_ever(pool.clone(), Arc::clone(&untold), Arc::clone(&origin)));
        Self { pool, untold, origin, _telling: Arc::new(AbortOnDropHandle::new(telling)) }
    }

    /// The notification for the next commit to take along; none where others were told a moment ago, and [`Self::tell`] tells them.
    pub(super) fn word(&self) -> Option<Word> {
        self.untold.take_turn().ok()?;
        // Counted before it is made: until then nothing else tells of it.
        let commit = self.untold.made.fetch_add(1, Ordering::SeqCst) + 1;
        let sql = format!("select pg_notify('{CHANNEL}', '{}')", self.origin);
        Some(Word { untold: Arc::clone(&self.untold), commit, sql })
    }

    /// Says that there was a commit. Returns at once.
    pub(super) fn tell(&self) {
        self.untold.made.fetch_add(1, Ordering::SeqCst);
        self.untold.wake.notify_one();
    }

    /// Listens for ever, and calls `on_news` whenever another process may have committed something.
    pub(super) async fn listen(&self, on_news: impl Fn()) {
        let looking = async {
            loop {
                tokio::time::sleep(LOOK).await;
                on_news();
            }
        };
        let listening = async {
            loop {
                let Err(error) = self.listen_until_it_breaks(&on_news).await;
                if self.pool.is_closed() {
                    return;
                }
                tracing::warn!(%error, "news of other processes can't be heard; trying again");
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
        };
        futures::future::select(std::pin::pin!(looking), std::pin::pin!(listening)).await;
    }

    async fn listen_until_it_breaks(&self, on_news: &impl Fn()) -> Result<std::convert::Infallible, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        // What came before the first word was listened to is news as well.
        on_news();
        loop {
            match listener.try_recv().await? {
                Some(word) if word.payload() == &*self.origin => {}
                // `None` is a connection that was lost and made again: nobody knows what was said meanwhile.
                Some(_) | None => on_news(),
            }
        }
    }

    /// Tells what is untold, and ends.
    pub(super) async fn close(&self) {
        if self.untold.has_any()
            && let Err(error) = tell_once(&self.pool, &self.untold, &self.origin).await
        {
            tracing::warn!(%error, "other processes could not be told of the last commits");
        }
        self.pool.close().await;
    }
}

async fn tell_for_ever(pool: PgPool, untold: Arc<Untold>, origin: Arc<str>) {
    loop {
        untold.wake.notified().await;
        // Commits of this pause are told after it.
        while let Err(next) = untold.take_turn() {
            tokio::time::sleep_until(next).await;
        }
        match tell_once(&pool, &untold, &origin).await {
            Ok(()) => {}
            Err(_) if pool.is_closed() => return,
            Err(error) => {
                tracing::warn!(%error, "other processes could not be told of commits; trying again");
                tokio::time::sleep(AFTER_A_FAILURE).await;
                untold.wake.notify_one();
            }
        }
    }
}

async fn tell_once(pool: &PgPool, untold: &Untold, origin: &str) -> Result<(), StoreError> {
    let made = untold.made.load(Ordering::SeqCst);
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(origin).execute(pool).await?;
    untold.note_told(made);
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::{sync::mpsc, time::timeout};

    use super::*;
    use crate::conformance::{migrate, postgres_server::Server};

    fn news_of(url: &str) -> News {
        News::over(PgPool::connect_lazy(url).expect("a URL"))
    }

    /// Listens, and passes on what is heard.
    fn heard_by(news: News) -> (mpsc::UnboundedReceiver<()>, AbortOnDropHandle<()>) {
        let (heard, hearing) = mpsc::unbounded_channel();
        let on_news = move || {
            let _ = heard.send(());
        };
        let listening = async move { news.listen(on_news).await };
        (hearing, AbortOnDropHandle::new(tokio::spawn(listening)))
    }

    async fn is_told(teller: &News, hearing: &mut mpsc::UnboundedReceiver<()>) {
        while hearing.try_recv().is_ok() {}
        teller.tell();
        // Sooner than anybody looks without being told.
        timeout(LOOK / 2, hearing.recv()).await.expect("in time").expect("the listener lives");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn others_are_told_of_commits_and_again_after_the_server_was_started_again() {
        let server = Server::start();
        let url = server.fresh_database(migrate).await;
        let (teller, listener) = (news_of(&url), news_of(&url));
        let (mut hearing, _listening) = heard_by(listener);
        hearing.recv().await.expect("listening is news");
        is_told(&teller, &mut hearing).await;

        server.stop();
        server.start_again();

        while hearing.try_recv().is_ok() {}
        hearing.recv().await.expect("listening again is news");
        for _ in 0..3 {
            is_told(&teller, &mut hearing).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_notification_travels_with_a_commit_and_the_next_ones_wait() {
        let url = crate::conformance::postgres_server::shared().fresh_database(migrate).await;
        let (teller, listener) = (news_of(&url), news_of(&url));
        let (mut hearing, _listening) = heard_by(listener);
        hearing.recv().await.expect("listening is news");

        let word = teller.word().expect("nobody was told a moment ago");
        assert!(teller.word().is_none());
        word.was_sent(false);

        // It got lost, so another one is sent.
        timeout(LOOK / 2, hearing.recv()).await.expect("in time").expect("the listener lives");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_commits_are_told_together_and_the_last_one_always() {
        let url = crate::conformance::postgres_server::shared().fresh_database(migrate).await;
        let (teller, listener) = (news_of(&url), news_of(&url));
        let (mut hearing, _listening) = heard_by(listener);
        hearing.recv().await.expect("listening is news");

        for _ in 0..10_000 {
            teller.tell();
        }

        teller.close().await;
        assert_eq!(teller.untold.told.load(Ordering::SeqCst), 10_000);
        timeout(LOOK / 2, hearing.recv()).await.expect("in time").expect("the listener lives");
        let mut more = 0;
        while hearing.try_recv().is_ok() {
            more += 1;
        }
        assert!(more < 100, "{more} notifications of one burst");
    }
}
