//! Browsers in which a user has signed in, known by the hashes of their secrets.

use app::domain::UserId;
use jiff::{SignedDuration, Timestamp};

use super::{Database, StoreError, Transaction, sql, users::email_key};

/// How long one is known after a sign-in: 90 days.
pub const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Those that are remembered of a user: the youngest.
const REMEMBERED: i64 = 20;

/// Remembers one, in place of the one that it showed before.
///
/// # Errors
/// The database refused.
pub async fn remember(
    transaction: &mut Transaction,
    user_id: UserId,
    (device_hash, before): (&str, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let forget = sql("delete from devices where user_id = $1 and (device_hash = $2 or expires_at <= $3)")
        .bind(user_id.0)
        .bind(before.unwrap_or_default())
        .bind(now.as_millisecond());
    transaction.execute(forget).await?;
    let insert = sql("insert into devices (device_hash, user_id, expires_at) values ($1, $2, $3)")
        .bind(device_hash)
        .bind(user_id.0)
        .bind((now + KNOWN_FOR).as_millisecond());
    transaction.execute(insert).await?;
    let prune = sql("delete from devices where user_id = $1 and device_hash not in
         (select device_hash from devices where user_id = $1 order by expires_at desc limit $2)")
    .bind(user_id.0)
    .bind(REMEMBERED);
    transaction.execute(prune).await?;
    Ok(())
}

/// Whether the user with an e-mail has signed in with one before.
///
/// # Errors
/// The database refused.
pub async fn knows(database: &Database, email: &str, device_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    database
        .scalar(
            sql("select exists (select 1 from users join devices using (user_id)
                 where email_key = $1 and device_hash = $2 and expires_at > $3)")
            .bind(email_key(email))
            .bind(device_hash)
            .bind(now.as_millisecond()),
        )
        .await
}

/// Forgets all of a user.
///
/// # Errors
/// The database refused.
pub async fn forget_all(transaction: &mut Transaction, user_id: UserId) -> Result<(), StoreError> {
    transaction.execute(sql("delete from devices where user_id = $1").bind(user_id.0)).await?;
    Ok(())
}
