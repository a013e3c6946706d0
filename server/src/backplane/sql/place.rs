//! Places in the log, and how far it can be read.
//!
//! In Postgres an event is final when no transaction is open any more that could still write before it. The oldest open one of the
//! whole server is known at once; but it may belong to another database, where somebody works for hours. So where it keeps something
//! back that is there already, it is asked which open transactions are this database's.
//!
//! Together with the bounds is asked whether all that could be seen is on the disk: after the rows, so that the answer holds for them.

use app::events::Position;

use crate::store::{Dialect, IS_UNSYNCED, Statement, sql};

/// A place in the log: one number in SQLite, a transaction and a row in Postgres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(super) struct Place {
    pub(super) major: i64,
    pub(super) minor: i64,
}

/// Where the log begins and ends. `head` is the last event that is readable, `end` the last that is there.
#[derive(sqlx::FromRow)]
pub(super) struct Bounds {
    trimmed_major: i64,
    trimmed_minor: i64,
    head_major: i64,
    head_minor: i64,
    end_major: i64,
    end_minor: i64,
    /// Whether a killed server could take some of it back.
    pub(super) is_unsynced: bool,
}

impl Bounds {
    pub(super) const fn trimmed(&self) -> Place {
        Place { major: self.trimmed_major, minor: self.trimmed_minor }
    }

    pub(super) const fn head(&self) -> Place {
        Place { major: self.head_major, minor: self.head_minor }
    }

    pub(super) const fn end(&self) -> Place {
        Place { major: self.end_major, minor: self.end_minor }
    }

    /// Whether all that is there is readable.
    pub(super) fn is_whole(&self) -> bool {
        self.head() >= self.end()
    }
}

impl Place {
    pub(super) fn at(position: Position) -> Self {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self { major: signed(position.major), minor: signed(position.minor) }
    }

    /// As a cursor holds it.
    pub(super) fn position(self) -> Position {
        let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
        Position { major: unsigned(self.major), minor: unsigned(self.minor) }
    }
}

/// How the end of what is readable is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Horizon {
    /// Below the oldest transaction that is open on the server.
    Quick,
    /// Below the oldest that is open in this database; one that ended since, and one that nobody's connection holds, counts as such.
    Exact,
}

impl Horizon {
    const fn expression(self) -> &'static str {
        match self {
            Self::Quick => "pg_snapshot_xmin(pg_current_snapshot())",
            Self::Exact => {
                "coalesce(
                     (select open.xid from pg_snapshot_xip(pg_current_snapshot()) as open (xid)
                      where not exists (
                          select 1 from pg_locks join pg_stat_activity using (pid)
                          where locktype = 'transactionid' and mode = 'ExclusiveLock' and granted
                              and transactionid = open.xid::xid and datname <> current_database()
                      )
                      order by open.xid limit 1),
                     pg_snapshot_xmax(pg_current_snapshot())
                 )"
            }
        }
    }
}

/// Asks for the [`Bounds`]. A log that was trimmed empty still knows its end: SQLite by the sequence, which outlives the rows, Postgres
/// by the mark of the trimming.
pub(super) fn bounds(horizon: Horizon, dialect: Dialect) -> Statement {
    match dialect {
        Dialect::Sqlite => sql("select trimmed_through as trimmed_major, 0 as trimmed_minor, coalesce(seq, 0) as head_major,
                 0 as head_minor, coalesce(seq, 0) as end_major, 0 as end_minor, false as is_unsynced
             from event_log left join sqlite_sequence on name = 'pubsub_events'"),
        Dialect::Postgres => sql(format!(
            "select trimmed_xid::text::bigint as trimmed_major, trimmed_id as trimmed_minor,
                 coalesce(head.xid, trimmed_xid)::text::bigint as head_major, coalesce(head.id, trimmed_id) as head_minor,
                 coalesce(last.xid, trimmed_xid)::text::bigint as end_major, coalesce(last.id, trimmed_id) as end_minor,
                 {IS_UNSYNCED} as is_unsynced
             from event_log
             left join lateral (
                 select xid, id from pubsub_events where xid < {} order by xid desc, id desc limit 1
             ) head on true
             left join lateral (select xid, id from pubsub_events order by xid desc, id desc limit 1) last on true",
            horizon.expression()
        )),
    }
}

/// An event and its place.
#[derive(sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) major: i64,
    pub(super) minor: i64,
    pub(super) data: String,
    pub(super) created_at: i64,
}

impl EventRow {
    pub(super) const fn place(&self) -> Place {
        Place { major: self.major, minor: self.minor }
    }
}

/// Asks for the events after a place, in order.
pub(super) fn events_after(after: Position, limit: u32, horizon: Horizon, dialect: Dialect) -> Statement {
    match dialect {
        Dialect::Sqlite => sql(
            "select id as major, 0 as minor, data, created_at from pubsub_events where id > $1 order by id limit $2",
        )
        .bind(i64::try_from(after.major).unwrap_or(i64::MAX))
        .bind(i64::from(limit)),
        Dialect::Postgres => sql(format!(
            "select xid::text::bigint as major, id as minor, data, created_at from pubsub_events
             where (xid, id) > ($1::text::xid8, $2) and xid < {} order by xid, id limit $3",
            horizon.expression()
        ))
        .bind(after.major.to_string())
        .bind(i64::try_from(after.minor).unwrap_or(i64::MAX))
        .bind(i64::from(limit)),
    }
}

/// Asks for the events before a place, or before the end, in order: those nearest to it.
pub(super) fn events_before(before: Option<Position>, limit: u32, horizon: Horizon, dialect: Dialect) -> Statement {
    let before = before.unwrap_or(Position { major: u64::MAX, minor: u64::MAX });
    match dialect {
        Dialect::Sqlite => sql("select major, 0 as minor, data, created_at from (
                 select id as major, data, created_at from pubsub_events where id < $1 order by id desc limit $2
             ) nearest order by major")
        .bind(i64::try_from(before.major).unwrap_or(i64::MAX))
        .bind(i64::from(limit)),
        Dialect::Postgres => sql(format!(
            "select xid::text::bigint as major, id as minor, data, created_at from (
                 select xid, id, data, created_at from pubsub_events
                 where (xid, id) < ($1::text::xid8, $2) and xid < {} order by xid desc, id desc limit $3
             ) nearest order by xid, id",
            horizon.expression()
        ))
        .bind(before.major.to_string())
        .bind(i64::try_from(before.minor).unwrap_or(i64::MAX))
        .bind(i64::from(limit)),
    }
}
