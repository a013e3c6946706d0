//! What tabs of one browser tell each other, so that one line serves them all.
//!
//! The tabs of one build speak on a channel of their own: two builds never have to understand each other, and have a line each.

use serde::{Deserialize, Serialize};

use crate::events::{Cursor, Topic};

/// A message between tabs. One shape for all kinds: what a kind does not need is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it says.
    pub kind: Kind,
    /// The tab that says it.
    pub from: String,
    /// The tab that it is meant for; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// A frame's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// A frame's JSON, as the server sent it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub json: String,
    /// What the sender's pages want.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wants: Vec<Want>,
    /// The numbers of those of the receiver's wants that it speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<u64>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The sender holds the line from now on.
    Leads,
    /// The sender's pages want this, and nothing else.
    #[default]
    Wants,
    /// The sender holds the line, and is awake.
    Here,
    /// The line brought a frame.
    Frame,
    /// The line serves these followers from now on.
    Served,
    /// The line can't serve these followers.
    GivenUp,
    /// The line broke.
    Broken,
    /// The sender has not heard anything for long: is the line whole?
    Ask,
    /// The sender's reader does not want to wait for the next try.
    Impatient,
    /// The sender is going.
    Gone,
}

/// What one follower wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// Names the question: whoever asks again for the same follower takes another.
    pub number: u64,
    /// What it wants to know of.
    pub topics: Vec<Topic>,
    /// Up to here it knows everything.
    pub cursor: Cursor,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_leaves_out_what_it_does_not_say() {
        let here = Message { kind: Kind::Here, from: "a".into(), ..Message::default() };
        let want = Want { number: 3, topics: vec![Topic::Imports], cursor: "e-5".parse().expect("a cursor") };
        let wants = Message { from: "b".into(), to: "a".into(), wants: vec![want], ..Message::default() };

        for (message, golden) in [
            (here, json!({"kind": "here", "from": "a"})),
            (
                wants,
                json!({"kind": "wants", "from": "b", "to": "a",
                       "wants": [{"number": 3, "topics": ["imports"], "cursor": "e-5"}]}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&message).expect("serialises"), golden);
            assert_eq!(serde_json::from_value::<Message>(golden).expect("readable"), message);
        }
    }
}
