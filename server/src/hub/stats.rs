//! What the hub tells of itself.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use app::{
    domain::{ConnectionStats, StreamStats},
    events::{ByeReason, Cursor, Topic},
};

use super::{Credential, Hub, UserKey, seats::Seat};

/// Whose connections are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's.
    All,
    /// The asker's.
    Own,
}

/// Counted since the process began.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// To connections that have gone.
    pub(super) delivered: AtomicU64,
    pub(super) resets: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) rejected: AtomicU64,
}

impl Hub {
    /// The statistics of all connections, or of the asker's own.
    pub fn stats(&self, asker: &UserKey, sight: Sight) -> StreamStats {
        let is_own = |seat: &Seat| seat.user == *asker;
        let own_connections = self.seats.all().iter().filter(|seat| is_own(seat)).count();
        StreamStats { own_connections, ..self.of_seats(|seat| sight == Sight::All || is_own(seat)) }
    }

    /// The statistics of all connections, for nobody in particular, who has none.
    pub fn overview(&self) -> StreamStats {
        self.of_seats(|_| true)
    }

    fn of_seats(&self, is_shown: impl Fn(&Seat) -> bool) -> StreamStats {
        // Those who have gone, first: who goes meanwhile is left out rather than counted twice.
        let mut events_delivered = self.counters.delivered.load(Relaxed);
        let mut seats = self.seats.all();
        seats.retain(|seat| is_shown(seat));
        seats.sort_by_key(|seat| seat.number);
        let connections: Vec<ConnectionStats> = seats
            .iter()
            .map(|seat| {
                let desk = seat.desk();
                events_delivered += desk.delivered;
                ConnectionStats {
                    connection_id: seat.connection_id.clone(),
                    user: seat.user.to_string(),
                    transport: seat.transport,
                    since: seat.since,
                    topics: desk.topics.iter().cloned().collect(),
                    cursor: desk.place.clone(),
                    lag_events: self.ring().lag(&desk.place, &desk.topics),
                }
            })
            .collect();
        let count = |is_counted: fn(&Topic) -> bool| {
            connections.iter().flat_map(|connection| &connection.topics).filter(|topic| is_counted(topic)).count()
        };
        StreamStats {
            total_connections: connections.len(),
            total_subscriptions: count(|_| true),
            total_job_subscriptions: count(|topic| matches!(topic, Topic::Job(_))),
            total_queue_subscriptions: count(|topic| matches!(topic, Topic::Queue(_))),
            events_delivered,
            resets: self.counters.resets.load(Relaxed),
            replayed: self.counters.replayed.load(Relaxed),
            rejected: self.counters.rejected.load(Relaxed),
            own_connections: 0,
            limit_per_user: self.config.streams_per_user,
            connections,
        }
    }

    /// Where the ring ends: a connection that is there has been given everything.
    pub fn end(&self) -> Cursor {
        self.ring().end().clone()
    }

    /// By what those were let in who are connected.
    pub fn credentials(&self) -> BTreeSet<Credential> {
        self.seats.all().iter().filter_map(|seat| seat.credential.clone()).collect()
    }

    /// Ends the connections of those who were let in by something.
    pub fn send_away_those(&self, reason: ByeReason, is_meant: impl Fn(&Credential) -> bool) {
        for seat in self.seats.all() {
            if seat.credential.as_ref().is_some_and(&is_meant) {
                seat.send_away(reason);
            }
        }
    }

    /// Ends a connection. `None` when there is none with this name on this node.
    pub fn kick(&self, connection_id: &str) -> Option<()> {
        self.seats.find(connection_id).map(|seat| seat.send_away(ByeReason::Kicked))
    }
}
