//! The browser bundle and the static files, carried inside the program.
//!
//! Files of the bundle have their content's hash in their name, so a browser may keep them for ever. They were compressed when they
//! were built: compressing on each request would cost more than all the rest of a page.

use app::Assets;
use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

/// What the bundler left; empty in a build without a bundle, as for the server's own tests. A release carries the files, a debug
/// build reads them where they lie, so that it shows what was built last.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct Site;

/// For ever, because a changed file has another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Names without a hash: asked for again after an hour.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

#[derive(Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
}

/// The names of the bundle's files. Without a manifest they are those that cargo-leptos gives; where it made none either, pages stay
/// as the server rendered them.
pub(crate) fn of_this_build() -> Assets {
    let manifest = Site::get("pkg/manifest.json").and_then(|file| serde_json::from_slice::<Manifest>(&file.data).ok());
    let Manifest { js, wasm, css } = manifest.unwrap_or_else(|| {
        tracing::warn!(
            "this program was built without the bundle's manifest; its files are asked for by their plain names"
        );
        let named = |ending: &str| format!("signalbox.{ending}");
        Manifest { js: named("js"), wasm: named("wasm"), css: named("css") }
    });
    Assets { js, wasm, css }
}

/// `GET /pkg/{file}`
pub(super) async fn bundle_file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    answer(&format!("pkg/{file}"), &headers, FOR_EVER)
}

/// What stands in `public/`; `None` for any other path.
pub(super) fn public_file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.strip_prefix('/').filter(|name| !name.contains('/'))?;
    Site::get(name)?;
    Some(answer(name, headers, FOR_AN_HOUR))
}

fn answer(path: &str, headers: &HeaderMap, keep: HeaderValue) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((file, encoding)) = best(path, accepted) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Body::from(file.data).into_response();
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, content_type(path));
    answered.insert(header::CACHE_CONTROL, keep);
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest form of a file that the client can read.
fn best(path: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepts =
        |name: &str| accepted.split(',').any(|part| part.split(';').next().is_some_and(|part| part.trim() == name));
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(encoding))
        .find_map(|(encoding, ending)| Some((Site::get(&format!("{path}.{ending}"))?, Some(encoding))))
        .or_else(|| Some((Site::get(path)?, None)))
}

fn content_type(path: &str) -> HeaderValue {
    let ending = path.rsplit('.').next().unwrap_or_default();
    HeaderValue::from_static(match ending {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "csv" => "text/csv; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        _ => "application/octet-stream",
    })
}
