//! Who did what, when, and with what outcome.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number: later ones are larger.
    pub entry_id: i64,
    /// When.
    pub at: Timestamp,
    /// `user`, `token`, `console` (a command on the machine itself) or `anonymous`.
    pub actor_kind: String,
    /// The user's e-mail or the token's name; at a refused sign-in, the e-mail that was tried.
    pub actor: String,
    /// What was done, such as `user.added` or `POST /api/v1/queues/{queueName}/pause`.
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

/// Which entries are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Only those of an actor.
    pub actor: Option<String>,
    /// Only this action, or all whose names begin with it: `user` means `user.added` too.
    pub action: Option<String>,
}
