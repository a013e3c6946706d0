//! Which column of a file feeds which field of a customer.
//!
//! A mapping is made from the header by the names in `synonyms.rs`: of each field's names the best one that the header
//! has wins, and of two columns with that name the first. It is stored with the file's format, so that an import that
//! is resumed by a newer version still reads the columns it began with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::synonyms::{SYNONYMS, normalised};

/// What a column can say of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The e-mail, by which customers are told apart.
    Email,
    /// The full name.
    Name,
    /// The first name; joined with the last name where there is no full name.
    FirstName,
    /// The last name.
    LastName,
    /// The telephone number.
    Phone,
    /// The company.
    Company,
    /// The city.
    City,
    /// The country: a name or a code.
    Country,
    /// All that was spent, in units of the currency with decimals.
    TotalSpend,
    /// All that was spent, in cents. Wins over [`Field::TotalSpend`], since nothing was rounded.
    TotalSpendCents,
    /// The number of visits.
    Visits,
    /// The last visit.
    LastVisitAt,
}

impl Field {
    /// How many fields there are.
    pub const COUNT: usize = 12;

    /// Every field, in the order of the enum.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Email,
        Self::Name,
        Self::FirstName,
        Self::LastName,
        Self::Phone,
        Self::Company,
        Self::City,
        Self::Country,
        Self::TotalSpend,
        Self::TotalSpendCents,
        Self::Visits,
        Self::LastVisitAt,
    ];
}

/// The columns, counted from 0, of the fields that a file has. As JSON: `{"email": 2, "firstName": 0}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Field, usize>", into = "BTreeMap<Field, usize>")]
pub struct Mapping {
    columns: [Option<usize>; Field::COUNT],
}

impl Mapping {
    /// The mapping that a header line gives. It may lack the e-mail, or be empty.
    pub fn from_header<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<String> = header.into_iter().map(normalised).collect();
        let mut mapping: Self = SYNONYMS
            .iter()
            .filter_map(|(field, synonyms)| {
                let column =
                    synonyms.split_ascii_whitespace().find_map(|synonym| names.iter().position(|name| name == synonym));
                column.map(|column| (*field, column))
            })
            .collect();
        mapping.take_name_as_last_name();
        mapping
    }

    /// The column that feeds a field.
    pub const fn column(&self, field: Field) -> Option<usize> {
        self.columns[field as usize]
    }

    /// Whether no column feeds any field.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(Option::is_none)
    }

    /// The mapping for people: the header of each field's column.
    pub fn named(&self, header: &[String]) -> BTreeMap<Field, String> {
        let columns: BTreeMap<Field, usize> = self.clone().into();
        columns.into_iter().filter_map(|(field, column)| Some((field, header.get(column)?.clone()))).collect()
    }

    /// `Vorname;Name`: beside a first name, and without a last name, the plain name is the last name.
    fn take_name_as_last_name(&mut self) {
        if self.column(Field::FirstName).is_some() && self.column(Field::LastName).is_none() {
            self.columns[Field::LastName as usize] = self.columns[Field::Name as usize].take();
        }
    }
}

impl FromIterator<(Field, usize)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (Field, usize)>>(columns: I) -> Self {
        let mut mapping = Self::default();
        for (field, column) in columns {
            mapping.columns[field as usize] = Some(column);
        }
        mapping
    }
}

impl From<BTreeMap<Field, usize>> for Mapping {
    fn from(columns: BTreeMap<Field, usize>) -> Self {
        columns.into_iter().collect()
    }
}

impl From<Mapping> for BTreeMap<Field, usize> {
    fn from(mapping: Mapping) -> Self {
        Field::ALL.into_iter().filter_map(|field| Some((field, mapping.column(field)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(header: &str, delimiter: char) -> String {
        let header: Vec<String> = header.split(delimiter).map(str::to_owned).collect();
        let mapping = Mapping::from_header(header.iter().map(String::as_str));
        let named = mapping.named(&header);
        named.iter().map(|(field, name)| format!("{field:?}={name}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_names_of_the_contract_map_in_any_case_and_spacing() {
        let fields = "name,email,phone,company,city,country,totalSpendCents,visits,lastVisitAt";

        assert_eq!(
            named(fields, ','),
            "Email=email Name=name Phone=phone Company=company City=city Country=country \
             TotalSpendCents=totalSpendCents Visits=visits LastVisitAt=lastVisitAt"
        );
        assert_eq!(
            named("E-MAIL; Total Spend ;last_visit_at;First Name;LAST NAME", ';'),
            "Email=E-MAIL FirstName=First Name LastName=LAST NAME TotalSpend= Total Spend  LastVisitAt=last_visit_at"
        );
    }

    #[test]
    fn a_shopify_export_maps() {
        let header = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,\
            Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,\
            Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,\
            Total Spent,Total Orders,Note,Tax Exempt,Tags";

        assert_eq!(
            named(header, ','),
            "Email=Email FirstName=First Name LastName=Last Name Phone=Phone Company=Default Address Company \
             City=Default Address City Country=Default Address Country Code TotalSpend=Total Spent Visits=Total Orders"
        );
    }

    #[test]
    fn a_hubspot_export_maps() {
        let header = "Record ID,First Name,Last Name,Email,Mobile Phone Number,Phone Number,Contact owner,Company Name,\
            City,Country/Region,Last Activity Date,Lead Status,Create Date,Number of Sessions,Total Revenue,Time Last Seen";

        assert_eq!(
            named(header, ','),
            "Email=Email FirstName=First Name LastName=Last Name Phone=Phone Number Company=Company Name City=City \
             Country=Country/Region TotalSpend=Total Revenue Visits=Number of Sessions LastVisitAt=Time Last Seen"
        );
    }

    #[test]
    fn both_styles_of_a_google_contacts_export_map() {
        let new = "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,\
            Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,\
            Address 1 - Label,Address 1 - City,Address 1 - Country";
        let old = "Name,Given Name,Additional Name,Family Name,Yomi Name,Notes,Group Membership,E-mail 1 - Type,\
            E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name";

        assert_eq!(
            named(new, ','),
            "Email=E-mail 1 - Value FirstName=First Name LastName=Last Name Phone=Phone 1 - Value \
             Company=Organization Name City=Address 1 - City Country=Address 1 - Country"
        );
        assert_eq!(
            named(old, ','),
            "Email=E-mail 1 - Value Name=Name FirstName=Given Name LastName=Family Name Phone=Phone 1 - Value \
             Company=Organization 1 - Name"
        );
    }

    #[test]
    fn a_mailchimp_export_maps() {
        let header = "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,\
            CONFIRM_TIME,LATITUDE,LONGITUDE,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS";

        assert_eq!(
            named(header, ','),
            "Email=Email Address FirstName=First Name LastName=Last Name Phone=Phone Number Country=CC"
        );
    }

    #[test]
    fn german_french_and_spanish_names_map() {
        assert_eq!(
            named("Vorname;Name;E-Mail-Adresse;Ort;Letzter Besuch", ';'),
            "Email=E-Mail-Adresse FirstName=Vorname LastName=Name City=Ort LastVisitAt=Letzter Besuch"
        );
        assert_eq!(
            named("Prénom;Nom;Courriel;Société", ';'),
            "Email=Courriel FirstName=Prénom LastName=Nom Company=Société"
        );
        assert_eq!(
            named("Nombre;Apellidos;Correo electrónico;País", ';'),
            "Email=Correo electrónico FirstName=Nombre LastName=Apellidos Country=País"
        );
    }

    #[test]
    fn a_mapping_is_stored_as_fields_and_columns() {
        let mapping = Mapping::from_header(["First Name", "", "Email"]);

        let json = serde_json::to_string(&mapping).unwrap();

        assert_eq!(json, r#"{"email":2,"firstName":0}"#);
        assert_eq!(serde_json::from_str::<Mapping>(&json).unwrap(), mapping);
    }
}
