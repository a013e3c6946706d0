//! Whom the site is made for.

/// Decides how much work goes into small files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For everyone: optimised, minified, compressed.
    Release,
    /// For the person who changes it and waits: readable, and made in a second.
    Development,
}

impl Mode {
    /// The mode's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Development => "development",
        }
    }
}
