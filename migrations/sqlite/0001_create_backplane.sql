-- The event log. `epoch` is random and made with the log, so that a cursor of a lost log is recognised.
-- Events up to `trimmed_through` are gone; a reader from before that place is told to load its snapshot again.
create table event_log (
    singleton integer primary key check (singleton = 1),
    epoch text not null,
    trimmed_through integer not null default 0
);

insert into event_log (singleton, epoch) values (1, lower(hex(randomblob(6))));

-- One row an event. With one writer at a time the ids are given in the order of the commits, so a reader of
-- `id > last` misses nothing. `autoincrement`, because a trimmed id must never be given again.
create table pubsub_events (
    id integer primary key autoincrement,
    channel text not null,
    data text not null,
    created_at integer not null
);

create index pubsub_events_by_age on pubsub_events (created_at);

-- Times are milliseconds since 1970, by the clock of the machine that the file lies on.
create table jobs (
    job_id text primary key,
    queue_name text not null,
    job_name text not null,
    state text not null check (state in ('waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled')),
    priority integer not null default 0 check (priority between 0 and 9),
    data text not null,
    public text not null default '{}',
    result text,
    error text,
    unique_key text,
    attempt integer not null default 0,
    max_attempts integer not null,
    -- Workers that died over it in a row; when there are `max_stalls` of them the job is dead-lettered.
    stalls integer not null default 0,
    max_stalls integer not null default 3,
    progress integer not null default 0,
    stage text,
    message text,
    -- Who may write the job's result: set by the claim, cleared when the attempt ends.
    token text,
    worker_id text,
    lease_expires_at integer,
    created_at integer not null,
    run_at integer not null,
    started_at integer,
    finished_at integer
) without rowid;

-- The order in which jobs are claimed: priority, then age.
create index jobs_to_claim on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting';
create index jobs_to_promote on jobs (run_at) where state = 'delayed';
create index jobs_to_rescue on jobs (lease_expires_at) where state = 'active';
create index jobs_to_trim on jobs (finished_at) where finished_at is not null;
create unique index jobs_live_unique_key on jobs (unique_key)
    where unique_key is not null and state in ('waiting', 'delayed', 'active');

-- The history of a job: one row an attempt that ended.
create table job_attempts (
    job_id text not null references jobs (job_id) on delete cascade,
    attempt integer not null,
    worker_id text not null,
    started_at integer not null,
    finished_at integer not null,
    error text,
    primary key (job_id, attempt, finished_at)
) without rowid;
