//! One record as a customer, or everything that is wrong with it.
//!
//! An empty cell is no order to forget: its field is `None`, and what is known of the customer stays. A record with
//! too few or too many cells is reported for that alone, since its cells can't be trusted to be in their columns; in
//! any other record each bad cell is a problem of its own, so that one look at the list is enough to repair a row.

use app::domain::ImportRowError;
use csv::StringRecord;
use jiff::Timestamp;

use super::{
    cells::{Cells, Columns},
    mapping::Field,
};

/// A row that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// The row, counted from 1 without the header.
    pub row: u64,
    /// The line where it begins, counted from 1.
    pub line: u64,
    /// The e-mail as written, without white space around it.
    pub email: String,
    /// The e-mail in lower case, by which customers are told apart.
    pub email_key: String,
    /// The full name, or first and last name joined.
    pub name: Option<String>,
    /// The telephone number as written.
    pub phone: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The country: a name or a code.
    pub country: Option<String>,
    /// All that was spent, in cents; negative where more was paid back.
    pub total_spend_cents: Option<i64>,
    /// The number of visits, nought or more.
    pub visits: Option<i64>,
    /// The last visit.
    pub last_visit_at: Option<Timestamp>,
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// What is wrong, for people and programs.
    pub error: ImportRowError,
    /// The row's cells as written, with its first problem; `None` with its further ones.
    pub record: Option<Vec<String>>,
}

/// The customer that a record is, or its problems, at least one.
pub(super) fn row_of(
    columns: &Columns,
    record: &StringRecord,
    row: u64,
    line: u64,
) -> Result<CustomerRow, Vec<RowProblem>> {
    let mut cells = Cells::new(columns, record, row, line);
    let customer = if cells.are_as_many_as_columns() { customer(&mut cells, row, line) } else { None };
    let errors = cells.into_errors();
    match customer {
        Some(customer) if errors.is_empty() => Ok(customer),
        _ => Err(problems(errors, record)),
    }
}

/// All fields are read before the missing e-mail ends it, so that each problem is reported.
fn customer(cells: &mut Cells<'_>, row: u64, line: u64) -> Option<CustomerRow> {
    let email = cells.email();
    let name = cells.name();
    let phone = cells.text(Field::Phone);
    let company = cells.text(Field::Company);
    let city = cells.text(Field::City);
    let country = cells.text(Field::Country);
    let total_spend_cents = cells.total_spend_cents();
    let visits = cells.visits();
    let last_visit_at = cells.last_visit_at();
    let email = email?;
    Some(CustomerRow {
        row,
        line,
        email_key: email.to_lowercase(),
        email,
        name,
        phone: phone.map(str::to_owned),
        company: company.map(str::to_owned),
        city: city.map(str::to_owned),
        country: country.map(str::to_owned),
        total_spend_cents,
        visits,
        last_visit_at,
    })
}

fn problems(errors: Vec<ImportRowError>, record: &StringRecord) -> Vec<RowProblem> {
    let last = record.len().saturating_sub(1);
    let as_written = |(at, cell): (usize, &str)| {
        // The parser leaves the carriage return before a newline at the end of the last cell.
        let cell = if at == last { cell.strip_suffix('\r').unwrap_or(cell) } else { cell };
        cell.to_owned()
    };
    let mut record = Some(record.iter().enumerate().map(as_written).collect());
    errors.into_iter().map(|error| RowProblem { error, record: record.take() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::mapping::Mapping;

    const HEADER: [&str; 6] = ["E-Mail", "Phone", "City", "Total Spend", "Visits", "Last Visit"];

    fn read(header: &[&str], cells: &[&str]) -> Result<CustomerRow, Vec<RowProblem>> {
        let names = header.iter().map(ToString::to_string).collect();
        let columns = Columns::new(names, Mapping::from_header(header.iter().copied()));
        row_of(&columns, &StringRecord::from(cells), 3, 5)
    }

    /// `code column value` of each problem.
    fn problems_of(header: &[&str], cells: &[&str]) -> Vec<String> {
        let problems = read(header, cells).unwrap_err();
        let errors = problems.into_iter().map(|problem| problem.error);
        let shown = errors.map(|error| {
            let parts = [Some(error.code), error.column, error.value];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        shown.collect()
    }

    #[test]
    fn a_good_row_becomes_a_customer() {
        let cells = [" Anna@Example.com ", "' +49 30 1", "Köln", "€ 12,50", "3", "2026-11-21\r"];

        let row = read(&HEADER, &cells).unwrap();

        assert_eq!((row.row, row.line), (3, 5));
        assert_eq!((row.email.as_str(), row.email_key.as_str()), ("Anna@Example.com", "anna@example.com"));
        assert_eq!(row.phone.as_deref(), Some("+49 30 1"));
        assert_eq!(row.city.as_deref(), Some("Köln"));
        assert_eq!((row.total_spend_cents, row.visits), (Some(1_250), Some(3)));
        assert_eq!(row.last_visit_at, Some("2026-11-21T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn empty_cells_say_nothing() {
        let row = read(&HEADER, &["a@example.com", " ", "", "", "", "\r"]).unwrap();

        assert_eq!((row.phone, row.city), (None, None));
        assert_eq!((row.total_spend_cents, row.visits, row.last_visit_at), (None, None, None));
    }

    #[test]
    fn first_and_last_name_stand_in_for_a_missing_name() {
        let header = ["Email", "Name", "First Name", "Last Name"];
        let name = |cells: [&str; 4]| read(&header, &cells).unwrap().name;

        assert_eq!(name(["a@example.com", "Dr. Ann Lee", "Ann", "Lee"]).as_deref(), Some("Dr. Ann Lee"));
        assert_eq!(name(["a@example.com", "", "Ann", "Lee"]).as_deref(), Some("Ann Lee"));
        assert_eq!(name(["a@example.com", "", "", "Lee"]).as_deref(), Some("Lee"));
        assert_eq!(name(["a@example.com", "", "", ""]), None);
    }

    #[test]
    fn cents_win_over_decimals() {
        let header = ["Email", "Total Spend", "totalSpendCents"];

        assert_eq!(read(&header, &["a@example.com", "1.00", "250"]).unwrap().total_spend_cents, Some(250));
        assert_eq!(read(&header, &["a@example.com", "1.00", ""]).unwrap().total_spend_cents, Some(100));
    }

    #[test]
    fn every_problem_of_a_row_is_listed_and_its_cells_once() {
        let cells = ["anna", "", "", "many", "-1", "03/04/2026\r"];

        let problems = read(&HEADER, &cells).unwrap_err();

        let records: Vec<_> = problems.iter().map(|problem| problem.record.is_some()).collect();
        assert_eq!(records, [true, false, false, false]);
        assert_eq!(problems[0].record.as_ref().unwrap().last().unwrap(), "03/04/2026");
        assert_eq!(
            problems_of(&HEADER, &cells),
            [
                "bad_email E-Mail anna",
                "not_a_number Total Spend many",
                "not_a_number Visits -1",
                "bad_date Last Visit 03/04/2026"
            ]
        );
    }

    #[test]
    fn a_row_without_an_email_is_refused() {
        assert_eq!(problems_of(&HEADER, &["", "1", "Köln", "", "", ""]), ["no_email E-Mail"]);
    }

    #[test]
    fn a_row_of_the_wrong_width_is_refused_for_that_alone() {
        assert_eq!(problems_of(&HEADER, &["anna", "1"]), ["too_few_fields"]);
        assert_eq!(problems_of(&["Email", "City"], &["anna", "Köln", "x"]), ["too_many_fields"]);
    }

    #[test]
    fn empty_cells_and_columns_without_a_name_at_the_end_do_no_harm() {
        assert!(read(&["Email", "City"], &["a@example.com", "Köln", "", "\r"]).is_ok());
        assert!(read(&["Email", "City", "", ""], &["a@example.com", "Köln"]).is_ok());
    }

    #[test]
    fn texts_that_are_too_long_are_refused_and_shown_shortened() {
        let email = format!("{}@example.com", "x".repeat(250));
        let city = "ä".repeat(1_001);

        let problems = problems_of(&["Email", "City"], &[&email, &city]);

        assert_eq!(problems[0], format!("too_long Email {}…", "x".repeat(199)));
        assert_eq!(problems[1], format!("too_long City {}…", "ä".repeat(199)));
        assert!(read(&["Email", "City"], &["a@example.com", &"ä".repeat(1_000)]).is_ok());
    }
}
