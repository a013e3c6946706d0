#!/usr/bin/env bash
# Makes sure that Rust can compile for the browser (wasm32-unknown-unknown).
# Tries: `rustup target add`; on Debian its packaged Rust, from whose sources the standard library for the
# browser is built once (about a minute); else it stops and says what to run.
# Already there: see browser-toolchain.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/browser-toolchain.sh

debian_packages=(rustc-web cargo-web rust-web-src rust-web-clippy lld-22)

# Compiles the standard library as the first dependency of an empty library, and puts its parts
# where rustc looks for those of a target that it was shipped with.
build_std() {
    local work libraries
    work=$(mktemp --directory)
    # The name of the folder is needed now, not when the trap runs.
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    libraries=$(/usr/bin/rustc --print target-libdir --target "$browser_target")

    mkdir "$work/src"
    printf '[package]\nname = "empty"\nedition = "2024"\n' >"$work/Cargo.toml"
    echo '#![no_std]' >"$work/src/lib.rs"
    (
        cd "$work"
        # The first variable allows what only nightly allows otherwise. The flags make the parts what a shipped
        # target has: marked as the compiler's own, so that ordinary crates may link them, and with the
        # bitcode that optimising across crates works on.
        PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Z force-unstable-if-unmarked -C embed-bitcode=yes" \
            /usr/bin/cargo build --release --quiet --target "$browser_target" --target-dir target \
            -Z build-std=std,panic_abort,panic_unwind,proc_macro
        rm -f "target/$browser_target/release/deps"/libempty-*.rlib
        /usr/bin/rustc -vV >"target/built-by"
    )

    as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    "${as_root[@]}" rm -rf "$libraries"
    "${as_root[@]}" mkdir -p "$libraries"
    "${as_root[@]}" install -m 644 "$work/target/$browser_target/release/deps"/*.rlib "$work/target/built-by" "$libraries"
}

if (use_browser_toolchain); then exit 0; fi

if command -v rustup >/dev/null && RUST_BACKTRACE=0 rustup target add "$browser_target"; then
    if (use_browser_toolchain); then exit 0; fi
fi

if command -v apt-get >/dev/null && tools/install-debian-packages.sh "${debian_packages[@]}"; then
    echo "Building the standard library for the browser from Debian's Rust sources."
    build_std
    # What was compiled against another standard library does not fit this one, and cargo cannot tell.
    rm -rf target/wasm
    if (use_browser_toolchain); then exit 0; fi
fi

echo "Rust cannot compile for the browser yet. Run: rustup target add $browser_target" >&2
exit 1
