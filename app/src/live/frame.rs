//! A frame of the line, as it is read.

use crate::events::{Event, Stamped, StreamEvent};

/// What a frame says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Frame {
    /// Something happened.
    Event(Stamped),
    /// Something about the stream itself.
    Stream(Stamped<StreamEvent>),
}

impl Frame {
    /// Reads it; `None` when this build can't: a newer server speaks of something else, or otherwise. Nearly all frames are events,
    /// which are read once; to them the words about the stream are of an unknown type.
    pub(super) fn read(json: &str) -> Option<Self> {
        match serde_json::from_str::<Stamped>(json) {
            Ok(stamped) if stamped.event != Event::Unknown => Some(Self::Event(stamped)),
            _ => serde_json::from_str(json).ok().map(Self::Stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{ByeReason, NoticeLevel, SystemNotification};

    #[test]
    fn events_and_words_about_the_stream_are_told_apart() {
        let notice = SystemNotification { level: NoticeLevel::Info, message: "tea".into() };

        assert_eq!(
            Frame::read(r#"{"timestamp": 5, "type": "system_notification", "level": "info", "message": "tea"}"#),
            Some(Frame::Event(Stamped { timestamp: 5, event: Event::SystemNotification(notice) }))
        );
        assert_eq!(
            Frame::read(r#"{"timestamp": 5, "type": "bye", "reason": "shutdown"}"#),
            Some(Frame::Stream(Stamped { timestamp: 5, event: StreamEvent::Bye { reason: ByeReason::Shutdown } }))
        );
    }

    #[test]
    fn what_a_newer_server_may_say_is_not_taken_for_anything_else() {
        for json in [
            r#"{"timestamp": 5, "type": "tea_time"}"#,
            r#"{"timestamp": 5, "type": "system_notification", "level": "apocalyptic", "message": "tea"}"#,
            r#"{"timestamp": 5, "type": "system_notification", "level": "info"}"#,
            r#"{"timestamp": 5, "type": "bye", "reason": "tea"}"#,
            "tea",
        ] {
            assert_eq!(Frame::read(json), None, "{json}");
        }
    }
}
