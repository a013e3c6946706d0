//! Rows as CSV (RFC 4180), every cell guarded. Nothing else in the program writes CSV.

use bytes::Bytes;

use crate::import::guarded;

/// What some program may part cells or lines at, whatever the file's own delimiter is: a cell that has one of these stands in quotes.
const PARTING: [char; 7] = ['"', '\r', '\n', ',', ';', '\t', '|'];

/// Rows that were not sent yet.
pub(super) struct Table {
    delimiter: char,
    text: String,
}

impl Table {
    /// Without a row. The delimiter is an ASCII character.
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter: char::from(delimiter), text: String::new() }
    }

    /// Writes a row.
    pub(super) fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.text.push(self.delimiter);
            }
            self.cell(&guarded(cell.as_ref()));
        }
        self.text.push('\n');
    }

    fn cell(&mut self, cell: &str) {
        if !cell.contains(PARTING) && !cell.contains(self.delimiter) {
            return self.text.push_str(cell);
        }
        self.text.push('"');
        for (at, part) in cell.split('"').enumerate() {
            if at > 0 {
                self.text.push_str("\"\"");
            }
            self.text.push_str(part);
        }
        self.text.push('"');
    }

    /// Hands out what was written since the last time.
    pub(super) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_stand_in_quotes_where_they_have_to() {
        let mut table = Table::new(b'#');
        table.row(["a b", "a#b", "a;b", "say \"hi\"", "", "=1;2"]);

        assert_eq!(table.take(), "a b#\"a#b\"#\"a;b\"#\"say \"\"hi\"\"\"##\"'=1;2\"\n");
        assert!(table.take().is_empty());
    }

    proptest! {
        #[test]
        fn every_reader_finds_the_cells_as_they_were_guarded(
            rows in prop::collection::vec(prop::collection::vec("[a=+@'\",;|\t\r\n é-]{0,6}", 2..5), 1..6),
            delimiter in prop::sample::select(b",;\t|'".to_vec()),
        ) {
            let mut table = Table::new(delimiter);
            for row in &rows {
                table.row(row);
            }

            let text = table.take();
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(delimiter)
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_ref());
            let read: Vec<Vec<String>> =
                reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            let guarded: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| guarded(cell).into_owned()).collect()).collect();
            prop_assert_eq!(read, guarded);
        }
    }
}
