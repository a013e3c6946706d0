//! The names that columns have in the files people bring, for each field, the most telling name first.
//!
//! Names are compared as letters and digits in lower case, so that `E-mail 1 - Value`, `email1value` and
//! `EMAIL 1 VALUE` are one. Gathered from the exports of Shopify, `HubSpot`, Google Contacts and Mailchimp, and from what
//! people write by hand in English, German, French and Spanish. Left out is what only resembles a field: a
//! date of the last order is no visit, and one such column in another format would refuse every row.

use super::mapping::Field;

/// The names of each field's column, normalised, best first, with spaces between. No name belongs to two fields.
pub(super) const SYNONYMS: [(Field, &str); Field::COUNT] = [
    (
        Field::Email,
        "email emailaddress email1value primaryemail emailprimary contactemail customeremail \
         useremail subscriberemail workemail businessemail billingemail personalemail homeemail \
         email1 emailaddress1 email1address emailid mail mailaddress emails emailadresse mailadresse \
         adresseemail adresseélectronique adresseelectronique adressemail courriel correo \
         correoelectrónico correoelectronico direccióndecorreoelectrónico \
         direcciondecorreoelectronico",
    ),
    (
        Field::Name,
        "name fullname customername contactname displayname customer contact kundenname kunde \
         vollständigername nomcomplet nometprénom nometprenom nombrecompleto nombreyapellidos",
    ),
    (Field::FirstName, "firstname givenname forename fname contactfirstname vorname prénom prenom nombre"),
    (
        Field::LastName,
        "lastname familyname surname lname contactlastname nachname familienname zuname nomdefamille \
         nom apellidos apellido",
    ),
    (
        Field::Phone,
        "phone phonenumber phone1value telephone telephonenumber tel telno primaryphone workphone \
         businessphone homephone mobile mobilephone mobilephonenumber mobilenumber cell cellphone \
         defaultaddressphone phone1 telefon telefonnummer rufnummer mobil mobiltelefon mobilnummer \
         handy handynummer téléphone numérodetéléphone numerodetelephone portable teléfono telefono \
         móvil movil",
    ),
    (
        Field::Company,
        "company companyname organizationname organization1name organization organisation \
         organisationname business businessname employer defaultaddresscompany billingcompany \
         associatedcompany account accountname firma firmenname unternehmen société societe \
         entreprise empresa compañía compania",
    ),
    (
        Field::City,
        "city town address1city defaultaddresscity billingcity shippingcity mailingcity stadt ort \
         wohnort ville ciudad localidad población poblacion",
    ),
    (
        Field::Country,
        "country countryname countryregion address1country defaultaddresscountry \
         defaultaddresscountrycode billingcountry shippingcountry mailingcountry countrycode nation \
         land pays país pais cc",
    ),
    (
        Field::TotalSpend,
        "totalspend totalspent totalspending amountspent lifetimespend lifetimevalue \
         customerlifetimevalue totalrevenue revenue totalsales spend gesamtumsatz umsatz totaldépensé \
         totaldepense chiffredaffaires gastototal totalgastado",
    ),
    (Field::TotalSpendCents, "totalspendcents totalspentcents totalspendincents"),
    // A shop does not count visits. An order is one that it knows of.
    (
        Field::Visits,
        "visits visitcount numberofvisits totalvisits besuche anzahlbesuche anzahlderbesuche visites \
         nombredevisites visitas númerodevisitas numerodevisitas numberofsessions sessions \
         totalorders orderscount ordercount numberoforders",
    ),
    (
        Field::LastVisitAt,
        "lastvisitat lastvisit lastvisited lastvisitdate dateoflastvisit lastseenat lastseen \
         timelastseen letzterbesuch letzterbesucham dernièrevisite dernierevisite últimavisita \
         ultimavisita",
    ),
];

/// A name as it is compared: its letters and digits, in lower case.
pub(super) fn normalised(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_belongs_to_two_fields_and_each_is_normalised() {
        let names: Vec<_> = SYNONYMS.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).collect();

        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| normalised(name) == **name));
    }

    #[test]
    fn every_field_has_names() {
        assert_eq!(SYNONYMS.map(|(field, _)| field), Field::ALL);
    }
}
