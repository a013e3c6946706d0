//! How a file is to be read: what its check found out, stored with the import.
//!
//! A resumed import reads by what is stored, never by looking again: a newer version may look with other eyes.

use serde::{Deserialize, Serialize};

use super::{
    encoding::{LineEnding, TextEncoding},
    header::Header,
    mapping::Mapping,
};

/// How text parts into records and cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) encoding: TextEncoding,
    pub(super) line_ending: LineEnding,
    pub(super) delimiter: u8,
    /// Whether the first record is Excel's `sep=;`.
    pub(super) has_separator_line: bool,
}

/// All that is needed to read a file's rows. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFormat {
    /// What its bytes mean.
    pub encoding: TextEncoding,
    /// What ends its lines.
    pub line_ending: LineEnding,
    /// What parts its cells, an ASCII character such as `,`.
    pub delimiter: u8,
    /// Whether it begins with Excel's `sep=;`, which is neither header nor row.
    pub has_separator_line: bool,
    /// Whether the first record names the columns.
    pub has_header: bool,
    /// The names of the columns as written; `Column 1`, … where the file has none.
    pub header: Vec<String>,
    /// Which column feeds which field.
    pub mapping: Mapping,
    /// Whether it is a file of ours, with apostrophes before what a spreadsheet would run. Formats of old say nothing of it.
    #[serde(default)]
    pub is_escaped: bool,
}

impl FileFormat {
    pub(super) fn new(dialect: Dialect, header: Header) -> Self {
        Self {
            encoding: dialect.encoding,
            line_ending: dialect.line_ending,
            delimiter: dialect.delimiter,
            has_separator_line: dialect.has_separator_line,
            has_header: header.is_line,
            header: header.names,
            mapping: header.mapping,
            is_escaped: header.is_escaped,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        Dialect {
            encoding: self.encoding,
            line_ending: self.line_ending,
            delimiter: self.delimiter,
            has_separator_line: self.has_separator_line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_stored_under_names_that_stay() {
        let dialect = Dialect {
            encoding: TextEncoding::Windows1252,
            line_ending: LineEnding::CarriageReturn,
            delimiter: b';',
            has_separator_line: true,
        };
        let format = FileFormat::new(dialect, Header::from_first_record(["E-Mail"]).unwrap());

        let json = serde_json::to_string(&format).unwrap();

        assert_eq!(
            json,
            r#"{"encoding":"windows-1252","lineEnding":"carriage-return","delimiter":59,"hasSeparatorLine":true,"hasHeader":true,"header":["E-Mail"],"mapping":{"email":0},"isEscaped":false}"#
        );
        assert_eq!(serde_json::from_str::<FileFormat>(&json).unwrap(), format);
        let of_old = json.replace(r#","isEscaped":false"#, "");
        assert_eq!(serde_json::from_str::<FileFormat>(&of_old).unwrap(), format);
    }
}
