//! Numbers as people and spreadsheets write them.
//!
//! Currency signs and codes, grouping (`1,234` `1.234,00` `1 234` `1'234` `1,23,456`), a sign on either side of the
//! currency and accountants' parentheses for a negative are understood. Where both `.` and `,` occur, the last one
//! begins the decimals. Where one occurs once, it begins them too, unless exactly three digits follow: `1,234` is a
//! thousand, since a comma with three decimals is hardly ever written; but `1.234` is refused, since programs write
//! it for a little more than one and Germans for a thousand, and a guess would be wrong by that factor.
//!
//! Exponents are refused: where a spreadsheet has written `1.2E+05`, the digits are lost already.

/// The largest number that JavaScript, and thus every page, still counts exactly: 2⁵³ − 1.
const MAX: u64 = 9_007_199_254_740_991;

/// Currencies that are written by a sign.
const SIGNS: [char; 14] = ['€', '$', '£', '¥', '₹', '₽', '₺', '₩', '₪', '₫', '₴', '₦', '฿', '₱'];
/// Currencies that are written by a code or an abbreviation, next to the number.
const CODES: [&str; 23] = [
    "EUR", "USD", "US", "GBP", "CHF", "Fr.", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "kr", "PLN", "zł", "CZK",
    "Kč", "HUF", "INR", "BRL", "R", "MXN",
];

/// Why a text gives no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberError {
    /// It is none.
    NotANumber,
    /// It can be read as thousands or as decimals.
    Ambiguous,
    /// It has decimals where none may be.
    NotWhole,
    /// It is beyond 2⁵³ − 1.
    TooLarge,
}

impl NumberError {
    /// What to change.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::NotANumber => "This is not a number. Write it like 1234.56.",
            Self::Ambiguous => {
                "This can be read as thousands or as decimals. Write it with two decimals, like 1234.00."
            }
            Self::NotWhole => "This has to be a whole number, like 12.",
            Self::TooLarge => "This number is too large: 9,007,199,254,740,991 is the limit.",
        }
    }
}

/// An amount of money in cents, rounded half away from zero where there are more decimals than two.
pub(super) fn cents(text: &str) -> Result<i64, NumberError> {
    let number = Decimal::parse(text)?;
    let digit = |at: usize| number.fraction.as_bytes().get(at).map_or(0, |digit| u64::from(digit - b'0'));
    let rounded = digit(0) * 10 + digit(1) + u64::from(digit(2) >= 5);
    let cents = number.units.checked_mul(100).and_then(|cents| cents.checked_add(rounded));
    number.signed(cents)
}

/// A whole number. Decimals that are nought are let through: programs write `12.0` in columns with gaps.
pub(super) fn whole(text: &str) -> Result<i64, NumberError> {
    let number = Decimal::parse(text)?;
    if number.fraction.bytes().any(|digit| digit != b'0') {
        return Err(NumberError::NotWhole);
    }
    number.signed(Some(number.units))
}

/// A number taken apart.
struct Decimal<'a> {
    is_negative: bool,
    units: u64,
    /// The digits after the decimal separator, any number of them.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Result<Self, NumberError> {
        let (is_negative, body) = without_signs(text)?;
        let (integer, fraction) = split_decimals(body)?;
        if (integer.is_empty() && fraction.is_empty()) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NumberError::NotANumber);
        }
        Ok(Self { is_negative, units: units(integer)?, fraction })
    }

    fn signed(&self, magnitude: Option<u64>) -> Result<i64, NumberError> {
        let magnitude = magnitude
            .filter(|&magnitude| magnitude <= MAX)
            .and_then(|magnitude| i64::try_from(magnitude).ok())
            .ok_or(NumberError::TooLarge)?;
        Ok(if self.is_negative { -magnitude } else { magnitude })
    }
}

/// Takes off one sign and one currency, in either order and on either side, and parentheses.
fn without_signs(text: &str) -> Result<(bool, &str), NumberError> {
    let text = text.trim();
    let (in_parentheses, mut rest) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inner) => (true, inner.trim()),
        None => (false, text),
    };
    let mut sign = None;
    let mut has_currency = false;
    while !rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '.' | ',')) {
        if let Some(after) = rest.strip_prefix(['-', '−', '+']) {
            if sign.replace(!rest.starts_with('+')).is_some() {
                return Err(NumberError::NotANumber);
            }
            rest = after.trim_start();
        } else if let Some(after) = strip(rest, |rest, code| rest.strip_prefix(code)).filter(|_| !has_currency) {
            has_currency = true;
            rest = after.trim_start();
        } else {
            return Err(NumberError::NotANumber);
        }
    }
    if !has_currency
        && !rest.ends_with(|last: char| last.is_ascii_digit())
        && let Some(before) = strip(rest, |rest, code| rest.strip_suffix(code))
    {
        rest = before.trim_end();
    }
    match (in_parentheses, sign) {
        (true, Some(_)) => Err(NumberError::NotANumber),
        (true, None) => Ok((true, rest)),
        (false, sign) => Ok((sign == Some(true), rest)),
    }
}

/// Takes off a currency at the side that `strip_one` looks at: a sign, a code, or both, as in `US$`.
fn strip<'a>(text: &'a str, strip_one: impl Fn(&'a str, &str) -> Option<&'a str>) -> Option<&'a str> {
    let sign = |text| SIGNS.iter().find_map(|sign| strip_one(text, sign.encode_utf8(&mut [0; 4])));
    let code = |text| CODES.iter().find_map(|code| strip_one(text, code));
    match code(text) {
        Some(rest) => Some(sign(rest).unwrap_or(rest)),
        None => sign(text),
    }
}

/// Parts the digits before the decimal separator, with their grouping, from those after it.
fn split_decimals(body: &str) -> Result<(&str, &str), NumberError> {
    let last = body.rfind(['.', ',']);
    let Some((at, separator)) = last.and_then(|at| body[at..].chars().next().map(|separator| (at, separator))) else {
        return Ok((body, ""));
    };
    let (integer, fraction) = (&body[..at], &body[at + 1..]);
    let is_mixed = integer.contains(['.', ',', ' ', '\'', '’', '\u{A0}', '\u{202F}']) && !integer.contains(separator);
    if is_mixed {
        return Ok((integer, fraction));
    }
    if integer.contains(separator) {
        return Ok((body, ""));
    }
    let may_be_thousands = fraction.len() == 3 && (1..=3).contains(&integer.len()) && !integer.starts_with('0');
    match separator {
        ',' if may_be_thousands => Ok((body, "")),
        '.' if may_be_thousands => Err(NumberError::Ambiguous),
        _ => Ok((integer, fraction)),
    }
}

/// The value of digits that may be grouped, by one separator throughout: two or three digits between, three at the end.
fn units(integer: &str) -> Result<u64, NumberError> {
    let separator = integer.chars().find(|character| !character.is_ascii_digit());
    if let Some(separator) = separator {
        if !matches!(separator, '.' | ',' | ' ' | '\'' | '’' | '\u{A0}' | '\u{202F}' | '\u{2009}') {
            return Err(NumberError::NotANumber);
        }
        let mut groups = integer.split(separator);
        let is_first_right = groups.next().is_some_and(|first| (1..=3).contains(&first.len()));
        let is_last_right = groups.next_back().is_some_and(|last| last.len() == 3);
        if !is_first_right || !is_last_right || !groups.all(|group| matches!(group.len(), 2 | 3)) {
            return Err(NumberError::NotANumber);
        }
    }
    let mut value: u64 = 0;
    for character in integer.chars().filter(|&character| Some(character) != separator) {
        let digit = character.to_digit(10).ok_or(NumberError::NotANumber)?;
        value = value.checked_mul(10).and_then(|value| value.checked_add(digit.into())).ok_or(NumberError::TooLarge)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_people_write_it() {
        let amounts = [
            ("12", 1_200),
            ("12.5", 1_250),
            ("1234.56", 123_456),
            ("1,234.56", 123_456),
            ("1234,56", 123_456),
            ("1.234,56", 123_456),
            ("1 234,56", 123_456),
            ("1\u{202F}234,56 €", 123_456),
            ("1'234.50", 123_450),
            ("1’234.500", 123_450),
            ("1,23,456.00", 12_345_600),
            ("1,234", 123_400),
            ("1.234.567", 123_456_700),
            ("€ 12", 1_200),
            ("$12.00", 1_200),
            ("US$12.00", 1_200),
            ("12.00 USD", 1_200),
            ("CHF 12.00", 1_200),
            ("-3", -300),
            ("−3", -300),
            ("+3", 300),
            ("-$3.10", -310),
            ("$-3.10", -310),
            ("(12.50)", -1_250),
            ("($12.50)", -1_250),
            (".5", 50),
            ("0.125", 13),
            ("99.9900000001", 9_999),
            ("0,005", 1),
        ];
        for (text, expected) in amounts {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let texts = [
            "",
            "abc",
            "12abc",
            "1e5",
            "1.2E+05",
            "--3",
            "-(3)",
            "1,2,3",
            "12,34.5",
            "1 2",
            "$",
            "-",
            ".",
            "12%",
            "1.2.3",
            "€ 12 €",
            "NaN",
            "٣",
        ];
        for text in texts {
            assert_eq!(cents(text), Err(NumberError::NotANumber), "{text}");
        }
    }

    #[test]
    fn a_dot_before_three_digits_is_not_guessed() {
        assert_eq!(cents("1.234"), Err(NumberError::Ambiguous));
        assert_eq!(cents("12.500"), Err(NumberError::Ambiguous));
        assert_eq!(cents("1234.567"), Ok(123_457));
    }

    #[test]
    fn numbers_that_a_page_could_not_count_are_too_large() {
        assert_eq!(cents("90071992547409.91"), Ok(9_007_199_254_740_991));
        assert_eq!(cents("90071992547409.92"), Err(NumberError::TooLarge));
        assert_eq!(whole("99999999999999999999999"), Err(NumberError::TooLarge));
    }

    #[test]
    fn a_whole_number_may_have_decimals_that_are_nought() {
        assert_eq!(whole("12"), Ok(12));
        assert_eq!(whole("12.0"), Ok(12));
        assert_eq!(whole("1,200"), Ok(1_200));
        assert_eq!(whole("12.5"), Err(NumberError::NotWhole));
    }
}
