//! Tokens of programs: made and revoked by admins, each with its entry in the audit log.

use app::{
    api::ApiError,
    domain::{ApiToken, Role, TokenId},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    accounts::{Accounts, random},
    by::By,
    secret::{Secret, TOKEN_MARK},
};
use crate::{
    failure::refusal,
    store::{
        api_tokens::{self, TokenName},
        audit::NewEntry,
    },
};

/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 100;

impl Accounts {
    /// Makes a token, and returns its text, which is kept nowhere.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for a name or an end that can't be one, [`ApiError::Conflict`] where the name is in use.
    pub async fn make_token(
        &self,
        by: &By,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> Result<(ApiToken, Secret), ApiError> {
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
        let entry = NewEntry {
            target: is_name.then(|| name.to_owned()),
            state_after: Some(role.to_string()),
            ..by.entry("token.created", "done")
        };
        let made = if is_name { self.insert_token(&entry, name, role, expires_at).await } else { Err(no_name()) };
        self.kept(entry, made).await
    }

    async fn insert_token(
        &self,
        entry: &NewEntry,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> Result<(ApiToken, Secret), ApiError> {
        let created_at = Timestamp::now();
        if expires_at.is_some_and(|end| end <= created_at) {
            return Err(ApiError::invalid("expiresAt", "Use a moment that is yet to come."));
        }
        let text = random(TOKEN_MARK)?;
        let token = ApiToken {
            token_id: TokenId(Uuid::now_v7()),
            name: name.to_owned(),
            role,
            created_at,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let mut transaction = self.begin().await?;
        if !api_tokens::insert(&mut transaction, &token, &text.hash()).await.map_err(refusal)? {
            return Err(ApiError::conflict(format!(
                "There is a token named '{name}'. Revoke it, or use another name."
            )));
        }
        self.finish(transaction, entry).await?;
        Ok((token, text))
    }

    /// Takes a token out of force.
    ///
    /// # Errors
    /// [`ApiError::NotFound`].
    pub async fn revoke_token(&self, by: &By, meant: &TokenName) -> Result<ApiToken, ApiError> {
        let named = match meant {
            TokenName::Id(token_id) => token_id.to_string(),
            TokenName::Name(name) => name.clone(),
        };
        let mut entry = NewEntry { target: Some(named), ..by.entry("token.revoked", "done") };
        let revoking = async {
            let mut transaction = self.begin().await?;
            let revoked = api_tokens::revoke(&mut transaction, meant, Timestamp::now()).await.map_err(refusal)?;
            let revoked = revoked.ok_or_else(|| ApiError::not_found("token in force"))?;
            entry.target = Some(revoked.name.clone());
            entry.state_before = Some(revoked.role.to_string());
            self.finish(transaction, &entry).await?;
            Ok(revoked)
        };
        let revoked = revoking.await;
        self.kept(entry, revoked).await
    }
}

fn no_name() -> ApiError {
    ApiError::invalid("name", format!("Use 1 to {LONGEST_NAME} characters, without line breaks."))
}
