//! Addresses with a query: what a page shows is written there, so that it can be kept and sent to somebody.

use leptos_router::params::ParamsMap;

/// An address with those of the parameters that have a value.
pub(super) fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            address.push(separator);
            address.push_str(name);
            address.push('=');
            escape_into(&mut address, value);
            separator = '&';
        }
    }
    address
}

/// A parameter of the page's address; one without a value counts as absent.
pub(super) fn parameter(parameters: &ParamsMap, name: &str) -> Option<String> {
    parameters.get(name).filter(|value| !value.trim().is_empty())
}

/// Escapes like `encodeURIComponent` (ECMA-262, section 19.2.6.4), on both sides. The router's own function leaves other characters
/// alone on the server than in the browser, and so the same page would have two addresses.
fn escape_into(address: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push('%');
            for digit in [byte >> 4, byte & 15] {
                address.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
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

    #[test]
    fn a_value_is_escaped_as_a_browser_does_it() {
        assert_eq!(
            address("/a", &[("q", Some("-name_1.!~*'() ü/\"%+€"))]),
            "/a?q=-name_1.!~*'()%20%C3%BC%2F%22%25%2B%E2%82%AC"
        );
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let parameters = ParamsMap::from_iter([("before", ""), ("q", " "), ("sort", "-name")]);

        assert_eq!(parameter(&parameters, "before"), None);
        assert_eq!(parameter(&parameters, "q"), None);
        assert_eq!(parameter(&parameters, "after"), None);
        assert_eq!(parameter(&parameters, "sort").as_deref(), Some("-name"));
    }
}
