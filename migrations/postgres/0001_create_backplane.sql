-- Texts that are compared or sorted have the collation "C": bytes, whatever language the database was made for. It is the order of
-- SQLite, and the quickest. Times are milliseconds since 1970, by the clock of the server.

-- The event log. `epoch` is random and made with the log, so that a cursor of a lost log is recognised.
-- Events up to `trimmed_xid` and `trimmed_id` are gone; a reader from before that place is told to load its snapshot again.
create table event_log (
    singleton integer primary key check (singleton = 1),
    epoch text not null,
    trimmed_xid xid8 not null default '0',
    trimmed_id bigint not null default 0
);

insert into event_log (singleton, epoch) values (1, substr(replace(gen_random_uuid()::text, '-', ''), 1, 12));

-- One row an event. A sequence is not the order of the commits: 5 and 6 may be committed as 6 and 5, and a reader of `id > 5` would
-- never see what came late. So events are ordered by their transaction first, and read only as far as no transaction is open any more
-- that could still write before them: `xid < pg_snapshot_xmin(pg_current_snapshot())`.
create table pubsub_events (
    xid xid8 not null default pg_current_xact_id(),
    id bigint not null generated always as identity,
    channel text not null,
    data text not null,
    created_at bigint not null,
    primary key (xid, id)
);

create table jobs (
    job_id text collate "C" primary key,
    queue_name text collate "C" not null,
    job_name text not null,
    state text collate "C" not null check (state in ('waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled')),
    priority bigint not null default 0 check (priority between 0 and 9),
    data text not null,
    public text not null default '{}',
    result text,
    error text,
    unique_key text collate "C",
    attempt bigint not null default 0,
    max_attempts bigint not null,
    -- Workers that died over it in a row; when there are `max_stalls` of them the job is dead-lettered.
    stalls bigint not null default 0,
    max_stalls bigint not null default 3,
    progress bigint not null default 0,
    stage text,
    message text,
    -- Who may write the job's result: set by the claim, cleared when the attempt ends.
    token text collate "C",
    worker_id text collate "C",
    lease_expires_at bigint,
    created_at bigint not null,
    run_at bigint not null,
    started_at bigint,
    finished_at bigint
);

-- The order in which jobs are claimed: priority, then age.
create index jobs_to_claim on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting';
create index jobs_to_promote on jobs (run_at) where state = 'delayed';
create index jobs_to_rescue on jobs (lease_expires_at) where state = 'active';
create index jobs_to_trim on jobs (finished_at) where finished_at is not null;
create unique index jobs_live_unique_key on jobs (unique_key)
    where unique_key is not null and state in ('waiting', 'delayed', 'active');

-- A job leaves a dead row behind at each step, and a claim reads over those that were not cleaned away: they are, after a fiftieth of the
-- table instead of a fifth. The log is cut at its old end, so it has few to clean.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- The history of a job: one row an attempt that ended.
create table job_attempts (
    job_id text collate "C" not null references jobs (job_id) on delete cascade,
    attempt bigint not null,
    worker_id text not null,
    started_at bigint not null,
    finished_at bigint not null,
    error text,
    primary key (job_id, attempt, finished_at)
);
