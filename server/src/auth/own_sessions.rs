//! Ending one's own sessions all at once, in one step with its entry in the audit log.

use app::api::ApiError;

use super::{accounts::Accounts, actor::Actor, by::By};
use crate::{
    failure::refusal,
    store::{audit::NewEntry, sessions},
};

impl Accounts {
    /// Ends all sessions of whoever asks but the one that asks. Where there are none, nothing happens.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] for whoever has no session.
    pub async fn end_other_sessions(&self, by: &By) -> Result<(), ApiError> {
        let By::Request { actor: Actor::User { user_id, email, session_hash, .. }, .. } = by else {
            return Err(ApiError::conflict("A token has no sessions."));
        };
        let mut transaction = self.begin().await?;
        let ended = sessions::end_others(&mut transaction, *user_id, session_hash).await.map_err(refusal)?;
        if ended == 0 {
            return Ok(());
        }
        let entry = NewEntry {
            target: Some(email.clone()),
            state_before: Some(format!("{ended} others")),
            ..by.entry("session.others_ended", "done")
        };
        self.finish(transaction, &entry).await
    }
}
