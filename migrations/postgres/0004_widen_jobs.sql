alter table jobs
    -- Of the jobs with the same key, in all queues, one runs at a time.
    add column concurrency_key text collate "C",
    -- Whether it waits behind another one with its concurrency key: claims pass it over. Only waiting jobs are ever parked.
    add column is_parked bigint not null default 0,
    -- Until when its unique key is taken even if it has ended.
    add column unique_until bigint,
    -- When its worker was asked to call it off; cleared when the attempt ends.
    add column cancel_asked_at bigint,
    -- Set when it is dead-lettered: the same for all errors that differ in details only.
    add column error_fingerprint text collate "C";

drop index jobs_to_claim;
create index jobs_to_claim on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting' and is_parked = 0;
create index jobs_parked on jobs (queue_name, priority desc, run_at, job_id) where state = 'waiting' and is_parked = 1;
create index jobs_by_key on jobs (concurrency_key, is_parked, priority desc, run_at, job_id)
    where concurrency_key is not null and state in ('waiting', 'active');
create index jobs_called_off on jobs (worker_id) where cancel_asked_at is not null and state = 'active';
create index jobs_delayed on jobs (queue_name, run_at, job_id) where state = 'delayed';

-- Ended jobs are listed and trimmed by queue and state. Without the job's id, so that those that ended together share an entry.
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
alter table job_attempts drop constraint job_attempts_job_id_fkey;
alter table job_attempts drop constraint job_attempts_pkey;
alter table job_attempts add column attempt_id bigint not null generated always as identity;
alter table job_attempts add primary key (job_id, attempt_id);

-- What jobs said.
create table job_log (
    job_id text collate "C" not null,
    line_id bigint not null generated always as identity,
    at bigint not null,
    level text not null,
    line text not null,
    primary key (job_id, line_id)
);

-- What operators decided. A queue that nobody touched has no row.
create table queues (
    queue_name text collate "C" primary key,
    is_paused bigint not null default 0,
    concurrency_limit bigint
);

-- How many jobs of which state a queue has, changed by the transactions that change the jobs; the count is the sum over the shards. Each
-- connection writes a shard of its own, so that those who work at the same time don't wait in line for one row.
-- `recent` is how many became so within the minute that began at `minute`, `before` the same for the minute before it.
create table queue_counts (
    queue_name text collate "C" not null,
    state text collate "C" not null,
    shard bigint not null,
    jobs bigint not null,
    minute bigint not null default 0,
    recent bigint not null default 0,
    before bigint not null default 0,
    primary key (queue_name, state, shard)
);

-- A row is written again at each step of a job. Room beside it lets the next version stand on the same page, where it needs no new entry
-- in the index and is cleaned away by whoever passes.
alter table queue_counts set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

insert into queue_counts (queue_name, state, shard, jobs) select queue_name, state, 0, count(*) from jobs group by queue_name, state;

-- Workers, as they presented themselves, and their last sign of life.
create table workers (
    worker_id text collate "C" primary key,
    name text not null,
    host text not null,
    version text not null,
    -- The queues that it takes from, and the jobs that it has, as JSON.
    queues text not null,
    status text not null,
    current_jobs bigint not null default 0,
    job_ids text not null default '[]',
    started_at bigint not null,
    last_heartbeat_at bigint not null
);

create table schedules (
    name text collate "C" primary key,
    -- All that its maker wrote down, as JSON.
    plan text not null,
    is_paused bigint not null,
    next_run_at bigint,
    last_run_at bigint,
    last_job_id text collate "C",
    created_at bigint not null
);

create index schedules_due on schedules (next_run_at) where next_run_at is not null and is_paused = 0;
