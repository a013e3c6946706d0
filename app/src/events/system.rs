//! Notices for everyone, and what programs publish of their own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Topic;

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Error,
}

/// Something that everyone should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemNotification {
    /// How urgent.
    pub level: NoticeLevel,
    /// What, in a sentence.
    pub message: String,
}

/// What a program published, as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Custom {
    /// The topic it was published to; always `custom:{name}`.
    pub topic: Topic,
    /// What was published.
    pub data: Value,
}
