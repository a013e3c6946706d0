//! Browsers in which somebody is signed in.
//!
//! A session is known by the hash of what its cookie holds, and by a name of its own under which people see and end it. Whether it still
//! counts is judged at each question, so that an ended one ends everywhere at once.

use app::domain::{Role, SessionId, SignedIn, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, StoreError, Transaction, moment, sql, texts, users::role};

/// How long a session lasts without being used, and at most: 12 hours and 7 days.
pub const IDLE_MS: i64 = 12 * 3_600 * 1_000;
/// See [`IDLE_MS`].
pub const LONGEST_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// How fine it is noted when a session was used.
const MINUTE_MS: i64 = 60_000;

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of what the cookie holds, in hexadecimal.
    pub session_hash: String,
    /// Its name.
    pub session_id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The address that it is begun from.
    pub address: String,
    /// What the browser says that it is.
    pub agent: String,
}

/// A session that counts, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name.
    pub session_id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// His e-mail.
    pub email: String,
    /// What he may do.
    pub role: Role,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it has to be noted that it is used.
    pub is_to_be_noted: bool,
}

/// Begins a session.
///
/// # Errors
/// The database refused.
pub async fn insert(transaction: &mut Transaction, session: &NewSession, now: Timestamp) -> Result<(), StoreError> {
    let now = now.as_millisecond();
    transaction
        .execute(
            sql("insert into sessions (session_hash, session_id, user_id, address, agent, created_at, seen_at, expires_at)
                 values ($1, $2, $3, $4, $5, $6, $6, $7)")
            .bind(&session.session_hash)
            .bind(session.session_id.0)
            .bind(session.user_id.0)
            .bind(&session.address)
            .bind(&session.agent)
            .bind(now)
            .bind(now + LONGEST_MS),
        )
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    session_id: Uuid,
    user_id: Uuid,
    email: String,
    role: String,
    seen_at: i64,
    expires_at: i64,
}

/// Whose session it is, if it still counts.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, session_hash: &str, now: Timestamp) -> Result<Option<Holder>, StoreError> {
    let now = now.as_millisecond();
    let row: Option<HolderRow> = database
        .fetch_optional(
            sql("select session_id, user_id, email, role, seen_at, expires_at from sessions join users using (user_id)
                 where session_hash = $1 and disabled_at is null and expires_at > $2 and seen_at > $3")
            .bind(session_hash)
            .bind(now)
            .bind(now - IDLE_MS),
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Holder {
        session_id: SessionId(row.session_id),
        user_id: UserId(row.user_id),
        role: role("users", &row.user_id, &row.role)?,
        email: row.email,
        expires_at: moment("sessions", "expires_at", &row.session_id, row.expires_at)?,
        is_to_be_noted: now - row.seen_at >= MINUTE_MS,
    }))
}

/// Notes that a session is used.
///
/// # Errors
/// The database refused.
pub async fn note_use(database: &Database, session_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    let update = sql("update sessions set seen_at = $1 where session_hash = $2").bind(now.as_millisecond());
    transaction.execute(update.bind(session_hash)).await?;
    transaction.commit_quietly().await
}

/// Ends one by what its cookie holds.
///
/// # Errors
/// The database refused.
pub async fn end(transaction: &mut Transaction, session_hash: &str) -> Result<(), StoreError> {
    transaction.execute(sql("delete from sessions where session_hash = $1").bind(session_hash)).await?;
    Ok(())
}

/// Ends one by its name, if it is this user's; `None` ends anybody's. Says whose it was.
///
/// # Errors
/// The database refused.
pub async fn end_by_name(
    transaction: &mut Transaction,
    session_id: SessionId,
    of: Option<UserId>,
) -> Result<Option<UserId>, StoreError> {
    let found: Option<(Uuid,)> = transaction
        .fetch_optional(sql("select user_id from sessions where session_id = $1").bind(session_id.0))
        .await?;
    let Some(owner) = found.map(|(id,)| UserId(id)).filter(|owner| of.is_none_or(|of| of == *owner)) else {
        return Ok(None);
    };
    transaction.execute(sql("delete from sessions where session_id = $1").bind(session_id.0)).await?;
    Ok(Some(owner))
}

/// Ends all of a user.
///
/// # Errors
/// The database refused.
pub async fn end_all(transaction: &mut Transaction, user_id: UserId) -> Result<(), StoreError> {
    transaction.execute(sql("delete from sessions where user_id = $1").bind(user_id.0)).await?;
    Ok(())
}

/// Ends all of a user but the one with a hash. Says how many.
///
/// # Errors
/// The database refused.
pub async fn end_others(transaction: &mut Transaction, user_id: UserId, kept: &str) -> Result<u64, StoreError> {
    let delete = sql("delete from sessions where user_id = $1 and session_hash <> $2").bind(user_id.0).bind(kept);
    transaction.execute(delete).await
}

/// Removes those that don't count any more.
///
/// # Errors
/// The database refused.
pub async fn remove_ended(database: &Database, now: Timestamp) -> Result<(), StoreError> {
    let now = now.as_millisecond();
    let mut transaction = database.begin_in_background().await?;
    let delete = sql("delete from sessions where expires_at <= $1 or seen_at <= $2").bind(now).bind(now - IDLE_MS);
    transaction.execute(delete).await?;
    transaction.commit_quietly().await
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    session_hash: String,
    session_id: Uuid,
    user_id: Uuid,
    address: String,
    agent: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

/// Those of a user that still count, the youngest first; `current` is the hash of the one that asks.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(
    database: &Database,
    user_id: UserId,
    current: Option<&str>,
    now: Timestamp,
) -> Result<Vec<SignedIn>, StoreError> {
    let now = now.as_millisecond();
    let rows: Vec<SessionRow> = database
        .fetch_all(
            sql("select session_hash, session_id, user_id, address, agent, created_at, seen_at, expires_at from sessions
                 where user_id = $1 and expires_at > $2 and seen_at > $3 order by created_at desc")
            .bind(user_id.0)
            .bind(now)
            .bind(now - IDLE_MS),
        )
        .await?;
    let shown = |row: SessionRow| {
        let id = row.session_id;
        Ok(SignedIn {
            session_id: SessionId(id),
            user_id: UserId(row.user_id),
            address: row.address,
            agent: row.agent,
            created_at: moment("sessions", "created_at", &id, row.created_at)?,
            seen_at: moment("sessions", "seen_at", &id, row.seen_at)?,
            expires_at: moment("sessions", "expires_at", &id, row.expires_at)?,
            is_current: current == Some(&row.session_hash),
        })
    };
    rows.into_iter().map(shown).collect()
}

/// Which of these hashes are of sessions that still count.
///
/// # Errors
/// The database refused.
pub async fn still_count(database: &Database, hashes: &[String], now: Timestamp) -> Result<Vec<String>, StoreError> {
    let now = now.as_millisecond();
    let among = database.dialect().is_among("session_hash", 1);
    let select = format!(
        "select session_hash from sessions join users using (user_id)
         where {among} and disabled_at is null and expires_at > $2 and seen_at > $3"
    );
    let rows: Vec<(String,)> = database
        .fetch_all(sql(select).bind(texts(hashes.iter().map(String::as_str))).bind(now).bind(now - IDLE_MS))
        .await?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}
