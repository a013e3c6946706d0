//! The character that parts a file's cells, told from its first records.
//!
//! A delimiter is right if it parts every record into as many cells as the first. That alone is fooled by
//! `Name, Vorname;E-Mail` over `Lee, Ann;a@example.com`, where comma and semicolon agree: so a delimiter that sets an e-mail
//! column or an address free counts before one that does not.

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::header::names_an_email;

/// The delimiters that files come with; in a draw the earlier one is taken.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Records that are looked at.
const RECORDS: usize = 200;

/// The delimiter that Excel's first line `sep=;` names, in quotes or not.
pub(super) fn named_by_separator_line(text: &str) -> Option<u8> {
    let line = text.lines().next()?.trim().trim_matches('"');
    match line.as_bytes() {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            (delimiter.is_ascii_punctuation() && !matches!(delimiter, b'"' | b'=')).then_some(*delimiter)
        }
        // A tab at the end of the line was trimmed away with the line's end.
        [s, e, p, b'='] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(b'\t'),
        _ => None,
    }
}

/// The delimiter that parts `text` best; `,` where there is but one column. The text's lines end in `\n`.
pub(super) fn most_consistent(text: &str) -> u8 {
    let mut best = (b',', (false, 0));
    for candidate in CANDIDATES {
        let found = score(text, candidate);
        if found > best.1 {
            best = (candidate, found);
        }
    }
    best.0
}

/// Whether the delimiter sets an e-mail free, and how many of a thousand records have as many cells as the first.
fn score(text: &str, delimiter: u8) -> (bool, usize) {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let records: Vec<StringRecord> = reader.records().take(RECORDS).filter_map(Result::ok).collect();
    let Some(first) = records.iter().find(|record| !record.as_slice().trim().is_empty()) else {
        return (false, 0);
    };
    if first.len() < 2 {
        return (false, 0);
    }
    let alike = records.iter().filter(|record| record.len() == first.len()).count();
    (names_an_email(&first.iter().collect::<Vec<_>>()), alike * 1_000 / records.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delimiter_is_found() {
        for delimiter in CANDIDATES {
            let text = "Email,Name\na@example.com,Ann\n".replace(',', &char::from(delimiter).to_string());

            assert_eq!(most_consistent(&text), delimiter);
        }
    }

    #[test]
    fn delimiters_in_quotes_do_not_count() {
        let text = "Email;Name;Note\na@example.com;\"Lee, Ann\";\"1, 2, 3\"\nb@example.com;\"Lee, Bo\";\"1, 2\n, 3\"\n";

        assert_eq!(most_consistent(text), b';');
    }

    #[test]
    fn a_second_character_that_parts_every_line_does_not_mislead() {
        assert_eq!(most_consistent("Name, Vorname;E-Mail\nLee, Ann;a@example.com\n"), b';');
        assert_eq!(most_consistent("Email;Total Spend\na@example.com;1,50\nb@example.com;2,75\n"), b';');
    }

    #[test]
    fn a_draw_goes_to_the_comma_and_so_does_a_single_column() {
        assert_eq!(most_consistent("Email,a;b\nx@example.com,c;d\n"), b',');
        assert_eq!(most_consistent("Email\na@example.com\n"), b',');
        assert_eq!(most_consistent(""), b',');
    }

    #[test]
    fn excels_separator_line_is_understood() {
        assert_eq!(named_by_separator_line("sep=;\r\nEmail;Name"), Some(b';'));
        assert_eq!(named_by_separator_line("\"sep=|\"\nEmail"), Some(b'|'));
        assert_eq!(named_by_separator_line("SEP=\t\nEmail"), Some(b'\t'));
        assert_eq!(named_by_separator_line("Email,sep=;"), None);
        assert_eq!(named_by_separator_line("sep=x\n"), None);
    }
}
