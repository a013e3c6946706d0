//! What is kept of steps that changed nothing, because they were refused; and of signing out.
//!
//! A step that is done writes its entry itself, in its own transaction. One that is refused has none that would be committed, so its entry
//! follows by itself.

use app::api::ApiError;

use super::{accounts::Accounts, actor::Actor, by::By};
use crate::{
    failure::refusal,
    store::{
        audit::{self, NewEntry},
        sessions,
    },
};

impl Accounts {
    /// Notes what was done or refused, where that changed nothing in the store of accounts.
    pub async fn note(&self, entry: &NewEntry) {
        let noting = async {
            let mut transaction = self.database.begin().await?;
            audit::append(&mut transaction, entry).await?;
            transaction.commit().await
        };
        if let Err(error) = noting.await {
            tracing::error!(%error, action = entry.action, actor = entry.actor, outcome = entry.outcome, "the audit log could not be written");
        }
    }

    /// Notes a step if it was refused: with the code of the refusal, unless the step itself has said in its entry how it ended. Whoever is put
    /// off is not noted: one entry for each would let who floods us fill the disk.
    pub(super) async fn kept<T>(&self, entry: NewEntry, step: Result<T, ApiError>) -> Result<T, ApiError> {
        if let Err(refused) = &step
            && !matches!(refused, ApiError::TooManyAttempts { .. })
        {
            let outcome = if entry.outcome == "done" { refused.code().to_owned() } else { entry.outcome };
            // It is not so since then.
            self.note(&NewEntry { outcome, state_after: None, ..entry }).await;
        }
        step
    }

    /// Ends the session of whoever asks, and lets its streams end. Who has none, as a program with its token, stays who he is.
    ///
    /// # Errors
    /// The database refused.
    pub async fn sign_out(&self, by: &By) -> Result<(), ApiError> {
        let By::Request { actor: Actor::User { session_hash, .. }, .. } = by else { return Ok(()) };
        let mut transaction = self.begin().await?;
        sessions::end(&mut transaction, session_hash).await.map_err(refusal)?;
        self.finish(transaction, &by.entry("signed_out", "done")).await
    }
}
