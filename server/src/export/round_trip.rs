//! What is written is read: customers as they may be, with whatever a spreadsheet or a parser might trip over, and back.

use app::domain::{Customer, CustomerId};
use jiff::Timestamp;
use proptest::prelude::*;

use super::customers::{begun, cells};
use crate::import::{Position, RowReader, check};

/// All that an import may set.
type Told = (String, String, [Option<String>; 4], i64, i64, Option<Timestamp>);

fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "\t", "\r", "\n", "\r\n", "\"", ",", ";", "|", " ",
        "\u{200B}", "\u{FEFF}", "sep=;", "_escaped", "1,5", "a", "ß", "😀", "\u{202E}",
    ];
    let any = any::<char>().prop_filter("no text has them", |character| !character.is_control());
    let piece = prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => any.prop_map(String::from)];
    // An import leaves nothing at either end that can't be seen.
    let is_invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}');
    prop::collection::vec(piece, 0..8).prop_map(move |pieces| pieces.concat().trim_matches(is_invisible).to_owned())
}

fn optional() -> impl Strategy<Value = Option<String>> {
    text().prop_map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// Without what an import takes off a telephone number.
fn phone() -> impl Strategy<Value = Option<String>> {
    let is_taken_off =
        |c: char| c == '\'' || c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}');
    optional().prop_map(move |phone| {
        let phone = phone?.trim_start_matches(is_taken_off).to_owned();
        Some(phone).filter(|phone| !phone.is_empty())
    })
}

fn customer() -> impl Strategy<Value = Customer> {
    let email = prop_oneof!["[a-z=+'-][a-z]{0,5}@example\\.com", Just("\"=,\"@example.com".to_owned())];
    let numbers = (-9_007_199_254_740_991..=9_007_199_254_740_991_i64, 0..=9_007_199_254_740_991_i64);
    let moment = prop::option::of(Timestamp::MIN.as_millisecond()..=Timestamp::MAX.as_millisecond());
    (text(), email, (phone(), optional(), optional(), optional()), numbers, moment).prop_map(
        |(name, email, (phone, company, city, country), (total_spend_cents, visits), moment)| Customer {
            id: CustomerId(uuid::Uuid::now_v7()),
            name,
            email,
            phone,
            company,
            city,
            country,
            total_spend_cents,
            visits,
            last_visit_at: moment.map(|moment| Timestamp::from_millisecond(moment).unwrap()),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        },
    )
}

fn told(customer: Customer) -> Told {
    let Customer { name, email, phone, company, city, country, total_spend_cents, visits, last_visit_at, .. } =
        customer;
    (name, email, [phone, company, city, country], total_spend_cents, visits, last_visit_at)
}

fn imported(file: &[u8]) -> Vec<Told> {
    let format = check(|| Ok(file)).unwrap().format;
    let chunk = RowReader::open(file, &format, Position::default()).unwrap().read_chunk(1_000).unwrap();
    assert_eq!(chunk.problems, []);
    let rows = chunk.rows.into_iter().map(|row| {
        let texts = [row.phone, row.company, row.city, row.country];
        let cents = row.total_spend_cents.unwrap();
        (row.name.unwrap_or_default(), row.email, texts, cents, row.visits.unwrap(), row.last_visit_at)
    });
    rows.collect()
}

proptest! {
    #[test]
    fn customers_that_left_come_back_as_they_were(customers in prop::collection::vec(customer(), 0..12)) {
        let mut table = begun();
        for customer in &customers {
            table.row(cells(customer));
        }

        let read = imported(&table.take());

        prop_assert_eq!(read, customers.into_iter().map(told).collect::<Vec<_>>());
    }
}
