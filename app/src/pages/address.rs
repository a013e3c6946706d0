//! Addresses with a query: what a page shows is written there, so that it can be kept and sent to somebody.

use leptos_router::location::Url;

/// An address with those of the parameters that have a value.
pub(super) fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            address.push(separator);
            address.push_str(name);
            address.push('=');
            address.push_str(&Url::escape(value));
            separator = '&';
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_with_a_value_are_written() {
        assert_eq!(address("/a", &[("q", None), ("sort", Some("name"))]), "/a?sort=name");
        assert_eq!(address("/a", &[("q", None)]), "/a");
    }

    #[test]
    fn a_value_cannot_become_a_parameter() {
        let address = address("/a", &[("q", Some("x&y=1 ü")), ("sort", Some("name"))]);

        assert_eq!(address.matches('&').count(), 1);
        assert!(!address.contains(' '));
    }
}
