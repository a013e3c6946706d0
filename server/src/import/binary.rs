//! What a file is when it is no text: told by its first bytes, to say what to do about it.
//!
//! People upload the workbook instead of the sheet, or the archive that the export came in. Only kinds that are
//! likely to be mistaken for a list of customers are told apart.

use std::fmt;

/// A kind of file that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// A workbook of Excel, Numbers or `LibreOffice`.
    Workbook,
    /// A ZIP or another archive or compressed file.
    Archive,
    /// A PDF.
    Pdf,
    /// A picture.
    Picture,
    /// Something else.
    Unknown,
}

impl fmt::Display for BinaryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Workbook => {
                "This is a workbook, not a CSV file. Save the sheet as CSV, best as 'CSV UTF-8', and import that file."
            }
            Self::Archive => "This is a compressed file, not a CSV file. Unpack it and import the CSV file in it.",
            Self::Pdf => {
                "This is a PDF, not a CSV file. Export the customers as CSV from the program they are kept in."
            }
            Self::Picture => {
                "This is a picture, not a CSV file. Export the customers as CSV from the program they are kept in."
            }
            Self::Unknown => "This is not a text file. Export the customers as CSV from the program they are kept in.",
        })
    }
}

/// How files begin that are no text.
const BEGINNINGS: &[(&[u8], BinaryKind)] = &[
    // The compound file of Excel before 2007.
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", BinaryKind::Workbook),
    (b"PK\x03\x04", BinaryKind::Archive),
    (b"PK\x05\x06", BinaryKind::Archive),
    (b"\x1F\x8B", BinaryKind::Archive),
    (b"BZh", BinaryKind::Archive),
    (b"\xFD7zXZ\x00", BinaryKind::Archive),
    (b"7z\xBC\xAF\x27\x1C", BinaryKind::Archive),
    (b"\x28\xB5\x2F\xFD", BinaryKind::Archive),
    (b"Rar!\x1A\x07", BinaryKind::Archive),
    (b"%PDF-", BinaryKind::Pdf),
    (b"\x89PNG", BinaryKind::Picture),
    (b"\xFF\xD8\xFF", BinaryKind::Picture),
    (b"GIF87a", BinaryKind::Picture),
    (b"GIF89a", BinaryKind::Picture),
];

/// Names inside an archive that make it a workbook: Excel's, `OpenDocument`'s, and those of Numbers.
const WORKBOOK_PARTS: &[&[u8]] = &[b"xl/", b"[Content_Types].xml", b"opendocument.spreadsheet", b"Index/Document.iwa"];

/// The kind of file that begins with `sample`; `None` if it may be text.
pub(super) fn kind_by_beginning(sample: &[u8]) -> Option<BinaryKind> {
    let (_, kind) = BEGINNINGS.iter().find(|(beginning, _)| sample.starts_with(beginning))?;
    let contains = |part: &&[u8]| sample.windows(part.len()).any(|window| window == *part);
    match kind {
        BinaryKind::Archive if sample.starts_with(b"PK") && WORKBOOK_PARTS.iter().any(contains) => {
            Some(BinaryKind::Workbook)
        }
        kind => Some(*kind),
    }
}

/// Whether so much of `text` is control characters that no person wrote it.
///
/// A few are let through: old programs end their files with a Ctrl-Z or leave an escape in a note.
pub(super) fn has_many_controls(text: &[u8]) -> bool {
    let controls = text.iter().filter(|&&byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0C')).count();
    controls > 8 && controls * 50 > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_told_from_an_archive() {
        let workbook = b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml and more";
        let archive = b"PK\x03\x04\x14\0\x06\0\x08\0customers.csv and more";

        assert_eq!(kind_by_beginning(workbook), Some(BinaryKind::Workbook));
        assert_eq!(kind_by_beginning(archive), Some(BinaryKind::Archive));
    }

    #[test]
    fn text_is_no_known_kind() {
        assert_eq!(kind_by_beginning(b"Email,Name\n"), None);
        assert_eq!(kind_by_beginning(b""), None);
    }

    #[test]
    fn a_few_control_characters_are_let_through() {
        assert!(!has_many_controls(b"a@example.com\x1A"));
        assert!(has_many_controls(&[7; 40]));
    }
}
