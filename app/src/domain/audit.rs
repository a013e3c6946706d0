//! Who did what, when, and with what outcome.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number, which no other entry has.
    pub entry_id: i64,
    /// When.
    pub at: Timestamp,
    /// `user`, `token`, `console` (a command on the machine itself) or `anonymous`.
    pub actor_kind: String,
    /// The user's e-mail or the token's name; at a refused sign-in, the e-mail that was tried.
    pub actor: String,
    /// What was done, such as `user.added` or `queue.paused`; `GET /api/v1/users` where a refused request has no name of its own.
    pub action: String,
    /// To what.
    pub target: Option<String>,
    /// How it was before.
    pub state_before: Option<String>,
    /// How it is since then.
    pub state_after: Option<String>,
    /// Why, if somebody said.
    pub reason: Option<String>,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// The address that it came from; null for a command on the machine itself.
    pub address: Option<String>,
}

/// Which entries are meant: those that meet all that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Only those of an actor.
    pub actor: Option<String>,
    /// Only this action, or all of a subject: `user` means `user.added` too.
    pub action: Option<String>,
    /// Only those that ended so: `done`, `refused` for all that were not, or the code of a refusal.
    pub outcome: Option<String>,
    /// Only those of this moment and later ones.
    pub since: Option<Timestamp>,
    /// Only those before this moment.
    pub until: Option<Timestamp>,
    /// Only those in whose target or reason this stands, without case.
    pub text: Option<String>,
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The youngest first.
    pub items: Vec<AuditEntry>,
    /// What to pass on as `before` for the page behind this one; null at the end.
    pub next: Option<String>,
    /// Entries that were looked at for it.
    pub scanned: u32,
    /// Whether nothing lies behind it. A page that is not full may be incomplete, for one call looks at so many entries only.
    pub complete: bool,
}

/// Why somebody does something: one line of up to 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(max_length = 500, example = "The supplier's server is down.")]
pub struct Reason(String);

/// The text can't be kept as a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use at most {LONGEST_REASON} characters, without line breaks and other control characters")]
pub struct ReasonError;

impl Reason {
    /// What was said; `None` where that is nothing but blanks.
    pub fn words(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|words| !words.is_empty())
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, ReasonError> {
        let is_short = text.chars().count() <= LONGEST_REASON;
        if is_short && !text.chars().any(char::is_control) { Ok(Self(text)) } else { Err(ReasonError) }
    }
}

impl From<Reason> for String {
    fn from(Reason(text): Reason) -> Self {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_five_hundred_characters_at_most() {
        let words = |text: &str| Reason::try_from(text.to_owned()).map(|reason| reason.words().map(str::to_owned));

        assert_eq!(words(" the disk is full "), Ok(Some("the disk is full".to_owned())));
        assert_eq!(words("  "), Ok(None));
        assert!(words(&"ß".repeat(500)).is_ok());
        for refused in ["two\nlines", "nul\0", "\u{1b}[31m", "\u{85}", &"x".repeat(501)] {
            assert_eq!(words(refused), Err(ReasonError), "{refused:?}");
        }
    }
}
