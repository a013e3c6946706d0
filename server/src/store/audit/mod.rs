//! Who did what. Entries are written and read; the database itself refuses to change them.
//!
//! They are read in the order of their times, the youngest first, and of one time by their numbers: in Postgres a transaction that began
//! earlier may have the larger number.

/// Entries looked for.
pub mod search;

use app::domain::AuditEntry;
use jiff::Timestamp;

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

/// A part of the log that an index leads through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead<'a> {
    /// All of it.
    All,
    /// What somebody did.
    Actor(&'a str),
    /// What was done under this name.
    Action(&'a str),
    /// What was done under all names that begin with this one and a dot, and under this one.
    Subject(&'a str),
    /// What was not done.
    Refused,
}

/// Where an entry stands in the log: its time in milliseconds since 1970, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its time.
    pub at_ms: i64,
    /// Its number.
    pub entry_id: i64,
}

/// A piece of the log.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Of this part.
    pub lead: Lead<'a>,
    /// Of this moment or later.
    pub since: Option<Timestamp>,
    /// Before this place.
    pub before: Place,
    /// So many at most.
    pub limit: u32,
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

impl TryFrom<EntryRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        Ok(Self {
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
    }
}

/// Entries of a part of the log, the youngest first.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn read(database: &Database, piece: &Piece<'_>) -> Result<Vec<AuditEntry>, StoreError> {
    let (column, value) = match piece.lead {
        Lead::All | Lead::Refused => (None, None),
        Lead::Actor(actor) => (Some("actor"), Some(actor)),
        Lead::Action(action) => (Some("action"), Some(action)),
        Lead::Subject(subject) => (Some("subject"), Some(subject)),
    };
    // Compared and sorted as the index of the lead is, which leaves no other one to choose: Postgres would walk through all of the log by
    // its times for something that it takes for frequent.
    let range = match column {
        Some(column) => format!(
            "({column}, at, entry_id) < ($5, $1, $2) and ({column}, at) >= ($5, $3)
             order by {column} desc, at desc, entry_id desc"
        ),
        None => "(at, entry_id) < ($1, $2) and at >= $3 order by at desc, entry_id desc".to_owned(),
    };
    let condition = if piece.lead == Lead::Refused { "outcome <> 'done' and" } else { "" };
    let mut select = sql(format!(
        "select entry_id, at, actor_kind, actor, action, target, state_before, state_after, reason, outcome, address
         from audit_log where {condition} {range} limit $4"
    ))
    .bind(piece.before.at_ms)
    .bind(piece.before.entry_id)
    .bind(piece.since.map_or(i64::MIN, Timestamp::as_millisecond))
    .bind(i64::from(piece.limit));
    if let Some(value) = value {
        select = select.bind(value);
    }
    let rows: Vec<EntryRow> = database.fetch_all(select).await?;
    rows.into_iter().map(AuditEntry::try_from).collect()
}

/// How many entries there are at most: the number of the last one. It costs nothing, however many there are.
///
/// # Errors
/// The database refused.
pub async fn most(database: &Database) -> Result<i64, StoreError> {
    database.scalar(sql("select coalesce(max(entry_id), 0) from audit_log")).await
}
