//! Believable customers in any number, the same ones every time.

use std::fmt::Write as _;

const FIRST: [&str; 12] =
    ["Ada", "Björn", "Chloé", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Inés", "Jonas", "Keira", "Luca"];
const LAST: [&str; 10] =
    ["Nakamura", "O'Neill", "Schmidt", "García", "Kowalski", "Okafor", "Lindqvist", "Rossi", "Dubois", "Novak"];
const CITIES: [(&str, &str); 6] =
    [("Wien", "AT"), ("Lyon", "FR"), ("Porto", "PT"), ("Leeds", "GB"), ("Osaka", "JP"), ("Austin", "US")];

/// A customer, as a file says it.
pub(super) struct Customer {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) company: String,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) total_spend_cents: u32,
    pub(super) visits: u32,
}

/// The customer of a row. Different `batch`es have different e-mails.
pub(super) fn customer(batch: usize, row: usize) -> Customer {
    let (first, last) = (FIRST[row % FIRST.len()], LAST[row / 7 % LAST.len()]);
    let (city, country) = CITIES[row / 3 % CITIES.len()];
    // Spread over the alphabet, so that the index of e-mails is not written in order.
    let mark = row.wrapping_mul(2_654_435_761) % 4_294_967_296;
    let below = |limit: usize| u32::try_from(row % limit).unwrap_or_default();
    Customer {
        name: format!("{first} {last}"),
        email: format!("c{mark:08x}.{batch}@example.com"),
        phone: format!("+43 1 {:07}", row % 10_000_000),
        company: format!("{last} & Co"),
        city,
        country,
        total_spend_cents: below(5_000) * 100 + below(100),
        visits: below(40),
    }
}

/// A file of `rows` customers, about 90 bytes each.
pub(super) fn csv(batch: usize, rows: usize) -> String {
    let mut text = String::with_capacity(rows * 96 + 64);
    text.push_str("name,email,phone,company,city,country,Total Spend,visits\n");
    for row in 0..rows {
        let Customer { name, email, phone, company, city, country, total_spend_cents: cents, visits } =
            customer(batch, row);
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{name},{email},{phone},{company},{city},{country},{}.{:02},{visits}",
            cents / 100,
            cents % 100,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_customer_has_an_email_of_its_own() {
        let text = csv(3, 50_000);

        let emails: HashSet<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();

        assert_eq!(emails.len(), 50_000);
    }
}
