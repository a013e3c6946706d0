//! What a chunk of rows does to the customers that are known: pure, so that every rule is tested without a database.
//!
//! A row changes what it says and leaves the rest: an empty cell is no order to forget. The same e-mail twice is taken in the order
//! of the file, so that the last row wins, and the second is an update of the first.

use std::collections::{HashMap, hash_map::Entry};

use app::domain::{ImportMode, RowCounts};
use jiff::Timestamp;
use uuid::Uuid;

use super::row::CustomerRow as FileRow;
use crate::store::customers::CustomerRow;

/// What is to be written, and what became of the rows.
pub(super) struct Merged {
    /// Customers that are new or changed, each once, in the order of their first row.
    pub(super) changed: Vec<CustomerRow>,
    /// `inserted`, `updated`, `unchanged` and `skipped`; the rest is nought.
    pub(super) counts: RowCounts,
}

/// Where a customer stands.
enum Standing {
    /// As the database has it.
    Known(Box<CustomerRow>),
    /// To be written: its place among the changed ones.
    Changed(usize),
}

/// Merges rows into the customers `known` by their e-mails.
pub(super) fn merge(rows: Vec<FileRow>, known: Vec<CustomerRow>, mode: ImportMode, now: Timestamp) -> Merged {
    let now_ms = now.as_millisecond();
    let mut counts = RowCounts::default();
    // In the order of the file, so that an import that was interrupted writes the same as one that was not.
    let mut changed: Vec<CustomerRow> = Vec::with_capacity(rows.len());
    let mut customers: HashMap<String, Standing> = HashMap::with_capacity(rows.len());
    customers.extend(known.into_iter().map(|known| (known.email_key.clone(), Standing::Known(Box::new(known)))));

    for row in rows {
        match customers.entry(row.email_key.clone()) {
            Entry::Vacant(_) if mode == ImportMode::Update => counts.skipped += 1,
            Entry::Vacant(place) => {
                counts.inserted += 1;
                place.insert(Standing::Changed(changed.len()));
                changed.push(new_customer(row, now_ms));
            }
            Entry::Occupied(_) if mode == ImportMode::Create => counts.skipped += 1,
            Entry::Occupied(mut place) => {
                let is_news = match place.get_mut() {
                    Standing::Known(customer) => take(customer, row, now_ms),
                    Standing::Changed(turn) => take(&mut changed[*turn], row, now_ms),
                };
                if !is_news {
                    counts.unchanged += 1;
                    continue;
                }
                counts.updated += 1;
                if matches!(place.get(), Standing::Known(_))
                    && let Standing::Known(customer) = place.insert(Standing::Changed(changed.len()))
                {
                    changed.push(*customer);
                }
            }
        }
    }
    Merged { changed, counts }
}

fn new_customer(row: FileRow, now_ms: i64) -> CustomerRow {
    CustomerRow {
        customer_id: Uuid::now_v7(),
        email_key: row.email_key,
        email: row.email,
        name: row.name.unwrap_or_default(),
        phone: row.phone,
        company: row.company,
        city: row.city,
        country: row.country,
        total_spend_cents: row.total_spend_cents.unwrap_or_default(),
        visits: row.visits.unwrap_or_default(),
        last_visit_at: row.last_visit_at.map(Timestamp::as_millisecond),
        created_at: now_ms,
        updated_at: now_ms,
    }
}

/// Takes over what the row says. Returns whether anything is different now.
fn take(customer: &mut CustomerRow, row: FileRow, now_ms: i64) -> bool {
    let changes = [
        set(&mut customer.email, Some(row.email)),
        set(&mut customer.name, row.name),
        set_optional(&mut customer.phone, row.phone),
        set_optional(&mut customer.company, row.company),
        set_optional(&mut customer.city, row.city),
        set_optional(&mut customer.country, row.country),
        set(&mut customer.total_spend_cents, row.total_spend_cents),
        set(&mut customer.visits, row.visits),
        set_optional(&mut customer.last_visit_at, row.last_visit_at.map(Timestamp::as_millisecond)),
    ];
    let is_news = changes.contains(&true);
    if is_news {
        customer.updated_at = now_ms;
    }
    is_news
}

fn set<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) if value != *field => {
            *field = value;
            true
        }
        _ => false,
    }
}

fn set_optional<T: PartialEq>(field: &mut Option<T>, value: Option<T>) -> bool {
    value.is_some() && set(field, Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000).expect("a moment")
    }

    fn row(email: &str, name: &str) -> FileRow {
        FileRow {
            row: 1,
            line: 2,
            email: email.to_owned(),
            email_key: email.to_lowercase(),
            name: (!name.is_empty()).then(|| name.to_owned()),
            phone: None,
            company: None,
            city: None,
            country: None,
            total_spend_cents: None,
            visits: None,
            last_visit_at: None,
        }
    }

    fn known(email: &str, name: &str) -> CustomerRow {
        CustomerRow { phone: Some("123".to_owned()), ..new_customer(row(email, name), 5) }
    }

    #[test]
    fn a_new_email_is_inserted_and_a_known_one_updated() {
        let merged = merge(
            vec![row("a@x.de", "Ann"), row("B@x.de", "Bob")],
            vec![known("b@x.de", "Rob")],
            ImportMode::Upsert,
            now(),
        );

        assert_eq!((merged.counts.inserted, merged.counts.updated), (1, 1));
        assert_eq!(merged.changed.len(), 2);
        assert_eq!(merged.changed[1].name, "Bob");
        assert_eq!(merged.changed[1].created_at, 5);
    }

    #[test]
    fn the_same_email_twice_is_one_customer_and_the_last_row_wins() {
        let merged = merge(vec![row("a@x.de", "Ann"), row("A@x.de", "Anna")], vec![], ImportMode::Upsert, now());

        assert_eq!((merged.counts.inserted, merged.counts.updated), (1, 1));
        assert_eq!(merged.changed.len(), 1);
        assert_eq!((merged.changed[0].name.as_str(), merged.changed[0].email.as_str()), ("Anna", "A@x.de"));
    }

    #[test]
    fn a_row_that_says_nothing_new_is_unchanged_and_written_nowhere() {
        let merged = merge(vec![row("b@x.de", "Bob")], vec![known("b@x.de", "Bob")], ImportMode::Upsert, now());

        assert_eq!(merged.counts.unchanged, 1);
        assert!(merged.changed.is_empty());
    }

    #[test]
    fn an_empty_cell_leaves_what_is_there() {
        let merged = merge(vec![row("b@x.de", "Rob")], vec![known("b@x.de", "Bob")], ImportMode::Upsert, now());

        assert_eq!(merged.changed[0].phone.as_deref(), Some("123"));
    }

    #[test]
    fn create_skips_known_emails_and_update_skips_unknown_ones() {
        let rows = || vec![row("a@x.de", "Ann"), row("b@x.de", "Rob")];

        let created = merge(rows(), vec![known("b@x.de", "Bob")], ImportMode::Create, now());
        let updated = merge(rows(), vec![known("b@x.de", "Bob")], ImportMode::Update, now());

        assert_eq!((created.counts.inserted, created.counts.skipped), (1, 1));
        assert_eq!((updated.counts.updated, updated.counts.skipped), (1, 1));
    }
}
