//! The table of customers; its headers sort.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Glyph, Icon, RelativeTime, figures};
use crate::domain::{Customer, CustomerSort, SortBy, SortOrder};

/// A column: its heading, what it sorts by, and whether it holds figures.
struct Column {
    name: &'static str,
    sort: Option<CustomerSort>,
    is_figure: bool,
}

const COLUMNS: [Column; 9] = [
    Column { name: "Name", sort: Some(CustomerSort::Name), is_figure: false },
    Column { name: "E-mail", sort: Some(CustomerSort::Email), is_figure: false },
    Column { name: "Company", sort: Some(CustomerSort::Company), is_figure: false },
    Column { name: "City", sort: None, is_figure: false },
    Column { name: "Country", sort: None, is_figure: false },
    Column { name: "Spend", sort: Some(CustomerSort::TotalSpendCents), is_figure: true },
    Column { name: "Visits", sort: Some(CustomerSort::Visits), is_figure: true },
    Column { name: "Last visit", sort: Some(CustomerSort::LastVisitAt), is_figure: false },
    Column { name: "Added", sort: Some(CustomerSort::CreatedAt), is_figure: false },
];

/// The table.
#[component]
pub fn CustomersTable(
    /// The customers of this page.
    customers: Memo<Vec<Customer>>,
    /// Now, for what ages.
    now: Memo<Timestamp>,
    /// The order.
    sort: Memo<SortBy>,
    /// The address that shows them in another order.
    address_of: Callback<SortBy, String>,
) -> impl IntoView {
    let headings = COLUMNS
        .into_iter()
        .map(|Column { name, sort: by, is_figure }| match by {
            Some(column) => view! { <SortHeading name column sort address_of is_figure /> }.into_any(),
            None => view! { <th scope="col">{name}</th> }.into_any(),
        })
        .collect_view();

    view! {
        <table class="table table-customers">
            <caption class="visually-hidden">"Customers"</caption>
            <thead>
                <tr>{headings}</tr>
            </thead>
            <tbody>
                <For
                    each=move || customers.get()
                    key=|customer| (customer.id, customer.updated_at)
                    children=move |customer| view! { <CustomerRow customer now /> }
                />
            </tbody>
        </table>
    }
}

/// A heading that sorts.
#[component]
fn SortHeading(
    /// The heading.
    name: &'static str,
    /// What it sorts by.
    column: CustomerSort,
    /// The order now.
    sort: Memo<SortBy>,
    /// The address of another order.
    address_of: Callback<SortBy, String>,
    /// Whether the column holds figures.
    is_figure: bool,
) -> impl IntoView {
    let order = Memo::new(move |_| Some(sort.get()).filter(|sort| sort.column == column).map(|sort| sort.order));
    let aria = move || {
        order.get().map(|order| match order {
            SortOrder::Ascending => "ascending",
            SortOrder::Descending => "descending",
        })
    };
    let next = move || SortBy { column, order: order.get().map_or_else(|| usual(column), other) };

    view! {
        <th scope="col" class:is-figure=is_figure class="is-sortable" aria-sort=aria>
            <a href=move || address_of.run(next())>
                {name}
                {move || {
                    order
                        .get()
                        .map(|order| {
                            let glyph = match order {
                                SortOrder::Ascending => Glyph::Up,
                                SortOrder::Descending => Glyph::Down,
                            };
                            view! { <Icon glyph /> }
                        })
                }}
            </a>
        </th>
    }
}

/// Words begin at A; figures and dates with the largest.
const fn usual(column: CustomerSort) -> SortOrder {
    match column {
        CustomerSort::Name | CustomerSort::Email | CustomerSort::Company => SortOrder::Ascending,
        CustomerSort::CreatedAt | CustomerSort::TotalSpendCents | CustomerSort::Visits | CustomerSort::LastVisitAt => {
            SortOrder::Descending
        }
    }
}

const fn other(order: SortOrder) -> SortOrder {
    match order {
        SortOrder::Ascending => SortOrder::Descending,
        SortOrder::Descending => SortOrder::Ascending,
    }
}

/// A customer, as a row.
#[component]
fn CustomerRow(
    /// The customer.
    customer: Customer,
    /// Now, for what ages.
    now: Memo<Timestamp>,
) -> impl IntoView {
    let spend = figures::amount(customer.total_spend_cents);

    view! {
        <tr data-testid="customer-row" data-id=customer.id.to_string()>
            <td data-label="Name" class="is-name" title=customer.name.clone()>
                {or_dash(Some(customer.name.clone()))}
            </td>
            <td data-label="E-mail" title=customer.email.clone()>
                {customer.email.clone()}
            </td>
            <td data-label="Company" title=customer.company.clone()>
                {or_dash(customer.company.clone())}
            </td>
            <td data-label="City" title=customer.city.clone()>
                {or_dash(customer.city.clone())}
            </td>
            <td data-label="Country" title=customer.country.clone()>
                {or_dash(customer.country.clone())}
            </td>
            <td data-label="Spend" class="is-figure" title=spend.clone()>
                {spend.clone()}
            </td>
            <td data-label="Visits" class="is-figure">
                {figures::thousands(customer.visits.unsigned_abs())}
            </td>
            <td data-label="Last visit">
                {match customer.last_visit_at {
                    Some(at) => view! { <RelativeTime at now /> }.into_any(),
                    None => or_dash(None).into_any(),
                }}
            </td>
            <td data-label="Added">
                <RelativeTime at=customer.created_at now />
            </td>
        </tr>
    }
}

/// A value, or a faint dash that a screen reader passes over.
fn or_dash(value: Option<String>) -> impl IntoView {
    match value.filter(|value| !value.is_empty()) {
        Some(value) => value.into_any(),
        None => view! {
            <span class="faint" aria-hidden="true">
                "–"
            </span>
        }
        .into_any(),
    }
}
