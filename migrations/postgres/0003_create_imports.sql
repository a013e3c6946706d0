create table imports (
    import_id uuid primary key,
    -- The job that does it. Enqueued after this row is committed; the reconciler makes up for a death between the two.
    job_id text collate "C" not null,
    idempotency_key text collate "C" unique,
    file_name text,
    -- Where the file lies in the storage, and what it was when it came.
    storage_path text not null,
    size_bytes bigint not null,
    sha256 text not null,
    mode text not null check (mode in ('upsert', 'create', 'update')),
    status text not null check (status in ('queued', 'running', 'completed', 'failed')),
    error_code text,
    error text,
    -- What the check of the whole file found out (encoding, delimiter, header, mapping), as JSON; null before it.
    format text,
    -- The place after the last row that was dealt with, as JSON: written by the same transaction as the rows before it.
    position text,
    -- Which attempt may write: a later attempt takes it over, and the earlier one's writes are refused from then on.
    attempt_token text collate "C",
    attempt bigint not null default 0,
    rows_read bigint not null default 0,
    rows_inserted bigint not null default 0,
    rows_updated bigint not null default 0,
    rows_unchanged bigint not null default 0,
    rows_skipped bigint not null default 0,
    rows_failed bigint not null default 0,
    rows_total bigint,
    bytes_read bigint not null default 0,
    rows_per_second bigint,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    check (rows_inserted + rows_updated + rows_unchanged + rows_skipped + rows_failed = rows_read)
);

-- What the reconciler looks for: imports that still have work to come.
create index imports_unfinished on imports (import_id) where status in ('queued', 'running');

-- One row for each thing that is wrong; `record`, the row's fields as JSON, stands on the first one of a row.
create table import_errors (
    import_id uuid not null references imports (import_id) on delete cascade,
    row_number bigint not null,
    place bigint not null,
    line_number bigint not null,
    column_name text,
    value text,
    code text not null,
    message text not null,
    record text,
    primary key (import_id, row_number, place)
);
