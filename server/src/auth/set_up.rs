//! How the first admin comes in: by a link that the server prints as long as there is none. It counts once, and not for long.

use app::{api::ApiError, domain::Role};
use jiff::{SignedDuration, Timestamp};

use super::{
    accounts::{Accounts, insert_user, random},
    by::By,
    secret::{Secret, hash},
    sign_in::Recognized,
    throttle::network,
};
use crate::{
    failure::refusal,
    store::{audit, setup_link, users},
};

/// How long the link counts with which the first admin is made.
const SETUP_LINK: SignedDuration = SignedDuration::from_mins(30);

impl Accounts {
    /// Makes the first admin by the link that was made for it. The link is used up by this, and by nothing else.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] for a link that does not count, and as [`Self::add_user`].
    pub async fn set_up(&self, by: &By, link: &str, email: &str, password: String) -> Result<Recognized, ApiError> {
        let hash = hash(link);
        if !setup_link::counts(&self.database, &hash, Timestamp::now()).await.map_err(refusal)? {
            return Err(ApiError::not_found("set-up link"));
        }
        let (user, password_hash) = self.prepare(email, Role::Admin, password).await?;
        let mut transaction = self.begin().await?;
        if !setup_link::take(&mut transaction, &hash, Timestamp::now()).await.map_err(refusal)? {
            return Err(ApiError::not_found("set-up link"));
        }
        if users::admins(&mut transaction).await.map_err(refusal)? > 0 {
            return Err(ApiError::not_found("set-up link"));
        }
        insert_user(&mut transaction, by, &user, &password_hash).await?;
        if let By::Request { address, .. } = by {
            let (from, now) = (network(address), Timestamp::now());
            users::remember_address(&mut transaction, user.user_id, &from, now).await.map_err(refusal)?;
        }
        transaction.commit().await.map_err(refusal)?;
        Ok(Recognized::by(user, &password_hash))
    }

    /// Makes the link with which the first admin is made; `None` when there is an admin.
    ///
    /// # Errors
    /// The database refused.
    pub async fn setup_link(&self) -> Result<Option<Secret>, ApiError> {
        if users::has_admin(&self.database).await.map_err(refusal)? {
            return Ok(None);
        }
        let link = random("")?;
        let mut transaction = self.begin().await?;
        setup_link::put(&mut transaction, &link.hash(), Timestamp::now() + SETUP_LINK).await.map_err(refusal)?;
        // Whoever has it may become the first admin.
        audit::append(&mut transaction, &By::Console.entry("setup_link.made", "done")).await.map_err(refusal)?;
        transaction.commit().await.map_err(refusal)?;
        Ok(Some(link))
    }
}
