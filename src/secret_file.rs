//! Secrets that stand in files instead of the environment, where `ps` and crash reports would show them.

use anyhow::Context;

/// What stands in the file that a variable names in place of a secret: `SIGNALBOX_REDIS_PASSWORD_FILE` or `REDIS_PASSWORD_FILE` for
/// `REDIS_PASSWORD`. A line break at its end is not part of it.
pub(crate) fn read(
    name: &str,
    variable: impl Fn(&str) -> anyhow::Result<Option<String>>,
) -> anyhow::Result<Option<String>> {
    for prefix in ["SIGNALBOX_", ""] {
        let file = format!("{prefix}{name}_FILE");
        if let Some(path) = variable(&file)?.filter(|path| !path.is_empty()) {
            let text = std::fs::read_to_string(&path).with_context(|| format!("{file}: {path} can't be read"))?;
            return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_the_file_that_is_named_and_one_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        std::fs::write(&path, "a b\n").expect("written");
        let from = |named: &'static str, path: String| {
            read("REDIS_PASSWORD", move |name| Ok((name == named).then(|| path.clone())))
        };

        for named in ["SIGNALBOX_REDIS_PASSWORD_FILE", "REDIS_PASSWORD_FILE"] {
            assert_eq!(from(named, path.display().to_string()).expect("read"), Some("a b".to_owned()));
            let error = from(named, "/nowhere/at/all".to_owned()).expect_err("no file");
            assert!(format!("{error:#}").contains(named), "{error:#}");
        }
        assert_eq!(from("OTHER_FILE", String::new()).expect("read"), None);
    }
}
