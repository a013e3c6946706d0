-- People who may sign in. Nobody is removed: the audit log names them.
create table users (
    user_id uuid primary key,
    -- The e-mail in lower case: unique, and how a user is found again.
    email_key text collate "C" not null unique,
    email text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    -- Argon2id, in the form that says with which parameters (PHC string).
    password_hash text not null,
    disabled_at bigint,
    created_at bigint not null
);

-- Browsers in which somebody is signed in. What a cookie holds is kept as its SHA-256 only: who reads this table can sign in nowhere.
create table sessions (
    session_hash text collate "C" primary key,
    session_id uuid not null unique,
    user_id uuid not null references users (user_id),
    address text not null,
    agent text not null,
    created_at bigint not null,
    -- To the minute: a request is no reason to write.
    seen_at bigint not null,
    expires_at bigint not null
);

create index sessions_of_user on sessions (user_id);

-- Addresses from which a user has signed in: who guesses his password from others does not slow him down there.
create table sign_in_addresses (
    user_id uuid not null references users (user_id),
    address text collate "C" not null,
    seen_at bigint not null,
    primary key (user_id, address)
);

-- Tokens of programs, likewise. A name is free again once its token is revoked.
create table api_tokens (
    token_id uuid primary key,
    token_hash text collate "C" not null unique,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);

create unique index api_tokens_in_force on api_tokens (name) where revoked_at is null;

-- The link with which the first admin is made; one at a time, and none once there is an admin.
create table setup_link (
    singleton integer primary key check (singleton = 1),
    link_hash text not null,
    expires_at bigint not null
);

-- Who did what. Rows are written and read, never changed.
create table audit_log (
    entry_id bigint generated always as identity primary key,
    at bigint not null,
    -- `user`, `token`, `console` or `anonymous`, and by which name.
    actor_kind text not null,
    actor text not null,
    action text not null,
    target text,
    state_before text,
    state_after text,
    reason text,
    outcome text not null,
    address text
);

create function refuse_to_change_audit_log() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end
$$;

create trigger audit_log_is_append_only before update or delete on audit_log
    for each row execute function refuse_to_change_audit_log();

create trigger audit_log_is_not_emptied before truncate on audit_log
    for each statement execute function refuse_to_change_audit_log();
