//! The apostrophe before a cell that a spreadsheet would run.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`, their full-width forms, a tab or a line end for a formula, and a
//! formula can send the sheet away (ASVS 5.0, 1.2.10; OWASP, "CSV Injection"). So such a cell leaves with `'` before it, and is text.
//! White space before the sign does not help: spreadsheets trim it.
//!
//! The way back is exact. A file of ours says by the column [`MARK_COLUMN`] that it has such apostrophes, and only from such a file they are
//! taken off. They are not told by the cell alone: other programs write apostrophes too, and those belong to the file's owner. In a
//! file of ours a cell that had apostrophes before the sign already has one more, so that none of its own is lost.

use std::borrow::Cow;

use super::cells::is_invisible;

/// The column that tells files of ours from others. Its cells are empty.
pub(crate) const MARK_COLUMN: &str = "_escaped";

/// What stands before a cell that a spreadsheet would run.
const APOSTROPHE: char = '\'';
/// What a formula begins with.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What is run, or parts cells, wherever something follows it.
const BREAKS: [char; 4] = ['\t', '\r', '\n', '\0'];

/// A cell as it leaves.
pub(crate) fn guarded(cell: &str) -> Cow<'_, str> {
    if needs_guard(cell) { Cow::Owned(format!("{APOSTROPHE}{cell}")) } else { Cow::Borrowed(cell) }
}

/// A cell of a file of ours, as it was before [`guarded`].
pub(super) fn original(cell: &str) -> &str {
    cell.strip_prefix(APOSTROPHE).filter(|rest| needs_guard(rest)).unwrap_or(cell)
}

/// Apostrophes at the beginning are looked through, or `'=1` could be either `=1` as it left, or itself.
fn needs_guard(cell: &str) -> bool {
    let behind = cell.trim_start_matches(APOSTROPHE);
    behind.starts_with(BREAKS) || behind.trim_start_matches(is_passed_over).starts_with(SIGNS)
}

fn is_passed_over(character: char) -> bool {
    is_invisible(character) || character.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a spreadsheet would run it.
    fn is_formula(cell: &str) -> bool {
        cell.starts_with(BREAKS) || cell.trim_start_matches(is_passed_over).starts_with(SIGNS)
    }

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        let dangerous = [
            "=1+1",
            "+1",
            "-5.00",
            "@SUM(A1)",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            "\tx",
            "\rx",
            "\nx",
            " =1",
            "\u{A0}\u{200B}\u{FEFF}=1",
            "\u{1F}=1",
            "=",
        ];
        for cell in dangerous {
            assert_eq!(guarded(cell), format!("'{cell}"), "{cell:?}");
            assert_eq!(original(&guarded(cell)), cell);
        }
    }

    #[test]
    fn everything_else_leaves_as_it_is() {
        for cell in ["", "Ann", "1-2", "a=b", " Ann", "'Tis", "'", "\"=1", "O'Hara", "2026-11-21", "−5"] {
            assert_eq!(guarded(cell), cell, "{cell:?}");
            assert_eq!(original(cell), cell, "{cell:?}");
        }
    }

    #[test]
    fn an_apostrophe_of_its_own_is_no_apostrophe_of_ours() {
        for (cell, left) in [("'=1", "''=1"), ("''-1", "'''-1"), ("' +1", "'' +1"), ("'\tx", "''\tx")] {
            assert_eq!(guarded(cell), left);
            assert_eq!(original(left), cell);
        }
    }

    fn nasty() -> impl Strategy<Value = String> {
        let pieces =
            vec!["'", "=", "+", "-", "@", "＝", "＠", " ", "\t", "\r", "\n", "\u{200B}", "\u{FEFF}", "a", "\"", ","];
        let piece =
            prop_oneof![prop::sample::select(pieces).prop_map(str::to_owned), any::<char>().prop_map(String::from)];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_leaves_as_a_formula(cell in nasty()) {
            let left = guarded(&cell);

            prop_assert!(!is_formula(&left), "{left:?}");
            prop_assert_eq!(original(&left), &cell);
        }
    }
}
