//! The WASM file: bound to JavaScript, then made small.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{npm_tool, run};
use crate::mode::Mode;

/// What every browser of the last years has. `--all-features` would let the optimiser write proposals that
/// browsers still refuse to load.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The two files that wasm-bindgen makes of one. The script may import others that lie beside it.
pub(crate) struct Bound {
    /// The script that loads the WASM and gives it what it asks of the browser.
    pub(crate) js: PathBuf,
    /// The WASM, without the notes that the compiler left for wasm-bindgen.
    pub(crate) wasm: PathBuf,
}

/// Writes the script, and the WASM that fits it, into the folder `out`.
///
/// The script does not know where the WASM lies, because its name depends on its content: the page passes
/// the address to the script's `init`.
///
/// # Errors
/// When `wasm` cannot be read, or was compiled with another version of wasm-bindgen.
pub(crate) fn bind(wasm: &Path, out: &Path, mode: Mode) -> Result<Bound> {
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .input_path(wasm)
        .out_name("frontend")
        .typescript(false)
        .omit_default_module_path(true)
        .remove_producers_section(true)
        // In development the names of functions make a panic's trace readable.
        .remove_name_section(mode == Mode::Release);
    bindgen.generate(out).with_context(|| format!("wasm-bindgen failed on {}", wasm.display()))?;
    Ok(Bound { js: out.join("frontend.js"), wasm: out.join("frontend_bg.wasm") })
}

/// Lets Binaryen's `wasm-opt` shrink the file `wasm` into the file `optimised`, and returns its content.
///
/// # Errors
/// When `wasm-opt` is missing, or fails.
pub(crate) fn optimise(wasm: &Path, optimised: &Path) -> Result<Vec<u8>> {
    run(npm_tool("wasm-opt").arg(wasm).arg("-Oz").args(FEATURES).arg("-o").arg(optimised))?;
    fs::read(optimised).context("wasm-opt wrote no WASM")
}
