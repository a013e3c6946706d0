//! The event log as its page shows it: what is asked for, and what is there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::events::{Cursor, Event, Topic, topic::TopicError};

/// Which events, as an address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQuery {
    /// Topics, separated by commas; `None` for all.
    pub topics: Option<String>,
    /// A type by its wire name; `None` for all.
    pub kind: Option<String>,
    /// Words that the event's JSON has, in any case.
    pub text: Option<String>,
    /// Those before this place only, a cursor; `None` for the latest.
    pub before: Option<String>,
}

/// An event with its place, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// Its cursor.
    pub cursor: Cursor,
    /// Its JSON.
    pub json: String,
}

/// Events of one page, and what is listened to while it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events, newest first.
    pub items: Vec<LoggedEvent>,
    /// Before this place there may be more; `None` where the log begins.
    pub older: Option<Cursor>,
    /// The topics whose later events belong on the page: those that were named, else all that are known. None on a page of older events.
    pub topics: Vec<Topic>,
}

/// Lets those events pass that were asked for: the same on the server, for what is in the log, and in the browser, for what comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    /// Told to one of these topics; to any, when there is none.
    pub topics: BTreeSet<Topic>,
    /// Of this type.
    pub kind: Option<String>,
    /// With these words in the JSON, in lower case.
    text: Option<String>,
}

/// Something was asked for that there can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SieveError {
    /// No topic has this name.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// No event has this type.
    #[error("unknown type '{0}'; use one of {kinds}", kinds = Event::TYPE_NAMES.join(", "))]
    Kind(String),
}

impl Sieve {
    /// What a query asks for, its place aside.
    ///
    /// # Errors
    /// A topic or a type that there can't be.
    pub fn of(query: &EventQuery) -> Result<Self, SieveError> {
        let names = query.topics.as_deref().unwrap_or_default().split(',').map(str::trim);
        let topics = names.filter(|name| !name.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
        let kind = query.kind.clone();
        match kind.filter(|kind| !Event::TYPE_NAMES.contains(&kind.as_str())) {
            Some(unknown) => Err(SieveError::Kind(unknown.chars().take(80).collect())),
            None => Ok(Self {
                topics,
                kind: query.kind.clone(),
                text: query.text.as_deref().map(|text| text.trim().to_lowercase()),
            }),
        }
    }

    /// A sieve for topics alone.
    pub const fn for_topics(topics: BTreeSet<Topic>) -> Self {
        Self { topics, kind: None, text: None }
    }

    /// Whether an event was asked for. The dearest question comes last.
    pub fn lets_pass(&self, event: &Event, json: &str) -> bool {
        (self.topics.is_empty() || event.topics().iter().any(|topic| self.topics.contains(topic)))
            && self.kind.as_deref().is_none_or(|kind| kind == event.type_name())
            && self.text.as_deref().is_none_or(|text| json.to_lowercase().contains(text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::events::{Custom, NoticeLevel, SystemNotification};

    fn asked(topics: &str, kind: Option<&str>, text: Option<&str>) -> Sieve {
        let (topics, kind) = (Some(topics.to_owned()), kind.map(str::to_owned));
        Sieve::of(&EventQuery { topics, kind, text: text.map(str::to_owned), before: None }).expect("can be")
    }

    #[test]
    fn an_event_passes_that_is_of_a_topic_and_the_type_and_has_the_words() {
        let topic = Topic::Custom("shop".into());
        let event = Event::Custom(Custom { topic, data: json!({"buyer": "Ørsted"}) });
        let json = serde_json::to_string(&event).expect("serialises");

        for (sieve, passes) in [
            (asked("", None, None), true),
            (asked("workers, custom:shop", None, None), true),
            (asked("workers", None, None), false),
            (asked("", Some("custom"), None), true),
            (asked("", Some("job_update"), None), false),
            (asked("custom:shop", Some("custom"), Some(" øRSTED ")), true),
            (asked("", None, Some("tea")), false),
        ] {
            assert_eq!(sieve.lets_pass(&event, &json), passes, "{sieve:?}");
        }
    }

    #[test]
    fn what_is_told_to_two_topics_passes_by_either() {
        let notice = SystemNotification { level: NoticeLevel::Info, message: "hello".into() };
        let sieve = Sieve::for_topics(BTreeSet::from([Topic::General, Topic::Workers]));

        assert!(sieve.lets_pass(&Event::SystemNotification(notice), "{}"));
    }

    #[test]
    fn a_topic_and_a_type_that_there_can_not_be_are_named() {
        let of = |topics: &str, kind: Option<&str>| {
            let query = EventQuery { topics: Some(topics.into()), kind: kind.map(Into::into), ..EventQuery::default() };
            Sieve::of(&query).expect_err("can't be").to_string()
        };

        assert!(of("imports,tea", None).contains("'tea'"));
        assert!(of("", Some("tea")).contains("'tea'"));
        assert!(of("", Some("tea")).contains("job_update"));
    }
}
