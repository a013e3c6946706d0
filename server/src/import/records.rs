//! The records of a file one after the other, with the line where each begins and the place where it ends.
//!
//! The `csv` crate parses what `feed.rs` gives it. Only `\n` ends a record here; the `\r` before it stays at the end of
//! the last cell. By its own setting for `\r\n` the parser stops between the two, and then neither its line nor its
//! byte tells where the next record begins.
//!
//! A line in which no cell has anything is blank and no record: spreadsheets leave them behind as `;;;;`.

use std::io::{self, Read};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};
use serde::{Deserialize, Serialize};

use super::{
    decoded::Decoded,
    feed::{BUFFER_BYTES, Feed, MAX_RECORD_BYTES},
    file_error::{FileError, ReadError},
    format::Dialect,
};

/// The most cells of a record.
const MAX_COLUMNS: usize = 1_000;

/// A place between two records. The default is the beginning of the file, before the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Bytes of the text before it, as UTF-8 and without the byte order mark.
    pub text_byte: u64,
    /// Bytes of the file as it was uploaded. For showing progress: where the file is not UTF-8, a little ahead.
    pub source_byte: u64,
    /// Rows before it, without the header.
    pub row: u64,
    /// Lines before it; blank ones at the end of the file are not counted.
    pub line: u64,
}

/// Reads records.
pub(super) struct Records<R> {
    parser: csv::Reader<Feed<R>>,
    record: StringRecord,
    /// The line where `record` begins.
    line: u64,
    start: Position,
    /// Where `record` ends; `row` and `source_byte` are not kept up.
    end: Position,
    is_over: bool,
}

impl<R: Read> Records<R> {
    /// The records of `input`, which is at the file's beginning, behind `start`.
    ///
    /// At the beginning of the file, Excel's separator line is passed over.
    pub(super) fn open(input: R, dialect: Dialect, start: Position) -> Result<Self, ReadError> {
        let mut text = Decoded::new(input, dialect.encoding, dialect.line_ending);
        text.skip(start.text_byte)?;
        let parser = ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(Feed::new(text));
        let mut records = Self { parser, record: StringRecord::new(), line: 0, start, end: start, is_over: false };
        if dialect.has_separator_line && start.text_byte == 0 {
            records.advance()?;
        }
        Ok(records)
    }

    /// Reads the next record; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, ReadError> {
        while !self.is_over {
            let fed = self.parser.position().byte();
            self.parser.get_mut().begin_record(fed, self.end.line + 1);
            let is_record = self.parser.read_record(&mut self.record).map_err(read_error)?;
            if !is_record {
                // The parser ends like that only after an error; the text itself ends with the mark.
                return Err(ReadError::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            if self.parser.get_ref().is_end_mark(&self.record) {
                // Behind the blank lines that may follow the last record.
                self.end.text_byte = self.parser.get_ref().text().text_bytes();
                self.is_over = true;
                break;
            }
            self.note_place()?;
            if !is_blank(&self.record) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The record read last. Its last cell may end in `\r`.
    pub(super) fn record(&self) -> &StringRecord {
        &self.record
    }

    /// The line where the record read last begins, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The place behind the record read last, or behind all at the end. Its `row` is for the caller to count.
    pub(super) fn end(&self) -> Position {
        let text = self.parser.get_ref().text();
        Position { source_byte: text.source_bytes_at(self.end.text_byte), ..self.end }
    }

    /// Finds the record's line and end, and whether it is in bounds.
    fn note_place(&mut self) -> Result<(), FileError> {
        let feed = self.parser.get_ref();
        let used = self.parser.position();
        // One byte and one line of the feed are the newline before the text; the parser counts lines from 1.
        let text_byte = self.start.text_byte + used.byte() - 1;
        let lines = self.start.line + used.line() - 2;
        if feed.has_end_mark_inside(&self.record) {
            let last_cell = self.record.iter().next_back().map_or(0, count_newlines);
            return Err(FileError::UnclosedQuote { line: lines - last_cell + 1 });
        }
        let lines_inside = match lines - self.end.line {
            1 => 0,
            _ => count_newlines(self.record.as_slice()),
        };
        self.line = lines - lines_inside;
        // Blank lines that the parser passed over are a byte each.
        let blank_lines = self.line - self.end.line - 1;
        let len = text_byte - self.end.text_byte - blank_lines;
        // The newline of the last record may be the end mark's.
        self.end.text_byte = text_byte.min(feed.text().text_bytes());
        self.end.line = lines;

        if len > MAX_RECORD_BYTES {
            Err(FileError::LineTooLong { line: self.line })
        } else if self.record.len() > MAX_COLUMNS {
            Err(FileError::TooManyColumns { line: self.line })
        } else if lines_inside > 0 && has_odd_quotes(&self.record, len) {
            Err(FileError::UnclosedQuote { line: self.line })
        } else {
            Ok(())
        }
    }
}

fn count_newlines(text: &str) -> u64 {
    text.bytes().map(|byte| u64::from(byte == b'\n')).sum()
}

/// Whether a record of `len` bytes, its newline included, has an odd number of quotes.
///
/// The parser is lenient: a quote that was left open reaches to the next one, in a later line maybe, and swallows the rows
/// between. Then quotes are left that do not pair up. Those that the parser dropped are what the record's length has
/// beyond its cells, delimiters and newline. One odd quote within a line is an inch sign, and let through.
fn has_odd_quotes(record: &StringRecord, len: u64) -> bool {
    let cells = record.as_slice();
    let kept = cells.bytes().filter(|&byte| byte == b'"').count();
    let dropped = len - (cells.len() + record.len()) as u64;
    (kept as u64 + dropped) % 2 == 1
}

/// Whether no cell has anything in it.
fn is_blank(record: &StringRecord) -> bool {
    record.as_slice().bytes().all(|byte| byte.is_ascii_whitespace())
}

fn read_error(error: csv::Error) -> ReadError {
    match error.into_kind() {
        ErrorKind::Io(error) => error.into(),
        // Text that is not UTF-8, or records of unequal length: the one can't come from a decoder, the other is let through.
        kind => ReadError::Io(io::Error::other(format!("{kind:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::encoding::{LineEnding, TextEncoding};

    const COMMAS: Dialect = Dialect {
        encoding: TextEncoding::Utf8,
        line_ending: LineEnding::Newline,
        delimiter: b',',
        has_separator_line: false,
    };

    /// Line and first cell of each record.
    fn records_of(text: &str) -> Result<Vec<(u64, String)>, ReadError> {
        let mut records = Records::open(text.as_bytes(), COMMAS, Position::default())?;
        let mut found = Vec::new();
        while records.advance()? {
            found.push((records.line(), records.record()[0].trim().to_owned()));
        }
        Ok(found)
    }

    fn refusal(text: &str) -> FileError {
        match records_of(text) {
            Err(ReadError::File(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_are_right_with_blank_lines_and_line_breaks_in_quotes() {
        let text = "\na,1\n\n\"b\nb\",\"2\n\"\n,,\n \nc,3";
        let expected = vec![(2, "a".to_owned()), (4, "b\nb".to_owned()), (9, "c".to_owned())];

        assert_eq!(records_of(text).unwrap(), expected);
        let with_returns: Vec<_> =
            records_of(&text.replace('\n', "\r\n")).unwrap().into_iter().map(|(line, _)| line).collect();
        assert_eq!(with_returns, [2, 4, 9]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_by_its_line() {
        assert_eq!(refusal("a,b\n\"c\nc\",\"d\nd"), FileError::UnclosedQuote { line: 3 });
        assert_eq!(refusal("a,b\n\"c\"\""), FileError::UnclosedQuote { line: 2 });
        assert_eq!(refusal("a,b\nc,\""), FileError::UnclosedQuote { line: 2 });
        assert_eq!(records_of("a,b\nc,\"d\"").unwrap().len(), 2);
        assert_eq!(records_of("a,b\nc,d\"").unwrap().len(), 2);
    }

    #[test]
    fn a_quote_that_is_closed_by_that_of_another_row_is_found() {
        assert_eq!(refusal("x\na,\"b,c\nd,e,f\ng,\"h\",i\nj,k,l\n"), FileError::UnclosedQuote { line: 2 });
        assert_eq!(refusal("x\na,\"b,c\nd,\"e\",\"f\"\"f\"\n"), FileError::UnclosedQuote { line: 2 });
        assert_eq!(records_of("a,5\" pipe,c\n\"d\n\"\"d\"\"\",e,f\n").unwrap().len(), 2);
    }

    #[test]
    fn a_record_of_1_mib_is_read_and_one_byte_more_is_not() {
        for before in ["", "a\n", "\n\n", "a\n\n"] {
            let longest = format!("{before}{}\n", "x".repeat(1024 * 1024 - 1));
            let longer = format!("{before}{}\n", "x".repeat(1024 * 1024));

            assert!(records_of(&longest).is_ok());
            let line = before.lines().count() as u64 + 1;
            assert_eq!(refusal(&longer), FileError::LineTooLong { line });
        }
    }

    #[test]
    fn an_endless_record_is_refused_before_it_is_gathered() {
        struct Endless;
        impl Read for Endless {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                out.fill(b'\n');
                Ok(out.len())
            }
        }

        let text = b"a\nb,\"".chain(Endless);
        let mut records = Records::open(text, COMMAS, Position::default()).unwrap();
        records.advance().unwrap();

        let refusal = records.advance().unwrap_err();

        assert!(matches!(refusal, ReadError::File(FileError::LineTooLong { line: 2 })), "{refusal}");
        assert!(records.advance().is_err(), "what broke off must not look like the end");
    }

    #[test]
    fn blank_lines_are_no_record_however_many() {
        let text = format!("a\n{}b", "\n".repeat(3 * 1024 * 1024));

        assert_eq!(records_of(&text).unwrap().last().unwrap(), &(3 * 1024 * 1024 + 2, "b".to_owned()));
    }

    #[test]
    fn more_than_a_thousand_columns_are_refused() {
        assert!(records_of(&format!("a{}", ",".repeat(999))).is_ok());
        assert_eq!(refusal(&format!("b\na{}", ",".repeat(1_000))), FileError::TooManyColumns { line: 2 });
    }

    #[test]
    fn a_byte_order_mark_where_reading_is_resumed_is_no_mark() {
        let text = "a\n\u{FEFF}\"b\"\n";
        let mut records = Records::open(text.as_bytes(), COMMAS, Position::default()).unwrap();
        records.advance().unwrap();

        let mut resumed = Records::open(text.as_bytes(), COMMAS, records.end()).unwrap();
        records.advance().unwrap();
        resumed.advance().unwrap();

        assert_eq!(resumed.record(), records.record());
        assert_eq!(resumed.record()[0], *"\u{FEFF}\"b\"");
    }
}
