-- What listeners were told of a worker last, status and number of jobs, and when: the next sign of life is told where it differs, though
-- not more often than once a second.
alter table workers add column told text not null default '';
alter table workers add column told_at integer not null default 0;

-- What listeners were told of a queue last, and when. A queue is told of again where its counts differ, at most twice a second over all
-- processes; so the last counts are always told, whoever dies meanwhile. Claims and endings don't write here.
create table queue_news (
    queue_name text primary key,
    told_at integer not null,
    waiting integer not null,
    active integer not null,
    completed integer not null,
    failed integer not null,
    delayed integer not null,
    cancelled integer not null,
    is_paused integer not null
) without rowid;
