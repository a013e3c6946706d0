//! Adding people, changing what they may do, ending sessions: by HTTP or by a command on the machine. Each step and its entry in the audit
//! log are one transaction.

use std::{sync::Arc, time::Duration};

use app::{
    api::ApiError,
    domain::{Role, SessionId, User, UserId},
};
use email_address::EmailAddress;
use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    by::By,
    password::Passwords,
    secret::Secret,
    sign_in::Recognized,
    throttle::{Standing, Throttle},
};
use crate::{
    failure::refusal,
    store::{
        Database, Transaction,
        audit::{self, NewEntry},
        devices, sessions,
        users::{self, Credentials},
    },
};

/// People and programs of an installation.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) database: Database,
    /// Who hashes and checks passwords.
    pub passwords: Passwords,
    pub(super) throttle: Arc<Throttle>,
    /// Told whenever something has ended by which streams may be open.
    pub(super) endings: Arc<Notify>,
}

impl Accounts {
    /// Those of a database.
    pub fn new(database: Database) -> Self {
        Self { database, passwords: Passwords::default(), throttle: Arc::default(), endings: Arc::default() }
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for an e-mail or a password that can't be one, [`ApiError::Conflict`] where the e-mail is taken.
    pub async fn add_user(&self, by: &By, email: &str, role: Role, password: String) -> Result<User, ApiError> {
        // What is no e-mail may be a password that slipped into the wrong field.
        let target = Some(email.trim()).filter(|email| EmailAddress::is_valid(email)).map(str::to_owned);
        let entry = NewEntry { target, ..by.entry("user.added", "done") };
        let adding = async {
            let (user, hash) = self.prepare(email, role, password).await?;
            let mut transaction = self.begin().await?;
            insert_user(&mut transaction, by, &user, &hash).await?;
            transaction.commit().await.map_err(refusal)?;
            Ok(user)
        };
        self.kept(entry, adding.await).await
    }

    pub(super) async fn prepare(&self, email: &str, role: Role, password: String) -> Result<(User, String), ApiError> {
        let email = email.trim();
        if !EmailAddress::is_valid(email) {
            return Err(ApiError::invalid("email", "This is no e-mail address."));
        }
        let hash = self.passwords.accept(password, email).await?;
        let user_id = UserId(Uuid::now_v7());
        let user = User { user_id, email: email.to_owned(), role, disabled_at: None, created_at: Timestamp::now() };
        Ok((user, hash))
    }

    /// Gives a user another role, and ends his sessions: what they may do was told to their pages.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; [`ApiError::Conflict`] for the last admin.
    pub async fn set_role(&self, by: &By, user_id: UserId, role: Role) -> Result<User, ApiError> {
        let mut entry = NewEntry {
            target: Some(user_id.to_string()),
            state_after: Some(role.to_string()),
            ..by.entry("user.role_changed", "done")
        };
        let changing = async {
            let mut transaction = self.begin().await?;
            let user = hold(&mut transaction, user_id).await?;
            entry.target = Some(user.email.clone());
            entry.state_before = Some(user.role.to_string());
            if user.role == role {
                return Ok(user);
            }
            users::set_role(&mut transaction, user_id, role).await.map_err(refusal)?;
            keep_an_admin(&mut transaction, &user).await?;
            sessions::end_all(&mut transaction, user_id).await.map_err(refusal)?;
            self.finish(transaction, &entry).await?;
            Ok(User { role, ..user })
        };
        let changed = changing.await;
        self.kept(entry, changed).await
    }

    /// Takes sign-in from a user, and ends his sessions; or gives it back. What is so already stays so.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; [`ApiError::Conflict`] for the last admin.
    pub async fn set_disabled(&self, by: &By, user_id: UserId, is_disabled: bool) -> Result<User, ApiError> {
        let standing = |is_disabled: bool| Some(if is_disabled { "disabled" } else { "enabled" }.to_owned());
        let mut entry = NewEntry {
            target: Some(user_id.to_string()),
            state_after: standing(is_disabled),
            ..by.entry(if is_disabled { "user.disabled" } else { "user.enabled" }, "done")
        };
        let changing = async {
            let mut transaction = self.begin().await?;
            let user = hold(&mut transaction, user_id).await?;
            entry.target = Some(user.email.clone());
            entry.state_before = standing(user.disabled_at.is_some());
            if user.disabled_at.is_some() == is_disabled {
                return Ok(user);
            }
            let disabled_at = is_disabled.then(Timestamp::now);
            users::set_disabled(&mut transaction, user_id, disabled_at).await.map_err(refusal)?;
            keep_an_admin(&mut transaction, &user).await?;
            sessions::end_all(&mut transaction, user_id).await.map_err(refusal)?;
            devices::forget_all(&mut transaction, user_id).await.map_err(refusal)?;
            self.finish(transaction, &entry).await?;
            Ok(User { disabled_at, ..user })
        };
        let changed = changing.await;
        self.kept(entry, changed).await
    }

    /// Gives a user another password, and ends all his sessions, the one that asks too: it begins anew. He has to know the present one.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for a password that is not the present one, or can't be one; [`ApiError::TooManyAttempts`];
    /// [`ApiError::Conflict`] when somebody else was quicker.
    pub async fn change_password(
        &self,
        by: &By,
        user_id: UserId,
        address: &str,
        (current, new): (String, String),
    ) -> Result<Recognized, ApiError> {
        let found = users::find(&self.database, user_id).await.map_err(refusal)?;
        let Credentials { user, password_hash } = found.ok_or(ApiError::SignInRequired)?;
        // Whoever has got hold of a session must not guess either.
        let attempt =
            self.throttle.admit(&format!("change {user_id}"), address, Standing::KnownAddress).map_err(put_off)?;
        let mut entry = NewEntry { target: Some(user.email.clone()), ..by.entry("user.password_changed", "done") };
        let changing = async {
            let is_right = self.passwords.is_right(current, Some(password_hash.clone())).await;
            if !is_right.inspect_err(|_| self.throttle.take_back(&attempt))? {
                "invalid_credentials".clone_into(&mut entry.outcome);
                return Err(ApiError::invalid("currentPassword", "This is not your present password."));
            }
            self.throttle.forgive(&attempt);
            let hash = self.passwords.accept(new, &user.email).await?;
            let mut transaction = self.begin().await?;
            let passwords = (password_hash.as_str(), hash.as_str());
            if !users::replace_password(&mut transaction, user_id, passwords).await.map_err(refusal)? {
                return Err(ApiError::conflict("Your password was changed meanwhile. Sign in with the new one."));
            }
            sessions::end_all(&mut transaction, user_id).await.map_err(refusal)?;
            devices::forget_all(&mut transaction, user_id).await.map_err(refusal)?;
            self.finish(transaction, &entry).await?;
            Ok(Recognized::by(user, &hash))
        };
        let changed = changing.await;
        self.kept(entry, changed).await
    }

    /// Ends a session by its name: an admin anybody's, others their own.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub async fn end_session(&self, by: &By, session_id: SessionId, is_admin: bool) -> Result<(), ApiError> {
        let mut entry = NewEntry { target: Some(session_id.to_string()), ..by.entry("session.ended", "done") };
        let ending = async {
            let of = if is_admin { None } else { by.user_id() };
            if !is_admin && of.is_none() {
                return Err(ApiError::not_found("session"));
            }
            let mut transaction = self.begin().await?;
            let owner = sessions::end_by_name(&mut transaction, session_id, of).await.map_err(refusal)?;
            let owner = owner.ok_or_else(|| ApiError::not_found("session"))?;
            entry.state_before = Some(format!("open by {owner}"));
            self.finish(transaction, &entry).await
        };
        let ended = ending.await;
        self.kept(entry, ended).await
    }

    pub(super) async fn begin(&self) -> Result<Transaction, ApiError> {
        self.database.begin().await.map_err(refusal)
    }

    /// Commits with an entry, and lets streams be looked at that may have to end.
    pub(super) async fn finish(&self, mut transaction: Transaction, entry: &NewEntry) -> Result<(), ApiError> {
        audit::append(&mut transaction, entry).await.map_err(refusal)?;
        transaction.commit().await.map_err(refusal)?;
        self.endings.notify_one();
        Ok(())
    }
}

pub(super) async fn insert_user(
    transaction: &mut Transaction,
    by: &By,
    user: &User,
    hash: &str,
) -> Result<(), ApiError> {
    if !users::insert(transaction, user, hash).await.map_err(refusal)? {
        return Err(ApiError::conflict(format!("There is a user with the e-mail {}.", user.email)));
    }
    let entry = NewEntry {
        target: Some(user.email.clone()),
        state_after: Some(user.role.to_string()),
        ..by.entry("user.added", "done")
    };
    audit::append(transaction, &entry).await.map_err(refusal)
}

async fn hold(transaction: &mut Transaction, user_id: UserId) -> Result<User, ApiError> {
    let user = users::hold(transaction, user_id).await.map_err(refusal)?;
    user.ok_or_else(|| ApiError::not_found("user"))
}

/// An installation without an admin could be taken by whoever sees its console first, so the last one stays.
async fn keep_an_admin(transaction: &mut Transaction, before: &User) -> Result<(), ApiError> {
    let was_admin = before.role == Role::Admin && before.disabled_at.is_none();
    if was_admin && users::admins(transaction).await.map_err(refusal)? == 0 {
        return Err(ApiError::conflict("This is the last admin. Make another one first."));
    }
    Ok(())
}

/// How long somebody has to wait, as it is told.
pub(super) fn put_off(wait: Duration) -> ApiError {
    ApiError::TooManyAttempts { seconds: wait.as_secs() + 1 }
}

pub(super) fn random(mark: &str) -> Result<Secret, ApiError> {
    Secret::random(mark).map_err(|error| {
        tracing::error!(%error, "the system gives no randomness");
        ApiError::Internal
    })
}
