//! Turns the compiled `frontend.wasm` into the site: the files that the browser loads.
//!
//! ```text
//! frontend.wasm ─ wasm-bindgen ─┬─ wasm-opt ─► pkg/signalbox.<hash>.wasm
//!                               └─ esbuild ──► pkg/signalbox.<hash>.js
//! style/main.css ─ esbuild ──────────────────► pkg/signalbox.<hash>.css
//! public/ ───────────────────────────────────► as it is
//! ```
//!
//! Names carry a hash of the content, so that browsers may keep a file for ever; `pkg/manifest.json` tells
//! the server which names are current. Each file lies there three times: plain, and compressed with gzip and
//! with Brotli as tightly as they can, which is too slow to do while a browser waits.
//!
//! It is a program of our own because `wasm-bindgen` must have one version on both sides: as a library it
//! takes its version from the same `Cargo.lock` as the frontend, where an installed command would drift.
//!
//! Deliberately absent: compiling. `tools/build-bundle.sh` does that first and passes the result.

mod command;
mod compress;
mod esbuild;
mod fingerprint;
mod hashed_name;
mod mode;
mod site;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fingerprint::Fingerprint;
use crate::mode::Mode;
use crate::site::{Asset, Site};

/// Imports the other style sheets, in the order that decides which rule wins.
const STYLE: &str = "style/main.css";
/// Goes to the root of the site as it is: icons, `robots.txt`.
const PUBLIC: &str = "public";
/// What the server offers. Its path is known to the server's build and to `Cargo.toml`.
const SITE: &str = "target/site";
/// Where the steps hand files to each other.
const WORK: &str = "target/bundle";

fn main() -> Result<()> {
    let (mode, wasm) = arguments(std::env::args().skip(1))?;
    let site = Site::at(Path::new(SITE));
    let fingerprint = inputs(mode, &wasm)?;
    let remembered = Path::new(WORK).join("inputs.sha256");

    if site.is_complete() && fingerprint.equals_the_one_in(&remembered) {
        println!("{SITE} is up to date");
        return site.print_sizes();
    }

    let assets = build(mode, &wasm)?;
    site.replace(&assets, Path::new(PUBLIC), mode)?;
    fingerprint.save(&remembered)?;
    site.print_sizes()
}

/// Reads `bundle [--development] <frontend.wasm>`.
fn arguments(arguments: impl Iterator<Item = String>) -> Result<(Mode, PathBuf)> {
    match arguments.collect::<Vec<_>>().as_slice() {
        [wasm] => Ok((Mode::Release, wasm.into())),
        [flag, wasm] if flag == "--development" => Ok((Mode::Development, wasm.into())),
        _ => bail!("usage: bundle [--development] <frontend.wasm>"),
    }
}

/// Everything that decides what the site looks like, this program and its tools among it.
fn inputs(mode: Mode, wasm: &Path) -> Result<Fingerprint> {
    let program = std::env::current_exe().context("this program does not know its own path")?;
    let style = Path::new(STYLE).parent().context("the style sheet lies in a folder")?;

    let mut fingerprint = Fingerprint::new();
    fingerprint.add_words(mode.name());
    fingerprint.add_age(&program)?;
    fingerprint.add_file(wasm)?;
    fingerprint.add_folder(style)?;
    fingerprint.add_folder(Path::new(PUBLIC))?;
    fingerprint.add_file(Path::new("tools/package-lock.json"))?;
    Ok(fingerprint)
}

/// Makes the content of the three hashed files.
fn build(mode: Mode, wasm: &Path) -> Result<Vec<Asset>> {
    let work = Path::new(WORK);
    if work.exists() {
        fs::remove_dir_all(work).with_context(|| format!("cannot empty {WORK}"))?;
    }
    fs::create_dir_all(work).with_context(|| format!("cannot make {WORK}"))?;

    let bound = wasm::bind(wasm, work, mode)?;
    let wasm = match mode {
        Mode::Release => wasm::optimise(&bound.wasm, &work.join("optimised.wasm"))?,
        Mode::Development => fs::read(&bound.wasm).context("wasm-bindgen wrote no WASM")?,
    };
    let js = esbuild::bundle(&bound.js, &work.join("bundled.js"), mode)?;
    let css = esbuild::bundle(Path::new(STYLE), &work.join("bundled.css"), mode)?;

    Ok(vec![Asset::new("js", js), Asset::new("wasm", wasm), Asset::new("css", css)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<(Mode, PathBuf)> {
        arguments(words.iter().map(ToString::to_string))
    }

    #[test]
    fn a_release_is_made_unless_development_is_asked_for() {
        assert_eq!(parse(&["a.wasm"]).unwrap(), (Mode::Release, "a.wasm".into()));
        assert_eq!(parse(&["--development", "a.wasm"]).unwrap(), (Mode::Development, "a.wasm".into()));
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        assert!(parse(&["--fast", "a.wasm"]).is_err());
        assert!(parse(&[]).is_err());
    }
}
