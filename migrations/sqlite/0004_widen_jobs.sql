-- Of the jobs with the same key, in all queues, one runs at a time.
alter table jobs add column concurrency_key text;
-- Whether it waits behind another one with its concurrency key: claims pass it over. Only waiting jobs are ever parked.
alter table jobs add column is_parked integer not null default 0;
-- Until when its unique key is taken even if it has ended.
alter table jobs add column unique_until integer;
-- When its worker was asked to call it off; cleared when the attempt ends.
alter table jobs add column cancel_asked_at integer;
-- Set when it is dead-lettered: the same for all errors that differ in details only.
alter table jobs add column error_fingerprint text;

drop index jobs_to_claim;
create index jobs_to_claim on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting' and is_parked = 0;
create index jobs_parked on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting' and is_parked = 1;
create index jobs_by_key on jobs (concurrency_key, is_parked, priority desc, run_at, job_id)
    where concurrency_key is not null and state in ('waiting', 'active');
create index jobs_called_off on jobs (worker_id) where cancel_asked_at is not null and state = 'active';
create index jobs_delayed on jobs (queue_name, run_at, job_id) where state = 'delayed';

-- Ended jobs are listed and trimmed by queue and state. The job's id, which settles equal times, is part of every index here.
drop index jobs_to_trim;
create index jobs_ended on jobs (queue_name, state, finished_at) where finished_at is not null;
create index jobs_by_fingerprint on jobs (queue_name, error_fingerprint, finished_at) where state = 'failed';

-- A key is taken by a job that lives, and by one that ended before its time was over. Nobody clears `unique_until` when the time comes:
-- whoever wants the key does.
drop index jobs_live_unique_key;
create unique index jobs_unique_key on jobs (unique_key)
    where unique_key is not null and (state in ('waiting', 'delayed', 'active') or unique_until is not null);

-- Whoever removes jobs removes their past: a foreign key would be checked for each attempt that ends. Attempts have a number of their
-- own: a job that was taken up again by hand counts them from 1 again.
create table job_attempts_unbound (
    attempt_id integer primary key,
    job_id text not null,
    attempt integer not null,
    worker_id text not null,
    started_at integer not null,
    finished_at integer not null,
    error text
);

insert into job_attempts_unbound (job_id, attempt, worker_id, started_at, finished_at, error)
    select job_id, attempt, worker_id, started_at, finished_at, error from job_attempts order by job_id, finished_at, attempt;
drop table job_attempts;
alter table job_attempts_unbound rename to job_attempts;
create index job_attempts_by_job on job_attempts (job_id);

-- What jobs said.
create table job_log (
    line_id integer primary key,
    job_id text not null,
    at integer not null,
    level text not null,
    line text not null
);

create index job_log_by_job on job_log (job_id);

-- What operators decided. A queue that nobody touched has no row.
create table queues (
    queue_name text primary key,
    is_paused integer not null default 0,
    concurrency_limit integer
) without rowid;

-- How many jobs of which state a queue has, changed by the transactions that change the jobs. There is one writer, and so one shard.
-- `recent` is how many became so within the minute that began at `minute`, `before` the same for the minute before it.
create table queue_counts (
    queue_name text not null,
    state text not null,
    shard integer not null,
    jobs integer not null,
    minute integer not null default 0,
    recent integer not null default 0,
    before integer not null default 0,
    primary key (queue_name, state, shard)
) without rowid;

insert into queue_counts (queue_name, state, shard, jobs) select queue_name, state, 0, count(*) from jobs group by queue_name, state;

-- Workers, as they presented themselves, and their last sign of life.
create table workers (
    worker_id text primary key,
    name text not null,
    host text not null,
    version text not null,
    -- The queues that it takes from, and the jobs that it has, as JSON.
    queues text not null,
    status text not null,
    current_jobs integer not null default 0,
    job_ids text not null default '[]',
    started_at integer not null,
    last_heartbeat_at integer not null
) without rowid;

create table schedules (
    name text primary key,
    -- All that its maker wrote down, as JSON.
    plan text not null,
    is_paused integer not null,
    next_run_at integer,
    last_run_at integer,
    last_job_id text,
    created_at integer not null
) without rowid;

create index schedules_due on schedules (next_run_at) where next_run_at is not null and is_paused = 0;
