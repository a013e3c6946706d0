//! What the stream says of itself. These frames have no topic, and are never in the log.

use serde::{Deserialize, Serialize};

use super::{Cursor, Topic};

/// A frame about the stream itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum StreamEvent {
    /// The first frame of every connection.
    Connected(Connected),
    /// Occurs when topics were added to a live connection.
    Subscribed {
        /// The whole set now.
        topics: Vec<Topic>,
    },
    /// Occurs when topics were taken from a live connection.
    Unsubscribed {
        /// The whole set now.
        topics: Vec<Topic>,
    },
    /// Occurs when nothing else was sent for the advertised time: proof that the line is whole.
    Heartbeat {
        /// Up to here everything was sent.
        cursor: Cursor,
    },
    /// Occurs when the asked cursor can't be served; the client loads its snapshot again.
    Reset {
        /// Why.
        reason: ResetReason,
    },
    /// Occurs instead of everything else when the stream is refused; then it ends.
    Rejected {
        /// Why.
        reason: RejectReason,
        /// How many there may be.
        limit: u32,
    },
    /// Occurs before the server ends the stream on purpose.
    Bye {
        /// Why.
        reason: ByeReason,
    },
}

impl StreamEvent {
    /// The frame's name on the wire.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Connected(_) => "connected",
            Self::Subscribed { .. } => "subscribed",
            Self::Unsubscribed { .. } => "unsubscribed",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Reset { .. } => "reset",
            Self::Rejected { .. } => "rejected",
            Self::Bye { .. } => "bye",
        }
    }
}

/// What a client learns at the start of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// Names the connection when its topics are changed.
    pub connection_id: String,
    /// Where the stream begins.
    pub cursor: Cursor,
    /// Whether it goes on from where the client was.
    pub resumed: bool,
    /// How many missed events follow.
    pub replayed: u64,
    /// The longest silence, in milliseconds: after twice as much the line is dead.
    pub heartbeat_ms: u64,
    /// The server's version.
    pub server_version: String,
    /// The topics listened to.
    pub topics: Vec<Topic>,
}

/// Why a cursor can't be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResetReason {
    /// Events after it were trimmed already.
    Trimmed,
    /// It belongs to a log that is gone.
    Epoch,
    /// It is no cursor, or lies after the end of the log.
    Unknown,
}

/// Why a stream is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The user has as many open as he may.
    TooManyStreams,
    /// The user sends more requests than he may; `limit` is how many there may be in a second.
    TooManyRequests,
}

/// Why the server ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The server stops, and most likely comes back.
    Shutdown,
    /// Whoever listened signed out.
    SignedOut,
    /// An operator ended it.
    Kicked,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn each_frame_has_its_contract_shape() {
        let cursor: Cursor = "e1-5".parse().expect("a cursor");
        let golden: [(StreamEvent, Value); 8] = [
            (
                StreamEvent::Connected(Connected {
                    connection_id: "c".into(),
                    cursor: cursor.clone(),
                    resumed: true,
                    replayed: 2,
                    heartbeat_ms: 15_000,
                    server_version: "0.1.0".into(),
                    topics: vec![Topic::Imports],
                }),
                json!({"type": "connected", "connectionId": "c", "cursor": "e1-5", "resumed": true, "replayed": 2,
                       "heartbeatMs": 15_000, "serverVersion": "0.1.0", "topics": ["imports"]}),
            ),
            (
                StreamEvent::Subscribed { topics: vec![Topic::Customers] },
                json!({"type": "subscribed", "topics": ["customers"]}),
            ),
            (StreamEvent::Unsubscribed { topics: vec![] }, json!({"type": "unsubscribed", "topics": []})),
            (StreamEvent::Heartbeat { cursor }, json!({"type": "heartbeat", "cursor": "e1-5"})),
            (StreamEvent::Reset { reason: ResetReason::Trimmed }, json!({"type": "reset", "reason": "trimmed"})),
            (
                StreamEvent::Rejected { reason: RejectReason::TooManyStreams, limit: 8 },
                json!({"type": "rejected", "reason": "too_many_streams", "limit": 8}),
            ),
            (
                StreamEvent::Rejected { reason: RejectReason::TooManyRequests, limit: 500 },
                json!({"type": "rejected", "reason": "too_many_requests", "limit": 500}),
            ),
            (StreamEvent::Bye { reason: ByeReason::SignedOut }, json!({"type": "bye", "reason": "signed_out"})),
        ];

        for (event, wire) in golden {
            assert_eq!(serde_json::to_value(&event).expect("serialises"), wire);
            assert_eq!(wire["type"], event.type_name());
            assert_eq!(serde_json::from_value::<StreamEvent>(wire).expect("readable"), event);
        }
    }
}
