//! A place in the event log: `epoch-position`, opaque to clients, ordered within one epoch.
//!
//! The epoch is random and made with the log; when the log is lost, the next one has another epoch, so that an
//! old cursor is recognised instead of being taken for a place in the new log. A position has two numbers because
//! engines order by two: a stream id in milliseconds and a sequence, or a transaction and a row.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// How far along the log a cursor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Compared first.
    pub major: u64,
    /// Compared among equal majors; 0 where an engine needs one number only.
    pub minor: u64,
}

impl Position {
    /// A position of an engine that needs one number only.
    pub const fn single(major: u64) -> Self {
        Self { major, minor: 0 }
    }
}

/// A place in the event log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Which log: random, made with it.
    pub epoch: String,
    /// Where in it.
    pub position: Position,
}

impl Cursor {
    /// Whether `self` lies after `other` in the same log. Cursors of different logs are never after one another.
    pub fn is_after(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.position > other.position
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.position.major)?;
        if self.position.minor > 0 {
            write!(f, ".{}", self.position.minor)?;
        }
        Ok(())
    }
}

/// The text is no cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: pass one back exactly as it was received")]
pub struct CursorError;

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, position) = text.split_once('-').ok_or(CursorError)?;
        let (major, minor) = position.split_once('.').unwrap_or((position, "0"));
        let is_epoch = (1..=32).contains(&epoch.len()) && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_epoch {
            return Err(CursorError);
        }
        Ok(Self {
            epoch: epoch.to_owned(),
            position: Position {
                major: major.parse().map_err(|_| CursorError)?,
                minor: minor.parse().map_err(|_| CursorError)?,
            },
        })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cursor_is_read_back_as_it_was_written(epoch in "[a-z0-9]{1,32}", major: u64, minor: u64) {
            let cursor = Cursor { epoch, position: Position { major, minor } };

            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<Cursor>();
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "-", "abc", "abc-", "-5", "a b-5", "abc-5.x", "abc--5", "abc-99999999999999999999999"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text:?}");
        }
    }

    #[test]
    fn cursors_of_different_logs_are_never_after_one_another() {
        let old: Cursor = "aaaa-9".parse().expect("a cursor");
        let new: Cursor = "bbbb-1".parse().expect("a cursor");

        assert!(!new.is_after(&old) && !old.is_after(&new));
    }
}
