//! The document around every page: what the browser needs before the first word of it is drawn.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::App;

/// The names of the built files under `/pkg/`, as this build of the server offers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The module that loads the WASM.
    pub js: String,
    /// The application.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// Sets the chosen theme before the first paint, so that a dark page never flashes white. It stands in the page
/// itself because a file of its own would come too late; [`ThemeSwitch`](crate::components::ThemeSwitch) writes the
/// same key.
const THEME_SCRIPT: &str = "try{const t=localStorage.getItem('theme');\
    if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}";

/// The whole document. The server renders it; the browser hydrates its body.
pub fn shell(assets: Assets) -> impl IntoView {
    let nonce = use_nonce();
    let js = format!("/pkg/{}", assets.js);
    let wasm = format!("/pkg/{}", assets.wasm);
    let css = format!("/pkg/{}", assets.css);
    let start = format!("import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.hydrate()))");

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <script nonce=nonce.clone()>{THEME_SCRIPT}</script>
                <link rel="stylesheet" href=css />
                <link rel="modulepreload" href=js nonce=nonce.clone() />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
