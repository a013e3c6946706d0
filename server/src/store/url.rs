//! URLs as they may be shown.

/// A URL without its password: what stands between the name and the last `@`, and in a parameter `password`. Show no URL without it.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (rest, parameters) = match rest.split_once('?') {
        // A password that was not escaped may have a question mark in it.
        Some((rest, parameters)) if !parameters.contains('@') => (rest, Some(parameters)),
        _ => (rest, None),
    };
    let mut shown = format!("{scheme}://");
    match rest.rsplit_once('@').map(|(user, place)| (user.split_once(':'), place)) {
        Some((Some((name, _)), place)) => {
            shown.push_str(name);
            shown.push_str(":***@");
            shown.push_str(place);
        }
        _ => shown.push_str(rest),
    }
    if let Some(parameters) = parameters {
        let parameters = parameters.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
            _ => parameter.to_owned(),
        });
        shown.push('?');
        shown.push_str(&parameters.collect::<Vec<_>>().join("&"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("postgres://ann:secret@db/signalbox", "postgres://ann:***@db/signalbox"),
            ("postgres://ann:se/cr@et@db:5432/signalbox", "postgres://ann:***@db:5432/signalbox"),
            ("postgres://ann:se?cr@db/signalbox?a=b", "postgres://ann:***@db/signalbox?a=b"),
            ("postgres://db/signalbox?user=ann&password=secret", "postgres://db/signalbox?user=ann&password=***"),
            ("redis://:secret@cache:6379/0", "redis://:***@cache:6379/0"),
            ("postgres://ann@db/signalbox", "postgres://ann@db/signalbox"),
            ("sqlite://./data/signalbox.db", "sqlite://./data/signalbox.db"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }
}
