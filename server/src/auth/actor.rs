//! Who asks, once it is known.

use app::domain::{Me, Role, SessionId, TokenId, UserId};

use crate::hub::{Credential, UserKey};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody whom we know.
    Anonymous,
    /// A person, in a browser.
    User {
        /// The person.
        user_id: UserId,
        /// His e-mail.
        email: String,
        /// What he may do.
        role: Role,
        /// The browser's session.
        session_id: SessionId,
        /// What is kept of the session's secret.
        session_hash: String,
    },
    /// A program, by its token.
    Token {
        /// The token.
        token_id: TokenId,
        /// What it is for.
        name: String,
        /// What it may do.
        role: Role,
    },
}

impl Actor {
    /// What it may do; nothing for whom we don't know.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::User { role, .. } | Self::Token { role, .. } => Some(*role),
        }
    }

    /// Whose streams it has: those of a person in all his browsers, those of a program with one token.
    pub fn user_key(&self) -> UserKey {
        UserKey(match self {
            Self::Anonymous => "anonymous".into(),
            Self::User { email, .. } => email.as_str().into(),
            Self::Token { name, .. } => format!("token {name}").into(),
        })
    }

    /// By what it is known.
    pub fn credential(&self) -> Option<Credential> {
        match self {
            Self::Anonymous => None,
            Self::User { session_hash, .. } => Some(Credential::Session(session_hash.clone())),
            Self::Token { token_id, .. } => Some(Credential::Token(*token_id)),
        }
    }

    /// Its kind and name in the audit log.
    pub fn in_audit(&self) -> (&'static str, String) {
        match self {
            Self::Anonymous => ("anonymous", String::new()),
            Self::User { email, .. } => ("user", email.clone()),
            Self::Token { name, .. } => ("token", name.clone()),
        }
    }

    /// As it is told to itself; `None` for whom we don't know.
    pub fn me(&self) -> Option<Me> {
        match self {
            Self::Anonymous => None,
            Self::User { user_id, email, role, .. } => {
                Some(Me { name: email.clone(), role: *role, user_id: Some(*user_id), token_id: None })
            }
            Self::Token { token_id, name, role } => {
                Some(Me { name: name.clone(), role: *role, user_id: None, token_id: Some(*token_id) })
            }
        }
    }
}
