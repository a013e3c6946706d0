//! Customers and the ways to list them.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CustomerId, import::UnknownName};

/// A customer. The e-mail is unique, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// The customer.
    pub id: CustomerId,
    /// Full name; empty when nobody told.
    pub name: String,
    /// E-mail as last written.
    pub email: String,
    /// Telephone number as written.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country, as written: a name or a code.
    pub country: Option<String>,
    /// All that the customer ever spent, in cents.
    pub total_spend_cents: i64,
    /// Number of visits.
    pub visits: i64,
    /// The last visit.
    pub last_visit_at: Option<Timestamp>,
    /// When the customer was first seen here.
    pub created_at: Timestamp,
    /// When any field last changed.
    pub updated_at: Timestamp,
}

/// The column that customers are listed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerSort {
    /// Newest first, unless reversed.
    #[default]
    CreatedAt,
    /// By name.
    Name,
    /// By e-mail.
    Email,
    /// By company.
    Company,
    /// By total spend.
    TotalSpendCents,
    /// By number of visits.
    Visits,
    /// By last visit.
    LastVisitAt,
}

impl CustomerSort {
    /// Every column that can be sorted by, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::Email,
        Self::Company,
        Self::TotalSpendCents,
        Self::Visits,
        Self::LastVisitAt,
        Self::CreatedAt,
    ];

    /// The column's name in addresses, the same as the customer's JSON field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::Name => "name",
            Self::Email => "email",
            Self::Company => "company",
            Self::TotalSpendCents => "totalSpendCents",
            Self::Visits => "visits",
            Self::LastVisitAt => "lastVisitAt",
        }
    }
}

/// Which end of the sorted column comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Which customers to list, and in which order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerQuery {
    /// Only customers whose name, e-mail, company, phone or city contains this text, without case.
    pub text: Option<String>,
    /// The column to sort by, and which end comes first.
    pub sort: SortBy,
    /// The `next` of the page before; `None` for the first page.
    pub before: Option<String>,
    /// Customers on the page, 1 to 500.
    pub limit: u32,
}

impl Default for CustomerQuery {
    fn default() -> Self {
        Self { text: None, sort: SortBy::default(), before: None, limit: 50 }
    }
}

/// The `sort` of an address: a column's name, with `-` before it for largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortBy {
    /// The column.
    pub column: CustomerSort,
    /// Which end comes first.
    pub order: SortOrder,
}

impl Default for SortBy {
    fn default() -> Self {
        Self { column: CustomerSort::CreatedAt, order: SortOrder::Descending }
    }
}

impl std::fmt::Display for SortBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.order {
            SortOrder::Ascending => "",
            SortOrder::Descending => "-",
        };
        write!(f, "{sign}{}", self.column.as_str())
    }
}

impl FromStr for SortBy {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (order, name) = match text.strip_prefix('-') {
            Some(rest) => (SortOrder::Descending, rest),
            None => (SortOrder::Ascending, text),
        };
        CustomerSort::ALL
            .into_iter()
            .find(|column| column.as_str() == name)
            .map(|column| Self { column, order })
            .ok_or_else(|| UnknownName {
                what: "sort",
                name: text.to_owned(),
                allowed: "name, email, company, totalSpendCents, visits, lastVisitAt, createdAt, each with '-' before it for largest first",
            })
    }
}

/// One page of customers, with the numbers above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerPage {
    /// The customers of this page.
    pub listing: super::Listing<Customer>,
    /// Customers in all, without regard to the search.
    pub total: u64,
}
