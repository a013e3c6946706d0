//! What an import is measured against: the same customers put into the same table by nothing but upserts, with no file, no checks,
//! no counts, no events and no server around them.

use std::time::Instant;

use anyhow::Context;
use server::store::{
    Database,
    customers::{self as table, CustomerRow, Versions},
};
use uuid::Uuid;

use super::customers::{Customer, customer};

/// Rows a transaction, as many as an import writes.
const ROWS_PER_TRANSACTION: usize = 5_000;

/// Rows a second of plain upserts into an empty table.
pub(super) async fn upserts_per_second(rows: usize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let database = Database::open(&format!("sqlite://{}/plain.db", folder.path().display())).await?;
    database.migrate().await?;
    let rows_of = |chunk: usize| {
        let begin = chunk * ROWS_PER_TRANSACTION;
        (begin..rows.min(begin + ROWS_PER_TRANSACTION)).map(|row| row_of(customer(0, row))).collect::<Vec<_>>()
    };
    let chunks: Vec<_> = (0..rows.div_ceil(ROWS_PER_TRANSACTION)).map(rows_of).collect();

    let began = Instant::now();
    for chunk in chunks {
        let mut transaction = database.begin().await?;
        let _ = table::write(&mut transaction, chunk, &Versions::default()).await?;
        transaction.commit_lazily().await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    database.close().await;
    Ok(super::import::count(rows) / seconds)
}

fn row_of(customer: Customer) -> CustomerRow {
    CustomerRow {
        customer_id: Uuid::now_v7(),
        email_key: customer.email.clone(),
        email: customer.email,
        name: customer.name,
        phone: Some(customer.phone),
        company: Some(customer.company),
        city: Some(customer.city.to_owned()),
        country: Some(customer.country.to_owned()),
        total_spend_cents: customer.total_spend_cents.into(),
        visits: customer.visits.into(),
        last_visit_at: None,
        created_at: 0,
        updated_at: 0,
    }
}
