//! Tells whether anything has changed since the site was made.
//!
//! It looks at content, not at times: a compiler that ran again and wrote the same bytes changes nothing, and
//! then the server, which holds the site inside itself, need not be compiled again either.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A hash over all that was added, in its order.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    /// Adds a setting. Lengths keep two neighbours from flowing into one.
    pub(crate) fn add_words(&mut self, words: &str) {
        self.add_bytes(words.as_bytes());
    }

    /// Adds a file's path and content.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn add_file(&mut self, file: &Path) -> Result<()> {
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        self.add_words(&file.to_string_lossy());
        self.add_bytes(&content);
        Ok(())
    }

    /// Adds every file in a folder and below. A folder that is not there counts as empty.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(crate) fn add_folder(&mut self, folder: &Path) -> Result<()> {
        for file in files_below(folder)? {
            self.add_file(&file)?;
        }
        Ok(())
    }

    /// Adds a file's time of change in place of its content: for programs, which are large.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn add_age(&mut self, file: &Path) -> Result<()> {
        let changed = fs::metadata(file)
            .and_then(|metadata| metadata.modified())
            .with_context(|| format!("cannot tell when {} was changed", file.display()))?;
        let since_epoch = changed.duration_since(UNIX_EPOCH).context("a file from before 1970")?;
        self.add_bytes(&since_epoch.as_nanos().to_le_bytes());
        Ok(())
    }

    /// Whether `saved` holds this fingerprint.
    pub(crate) fn equals_the_one_in(&self, saved: &Path) -> bool {
        fs::read_to_string(saved).is_ok_and(|saved| saved == self.to_hex())
    }

    /// Remembers it for the next run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self, to: &Path) -> Result<()> {
        fs::write(to, self.to_hex()).with_context(|| format!("cannot write {}", to.display()))
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn to_hex(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}

/// Every file in a folder and below, sorted. A folder that is not there is empty.
///
/// # Errors
/// When a folder cannot be listed.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.exists() {
        return Ok(files);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_folder(folder: &Path) -> String {
        let mut fingerprint = Fingerprint::new();
        fingerprint.add_folder(folder).unwrap();
        fingerprint.to_hex()
    }

    #[test]
    fn a_changed_file_changes_the_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/a.css"), "a{}").unwrap();
        let before = of_folder(folder.path());

        fs::write(folder.path().join("below/a.css"), "b{}").unwrap();

        assert_ne!(of_folder(folder.path()), before);
    }

    #[test]
    fn a_renamed_file_changes_the_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.css"), "a{}").unwrap();
        let before = of_folder(folder.path());

        fs::rename(folder.path().join("a.css"), folder.path().join("b.css")).unwrap();

        assert_ne!(of_folder(folder.path()), before);
    }

    #[test]
    fn writing_the_same_again_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.css"), "a{}").unwrap();
        let before = of_folder(folder.path());

        fs::write(folder.path().join("a.css"), "a{}").unwrap();

        assert_eq!(of_folder(folder.path()), before);
    }

    #[test]
    fn two_settings_do_not_flow_into_one() {
        let mut one = Fingerprint::new();
        one.add_words("ab");
        one.add_words("c");
        let mut other = Fingerprint::new();
        other.add_words("a");
        other.add_words("bc");

        assert_ne!(one.to_hex(), other.to_hex());
    }

    #[test]
    fn what_was_saved_is_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("saved");
        let mut fingerprint = Fingerprint::new();
        fingerprint.add_words("release");

        assert!(!fingerprint.equals_the_one_in(&saved));
        fingerprint.save(&saved).unwrap();
        assert!(fingerprint.equals_the_one_in(&saved));
    }
}
