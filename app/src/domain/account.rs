//! Who may do what: people, programs, and their roles.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SessionId, TokenId, UserId};

/// What somebody may do. Each may do what the ones before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything but accounts.
    Viewer,
    /// Acts on jobs, queues, schedules, streams and imports.
    Operator,
    /// Users, tokens, and the audit log.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// Its name as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not one of viewer, operator, admin")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// A person who may sign in. The password is no part of this: nobody but the one who checks it holds it, and only as a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub user_id: UserId,
    /// By which he signs in; compared without case.
    pub email: String,
    /// What he may do.
    pub role: Role,
    /// Since when he may not sign in any more.
    pub disabled_at: Option<Timestamp>,
    /// When he was added.
    pub created_at: Timestamp,
}

/// A user as admins see him in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOverview {
    /// The user.
    pub user: User,
    /// Browsers in which he is signed in.
    pub sessions: u64,
    /// When he was here last, to the minute; `None` when he never was.
    pub seen_at: Option<Timestamp>,
}

/// A user with the browsers in which he is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDetail {
    /// The user.
    pub user: User,
    /// His sessions, the youngest first.
    pub sessions: Vec<SignedIn>,
}

/// A token of a program. Its text is shown once, when it is made, and is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// The token.
    pub token_id: TokenId,
    /// What it is for. No two that are in force have the same.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is not taken any more.
    pub revoked_at: Option<Timestamp>,
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Its name, which is not what the browser's cookie holds.
    pub session_id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The address that it was begun from.
    pub address: String,
    /// What the browser said that it is.
    pub agent: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The user's e-mail, or the token's name.
    pub name: String,
    /// What he or it may do.
    pub role: Role,
    /// The user; null for a token.
    pub user_id: Option<UserId>,
    /// The token; null for a user.
    pub token_id: Option<TokenId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_ones_before_may_and_is_read_as_it_is_written() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).expect("JSON"), role.as_str());
        }
        assert!("root".parse::<Role>().is_err());
    }
}
