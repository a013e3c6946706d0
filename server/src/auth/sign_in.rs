//! From e-mail and password to somebody whom we know.
//!
//! Whether there is nobody with the e-mail, the password is wrong, or the user may not sign in any more: the answer is the same, and takes as
//! long.

use app::{api::ApiError, domain::User};
use email_address::EmailAddress;
use jiff::Timestamp;

use super::{
    accounts::{Accounts, put_off},
    actor::Actor,
    throttle::network,
};
use crate::{
    failure::refusal,
    store::{
        audit::NewEntry,
        users::{self, Credentials},
    },
};

/// Who tries. It can't be printed: it holds a password.
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
        let is_known = users::knows_address(&self.database, &email, &network(&address)).await.map_err(refusal)?;
        let attempt = match self.throttle.admit(&account, &address, is_known) {
            Ok(attempt) => attempt,
            Err(wait) => {
                // One entry for each would let whoever floods us fill the disk.
                tracing::debug!(address, "an attempt to sign in was put off");
                return Err(put_off(wait));
            }
        };
        let looking = async {
            let found = users::find_by_email(&self.database, &email).await.map_err(refusal)?;
            let (user, hash) = match found {
                Some(Credentials { user, password_hash }) => (Some(user), Some(password_hash)),
                None => (None, None),
            };
            Ok((user, self.passwords.is_right(password, hash).await?))
        };
        // Nobody has failed where nothing could be looked at.
        let looked: Result<_, ApiError> = looking.await;
        let (user, is_right) = looked.inspect_err(|_| self.throttle.take_back(&attempt))?;
        let Some(user) = user.filter(|user| is_right && user.disabled_at.is_none()) else {
            self.note(&signing_in(&email, &address, "invalid_credentials")).await;
            return Err(ApiError::InvalidCredentials);
        };
        self.throttle.forgive(&attempt);
        self.note_signed_in(&user, &address).await?;
        Ok(user)
    }

    async fn note_signed_in(&self, user: &User, address: &str) -> Result<(), ApiError> {
        let entry = signing_in(&user.email, address, "done");
        let noting = async {
            let mut transaction = self.database.begin().await?;
            users::remember_address(&mut transaction, user.user_id, &network(address), Timestamp::now()).await?;
            crate::store::audit::append(&mut transaction, &entry).await?;
            transaction.commit().await
        };
        noting.await.map_err(refusal)
    }
}

/// An entry of the audit log, with the e-mail that was tried. What is none may be a password that slipped into the wrong field.
fn signing_in(email: &str, address: &str, outcome: &str) -> NewEntry {
    let (actor_kind, _) = Actor::Anonymous.in_audit();
    NewEntry {
        actor_kind: if outcome == "done" { "user" } else { actor_kind },
        actor: if EmailAddress::is_valid(email.trim()) { email.trim().to_owned() } else { String::new() },
        action: "signed_in".to_owned(),
        outcome: outcome.to_owned(),
        address: Some(address.to_owned()),
        ..NewEntry::default()
    }
}
