//! People who may sign in.

use app::domain::{Role, User, UserId};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, StoreError, Transaction, moment, optional_moment, sql};

/// Addresses that are remembered of a user: the youngest.
const REMEMBERED_ADDRESSES: i64 = 20;

/// A user with what he proves himself by.
pub struct Credentials {
    /// The user.
    pub user: User,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
}

/// All columns of a [`UserRow`].
macro_rules! select_users {
    () => {
        "select user_id, email, role, password_hash, disabled_at, created_at from users"
    };
}

#[derive(sqlx::FromRow)]
struct UserRow {
    user_id: Uuid,
    email: String,
    role: String,
    password_hash: String,
    disabled_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<UserRow> for Credentials {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let id = row.user_id;
        let user = User {
            user_id: UserId(id),
            email: row.email,
            role: role("users", &id, &row.role)?,
            disabled_at: optional_moment("users", "disabled_at", &id, row.disabled_at)?,
            created_at: moment("users", "created_at", &id, row.created_at)?,
        };
        Ok(Self { user, password_hash: row.password_hash })
    }
}

/// A role that stands in a table.
pub(super) fn role(table: &'static str, id: &impl ToString, text: &str) -> Result<Role, StoreError> {
    text.parse().map_err(|problem: app::domain::account::UnknownRole| StoreError::BrokenRow {
        table,
        column: "role",
        id: id.to_string(),
        problem: problem.to_string(),
    })
}

/// What e-mails are compared by.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Adds a user; `false` when there is one with this e-mail.
///
/// # Errors
/// The database refused.
pub async fn insert(transaction: &mut Transaction, user: &User, password_hash: &str) -> Result<bool, StoreError> {
    let inserted = transaction
        .execute(
            sql("insert into users (user_id, email_key, email, role, password_hash, created_at)
                 values ($1, $2, $3, $4, $5, $6) on conflict (email_key) do nothing")
            .bind(user.user_id.0)
            .bind(email_key(&user.email))
            .bind(&user.email)
            .bind(user.role.as_str())
            .bind(password_hash)
            .bind(user.created_at.as_millisecond()),
        )
        .await?;
    Ok(inserted == 1)
}

/// The user with an e-mail.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find_by_email(database: &Database, email: &str) -> Result<Option<Credentials>, StoreError> {
    let row: Option<UserRow> =
        database.fetch_optional(sql(concat!(select_users!(), " where email_key = $1")).bind(email_key(email))).await?;
    row.map(Credentials::try_from).transpose()
}

/// One user.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn find(database: &Database, user_id: UserId) -> Result<Option<Credentials>, StoreError> {
    let row: Option<UserRow> =
        database.fetch_optional(sql(concat!(select_users!(), " where user_id = $1")).bind(user_id.0)).await?;
    row.map(Credentials::try_from).transpose()
}

/// One user, for whoever is about to change him: he and all admins stay as they are until the transaction ends.
///
/// # Errors
/// The database refused, or the row is broken.
pub async fn hold(transaction: &mut Transaction, user_id: UserId) -> Result<Option<User>, StoreError> {
    let take = transaction.dialect().take("users");
    // Whoever may take an admin away takes all of them, in one order: two could each leave the other one.
    let select = format!(concat!(select_users!(), " where user_id = $1 or role = 'admin' order by user_id {}"), take);
    let rows: Vec<UserRow> = transaction.fetch_all(sql(select).bind(user_id.0)).await?;
    let row = rows.into_iter().find(|row| row.user_id == user_id.0);
    Ok(row.map(Credentials::try_from).transpose()?.map(|found| found.user))
}

/// What a user who may sign in proves himself by; it stays so until the transaction ends.
///
/// # Errors
/// The database refused.
pub async fn hold_password(transaction: &mut Transaction, user_id: UserId) -> Result<Option<String>, StoreError> {
    let take = transaction.dialect().take("users");
    let select = format!("select password_hash from users where user_id = $1 and disabled_at is null {take}");
    let row: Option<(String,)> = transaction.fetch_optional(sql(select).bind(user_id.0)).await?;
    Ok(row.map(|(password_hash,)| password_hash))
}

/// All users, by their e-mails.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(database: &Database) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = database.fetch_all(sql(concat!(select_users!(), " order by email_key"))).await?;
    rows.into_iter().map(|row| Credentials::try_from(row).map(|found| found.user)).collect()
}

/// Admins who may sign in.
///
/// # Errors
/// The database refused.
pub async fn admins(transaction: &mut Transaction) -> Result<u64, StoreError> {
    let (admins,): (i64,) =
        transaction.fetch_one(sql("select count(*) from users where role = 'admin' and disabled_at is null")).await?;
    Ok(admins.unsigned_abs())
}

/// Whether nobody can be the first admin any more, because there is one.
///
/// # Errors
/// The database refused.
pub async fn has_admin(database: &Database) -> Result<bool, StoreError> {
    database.scalar(sql("select exists (select 1 from users where role = 'admin' and disabled_at is null)")).await
}

/// Gives a user another role.
///
/// # Errors
/// The database refused.
pub async fn set_role(transaction: &mut Transaction, user_id: UserId, role: Role) -> Result<(), StoreError> {
    let update = sql("update users set role = $1 where user_id = $2").bind(role.as_str()).bind(user_id.0);
    transaction.execute(update).await?;
    Ok(())
}

/// Sets or clears the moment since which a user may not sign in.
///
/// # Errors
/// The database refused.
pub async fn set_disabled(
    transaction: &mut Transaction,
    user_id: UserId,
    since: Option<Timestamp>,
) -> Result<(), StoreError> {
    let since = since.map(Timestamp::as_millisecond);
    let update = sql("update users set disabled_at = $1 where user_id = $2").bind(since).bind(user_id.0);
    transaction.execute(update).await?;
    Ok(())
}

/// Gives a user another password; `false` when he does not have the one any more that is to be replaced.
///
/// # Errors
/// The database refused.
pub async fn replace_password(
    transaction: &mut Transaction,
    user_id: UserId,
    (present_hash, password_hash): (&str, &str),
) -> Result<bool, StoreError> {
    let update = sql("update users set password_hash = $1 where user_id = $2 and password_hash = $3")
        .bind(password_hash)
        .bind(user_id.0)
        .bind(present_hash);
    Ok(transaction.execute(update).await? == 1)
}

/// Remembers that a user has signed in from an address.
///
/// # Errors
/// The database refused.
pub async fn remember_address(
    transaction: &mut Transaction,
    user_id: UserId,
    address: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            sql("insert into sign_in_addresses (user_id, address, seen_at) values ($1, $2, $3)
                 on conflict (user_id, address) do update set seen_at = excluded.seen_at")
            .bind(user_id.0)
            .bind(address)
            .bind(now.as_millisecond()),
        )
        .await?;
    transaction
        .execute(
            sql("delete from sign_in_addresses where user_id = $1 and address not in
                 (select address from sign_in_addresses where user_id = $1 order by seen_at desc limit $2)")
            .bind(user_id.0)
            .bind(REMEMBERED_ADDRESSES),
        )
        .await?;
    Ok(())
}

/// Whether the user with an e-mail has signed in from an address before.
///
/// # Errors
/// The database refused.
pub async fn knows_address(database: &Database, email: &str, address: &str) -> Result<bool, StoreError> {
    database
        .scalar(
            sql("select exists (select 1 from users join sign_in_addresses using (user_id)
                 where email_key = $1 and address = $2)")
            .bind(email_key(email))
            .bind(address),
        )
        .await
}
