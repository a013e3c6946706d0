//! Tokens of programs, known by the hashes of their texts.

use app::domain::{ApiToken, Role, TokenId};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, StoreError, Transaction, moment, optional_moment, sql, users::role, uuids};

/// How fine it is noted when a token was used.
const MINUTE_MS: i64 = 60_000;

/// A token that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token.
    pub token_id: TokenId,
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// Whether it has to be noted that it is used.
    pub is_to_be_noted: bool,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    token_id: Uuid,
    name: String,
    role: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

/// All columns of a [`TokenRow`].
macro_rules! select_tokens {
    () => {
        "select token_id, name, role, created_at, expires_at, last_used_at, revoked_at from api_tokens"
    };
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let (table, id) = ("api_tokens", row.token_id);
        Ok(Self {
            token_id: TokenId(id),
            role: role(table, &id, &row.role)?,
            created_at: moment(table, "created_at", &id, row.created_at)?,
            expires_at: optional_moment(table, "expires_at", &id, row.expires_at)?,
            last_used_at: optional_moment(table, "last_used_at", &id, row.last_used_at)?,
            revoked_at: optional_moment(table, "revoked_at", &id, row.revoked_at)?,
            name: row.name,
        })
    }
}

/// Adds a token; `false` when one with this name is in force.
///
/// # Errors
/// The database refused.
pub async fn insert(transaction: &mut Transaction, token: &ApiToken, token_hash: &str) -> Result<bool, StoreError> {
    let insert = sql("insert into api_tokens (token_id, token_hash, name, role, created_at, expires_at)
                      values ($1, $2, $3, $4, $5, $6) on conflict (name) where revoked_at is null do nothing")
    .bind(token.token_id.0)
    .bind(token_hash)
    .bind(&token.name)
    .bind(token.role.as_str())
    .bind(token.created_at.as_millisecond())
    .bind(token.expires_at.map(Timestamp::as_millisecond));
    Ok(transaction.execute(insert).await? == 1)
}

/// The token with a hash, if it is taken.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, token_hash: &str, now: Timestamp) -> Result<Option<Bearer>, StoreError> {
    let now = now.as_millisecond();
    let select = concat!(
        select_tokens!(),
        " where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)"
    );
    let row: Option<TokenRow> = database.fetch_optional(sql(select).bind(token_hash).bind(now)).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Bearer {
        token_id: TokenId(row.token_id),
        role: role("api_tokens", &row.token_id, &row.role)?,
        name: row.name,
        is_to_be_noted: row.last_used_at.is_none_or(|used| now - used >= MINUTE_MS),
    }))
}

/// Notes that a token is used.
///
/// # Errors
/// The database refused.
pub async fn note_use(database: &Database, token_id: TokenId, now: Timestamp) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    let update = sql("update api_tokens set last_used_at = $1 where token_id = $2").bind(now.as_millisecond());
    transaction.execute(update.bind(token_id.0)).await?;
    transaction.commit_quietly().await
}

/// All tokens, the youngest first, those that are not taken any more among them.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(database: &Database) -> Result<Vec<ApiToken>, StoreError> {
    let rows: Vec<TokenRow> = database.fetch_all(sql(concat!(select_tokens!(), " order by token_id desc"))).await?;
    rows.into_iter().map(ApiToken::try_from).collect()
}

/// Takes a token out of force, and returns it; `None` when there is none in force that is meant.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn revoke(
    transaction: &mut Transaction,
    meant: &TokenName,
    now: Timestamp,
) -> Result<Option<ApiToken>, StoreError> {
    let update = |column: &str| {
        format!(
            "update api_tokens set revoked_at = $1 where {column} = $2 and revoked_at is null
             returning token_id, name, role, created_at, expires_at, last_used_at, revoked_at"
        )
    };
    let now = now.as_millisecond();
    let update = match meant {
        TokenName::Id(token_id) => sql(update("token_id")).bind(now).bind(token_id.0),
        TokenName::Name(name) => sql(update("name")).bind(now).bind(name),
    };
    let row: Option<TokenRow> = transaction.fetch_optional(update).await?;
    row.map(ApiToken::try_from).transpose()
}

/// How a token is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenName {
    /// By its id.
    Id(TokenId),
    /// By its name, the one in force.
    Name(String),
}

/// Which of these tokens are still taken.
///
/// # Errors
/// The database refused.
pub async fn still_count(database: &Database, tokens: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError> {
    let select = format!(
        "select token_id from api_tokens where token_id in {} and revoked_at is null
         and (expires_at is null or expires_at > $2)",
        database.dialect().ids(1)
    );
    let select = sql(select).bind(uuids(tokens.iter().map(|token| token.0))).bind(now.as_millisecond());
    let rows: Vec<(Uuid,)> = database.fetch_all(select).await?;
    Ok(rows.into_iter().map(|(id,)| TokenId(id)).collect())
}
