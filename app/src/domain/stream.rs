//! Live streams, as operators see them.

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::events::{Cursor, Topic};

/// The streams of one node. What is counted is counted since its process began, over all users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// Connections that were refused since their user had as many as he may, or sent more requests.
    pub rejected: u64,
    /// Connections of whoever asks.
    pub own_connections: usize,
    /// Connections that one user may have.
    pub limit_per_user: u32,
    /// The connections, the oldest first.
    pub connections: Vec<ConnectionStats>,
}

impl StreamStats {
    /// The same with so many connections at most: those that are furthest behind, and of equal ones the oldest. The totals stay.
    #[must_use]
    pub fn with_at_most(mut self, most: usize) -> Self {
        let mut places: Vec<usize> = (0..self.connections.len()).collect();
        places.sort_by_key(|place| Reverse(self.connections[*place].lag_events));
        let kept: BTreeSet<usize> = places.into_iter().take(most).collect();
        let mut place = 0..;
        self.connections.retain(|_| place.next().is_some_and(|place| kept.contains(&place)));
        self
    }
}

/// A live connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// What a connection is carried by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Server-Sent Events.
    Sse,
    /// A WebSocket.
    WebSocket,
}

impl Transport {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sse => "SSE",
            Self::WebSocket => "WebSocket",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str, lag_events: u64) -> ConnectionStats {
        ConnectionStats {
            connection_id: name.to_owned(),
            user: "127.0.0.1".to_owned(),
            transport: Transport::Sse,
            since: Timestamp::UNIX_EPOCH,
            topics: Vec::new(),
            cursor: "e-1".parse().expect("a cursor"),
            lag_events,
        }
    }

    #[test]
    fn of_many_those_are_kept_that_are_furthest_behind_in_their_order() {
        let connections = [("a", 0), ("b", 7), ("c", 0), ("d", 900)].map(|(name, lag)| stream(name, lag)).into();
        let stats = StreamStats { total_connections: 4, connections, ..StreamStats::default() };

        let names = |most| {
            let kept = stats.clone().with_at_most(most);
            assert_eq!(kept.total_connections, 4);
            kept.connections.into_iter().map(|stream| stream.connection_id).collect::<String>()
        };

        assert_eq!((names(1), names(2), names(3), names(9)), ("d".into(), "bd".into(), "abd".into(), "abcd".into()));
    }
}
