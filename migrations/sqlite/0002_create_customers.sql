-- Clustered by id: ids grow with time, so new customers are appended and "newest first" needs no index.
create table customers (
    customer_id blob primary key,
    -- The e-mail in lower case: unique, and how an import finds a customer again.
    email_key text not null unique,
    email text not null,
    name text not null default '',
    phone text,
    company text,
    city text,
    country text,
    total_spend_cents integer not null default 0,
    visits integer not null default 0,
    last_visit_at integer,
    -- What the search looks into: name, e-mail, company, phone and city in lower case, one a line.
    search_text text not null,
    created_at integer not null,
    updated_at integer not null
) without rowid;

-- How many there are, kept by the same transaction that changes them: no page counts rows.
create table customer_totals (
    singleton integer primary key check (singleton = 1),
    customers integer not null
);

insert into customer_totals (singleton, customers) values (1, 0);
