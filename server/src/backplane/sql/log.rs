//! The event log: one row an event, in the order of the commits.
//!
//! In SQLite, with one writer at a time, ids are given in that order. In Postgres a transaction that began earlier may be committed
//! later, so events are ordered by their transaction first, and read only up to the oldest one that is still open: what was committed
//! above that place is there, but not readable yet. Whoever reads waits for it a moment.
//!
//! Claims and reports don't wait for Postgres' disk, and a server that is killed right after one takes its event back and gives the
//! event's place to another one. A reader who had followed it would pass the other one by. So nothing leaves here, no event and no
//! end of the log, before it is on the disk: the readers wait, of whom there are few, and not the workers. What lies there
//! already costs them nothing.

use app::events::{Cursor, Envelope, Event, ResetReason, Stamped};

use super::{
    place::{Bounds, EventRow, Horizon, Place, bounds, events_after, events_before},
    settling::{LONGEST_LOOK, SHORTEST_LOOK, Settling, Stuck},
};
use crate::{
    backplane::{BackplaneError, LogEntry, ReadLog},
    store::{Database, Dialect, StoreError, outbox, sql},
};

/// The event log of a database.
pub(super) struct Log {
    epoch: String,
    stuck: Stuck,
}

impl Log {
    /// The log as it is now. One that was copied to another Postgres server is ordered by numbers that this server has yet to give: it
    /// is lost, and a new one begins.
    pub(super) async fn open(database: &Database) -> Result<Self, BackplaneError> {
        if database.dialect() == Dialect::Postgres {
            begin_anew_if_copied(database).await?;
        }
        let epoch = database.scalar(sql("select epoch from event_log")).await?;
        Ok(Self { epoch, stuck: Stuck::default() })
    }

    /// Appends events in one transaction.
    pub(super) async fn append(&self, database: &Database, events: Vec<Event>) -> Result<Cursor, BackplaneError> {
        let mut transaction = database.begin().await?;
        let now = transaction.now();
        outbox::append_all(&mut transaction, events, now).await?;
        let last: Option<Place> = transaction
            .fetch_optional(sql(match transaction.dialect() {
                Dialect::Sqlite => "select seq as major, 0 as minor from sqlite_sequence where name = 'pubsub_events'",
                Dialect::Postgres => {
                    "select xid::text::bigint as major, id as minor from pubsub_events
                     where xid = pg_current_xact_id() order by id desc limit 1"
                }
            }))
            .await?;
        transaction.commit().await?;
        match last {
            Some(last) => Ok(self.cursor(last)),
            None => self.head(database).await,
        }
    }

    /// Where the log ends now: whatever was committed before lies before it, or has been waited for as long as is reasonable.
    pub(super) async fn head(&self, database: &Database) -> Result<Cursor, BackplaneError> {
        let mut settling = Settling::begin(&self.stuck);
        loop {
            let bounds = self.bounds(database).await?;
            if !settling.goes_on(&bounds, bounds.head()).await {
                if bounds.is_unsynced {
                    database.sync().await?;
                }
                return Ok(self.cursor(bounds.head()));
            }
        }
    }

    async fn bounds(&self, database: &Database) -> Result<Bounds, StoreError> {
        let quick: Bounds = database.fetch_one(bounds(Horizon::Quick, database.dialect())).await?;
        if quick.is_whole() {
            return Ok(quick);
        }
        database.fetch_one(bounds(Horizon::Exact, database.dialect())).await
    }

    /// What came after a cursor.
    pub(super) async fn read(
        &self,
        database: &Database,
        after: &Cursor,
        limit: u32,
    ) -> Result<ReadLog, BackplaneError> {
        let mut settling = Settling::begin(&self.stuck);
        loop {
            let look = self.look(database, Sight::After(after), limit).await?;
            let may_grow = matches!(&look.found, ReadLog::Events(entries) if entries.len() < limit as usize);
            if !may_grow || !settling.goes_on(&look.bounds, look.complete_to).await {
                return Ok(look.found);
            }
        }
    }

    /// What came before a cursor, or before the end.
    pub(super) async fn read_back(
        &self,
        database: &Database,
        before: Option<&Cursor>,
        limit: u32,
    ) -> Result<ReadLog, BackplaneError> {
        let mut settling = Settling::begin(&self.stuck);
        loop {
            let look = self.look(database, Sight::Before(before), limit).await?;
            let is_settled = before.is_some_and(|before| before.position <= look.readable().position());
            if is_settled || !settling.goes_on(&look.bounds, look.complete_to).await {
                return Ok(look.found);
            }
        }
    }

    /// What comes after a cursor: waits for the next commit while there is nothing.
    pub(super) async fn tail(
        &self,
        database: &Database,
        after: &Cursor,
        limit: u32,
    ) -> Result<ReadLog, BackplaneError> {
        let mut commits = database.commits();
        let mut pause = SHORTEST_LOOK;
        loop {
            commits.mark_unchanged();
            let look = self.look(database, Sight::After(after), limit).await?;
            if !matches!(&look.found, ReadLog::Events(entries) if entries.is_empty()) {
                return Ok(look.found);
            }
            if look.readable() >= look.bounds.end() {
                // The sender lives in the database, which is borrowed here: it can't be gone.
                let _ = commits.changed().await;
                pause = SHORTEST_LOOK;
            } else {
                // There is something above the oldest open transaction, whose end nobody tells of.
                let _ = tokio::time::timeout(pause, commits.changed()).await;
                pause = (pause * 2).min(LONGEST_LOOK);
            }
        }
    }

    async fn look(&self, database: &Database, sight: Sight<'_>, limit: u32) -> Result<Look, BackplaneError> {
        let mut look = self.look_below(Horizon::Quick, database, sight, limit).await?;
        if !look.bounds.is_whole() {
            look = self.look_below(Horizon::Exact, database, sight, limit).await?;
        }
        let is_nothing = matches!(&look.found, ReadLog::Events(entries) if entries.is_empty());
        if look.bounds.is_unsynced && !is_nothing {
            database.sync().await?;
        }
        Ok(look)
    }

    async fn look_below(
        &self,
        horizon: Horizon,
        database: &Database,
        sight: Sight<'_>,
        limit: u32,
    ) -> Result<Look, BackplaneError> {
        let dialect = database.dialect();
        let asked_first: Option<Bounds> = match (dialect, sight) {
            (Dialect::Postgres, Sight::Before(_)) => Some(database.fetch_one(bounds(horizon, dialect)).await?),
            _ => None,
        };
        let (place, select) = match sight {
            Sight::After(place) => (Some(place), events_after(place.position, limit, horizon, dialect)),
            Sight::Before(place) => (place, events_before(place.map(|place| place.position), limit, horizon, dialect)),
        };
        let rows: Vec<EventRow> = database.fetch_all(select).await?;
        // Asked after the rows: what is trimmed between the two questions is seen as trimmed, never as missing.
        let bounds: Bounds = database.fetch_one(bounds(horizon, dialect)).await?;
        // What became readable between the two questions is among the bounds and not among the rows.
        let complete_to = match (dialect, asked_first, rows.last()) {
            // Whoever commits tells of it.
            (Dialect::Sqlite, _, _) => bounds.head(),
            (Dialect::Postgres, Some(earlier), _) => earlier.head(),
            (Dialect::Postgres, None, Some(last)) => last.place(),
            (Dialect::Postgres, None, None) => place.map_or(bounds.head(), |place| Place::at(place.position)),
        };
        let found = match place.and_then(|place| self.why_gone(place, &bounds)) {
            Some(reason) => ReadLog::Gone { reason, head: self.cursor(bounds.head()) },
            None => ReadLog::Events(rows.into_iter().map(|row| self.entry(row)).collect::<Result<_, _>>()?),
        };
        Ok(Look { found, bounds, complete_to })
    }

    /// Why nothing can be said of a place; `None` where it can.
    fn why_gone(&self, place: &Cursor, bounds: &Bounds) -> Option<ResetReason> {
        if place.epoch != self.epoch {
            Some(ResetReason::Epoch)
        } else if place.position > bounds.end().position() {
            Some(ResetReason::Unknown)
        } else if place.position < bounds.trimmed().position() {
            Some(ResetReason::Trimmed)
        } else {
            None
        }
    }

    /// A row as an event. One that can't be read must not stop the log for ever: it is passed on as unknown, which a page answers by
    /// loading its snapshot again.
    fn entry(&self, row: EventRow) -> Result<LogEntry, StoreError> {
        let cursor = self.cursor(row.place());
        match serde_json::from_str::<Stamped>(&row.data) {
            Ok(stamped) => Ok(LogEntry { envelope: Envelope { cursor, stamped }, json: row.data }),
            Err(problem) => {
                tracing::error!(%cursor, %problem, "an event of the log can't be read");
                let stamped = Stamped { timestamp: row.created_at, event: Event::Unknown };
                let json = serde_json::to_string(&stamped).map_err(|problem| StoreError::BrokenRow {
                    table: "pubsub_events",
                    column: "data",
                    id: cursor.to_string(),
                    problem: problem.to_string(),
                })?;
                Ok(LogEntry { envelope: Envelope { cursor, stamped }, json })
            }
        }
    }

    fn cursor(&self, place: Place) -> Cursor {
        Cursor { epoch: self.epoch.clone(), position: place.position() }
    }
}

/// Which events are looked for.
#[derive(Clone, Copy)]
enum Sight<'a> {
    /// The first after a place.
    After(&'a Cursor),
    /// The last before a place, or before the end.
    Before(Option<&'a Cursor>),
}

/// What one look found.
struct Look {
    found: ReadLog,
    bounds: Bounds,
    /// Up to where nothing that was readable is missing from what was found, but for what the limit cut off.
    complete_to: Place,
}

impl Look {
    fn readable(&self) -> Place {
        self.bounds.head().min(self.complete_to)
    }
}

async fn begin_anew_if_copied(database: &Database) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    let from_elsewhere = "pg_snapshot_xmax(pg_current_snapshot())";
    let renewed = transaction
        .execute(sql(format!(
            "update event_log set trimmed_xid = '0', trimmed_id = 0,
                 epoch = substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
             where trimmed_xid >= {from_elsewhere}
                 or exists (select 1 from pubsub_events where xid >= {from_elsewhere})"
        )))
        .await?;
    if renewed > 0 {
        transaction.execute(sql(format!("delete from pubsub_events where xid >= {from_elsewhere}"))).await?;
        tracing::warn!("the event log was copied from another server: a new one begins");
    }
    transaction.commit().await
}
