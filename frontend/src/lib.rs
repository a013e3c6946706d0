//! The browser's entry point: takes over the page that the server rendered.

/// Called once by the page's module script, after the WASM was loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
