//! The rows of a file, chunk by chunk, from any place on.
//!
//! The place behind each chunk is stored with what the chunk wrote. Whoever goes on from there, in another process
//! maybe, opens the file from its beginning, since an uploaded file may lie where nothing can be sought; passing over
//! what was read takes a fraction of the time that reading it took.

use std::{borrow::Cow, io::Read};

use csv::StringRecord;

use super::{
    apostrophe,
    cells::Columns,
    file_error::ReadError,
    format::FileFormat,
    records::{Position, Records},
    row::{CustomerRow, RowProblem, row_of},
};

/// Text after which a chunk ends early, so that its memory has a limit even where every row is a bad one of 1 MiB.
const MAX_CHUNK_BYTES: u64 = 8 * 1024 * 1024;

/// Rows that follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The good rows, in the order of the file.
    pub rows: Vec<CustomerRow>,
    /// What is wrong with the others, in the order of the file.
    pub problems: Vec<RowProblem>,
    /// Rows in this chunk, good and bad.
    pub read: u64,
    /// Rows with at least one problem.
    pub failed: u64,
    /// The place behind the chunk.
    pub end: Position,
    /// Whether the file ends here. The last chunk has no rows when the one before it happened to end with the file.
    pub is_last: bool,
}

/// Reads the rows of a file that passed its check.
pub struct RowReader<R> {
    records: Records<R>,
    columns: Columns,
    is_escaped: bool,
    rows_read: u64,
}

impl<R: Read> RowReader<R> {
    /// The rows of `input`, which is at the file's beginning, behind the place `from`.
    ///
    /// # Errors
    ///
    /// If the source fails, or is not the file that was checked.
    pub fn open(input: R, format: &FileFormat, from: Position) -> Result<Self, ReadError> {
        let mut records = Records::open(input, format.dialect(), from)?;
        if format.has_header && from.text_byte == 0 {
            records.advance()?;
        }
        let columns = Columns::new(format.header.clone(), format.mapping.clone());
        Ok(Self { records, columns, is_escaped: format.is_escaped, rows_read: from.row })
    }

    /// Reads up to `limit` rows, fewer if they are very long.
    ///
    /// # Errors
    ///
    /// If the source fails, or is not the file that was checked.
    pub fn read_chunk(&mut self, limit: usize) -> Result<Chunk, ReadError> {
        let mut chunk = Chunk::default();
        let begin = self.records.end().text_byte;
        while chunk.read < limit as u64 && self.records.end().text_byte - begin < MAX_CHUNK_BYTES {
            if !self.records.advance()? {
                chunk.is_last = true;
                break;
            }
            self.rows_read += 1;
            chunk.read += 1;
            let record = as_meant(self.records.record(), self.is_escaped);
            match row_of(&self.columns, &record, self.rows_read, self.records.line()) {
                Ok(row) => chunk.rows.push(row),
                Err(problems) => {
                    chunk.failed += 1;
                    chunk.problems.extend(problems);
                }
            }
        }
        chunk.end = Position { row: self.rows_read, ..self.records.end() };
        Ok(chunk)
    }
}

/// A record without the apostrophes that are ours.
fn as_meant(record: &StringRecord, is_escaped: bool) -> Cow<'_, StringRecord> {
    // Looking for the character first is cheap, and most records have none.
    if !is_escaped || !record.as_slice().contains('\'') {
        return Cow::Borrowed(record);
    }
    let last = record.len().saturating_sub(1);
    let as_meant = |(at, cell): (usize, &'_ str)| {
        // The carriage return of the line's end is no cell's.
        let (text, end) = match cell.strip_suffix('\r') {
            Some(text) if at == last => (text, "\r"),
            _ => (cell, ""),
        };
        format!("{}{end}", apostrophe::original(text))
    };
    Cow::Owned(record.iter().enumerate().map(as_meant).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::check::{Checked, check};

    fn checked(file: &[u8]) -> Checked {
        check(|| Ok(file)).unwrap()
    }

    #[test]
    fn a_chunk_holds_good_rows_and_the_problems_of_the_others() {
        let file = b"Email,Visits\r\na@example.com,1\r\n\r\nb,two\r\nc@example.com,3\r\n";
        let Checked { format, .. } = checked(file);

        let chunk = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(10).unwrap();

        assert_eq!((chunk.read, chunk.failed, chunk.is_last), (3, 1, true));
        assert_eq!(chunk.rows.iter().map(|row| (row.row, row.line)).collect::<Vec<_>>(), [(1, 2), (3, 5)]);
        let errors: Vec<_> = chunk.problems.iter().map(|problem| &problem.error).collect();
        assert_eq!(errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["bad_email", "not_a_number"]);
        assert!(errors.iter().all(|error| (error.row, error.line) == (2, 4)));
        assert_eq!(chunk.problems[0].record.as_deref(), Some(["b".to_owned(), "two".to_owned()].as_slice()));
        let len = file.len() as u64;
        assert_eq!(chunk.end, Position { text_byte: len, source_byte: len, row: 3, line: 5 });
    }

    #[test]
    fn a_stored_place_goes_on_with_the_next_row() {
        let file = "\u{FEFF}sep=;\r\nEmail;City\r\na@example.com;\"K\r\nöln\"\r\nb@example.com;Bonn".as_bytes();
        let Checked { format, rows } = checked(file);
        let first = RowReader::open(file, &format, Position::default()).unwrap().read_chunk(1).unwrap();
        let stored: Position = serde_json::from_str(&serde_json::to_string(&first.end).unwrap()).unwrap();

        let second = RowReader::open(file, &format, stored).unwrap().read_chunk(10).unwrap();

        assert_eq!((rows, first.is_last, second.is_last), (2, false, true));
        assert_eq!((second.rows[0].row, second.rows[0].line), (2, 5));
        assert_eq!(second.rows[0].email, "b@example.com");
        assert_eq!(second.end.source_byte, file.len() as u64);
    }

    #[test]
    fn an_apostrophe_is_taken_off_in_a_file_of_ours_only() {
        let cities = |header: &str| {
            let file =
                format!("{header}\r\na@example.com,'=1,'-2.5\r\nb@example.com,'Tis,'\r\nc@example.com,''=1,\r\n");
            let Checked { format, .. } = checked(file.as_bytes());
            let chunk = RowReader::open(file.as_bytes(), &format, Position::default()).unwrap().read_chunk(10).unwrap();
            assert_eq!(chunk.failed, 0, "{:?}", chunk.problems);
            chunk.rows.into_iter().filter_map(|row| row.city).collect::<Vec<_>>()
        };

        assert_eq!(cities("Email,City,_escaped"), ["=1", "'Tis", "'=1"]);
        assert_eq!(cities("Email,City,escaped"), ["'=1", "'Tis", "''=1"]);
    }

    #[test]
    fn what_is_wrong_in_a_file_of_ours_is_told_without_its_apostrophes() {
        let file = b"Email,Visits,Note,_escaped\n'=a,'-1,'\r\n";
        let Checked { format, .. } = checked(file);

        let chunk = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(10).unwrap();

        let values: Vec<_> = chunk.problems.iter().filter_map(|problem| problem.error.value.as_deref()).collect();
        assert_eq!(values, ["=a", "-1"]);
        let record = chunk.problems[0].record.as_ref().unwrap();
        assert_eq!(record, &["=a", "-1", "'"].map(str::to_owned));
    }

    #[test]
    fn a_file_without_a_header_begins_with_its_first_row() {
        let file = b"a@example.com\nb@example.com\nc\n";
        let Checked { format, rows } = checked(file);

        let chunk = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(10).unwrap();

        assert_eq!((rows, chunk.rows.len()), (3, 2));
        assert_eq!(chunk.problems[0].error.column.as_deref(), Some("Column 1"));
    }

    #[test]
    fn the_chunk_behind_the_last_row_is_empty_and_last() {
        let file = b"Email\na@example.com\n\n\n";
        let Checked { format, .. } = checked(file);
        let mut reader = RowReader::open(file.as_slice(), &format, Position::default()).unwrap();

        let first = reader.read_chunk(1).unwrap();
        let second = reader.read_chunk(1).unwrap();

        assert_eq!((first.read, first.is_last), (1, false));
        assert_eq!((second.read, second.is_last), (0, true));
        assert_eq!(second.end, Position { text_byte: 22, source_byte: 22, row: 1, line: 2 });
    }

    #[test]
    fn a_last_row_without_a_line_end_can_be_the_end_of_a_chunk() {
        let file = b"Email\na@example.com";
        let Checked { format, .. } = checked(file);
        let first = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(1).unwrap();

        let second = RowReader::open(file.as_slice(), &format, first.end).unwrap().read_chunk(1).unwrap();

        assert_eq!(first.end.source_byte, file.len() as u64);
        assert_eq!((second.read, second.is_last, second.end), (0, true, first.end));
    }

    #[test]
    fn a_file_that_became_shorter_is_no_end() {
        let file = b"Email\na@example.com\nb@example.com\n";
        let Checked { format, .. } = checked(file);
        let chunk = RowReader::open(file.as_slice(), &format, Position::default()).unwrap().read_chunk(10).unwrap();

        let shorter = RowReader::open(&file[..20], &format, chunk.end);

        assert!(matches!(shorter, Err(ReadError::Io(_))));
    }

    #[test]
    fn a_chunk_of_very_long_rows_ends_early() {
        let mut file = b"Email,Note\n".to_vec();
        for _ in 0..20 {
            file.extend(format!("a@example.com,{}\n", "x".repeat(1_000_000)).bytes());
        }
        let Checked { format, rows } = checked(&file);
        let mut reader = RowReader::open(file.as_slice(), &format, Position::default()).unwrap();

        let first = reader.read_chunk(2_500).unwrap();

        assert_eq!((rows, first.read, first.is_last), (20, 9, false));
    }
}
