//! What a killed process leaves behind of the file that it was keeping.
//!
//! `LocalFileSystem` of `object_store` writes to the file's name with `#` and a number behind it, and renames when all is there. It
//! never lists such a name nor takes one, so the folder is looked through here.

use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
    time::Duration,
};

/// Removes at most `limit` halves that nobody has written to for `age`, and returns how many there were.
pub(super) fn remove(folder: &Path, age: Duration, limit: usize) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        if removed == limit {
            break;
        }
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_half) && is_older(&entry, age) {
            // One that was finished or removed meanwhile is no concern any more.
            removed += usize::from(fs::remove_file(entry.path()).is_ok());
        }
    }
    Ok(removed)
}

fn is_half(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(file, number)| {
        file.ends_with(super::ENDING) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_older(entry: &DirEntry, age: Duration) -> bool {
    let modified = entry.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed >= age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_behind_the_name_makes_a_half() {
        assert!(is_half("0190d6c8.csv#1"));
        assert!(is_half("0190d6c8.csv#27"));
        for name in ["0190d6c8.csv", "0190d6c8.csv#", "0190d6c8.csv#a", "notes#1"] {
            assert!(!is_half(name), "{name}");
        }
    }
}
