//! The rows that an import refused, as they stood in the file, and what is wrong with them: to be mended and imported again.

use app::domain::{ImportId, ImportRowError};
use bytes::Bytes;
use futures::Stream;

use super::table::Table;
use crate::{
    import::{FileFormat, MARK_COLUMN},
    store::{
        Database, StoreError,
        import_errors::{self, RefusedRow},
    },
};

/// Rows that are read at once: each may have a megabyte.
const ROWS_AT_ONCE: u32 = 50;
/// What stands behind the columns of the file.
const OWN_COLUMNS: [&str; 5] = ["_error_row", "_error_line", "_error_column", "_error", MARK_COLUMN];

/// The file in pieces. The first page is read before it begins, so that a database that is away can still be told as a refusal.
///
/// # Errors
/// The database refused, or a row is broken. Later on, the same ends the stream.
pub async fn refused_rows(
    database: Database,
    import_id: ImportId,
) -> Result<impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static, StoreError> {
    let format = import_errors::format_of(&database, import_id).await?;
    let format: Option<FileFormat> = format.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let mut rows = import_errors::refused_rows(&database, import_id, 0, ROWS_AT_ONCE).await?;
    Ok(async_stream::try_stream! {
        let mut table = Table::new(format.as_ref().map_or(b',', |format| format.delimiter));
        let columns = Columns::of(format.map(|format| format.header).unwrap_or_default());
        table.row(columns.titles());
        yield table.take();
        while let Some(last) = rows.last().and_then(|row| row.errors.first()) {
            let after = last.row;
            for row in &rows {
                table.row(columns.cells(row));
            }
            yield table.take();
            rows = import_errors::refused_rows(&database, import_id, after, ROWS_AT_ONCE).await?;
        }
    })
}

/// The columns of the file. Those that an earlier list of ours put there give way to the new ones.
struct Columns(Vec<String>);

impl Columns {
    fn of(header: Vec<String>) -> Self {
        Self(header)
    }

    fn titles(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|title| is_the_files(title)).chain(OWN_COLUMNS)
    }

    /// A refused row, padded to the width of the file so that our columns stand below their titles. Fields that were too many follow
    /// behind them: nothing that the file had is lost.
    fn cells<'a>(&'a self, row: &'a RefusedRow) -> impl Iterator<Item = String> + 'a {
        let field = |(at, title): (usize, &String)| {
            is_the_files(title).then(|| row.fields.get(at).cloned().unwrap_or_default())
        };
        let kept = self.0.iter().enumerate().filter_map(field);
        let surplus = row.fields.iter().skip(self.0.len()).cloned();
        kept.chain(own_cells(row)).chain(surplus)
    }
}

fn is_the_files(title: &str) -> bool {
    !OWN_COLUMNS.contains(&title)
}

/// What is wrong with a row.
fn own_cells(row: &RefusedRow) -> [String; OWN_COLUMNS.len()] {
    let joined = |part: fn(&ImportRowError) -> Option<&str>| {
        let parts: Vec<&str> = row.errors.iter().filter_map(part).collect();
        parts.join("; ")
    };
    let first = row.errors.first();
    [
        first.map(|error| error.row.to_string()).unwrap_or_default(),
        first.map(|error| error.line.to_string()).unwrap_or_default(),
        joined(|error| error.column.as_deref()),
        joined(|error| Some(&error.message)),
        String::new(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_padded_and_what_was_too_much_follows_behind() {
        let error = ImportRowError {
            row: 7,
            line: 9,
            column: Some("=City".to_owned()),
            value: None,
            code: "too_many_fields".to_owned(),
            message: "Too many.".to_owned(),
        };
        let row = |fields: &[&str]| RefusedRow {
            fields: fields.iter().map(ToString::to_string).collect(),
            errors: vec![error.clone()],
        };
        let columns = Columns::of(["email", "_error", "city", "_escaped"].map(str::to_owned).to_vec());
        let mut table = Table::new(b',');

        table.row(columns.titles());
        table.row(columns.cells(&row(&["a"])));
        table.row(columns.cells(&row(&["a", "old", "=b", "", "more"])));

        assert_eq!(
            table.take(),
            "email,city,_error_row,_error_line,_error_column,_error,_escaped\n\
             a,,7,9,'=City,Too many.,\n\
             a,'=b,7,9,'=City,Too many.,,more\n"
        );
    }
}
