//! Figures as text. Logic lives here, outside components, so that it is tested natively.

/// A whole number with its thousands separated: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 row`, `2,000 rows`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A size in the unit that suits it: `640 bytes`, `12.4 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => counted(bytes, "byte", "bytes"),
    }
}

/// Cents as an amount with two decimals and no currency, which nobody told us: `1,234.50`.
pub fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    let absolute = cents.unsigned_abs();
    format!("{sign}{}.{:02}", thousands(absolute / 100), absolute % 100)
}

/// How much of a whole is done, in thousandths; `None` when the whole is unknown or nothing.
pub fn thousandths(done: u64, whole: u64) -> Option<u16> {
    let share = (u128::from(done) * 1000).checked_div(u128::from(whole))?;
    u16::try_from(share.min(1000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_from_the_right() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(12_345_678), "12,345,678");
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(0, "row", "rows"), "0 rows");
    }

    #[test]
    fn a_size_takes_the_largest_unit_that_is_whole() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1_023), "1,023 bytes");
        assert_eq!(size(1_024), "1.0 KiB");
        assert_eq!(size(13_002_342), "12.3 MiB");
        assert_eq!(size(u64::MAX), "17179869183.9 GiB");
    }

    #[test]
    fn an_amount_keeps_its_cents_and_its_sign() {
        assert_eq!(amount(0), "0.00");
        assert_eq!(amount(-1_205), "−12.05");
        assert_eq!(amount(123_456_789), "1,234,567.89");
        assert_eq!(amount(i64::MIN), "−92,233,720,368,547,758.08");
    }

    #[test]
    fn a_share_of_nothing_is_unknown_and_none_exceeds_the_whole() {
        assert_eq!(thousandths(5, 0), None);
        assert_eq!(thousandths(1, 3), Some(333));
        assert_eq!(thousandths(9, 3), Some(1000));
        assert_eq!(thousandths(u64::MAX, u64::MAX), Some(1000));
    }
}
