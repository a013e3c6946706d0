//! Who is connected: by name, so that topics can be changed, and by user, so that nobody takes all there is.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{AcqRel, Relaxed},
        },
    },
};

use app::{
    domain::{TokenId, Transport},
    events::{ByeReason, Cursor, Topic},
};
use futures::task::AtomicWaker;
use jiff::Timestamp;
use tokio::{sync::Semaphore, time::Instant};

use super::change::TopicChange;

/// Whose connection it is. Connections of one user are counted together, and only he changes their topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserKey(pub Arc<str>);

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// By what somebody was let in. When it does not count any more, his connections end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// The hash of the secret of a browser's session.
    Session(String),
    /// A token.
    Token(TokenId),
}

/// Sends a connection's frames in the moment that they are there.
pub trait Carrier: Send + Sync {
    /// Sends what there is, as far as that takes no waiting. `false` when it can't do so now: then it is to be woken.
    fn carry(&self) -> bool;
}

/// A connection, as others see it.
pub(super) struct Seat {
    /// Unique for as long as the process lives.
    pub(super) number: u64,
    pub(super) connection_id: String,
    pub(super) user: UserKey,
    /// `None` for whom nobody had to let in.
    pub(super) credential: Option<Credential>,
    pub(super) transport: Transport,
    pub(super) since: Timestamp,
    pub(super) waker: AtomicWaker,
    /// Who sends its frames without being woken, if anybody.
    pub(super) carrier: OnceLock<Weak<dyn Carrier>>,
    /// Whether it is going to be served.
    is_due: AtomicBool,
    /// Room for changes that were not taken in yet.
    pub(super) room: Semaphore,
    desk: Mutex<Desk>,
}

/// What is passed to a connection, and what it shows of itself.
pub(super) struct Desk {
    pub(super) topics: BTreeSet<Topic>,
    /// Where their lines stand on the ring.
    pub(super) lines: Vec<usize>,
    /// Up to here everything was given to it.
    pub(super) place: Cursor,
    pub(super) last_sent: Instant,
    /// Events that were given to it. Counted here, for one counter of all would be fought over at each of them.
    pub(super) delivered: u64,
    /// It has been silent for as long as it may.
    pub(super) owes_heartbeat: bool,
    pub(super) is_sent_away: Option<ByeReason>,
    pub(super) changes: VecDeque<TopicChange>,
}

impl Seat {
    /// Held for moments only, and never while the ring is locked.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that there is something for it. `false` when it is going to be served anyway, with all that is there by then.
    pub(super) fn becomes_due(&self) -> bool {
        !self.is_due.swap(true, AcqRel)
    }

    /// Notes that it is served from now on: what comes after this is another matter.
    pub(super) fn begins_to_be_served(&self) {
        self.is_due.swap(false, AcqRel);
    }

    /// Sees to it that it gets what there is.
    pub(super) fn serve(&self) {
        let carrier = self.carrier.get().and_then(Weak::upgrade);
        if !carrier.is_some_and(|carrier| carrier.carry()) {
            self.waker.wake();
        }
    }

    /// Asks the connection to end, and says why.
    pub(super) fn send_away(&self, reason: ByeReason) {
        self.desk().is_sent_away.get_or_insert(reason);
        self.waker.wake();
    }
}

/// Changes that may wait for a connection to take them in.
const ROOM: usize = 16;

/// All connections of the node.
#[derive(Default)]
pub(super) struct Seats {
    taken: Mutex<Taken>,
    next: AtomicU64,
}

#[derive(Default)]
struct Taken {
    by_connection: HashMap<String, Arc<Seat>>,
    by_user: HashMap<UserKey, u32>,
}

impl Seats {
    /// Seats a connection, unless its user has as many as he may.
    pub(super) fn take(
        &self,
        (user, credential): (UserKey, Option<Credential>),
        transport: Transport,
        place: Cursor,
        limit: u32,
    ) -> Option<Arc<Seat>> {
        let mut taken = self.taken();
        let held = taken.by_user.entry(user.clone()).or_default();
        if *held >= limit {
            return None;
        }
        *held += 1;
        let seat = Arc::new(Seat {
            number: self.next.fetch_add(1, Relaxed),
            connection_id: uuid::Uuid::new_v4().to_string(),
            user,
            credential,
            transport,
            since: Timestamp::now(),
            waker: AtomicWaker::new(),
            carrier: OnceLock::new(),
            is_due: AtomicBool::new(false),
            room: Semaphore::new(ROOM),
            desk: Mutex::new(Desk {
                topics: BTreeSet::new(),
                lines: Vec::new(),
                place,
                last_sent: Instant::now(),
                delivered: 0,
                owes_heartbeat: false,
                is_sent_away: None,
                changes: VecDeque::new(),
            }),
        });
        taken.by_connection.insert(seat.connection_id.clone(), Arc::clone(&seat));
        Some(seat)
    }

    pub(super) fn give_up(&self, seat: &Seat) {
        let mut taken = self.taken();
        taken.by_connection.remove(&seat.connection_id);
        if let Some(held) = taken.by_user.get_mut(&seat.user) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                taken.by_user.remove(&seat.user);
            }
        }
    }

    pub(super) fn find(&self, connection_id: &str) -> Option<Arc<Seat>> {
        self.taken().by_connection.get(connection_id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Seat>> {
        self.taken().by_connection.values().cloned().collect()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_as_many_seats_as_he_may_and_gets_one_back_for_each_that_he_gives_up() {
        let seats = Seats::default();
        let place: Cursor = "e-1".parse().expect("a cursor");
        let take = |user: &str| seats.take((UserKey(user.into()), None), Transport::Sse, place.clone(), 2);
        let first = take("ada").expect("a seat");
        let _second = take("ada").expect("a seat");

        assert!(take("ada").is_none());
        assert!(take("bob").is_some());
        seats.give_up(&first);
        assert!(take("ada").is_some());
        assert_eq!(seats.all().len(), 3);
    }
}
