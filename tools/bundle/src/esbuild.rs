//! JavaScript and CSS: one file each, with what they import folded in.
//!
//! The script that wasm-bindgen writes may import snippets, and `style/main.css` imports the other sheets.
//! Folding them in means one name to hash, one request, and no order of loading to think about.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{npm_tool, run};
use crate::mode::Mode;

/// Bundles the file `entry` into the file `bundled` and returns its content.
///
/// # Errors
/// When esbuild is missing, or refuses what it reads.
pub(crate) fn bundle(entry: &Path, bundled: &Path, mode: Mode) -> Result<Vec<u8>> {
    let mut esbuild = npm_tool("esbuild");
    esbuild
        .arg(entry)
        .arg(format!("--outfile={}", bundled.display()))
        .args(["--bundle", "--format=esm", "--log-level=warning"])
        // What a style sheet shows lies in `public/` and is asked of the server, not folded in.
        .args(["--external:*.svg", "--external:*.png", "--external:*.woff2"]);
    if mode == Mode::Release {
        esbuild.arg("--minify");
    }
    run(&mut esbuild)?;
    fs::read(bundled).with_context(|| format!("esbuild wrote no {}", bundled.display()))
}
