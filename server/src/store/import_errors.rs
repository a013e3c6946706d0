//! The rows that an import could not take.

use app::domain::{ImportId, ImportRowError, Listing};

use super::{Database, Rows, StoreError, Transaction, sql};

/// One thing that is wrong with a row, and the row's fields with the first one.
pub struct NewImportError<'a> {
    /// What is wrong.
    pub error: &'a ImportRowError,
    /// The row's fields, with its first error only.
    pub record: Option<&'a [String]>,
}

/// Writes errors, in the order of the file; those of one row stand together.
///
/// # Errors
/// The database refused.
pub async fn insert(
    transaction: &mut Transaction,
    import_id: ImportId,
    errors: &[NewImportError<'_>],
) -> Result<(), StoreError> {
    let mut place = 0_i64;
    let mut row = 0;
    let mut rows = Vec::with_capacity(errors.len());
    for NewImportError { error, record } in errors {
        place = if error.row == row { place + 1 } else { 0 };
        row = error.row;
        let record = record.map(|fields| fields.iter().map(String::as_str).collect::<serde_json::Value>().to_string());
        rows.push([
            import_id.0.into(),
            number(error.row).into(),
            place.into(),
            number(error.line).into(),
            (&error.column).into(),
            (&error.value).into(),
            (&error.code).into(),
            (&error.message).into(),
            record.into(),
        ]);
    }
    let columns =
        ["import_id", "row_number", "place", "line_number", "column_name", "value", "code", "message", "record"];
    let insert = "insert into import_errors
             (import_id, row_number, place, line_number, column_name, value, code, message, record)
         select import_id, row_number, place, line_number, column_name, value, code, message, record from refused";
    transaction.execute_with(Rows::new("refused", columns, rows).fed_to(insert)).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ErrorRow {
    row_number: i64,
    place: i64,
    line_number: i64,
    column_name: Option<String>,
    value: Option<String>,
    code: String,
    message: String,
    record: Option<String>,
}

impl From<ErrorRow> for ImportRowError {
    fn from(row: ErrorRow) -> Self {
        Self {
            row: u64::try_from(row.row_number).unwrap_or_default(),
            line: u64::try_from(row.line_number).unwrap_or_default(),
            column: row.column_name,
            value: row.value,
            code: row.code,
            message: row.message,
        }
    }
}

/// A place in the error list: a row, and which of its errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorPlace {
    /// The row.
    pub row: u64,
    /// Which of its errors; -1 is before the first.
    pub place: i64,
}

impl std::str::FromStr for ErrorPlace {
    type Err = std::num::ParseIntError;

    /// Written as `row.place`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (row, place) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Self { row: row.parse()?, place: place.parse()? })
    }
}

/// A page of the error list, in the order of the file.
///
/// # Errors
/// The database refused.
pub async fn list(
    database: &Database,
    import_id: ImportId,
    after: ErrorPlace,
    limit: u32,
) -> Result<Listing<ImportRowError>, StoreError> {
    let mut rows = page(database, import_id, after, limit + 1).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| format!("{}.{}", row.row_number, row.place));
    Ok(Listing { items: rows.into_iter().map(Into::into).collect(), next })
}

/// A refused row as it stood in the file, with all that is wrong with it.
pub struct RefusedRow {
    /// The row's fields.
    pub fields: Vec<String>,
    /// What is wrong, in the order of the columns.
    pub errors: Vec<ImportRowError>,
}

/// Refused rows after the row `after`, in the order of the file.
///
/// # Errors
/// The database refused, or a row is broken.
pub async fn refused_rows(
    database: &Database,
    import_id: ImportId,
    after: u64,
    limit: u32,
) -> Result<Vec<RefusedRow>, StoreError> {
    let rows: Vec<ErrorRow> = database.fetch_all(sql(
        "select row_number, place, line_number, column_name, value, code, message, record
         from import_errors
         where import_id = $1 and row_number in (
             select row_number from import_errors where import_id = $1 and row_number > $2 and place = 0 order by row_number limit $3
         )
         order by row_number, place",
    )
    .bind(import_id.0)
    .bind(number(after))
    .bind(i64::from(limit))).await?;
    let mut refused: Vec<RefusedRow> = Vec::new();
    for row in rows {
        if row.place == 0 {
            let record = row.record.as_deref().unwrap_or("[]");
            let fields = serde_json::from_str(record).map_err(|problem| StoreError::BrokenRow {
                table: "import_errors",
                column: "record",
                id: format!("{import_id} row {}", row.row_number),
                problem: problem.to_string(),
            })?;
            refused.push(RefusedRow { fields, errors: Vec::new() });
        }
        if let Some(last) = refused.last_mut() {
            last.errors.push(row.into());
        }
    }
    Ok(refused)
}

async fn page(
    database: &Database,
    import_id: ImportId,
    after: ErrorPlace,
    limit: u32,
) -> Result<Vec<ErrorRow>, StoreError> {
    let rows = database
        .fetch_all(
            sql("select row_number, place, line_number, column_name, value, code, message, null as record
         from import_errors
         where import_id = $1 and (row_number, place) > ($2, $3)
         order by row_number, place limit $4")
            .bind(import_id.0)
            .bind(number(after.row))
            .bind(after.place)
            .bind(i64::from(limit)),
        )
        .await?;
    Ok(rows)
}

/// The header of an import's file, once its check has passed.
///
/// # Errors
/// The database refused.
pub async fn format_of(database: &Database, import_id: ImportId) -> Result<Option<String>, StoreError> {
    let select = sql("select format from imports where import_id = $1").bind(import_id.0);
    let row: Option<(Option<String>,)> = database.fetch_optional(select).await?;
    Ok(row.and_then(|(format,)| format))
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
