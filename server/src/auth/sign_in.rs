//! From e-mail and password to somebody whom we know.
//!
//! Whether there is nobody with the e-mail, the password is wrong, or the user may not sign in any more: the answer is the same, and takes as
//! long.

use app::{api::ApiError, domain::User};
use jiff::Timestamp;

use super::{accounts::Accounts, actor::Actor};
use crate::{
    http::error::refusal,
    store::{
        audit::NewEntry,
        users::{self, Credentials},
    },
};

/// Who tries.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The e-mail.
    pub email: String,
    /// The password.
    pub password: String,
    /// The address that it comes from.
    pub address: String,
}

impl Accounts {
    /// Checks e-mail and password; says who it is.
    ///
    /// # Errors
    /// [`ApiError::InvalidCredentials`], or [`ApiError::TooManyAttempts`].
    pub async fn recognize(&self, trial: Trial) -> Result<User, ApiError> {
        let Trial { email, password, address } = trial;
        let account = users::email_key(&email);
        let is_known = users::knows_address(&self.database, &email, &address).await.map_err(refusal)?;
        let attempt = match self.throttle.admit(&account, &address, is_known) {
            Ok(attempt) => attempt,
            Err(wait) => {
                // One entry for each would let whoever floods us fill the disk.
                tracing::info!(address, "an attempt to sign in was put off");
                return Err(ApiError::TooManyAttempts { seconds: wait.as_secs() + 1 });
            }
        };
        let found = users::find_by_email(&self.database, &email).await.map_err(refusal)?;
        let (user, hash) = match found {
            Some(Credentials { user, password_hash }) => (Some(user), Some(password_hash)),
            None => (None, None),
        };
        let is_right = self.passwords.is_right(password, hash).await?;
        match user.filter(|user| is_right && user.disabled_at.is_none()) {
            Some(user) => {
                self.throttle.forgive(&attempt);
                self.note_signed_in(&user, &address).await?;
                Ok(user)
            }
            None => {
                self.note(&signing_in(&email, &address, "invalid_credentials")).await;
                Err(ApiError::InvalidCredentials)
            }
        }
    }

    async fn note_signed_in(&self, user: &User, address: &str) -> Result<(), ApiError> {
        let entry = signing_in(&user.email, address, "done");
        let noting = async {
            let mut transaction = self.database.begin().await?;
            users::remember_address(&mut transaction, user.user_id, address, Timestamp::now()).await?;
            crate::store::audit::append(&mut transaction, &entry).await?;
            transaction.commit().await
        };
        noting.await.map_err(refusal)
    }
}

/// An entry of the audit log: the e-mail as it was typed, cut where it is longer than any.
fn signing_in(email: &str, address: &str, outcome: &str) -> NewEntry {
    let (actor_kind, _) = Actor::Anonymous.in_audit();
    NewEntry {
        actor_kind: if outcome == "done" { "user" } else { actor_kind },
        actor: email.chars().take(254).collect(),
        action: "signed_in".to_owned(),
        outcome: outcome.to_owned(),
        address: Some(address.to_owned()),
        ..NewEntry::default()
    }
}
