-- Browsers in which a user has signed in: each holds a secret, kept here as its SHA-256 only. It lets nobody in; but who shows it is slowed
-- down by his own failures alone, wherever he comes from and whatever others do to the account.
create table devices (
    device_hash text primary key,
    user_id blob not null references users (user_id),
    expires_at integer not null
) without rowid;

create index devices_of_user on devices (user_id);
