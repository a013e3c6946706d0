//! Who does something, from where and why, as it stands in the audit log.

use app::domain::{Reason, UserId};

use super::actor::Actor;
use crate::store::audit::NewEntry;

/// Who does something, and from where.
#[derive(Clone, Debug)]
pub enum By {
    /// A command on the machine itself.
    Console,
    /// Somebody by HTTP.
    Request {
        /// Who.
        actor: Actor,
        /// From where.
        address: String,
        /// Why, if he said.
        reason: Option<String>,
    },
}

impl By {
    /// The same, for a reason.
    pub(crate) fn because(self, why: Option<&Reason>) -> Self {
        match self {
            Self::Console => Self::Console,
            Self::Request { actor, address, .. } => {
                let reason = why.and_then(Reason::words).map(str::to_owned);
                Self::Request { actor, address, reason }
            }
        }
    }

    /// An entry of what was done.
    pub(crate) fn entry(&self, action: &str, outcome: &str) -> NewEntry {
        let (actor_kind, actor, address, reason) = match self {
            Self::Console => ("console", String::new(), None, None),
            Self::Request { actor, address, reason } => {
                let (kind, name) = actor.in_audit();
                (kind, name, Some(address.clone()), reason.clone())
            }
        };
        NewEntry {
            actor_kind,
            actor,
            action: action.to_owned(),
            outcome: outcome.to_owned(),
            reason,
            address,
            ..NewEntry::default()
        }
    }

    /// The user, where it is one.
    pub(super) const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Request { actor: Actor::User { user_id, .. }, .. } => Some(*user_id),
            _ => None,
        }
    }
}
