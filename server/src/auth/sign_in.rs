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
    browser_sessions::mark_of,
    secret::hash,
    throttle::{Standing, network},
};
use crate::{
    failure::refusal,
    store::{
        audit::NewEntry,
        devices,
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
    /// By what the browser wants to be known again, if it shows something.
    pub device: Option<String>,
}

/// Somebody who has proved who he is.
pub struct Recognized {
    /// Who it is.
    pub user: User,
    /// The mark of the password by which he did. A session that he begins with it does not begin once he has another one.
    pub password_mark: String,
}

impl Recognized {
    pub(super) fn by(user: User, password_hash: &str) -> Self {
        Self { user, password_mark: mark_of(password_hash) }
    }
}

impl Accounts {
    /// Checks e-mail and password; says who it is.
    ///
    /// # Errors
    /// [`ApiError::InvalidCredentials`], or [`ApiError::TooManyAttempts`].
    pub async fn recognize(&self, trial: Trial) -> Result<Recognized, ApiError> {
        let Trial { email, password, address, device } = trial;
        let device = self.known_device(&email, device.as_deref()).await?;
        let account = users::email_key(&email);
        let standing = if let Some(device) = &device {
            Standing::KnownDevice(device)
        } else {
            // Whoever floods us from one place costs no question to the database either.
            self.throttle.admits_from(&address).map_err(put_off)?;
            let is_known = users::knows_address(&self.database, &email, &network(&address)).await.map_err(refusal)?;
            if is_known { Standing::KnownAddress } else { Standing::Stranger }
        };
        let attempt = match self.throttle.admit(&account, &address, standing) {
            Ok(attempt) => attempt,
            Err(wait) => {
                // One entry for each would let whoever floods us fill the disk.
                tracing::debug!(address, "an attempt to sign in was put off");
                return Err(put_off(wait));
            }
        };
        let looking = async {
            let found = users::find_by_email(&self.database, &email).await.map_err(refusal)?;
            let hash = found.as_ref().map(|found| found.password_hash.clone());
            Ok((found, self.passwords.is_right(password, hash).await?))
        };
        // Nobody has failed where nothing could be looked at.
        let looked: Result<_, ApiError> = looking.await;
        let (found, is_right) = looked.inspect_err(|_| self.throttle.take_back(&attempt))?;
        let found = found.filter(|found| is_right && found.user.disabled_at.is_none());
        let Some(Credentials { user, password_hash }) = found else {
            self.note(&signing_in(&email, &address, "invalid_credentials")).await;
            return Err(ApiError::InvalidCredentials);
        };
        self.throttle.forgive(&attempt);
        self.note_signed_in(&user, &address).await?;
        Ok(Recognized::by(user, &password_hash))
    }

    /// The hash of what a browser shows, where the user with an e-mail has signed in with it before.
    async fn known_device(&self, email: &str, shown: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(shown) = shown.map(hash) else { return Ok(None) };
        let is_known = devices::knows(&self.database, email, &shown, Timestamp::now()).await.map_err(refusal)?;
        Ok(is_known.then_some(shown))
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
