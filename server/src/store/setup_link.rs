//! The link with which the first admin is made. There is one at a time, known by the hash of its text.

use jiff::Timestamp;

use super::{Database, StoreError, Transaction, sql};

/// Makes this the link, in place of whichever there was.
///
/// # Errors
/// The database refused.
pub async fn put(transaction: &mut Transaction, link_hash: &str, expires_at: Timestamp) -> Result<(), StoreError> {
    transaction
        .execute(
            sql("insert into setup_link (singleton, link_hash, expires_at) values (1, $1, $2)
                 on conflict (singleton) do update set link_hash = excluded.link_hash, expires_at = excluded.expires_at")
            .bind(link_hash)
            .bind(expires_at.as_millisecond()),
        )
        .await?;
    Ok(())
}

/// Whether this is the link, and still counts.
///
/// # Errors
/// The database refused.
pub async fn counts(database: &Database, link_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let select = sql("select exists (select 1 from setup_link where link_hash = $1 and expires_at > $2)");
    database.scalar(select.bind(link_hash).bind(now.as_millisecond())).await
}

/// Uses the link up; `false` when it does not count.
///
/// # Errors
/// The database refused.
pub async fn take(transaction: &mut Transaction, link_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let delete = sql("delete from setup_link where link_hash = $1 and expires_at > $2");
    Ok(transaction.execute(delete.bind(link_hash).bind(now.as_millisecond())).await? == 1)
}
