create table customers (
    -- Ids grow with time, so "newest first" needs no other index.
    customer_id uuid primary key,
    -- The e-mail in lower case: unique, and how an import finds a customer again.
    email_key text collate "C" not null unique,
    email text not null,
    name text not null default '',
    phone text,
    company text,
    city text,
    country text,
    total_spend_cents bigint not null default 0,
    visits bigint not null default 0,
    last_visit_at bigint,
    -- What the search looks into: name, e-mail, company, phone and city in lower case, one a line.
    search_text text not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- Carries to `on conflict` which version of the customer a writer has seen, so that it overwrites no other. Says nothing in the table.
    seen bigint
);

-- How many there are, kept by the same transaction that changes them: no page counts rows.
create table customer_totals (
    singleton integer primary key check (singleton = 1),
    customers bigint not null
);

insert into customer_totals (singleton, customers) values (1, 0);
