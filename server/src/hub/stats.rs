//! What the hub tells of itself.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use app::events::{ByeReason, Cursor, Topic};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Hub, Transport, UserKey};

/// Counted since the process began.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// To connections that have gone.
    pub(super) delivered: AtomicU64,
    pub(super) resets: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) rejected: AtomicU64,
}

/// The streams of one node. What is counted is counted since its process began, over all users.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamStats {
    /// Connections that live.
    pub total_connections: usize,
    /// Topics that they listen to, added up.
    pub total_subscriptions: usize,
    /// Those of them that are jobs.
    pub total_job_subscriptions: usize,
    /// Those of them that are queues.
    pub total_queue_subscriptions: usize,
    /// Events that were handed to connections; one that goes to three counts three times.
    pub events_delivered: u64,
    /// How often a client was told to load its snapshot again.
    pub resets: u64,
    /// Events that clients had missed and got when they came back.
    pub replayed: u64,
    /// Connections that were refused since their user had as many as he may.
    pub rejected: u64,
    /// Connections of whoever asks.
    pub own_connections: usize,
    /// Connections that one user may have.
    pub limit_per_user: u32,
    /// The connections, the oldest first.
    pub connections: Vec<ConnectionStats>,
}

/// A live connection.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection)]
pub struct ConnectionStats {
    /// Its name, as told in its first frame.
    pub connection_id: String,
    /// Whose it is: before there are accounts, the address of the client.
    pub user: String,
    /// What it is carried by.
    pub transport: Transport,
    /// When it began.
    pub since: Timestamp,
    /// What it listens to.
    #[schema(value_type = Vec<String>)]
    pub topics: Vec<Topic>,
    /// Up to here everything was handed to it.
    #[schema(value_type = String)]
    pub cursor: Cursor,
    /// Events of its topics that wait for it, as far as they are in memory.
    pub lag_events: u64,
}

impl Hub {
    /// The statistics, as somebody asks for them. Without accounts everybody is an operator, and sees all.
    pub fn stats(&self, asker: &UserKey) -> StreamStats {
        // Those who have gone, first: who goes meanwhile is left out rather than counted twice.
        let mut events_delivered = self.counters.delivered.load(Relaxed);
        let mut seats = self.seats.all();
        let own_connections = seats.iter().filter(|seat| seat.user == *asker).count();
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
            own_connections,
            limit_per_user: self.config.streams_per_user,
            connections,
        }
    }

    /// Ends a connection. `None` when there is none with this name on this node.
    pub fn kick(&self, connection_id: &str) -> Option<()> {
        self.seats.find(connection_id).map(|seat| seat.send_away(ByeReason::Kicked))
    }
}
