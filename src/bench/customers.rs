//! Believable customers in any number, the same ones every time.

use std::fmt::Write as _;

const FIRST: [&str; 12] =
    ["Ada", "Björn", "Chloé", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Inés", "Jonas", "Keira", "Luca"];
const LAST: [&str; 10] =
    ["Nakamura", "O'Neill", "Schmidt", "García", "Kowalski", "Okafor", "Lindqvist", "Rossi", "Dubois", "Novak"];
const CITIES: [(&str, &str); 6] =
    [("Wien", "AT"), ("Lyon", "FR"), ("Porto", "PT"), ("Leeds", "GB"), ("Osaka", "JP"), ("Austin", "US")];

/// A file of `rows` customers, about 90 bytes each. Different `batch`es have different e-mails.
pub(super) fn csv(batch: usize, rows: usize) -> String {
    let mut text = String::with_capacity(rows * 96 + 64);
    text.push_str("name,email,phone,company,city,country,Total Spend,visits\n");
    for row in 0..rows {
        let (first, last) = (FIRST[row % FIRST.len()], LAST[row / 7 % LAST.len()]);
        let (city, country) = CITIES[row / 3 % CITIES.len()];
        // Spread over the alphabet, so that the index of e-mails is not written in order.
        let mark = row.wrapping_mul(2_654_435_761) % 4_294_967_296;
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{first} {last},c{mark:08x}.{batch}@example.com,+43 1 {:07},{last} & Co,{city},{country},{}.{:02},{}",
            row % 10_000_000,
            row % 5_000,
            row % 100,
            row % 40,
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
