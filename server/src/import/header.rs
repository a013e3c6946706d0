//! The first record of a file: a header line, or already the first customer.
//!
//! Without a header only two shapes are clear enough to go on: a bare list of addresses, and addresses with a name
//! beside them. Anything more is refused with the request for a header line, since a city taken for a company is
//! found out when it is too late.

use super::{
    apostrophe::{self, MARK_COLUMN},
    email,
    file_error::FileError,
    mapping::{Field, Mapping},
};

/// Names shown in a refusal, and characters of each.
const SHOWN_NAMES: usize = 10;
const SHOWN_CHARS: usize = 40;

/// What the first record says of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The names of the columns as written; `Column 1`, … where there is no header line.
    pub(super) names: Vec<String>,
    /// Whether the first record is a header line, and thus no customer.
    pub(super) is_line: bool,
    /// Whether the file is one of ours, with apostrophes before what a spreadsheet would run.
    pub(super) is_escaped: bool,
    /// Which column feeds which field; at least the e-mail has one.
    pub(super) mapping: Mapping,
}

impl Header {
    /// Reads the first record of a file.
    pub(super) fn from_first_record<'a>(record: impl IntoIterator<Item = &'a str>) -> Result<Self, FileError> {
        let cells: Vec<&str> = record.into_iter().map(str::trim).collect();
        let mapping = Mapping::from_header(cells.iter().copied());
        if mapping.column(Field::Email).is_some() {
            let is_escaped = cells.contains(&MARK_COLUMN);
            let as_named = |cell| if is_escaped { apostrophe::original(cell) } else { cell };
            let names = cells.into_iter().map(|cell| as_named(cell).to_owned()).collect();
            return Ok(Self { names, is_line: true, is_escaped, mapping });
        }
        let found = shown(&cells);
        if !mapping.is_empty() || !cells.iter().any(|cell| is_address(cell)) {
            return Err(FileError::NoEmailColumn { found });
        }
        let mapping = by_content(&cells).ok_or(FileError::NoHeader { found })?;
        let names = (1..=cells.len()).map(|number| format!("Column {number}")).collect();
        Ok(Self { names, is_line: false, is_escaped: false, mapping })
    }
}

/// Whether a first record with these cells says where the e-mail is: by a name, or by an address.
pub(super) fn names_an_email(cells: &[&str]) -> bool {
    Mapping::from_header(cells.iter().copied()).column(Field::Email).is_some()
        || cells.iter().any(|cell| is_address(cell.trim()))
}

fn is_address(cell: &str) -> bool {
    email::address(cell).is_some()
}

fn by_content(cells: &[&str]) -> Option<Mapping> {
    let is_name = |cell: &str| cell.contains(char::is_alphabetic) && !is_address(cell);
    match cells {
        [_] => Some(Mapping::from_iter([(Field::Email, 0)])),
        [first, second] if is_address(first) && is_name(second) => {
            Some(Mapping::from_iter([(Field::Email, 0), (Field::Name, 1)]))
        }
        [first, second] if is_name(first) && is_address(second) => {
            Some(Mapping::from_iter([(Field::Name, 0), (Field::Email, 1)]))
        }
        _ => None,
    }
}

/// The cells for a sentence: the first ones, each shortened.
fn shown(cells: &[&str]) -> String {
    let mut names: Vec<String> = cells.iter().take(SHOWN_NAMES).map(|cell| shortened(cell, SHOWN_CHARS)).collect();
    if cells.len() > SHOWN_NAMES {
        names.push(format!("… and {} more", cells.len() - SHOWN_NAMES));
    }
    names.join(", ")
}

/// At most `max_chars` characters of a text; the last of them is `…` where something was left out.
pub(super) fn shortened(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_line_is_kept_as_written() {
        let header = Header::from_first_record(["Name", " E-Mail ", ""]).unwrap();

        assert_eq!(header.names, ["Name", "E-Mail", ""]);
        assert!(header.is_line);
        assert_eq!(header.mapping.column(Field::Email), Some(1));
    }

    #[test]
    fn a_file_of_ours_is_known_by_its_mark_and_its_names_are_read_back() {
        let ours = Header::from_first_record(["Email", "'=Note", "_escaped"]).unwrap();
        let other = Header::from_first_record(["Email", "'=Note", "escaped"]).unwrap();

        assert_eq!((ours.is_escaped, ours.names[1].as_str()), (true, "=Note"));
        assert_eq!((other.is_escaped, other.names[1].as_str()), (false, "'=Note"));
    }

    #[test]
    fn without_an_email_column_the_refusal_says_what_there_is() {
        let refusal = Header::from_first_record(["Name", "Telephone"]).unwrap_err();

        assert_eq!(
            refusal.to_string(),
            "The file has no e-mail column. Name one column 'Email'; found: Name, Telephone."
        );
    }

    #[test]
    fn the_columns_that_a_refusal_names_are_shortened() {
        let long = "x".repeat(50);
        let cells = [&[long.as_str()], ["Name"; 11].as_slice()].concat();

        let FileError::NoEmailColumn { found } = Header::from_first_record(cells).unwrap_err() else { panic!() };

        assert!(found.starts_with(&format!("{}…, ", "x".repeat(39))));
        assert!(found.ends_with(", … and 2 more"));
    }

    #[test]
    fn a_list_of_addresses_needs_no_header() {
        let bare = Header::from_first_record(["a@example.com"]).unwrap();
        let with_names = Header::from_first_record(["Ann Lee", "a@example.com"]).unwrap();

        assert_eq!((bare.names, bare.is_line), (vec!["Column 1".to_owned()], false));
        assert_eq!(with_names.mapping.column(Field::Email), Some(1));
        assert_eq!(with_names.mapping.column(Field::Name), Some(0));
    }

    #[test]
    fn more_columns_without_a_header_are_not_guessed() {
        let refusal = Header::from_first_record(["Ann Lee", "a@example.com", "Berlin"]).unwrap_err();

        assert_eq!(refusal.code(), "no_email_column");
        assert!(refusal.to_string().starts_with("The file has no header line."));
    }

    #[test]
    fn shortening_never_cuts_a_character() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }
}
