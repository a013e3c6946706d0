//! Who did what. Entries are written and read; the database itself refuses to change them.

use app::domain::Listing;
use app::domain::audit::{AuditEntry, AuditQuery};

use super::{Database, StoreError, Transaction, moment, sql};

/// What happened, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// `user`, `token`, `console` or `anonymous`.
    pub actor_kind: &'static str,
    /// His e-mail, or its name.
    pub actor: String,
    /// What was done, such as `user.added`.
    pub action: String,
    /// To what.
    pub target: Option<String>,
    /// How it was before, and is now.
    pub state_before: Option<String>,
    /// See `state_before`.
    pub state_after: Option<String>,
    /// Why, if somebody said.
    pub reason: Option<String>,
    /// `done`, or why it was refused.
    pub outcome: String,
    /// The address that it came from.
    pub address: Option<String>,
}

/// Writes an entry, in the step that makes it true.
///
/// # Errors
/// The database refused.
pub async fn append(transaction: &mut Transaction, entry: &NewEntry) -> Result<(), StoreError> {
    let at = transaction.now().as_millisecond();
    transaction
        .execute(
            sql("insert into audit_log
                    (at, actor_kind, actor, action, target, state_before, state_after, reason, outcome, address)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
            .bind(at)
            .bind(entry.actor_kind)
            .bind(&entry.actor)
            .bind(&entry.action)
            .bind(&entry.target)
            .bind(&entry.state_before)
            .bind(&entry.state_after)
            .bind(&entry.reason)
            .bind(&entry.outcome)
            .bind(&entry.address),
        )
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    entry_id: i64,
    at: i64,
    actor_kind: String,
    actor: String,
    action: String,
    target: Option<String>,
    state_before: Option<String>,
    state_after: Option<String>,
    reason: Option<String>,
    outcome: String,
    address: Option<String>,
}

/// Entries, the youngest first; `before` is the `next` of the page before.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn list(
    database: &Database,
    query: &AuditQuery,
    before: Option<i64>,
    limit: u32,
) -> Result<Listing<AuditEntry>, StoreError> {
    // Empty words match everything: one statement for whatever is asked.
    let select = sql(
        "select entry_id, at, actor_kind, actor, action, target, state_before, state_after, reason, outcome, address
         from audit_log
         where entry_id < $1 and ($2 = '' or actor = $2) and ($3 = '' or action = $3 or action like $3 || '.%')
         order by entry_id desc limit $4",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(query.actor.clone().unwrap_or_default())
    .bind(query.action.clone().unwrap_or_default())
    .bind(i64::from(limit) + 1);
    let mut rows: Vec<EntryRow> = database.fetch_all(select).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.entry_id.to_string());
    let shown = |row: EntryRow| {
        Ok(AuditEntry {
            at: moment("audit_log", "at", &row.entry_id, row.at)?,
            entry_id: row.entry_id,
            actor_kind: row.actor_kind,
            actor: row.actor,
            action: row.action,
            target: row.target,
            state_before: row.state_before,
            state_after: row.state_after,
            reason: row.reason,
            outcome: row.outcome,
            address: row.address,
        })
    };
    Ok(Listing { items: rows.into_iter().map(shown).collect::<Result<_, StoreError>>()?, next })
}
