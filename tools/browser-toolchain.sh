# shellcheck shell=bash
# Sourced by the scripts that compile for the browser. `use_browser_toolchain` puts a Rust that has the
# standard library for wasm32-unknown-unknown first on the PATH, and fails when the machine has none.
# It looks at the toolchain in use first, then at the distribution's own in /usr, which comes second on the
# PATH where rustup is installed too.

browser_target=wasm32-unknown-unknown

# The standard library that `$1`, a rustc, would link for the browser is there and was built for it.
# A library that `install-wasm-target.sh` has built carries its compiler's version; after an upgrade of the
# compiler the two differ, and the library is of no more use.
has_browser_std() {
    local libraries
    libraries=$("$1" --print target-libdir --target "$browser_target" 2>/dev/null) || return 1
    compgen -G "$libraries/libstd-*.rlib" >/dev/null || return 1
    [ ! -e "$libraries/built-by" ] || [ "$("$1" -vV)" = "$(cat "$libraries/built-by")" ]
}

use_browser_toolchain() {
    if has_browser_std rustc; then
        :
    elif [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && has_browser_std /usr/bin/rustc; then
        export PATH="/usr/bin:$PATH"
    else
        return 1
    fi
    # Debian names the linker after its version, and rustup's toolchains bring their own.
    if [ "$(rustc --print sysroot)" = /usr ] && [ -x /usr/bin/wasm-ld-22 ]; then
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
    fi
}
