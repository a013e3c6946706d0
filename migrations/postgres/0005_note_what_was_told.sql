-- What listeners were told of a worker last, status and number of jobs, and when: the next sign of life is told where it differs, though
-- not more often than once a second.
alter table workers add column told text not null default '';
alter table workers add column told_at bigint not null default 0;

-- What listeners were told of a queue last, and when. A queue is told of again where its counts differ, at most twice a second over all
-- processes; so the last counts are always told, whoever dies meanwhile. Claims and endings don't write here.
create table queue_news (
    queue_name text collate "C" primary key,
    told_at bigint not null,
    waiting bigint not null,
    active bigint not null,
    completed bigint not null,
    failed bigint not null,
    delayed bigint not null,
    cancelled bigint not null,
    is_paused bigint not null
);
