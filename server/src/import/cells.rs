//! The cells of one record, read as the fields they feed. What can't be read is noted, with all that its owner needs
//! to find and repair it, and reading goes on.

use app::domain::ImportRowError;
use csv::StringRecord;
use jiff::Timestamp;

use super::{
    apostrophe::MARK_COLUMN,
    date,
    email::{self, MAX_EMAIL_CHARS},
    header::shortened,
    mapping::{Field, Mapping},
    number::{self, NumberError},
};

/// The longest text that a field of a customer holds, in characters.
const MAX_TEXT_CHARS: usize = 1_000;
/// Characters of an offending value that are kept.
const SHOWN_CHARS: usize = 200;

/// The columns of a file.
pub(super) struct Columns {
    names: Vec<String>,
    mapping: Mapping,
    /// Cells that a record needs: those up to the last column with a name. The mark of a file of ours needs none.
    width: usize,
}

impl Columns {
    pub(super) fn new(names: Vec<String>, mapping: Mapping) -> Self {
        let width = names.iter().rposition(|name| !name.is_empty() && name != MARK_COLUMN).map_or(0, |last| last + 1);
        Self { names, mapping, width }
    }
}

/// One record of a file with such columns.
pub(super) struct Cells<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    row: u64,
    line: u64,
    errors: Vec<ImportRowError>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(columns: &'a Columns, record: &'a StringRecord, row: u64, line: u64) -> Self {
        Self { columns, record, row, line, errors: Vec::new() }
    }

    /// Empty cells beyond the last column are let through: spreadsheets leave them behind.
    pub(super) fn are_as_many_as_columns(&mut self) -> bool {
        let (found, expected) = (self.record.len(), self.columns.names.len());
        if found < self.columns.width {
            let message = format!(
                "The row has {found} of {} fields. Fill it up with empty ones, or put quotes around a value that has \
                 a line break in it.",
                self.columns.width
            );
            self.report(None, None, "too_few_fields", message);
            return false;
        }
        if found > expected && self.record.iter().skip(expected).any(|cell| !cell.trim().is_empty()) {
            let message = format!(
                "The row has {found} fields, the header has {expected}. Put quotes around a value that has the \
                 delimiter in it."
            );
            self.report(None, None, "too_many_fields", message);
            return false;
        }
        true
    }

    pub(super) fn email(&mut self) -> Option<String> {
        let Some(cell) = self.cell(Field::Email) else {
            let message = "The row has no e-mail. Every customer needs one.".to_owned();
            self.report(Some(Field::Email), None, "no_email", message);
            return None;
        };
        let text = email::first_of_several(cell);
        if is_longer(text, MAX_EMAIL_CHARS) {
            let message = format!("An e-mail has {MAX_EMAIL_CHARS} characters at most.");
            self.report(Some(Field::Email), Some(cell), "too_long", message);
            return None;
        }
        let address = email::address(text);
        if address.is_none() {
            let message = "This is not an e-mail address. Write it like name@example.com.".to_owned();
            self.report(Some(Field::Email), Some(cell), "bad_email", message);
        }
        address
    }

    pub(super) fn name(&mut self) -> Option<String> {
        if let Some(name) = self.text(Field::Name) {
            return Some(name.to_owned());
        }
        match (self.text(Field::FirstName), self.text(Field::LastName)) {
            (Some(first), Some(last)) => Some([first, last].join(" ")),
            (first, last) => first.or(last).map(str::to_owned),
        }
    }

    pub(super) fn text(&mut self, field: Field) -> Option<&'a str> {
        let text = self.cell(field)?;
        // Shopify and Excel put an apostrophe before numbers, to keep a spreadsheet from counting with them.
        let text = if field == Field::Phone { text.trim_start_matches(is_before_a_phone) } else { text };
        if is_longer(text, MAX_TEXT_CHARS) {
            let message = format!("This text has more than {MAX_TEXT_CHARS} characters. Shorten it.");
            self.report(Some(field), Some(text), "too_long", message);
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn total_spend_cents(&mut self) -> Option<i64> {
        if self.cell(Field::TotalSpendCents).is_some() {
            self.number(Field::TotalSpendCents, number::whole)
        } else {
            self.number(Field::TotalSpend, number::cents)
        }
    }

    pub(super) fn visits(&mut self) -> Option<i64> {
        let visits = self.number(Field::Visits, number::whole)?;
        if visits < 0 {
            let message = "There can't be fewer visits than none. Write 0 or more.".to_owned();
            self.report(Some(Field::Visits), self.cell(Field::Visits), "not_a_number", message);
        }
        Some(visits)
    }

    fn number(&mut self, field: Field, parse: fn(&str) -> Result<i64, NumberError>) -> Option<i64> {
        let cell = self.cell(field)?;
        match parse(cell) {
            Ok(number) => Some(number),
            Err(error) => {
                self.report(Some(field), Some(cell), "not_a_number", error.message().to_owned());
                None
            }
        }
    }

    pub(super) fn last_visit_at(&mut self) -> Option<Timestamp> {
        let cell = self.cell(Field::LastVisitAt)?;
        let moment = date::moment(cell);
        if moment.is_none() {
            let message = "This date can't be read. Write dates as 2026-11-21.".to_owned();
            self.report(Some(Field::LastVisitAt), Some(cell), "bad_date", message);
        }
        moment
    }

    /// What a field's cell holds; `None` if there is nothing in it, or no such column.
    fn cell(&self, field: Field) -> Option<&'a str> {
        let cell = self.record.get(self.columns.mapping.column(field)?)?;
        let text = cell.trim_matches(is_invisible);
        (!text.is_empty()).then_some(text)
    }

    fn report(&mut self, field: Option<Field>, value: Option<&str>, code: &str, message: String) {
        let column = field.and_then(|field| self.columns.mapping.column(field));
        self.errors.push(ImportRowError {
            row: self.row,
            line: self.line,
            column: column.and_then(|column| self.columns.names.get(column)).cloned(),
            value: value.map(|value| shortened(value, SHOWN_CHARS)),
            code: code.to_owned(),
            message,
        });
    }

    /// What was reported, in the order of the fields.
    pub(super) fn into_errors(self) -> Vec<ImportRowError> {
        self.errors
    }
}

fn is_longer(text: &str, chars: usize) -> bool {
    text.len() > chars && text.chars().nth(chars).is_some()
}

/// An apostrophe, and the white space that may stand behind it.
fn is_before_a_phone(character: char) -> bool {
    character == '\'' || is_invisible(character)
}

/// White space, and the marks without width that come along when an address is copied from a web page.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}
