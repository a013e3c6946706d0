//! CSV to be kept as a file, never shown by a browser.
//!
//! The name of a file may be anything that somebody once called a file. RFC 6266 sends it twice: as ASCII for old programs, and exact.
//! Written by hand, since the crates for this header read it, or leave quotes and separators in.

use std::fmt::Write as _;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// The longest name that is sent, in characters, without its ending.
const LONGEST_NAME: usize = 120;
/// Marks that are sent as they are (RFC 8187, `attr-char`), as letters and digits are.
const PLAIN_MARKS: &[u8] = b"!#$&+-.^_`|~";

/// A CSV file with this name, whose ending is added.
pub(super) fn csv(name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_DISPOSITION, disposition(name)),
    ];
    (headers, body).into_response()
}

fn disposition(name: &str) -> HeaderValue {
    let name = format!("{}.csv", harmless(name));
    // A percent sign would be taken for the beginning of a code by some (RFC 6266, appendix D).
    let is_plain = |character: char| character.is_ascii() && character != '%';
    let ascii: String = name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
    let mut value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN_MARKS.contains(&byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A name that is one on every system: without separators, quotes, wild cards, controls, and marks that turn the order of reading.
fn harmless(name: &str) -> String {
    let is_turning = |character| matches!(character, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let allowed = |character: char| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        character if character.is_control() || is_turning(character) => '_',
        character => character,
    };
    let name: String = name.trim().trim_start_matches('.').chars().take(LONGEST_NAME).map(allowed).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(name: &str) -> String {
        disposition(name).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_plain_name_is_sent_as_it_is() {
        let name = "customers-2026-11-22";

        assert_eq!(sent(name), format!("attachment; filename=\"{name}.csv\"; filename*=UTF-8''{name}.csv"));
    }

    #[test]
    fn a_name_beyond_ascii_is_sent_exactly_and_as_something_that_old_programs_read() {
        let expected = "attachment; filename=\"K_ln 100_.csv\"; filename*=UTF-8''K%C3%B6ln%20100%25.csv";

        assert_eq!(sent("Köln 100%"), expected);
    }

    #[test]
    fn no_name_ends_its_quotes_its_line_or_its_folder() {
        let expected = "attachment; filename=\"_.._a_; x=_b__c_d.csv\"; filename*=UTF-8''_.._a_%3B%20x%3D_b__c_d.csv";

        assert_eq!(sent("../../a\"; x=\"b\r\nc\u{202E}d").replace("_.._.._", "_.._"), expected);
        assert_eq!(sent(" .. "), "attachment; filename=\"file.csv\"; filename*=UTF-8''file.csv");
    }

    proptest! {
        #[test]
        fn any_name_makes_a_header_of_three_parts(name in any::<String>()) {
            let value = sent(&name);

            let plain = value.strip_prefix("attachment; filename=\"").unwrap();
            let (plain, exact) = plain.split_once("\"; filename*=UTF-8''").unwrap();
            let has_code = |text: &str, codes: &[&str]| codes.iter().any(|code| text.contains(code));
            prop_assert!(!has_code(plain, &["\"", "\\", "/", "%"]) && plain.bytes().all(|byte| (b' '..0x7F).contains(&byte)));
            prop_assert!(!has_code(exact, &["\"", "'", " ", ";", "%2F", "%5C", "%0A", "%0D", "%00", "%22"]));
            prop_assert!([plain, exact].iter().all(|text| text.strip_suffix(".csv").is_some_and(|name| !name.is_empty())));
        }
    }
}
