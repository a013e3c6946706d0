//! The sessions of browsers, kept in SQL for `tower-sessions`, which makes their secrets and minds their cookies.
//!
//! What the cookie holds is kept as a hash. A session has nothing in it but whose it is: what he may do is looked up with it each time.

use std::{collections::HashMap, fmt};

use app::domain::{SessionId, UserId};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};
use uuid::Uuid;

use super::secret::hash;
use crate::store::{
    Database, StoreError,
    sessions::{self, Holder, NewSession},
    users,
};

/// What is put into a session when it begins.
pub const USER: &str = "user";
/// The address that it is begun from.
pub const ADDRESS: &str = "address";
/// The mark of the password by which it is begun: it begins only if the user has that one still.
pub const PASSWORD: &str = "password";
/// What the browser says that it is.
pub const AGENT: &str = "agent";
/// Whose it is: put into it by the store, each time that it is asked for.
pub const HOLDER: &str = "holder";

/// Why a session does not begin whose user has another password by now, or may not sign in any more.
pub const OVERTAKEN: &str = "the password was changed meanwhile";

/// The longest description of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

/// The sessions of a database.
#[derive(Clone)]
pub struct BrowserSessions(pub Database);

impl fmt::Debug for BrowserSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSessions")
    }
}

/// What is kept of the secret in a cookie.
pub fn hash_of(id: &Id) -> String {
    hash(&id.to_string())
}

/// By which two passwords of a user are told apart, and nothing else is known of them: a hash of the kept hash.
pub fn mark_of(password_hash: &str) -> String {
    hash(password_hash)
}

fn failure(error: StoreError) -> Error {
    tracing::error!(%error, "a session could not be looked at");
    Error::Backend("the store failed".to_owned())
}

#[async_trait]
impl SessionStore for BrowserSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let text = |key: &str| record.data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        // Whoever wants a session without being somebody gets none: there is nothing to keep of him.
        let Ok(user_id) = text(USER).parse::<UserId>() else {
            return Err(Error::Encode("a session needs a user".to_owned()));
        };
        let session = NewSession {
            session_hash: hash_of(&record.id),
            session_id: SessionId(Uuid::now_v7()),
            user_id,
            address: text(ADDRESS),
            agent: text(AGENT).chars().take(LONGEST_AGENT).collect(),
        };
        let creating = async {
            let mut transaction = self.0.begin().await?;
            // Whoever changes the password meanwhile waits, and then ends this session with all others; or was here before.
            let password_hash = users::hold_password(&mut transaction, user_id).await?;
            if password_hash.is_none_or(|hash| mark_of(&hash) != text(PASSWORD)) {
                return Ok(false);
            }
            sessions::insert(&mut transaction, &session, Timestamp::now()).await?;
            transaction.commit().await.map(|()| true)
        };
        let has_begun = creating.await.map_err(failure)?;
        if has_begun { Ok(()) } else { Err(Error::Encode(OVERTAKEN.to_owned())) }
    }

    /// Nothing in a session changes.
    async fn save(&self, _record: &Record) -> Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let (hash, now) = (hash_of(id), Timestamp::now());
        let Some(holder) = sessions::find(&self.0, &hash, now).await.map_err(failure)? else { return Ok(None) };
        // A storage that takes no changes signs nobody out.
        if holder.is_to_be_noted
            && let Err(error) = sessions::note_use(&self.0, &hash, now).await
        {
            tracing::warn!(%error, "the use of a session could not be noted");
        }
        let Holder { session_id, user_id, email, role, expires_at, .. } = holder;
        let data = HashMap::from([
            (USER.to_owned(), json!(user_id)),
            (HOLDER.to_owned(), json!({ "sessionId": session_id, "userId": user_id, "email": email, "role": role })),
        ]);
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at.as_second())
            .map_err(|problem| Error::Decode(problem.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let deleting = async {
            let mut transaction = self.0.begin().await?;
            sessions::end(&mut transaction, &hash_of(id)).await?;
            transaction.commit().await
        };
        deleting.await.map_err(failure)
    }
}
