//! The folder that the server offers to browsers.
//!
//! It is made anew beside the old one, which it then replaces: what is no longer part of the site cannot be
//! left over in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::compress;
use crate::fingerprint::files_below;
use crate::hashed_name::hashed_name;
use crate::mode::Mode;

/// A file with a hash in its name.
pub(crate) struct Asset {
    /// Its key in the manifest, and the end of its name: `js`, `wasm` or `css`.
    kind: &'static str,
    name: String,
    content: Vec<u8>,
}

impl Asset {
    /// A file of this kind, named for its content.
    pub(crate) fn new(kind: &'static str, content: Vec<u8>) -> Self {
        Self { kind, name: hashed_name(kind, &content), content }
    }
}

/// Maps a kind to a name: `{"js": "signalbox.<hash>.js", …}`.
type Manifest = BTreeMap<String, String>;

/// The site's folder, whether it is there already or not.
pub(crate) struct Site {
    folder: PathBuf,
}

impl Site {
    /// The site in this folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Whether the manifest is there, and every file that it names.
    pub(crate) fn is_complete(&self) -> bool {
        self.manifest().is_ok_and(|manifest| manifest.values().all(|name| self.package().join(name).exists()))
    }

    /// Puts these assets and the files of the folder `public` in the place of all that was there.
    ///
    /// # Errors
    /// When something cannot be read or written; the old site then stays.
    pub(crate) fn replace(&self, assets: &[Asset], public: &Path, mode: Mode) -> Result<()> {
        let next = Self::at(&self.folder.with_extension("next"));
        remove(&next.folder)?;
        create(&next.package())?;
        next.write_assets(assets, mode)?;
        next.copy_public(public)?;

        remove(&self.folder)?;
        fs::rename(&next.folder, &self.folder)
            .with_context(|| format!("cannot put the new site at {}", self.folder.display()))
    }

    /// Prints what each file weighs as it is and as most browsers load it.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub(crate) fn print_sizes(&self) -> Result<()> {
        for name in self.manifest()?.values() {
            let plain = kilobytes(&self.package().join(name));
            match kilobytes(&self.package().join(format!("{name}.br"))) {
                Some(brotli) => println!("  {name:<34}{:>9.1} kB, brotli {brotli:.1} kB", plain.unwrap_or(0.0)),
                None => println!("  {name:<34}{:>9.1} kB", plain.unwrap_or(0.0)),
            }
        }
        Ok(())
    }

    fn write_assets(&self, assets: &[Asset], mode: Mode) -> Result<()> {
        for Asset { name, content, .. } in assets {
            self.write(name, content)?;
            if mode == Mode::Release {
                self.write(&format!("{name}.br"), &compress::brotli(content)?)?;
                self.write(&format!("{name}.gz"), &compress::gzip(content)?)?;
            }
        }
        let manifest: Manifest = assets.iter().map(|asset| (asset.kind.to_owned(), asset.name.clone())).collect();
        self.write("manifest.json", &serde_json::to_vec(&manifest)?)
    }

    fn copy_public(&self, public: &Path) -> Result<()> {
        for file in files_below(public)? {
            let copy = self.folder.join(file.strip_prefix(public)?);
            copy.parent().map(create).transpose()?;
            fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let file = self.package().join(name);
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))
    }

    fn manifest(&self) -> Result<Manifest> {
        let file = self.package().join("manifest.json");
        let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("{} is no manifest", file.display()))
    }

    fn package(&self) -> PathBuf {
        self.folder.join("pkg")
    }
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// A file's size in units of 1,000 bytes, if the file is there.
#[expect(clippy::cast_precision_loss, reason = "it is shown with one decimal")]
fn kilobytes(file: &Path) -> Option<f64> {
    fs::metadata(file).ok().map(|metadata| metadata.len() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets(css: &str) -> Vec<Asset> {
        vec![Asset::new("css", css.as_bytes().to_vec())]
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let names = files_below(folder).unwrap();
        names.iter().map(|file| file.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_release_holds_each_asset_in_three_encodings_and_a_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::at(&folder.path().join("site"));
        let name = hashed_name("css", b"a{}");

        site.replace(&assets("a{}"), Path::new("no-such-folder"), Mode::Release).unwrap();

        let mut expected = vec!["manifest.json".to_owned(), name.clone(), format!("{name}.br"), format!("{name}.gz")];
        expected.sort();
        assert_eq!(names_in(&site.package()), expected);
        assert_eq!(site.manifest().unwrap()["css"], name);
        assert!(site.is_complete());
    }

    #[test]
    fn in_development_nothing_is_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::at(&folder.path().join("site"));

        site.replace(&assets("a{}"), Path::new("no-such-folder"), Mode::Development).unwrap();

        assert_eq!(names_in(&site.package()), ["manifest.json".to_owned(), hashed_name("css", b"a{}")]);
    }

    #[test]
    fn nothing_of_the_old_site_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::at(&folder.path().join("site"));
        site.replace(&assets("a{}"), Path::new("no-such-folder"), Mode::Development).unwrap();

        site.replace(&assets("b{}"), Path::new("no-such-folder"), Mode::Development).unwrap();

        assert_eq!(names_in(&site.package()), ["manifest.json".to_owned(), hashed_name("css", b"b{}")]);
    }

    #[test]
    fn public_files_keep_their_names_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("public");
        fs::create_dir_all(public.join("icons")).unwrap();
        fs::write(public.join("icons/lamp.svg"), "<svg/>").unwrap();
        let site = Site::at(&folder.path().join("site"));

        site.replace(&[], &public, Mode::Release).unwrap();

        assert_eq!(fs::read(site.folder.join("icons/lamp.svg")).unwrap(), b"<svg/>");
    }

    #[test]
    fn a_site_that_misses_a_named_file_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::at(&folder.path().join("site"));
        site.replace(&assets("a{}"), Path::new("no-such-folder"), Mode::Development).unwrap();

        fs::remove_file(site.package().join(hashed_name("css", b"a{}"))).unwrap();

        assert!(!site.is_complete());
    }
}
