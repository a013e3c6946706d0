//! What the hub tells of itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use app::{
    domain::{ConnectionStats, StreamStats},
    events::{ByeReason, Cursor, Topic},
};

use super::{Hub, UserKey};

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
    /// The statistics, as somebody asks for them. Without accounts everybody is an operator, and sees all.
    pub fn stats(&self, asker: &UserKey) -> StreamStats {
        let own_connections = self.seats.all().iter().filter(|seat| seat.user == *asker).count();
        StreamStats { own_connections, ..self.overview() }
    }

    /// The statistics for nobody in particular, who has no connections.
    pub fn overview(&self) -> StreamStats {
        // Those who have gone, first: who goes meanwhile is left out rather than counted twice.
        let mut events_delivered = self.counters.delivered.load(Relaxed);
        let mut seats = self.seats.all();
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

    /// Ends a connection. `None` when there is none with this name on this node.
    pub fn kick(&self, connection_id: &str) -> Option<()> {
        self.seats.find(connection_id).map(|seat| seat.send_away(ByeReason::Kicked))
    }
}
