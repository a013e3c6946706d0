//! The certificate and the key that the environment names, and whose variable is to blame when they can't be used.

use std::path::PathBuf;

use anyhow::{Context, bail};
use server::http::listener::pair::{PairError, PairFile, PairFiles};

const CERTIFICATES: &str = "SIGNALBOX_TLS_CERT";
const KEY: &str = "SIGNALBOX_TLS_KEY";

/// Both variables. Other programs are started without them where nobody wants to reach them but this one.
pub(crate) const VARIABLES: [&str; 2] = [CERTIFICATES, KEY];

/// The files that are named, if both are. Whether they can be used is found out by who uses them.
pub(crate) fn files(set: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Option<PairFiles>> {
    let missing = |name: &str, there: &str| {
        format!("{name}: {there} is set, and is of no use without it. Set both, for https://, or none")
    };
    match (set(CERTIFICATES)?, set(KEY)?) {
        (Some(certificates), Some(key)) => {
            Ok(Some(PairFiles { certificates: PathBuf::from(certificates), key: PathBuf::from(key) }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => bail!(missing(KEY, CERTIFICATES)),
        (None, Some(_)) => bail!(missing(CERTIFICATES, KEY)),
    }
}

/// Names the variable of the file that can't be used.
pub(crate) fn blamed<T>(read: Result<T, PairError>) -> anyhow::Result<T> {
    let variable = match read.as_ref().err().and_then(PairError::file) {
        Some(PairFile::Certificates) => CERTIFICATES,
        Some(PairFile::Key) => KEY,
        None => "SIGNALBOX_TLS_CERT and SIGNALBOX_TLS_KEY",
    };
    read.context(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_without_the_other_is_an_error_that_names_what_is_missing() {
        let files = |named: &'static str| files(move |name| Ok((name == named).then(|| "a.pem".to_owned())));

        for (named, missing) in [(CERTIFICATES, KEY), (KEY, CERTIFICATES)] {
            let error = files(named).expect_err("half a pair").to_string();
            assert!(error.starts_with(missing), "{error}");
        }
        assert_eq!(files("OTHER").expect("none"), None);
    }
}
