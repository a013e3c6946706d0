//! What a browser is told with every answer: what it may load, who may frame and embed it, what it may be taken for, whether it may be kept.
//!
//! The pages show what strangers wrote: names in files, events of other programs. They are escaped; these headers are what holds where that
//! was forgotten once. They follow OWASP ASVS 5.0, chapter 3.4 and 14.3.2. One layer sets them around the whole router, and an answer that
//! says nothing gets the strictest: it may load nothing and is not kept. So a new route is safe before anybody thinks of it. Only the pages
//! and `/docs` may load something, and only bundle and files may be kept.
//!
//! A script of a page runs by its nonce: a word that is drawn for each answer, and that a text which slipped into the page can't know. What a
//! script with a nonce imports has it, too. So the policy names no host, and no `'strict-dynamic'` lets scripts bring in others.
//!
//! Deliberately absent:
//! - `X-Frame-Options` and `X-XSS-Protection`: `frame-ancestors` replaces the one, and browsers have dropped the other for doing harm.
//! - `Cross-Origin-Embedder-Policy`: nothing here shares memory between threads.
//! - Trusted Types: Leptos makes what never changes of a page by `innerHTML`.
//! - `Access-Control-Allow-Origin`: no page of another site may read anything.
//! - A place to report violations to: it would have to be open to everyone.
//!
//! What is refused before it is a request, such as a line too many, has no body and none of this.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// For what is no page: JSON, files, streams, redirections.
const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// `/docs` runs two files and nothing that stands in the page; the pictures are in Swagger UI's style sheet.
pub(super) const OF_DOCS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// What no page uses, and so nothing that slipped into one may use either.
const SWITCHED_OFF: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), \
    usb=(), xr-spatial-tracking=()";

/// What each answer has, whatever it is.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Not `no-referrer`: with it a form that needs no script says `Origin: null`, as pages of other sites do, and is refused.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(SWITCHED_OFF)),
];

/// Two years, and for all names below this host's, as ASVS asks from level 2 on.
const ENCRYPTED_FROM_NOW_ON: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// How requests come to this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// As they are. A proxy before it that encrypts has to say itself that browsers must not come without.
    #[default]
    Plain,
    /// Encrypted by this program: browsers are told never to come without again.
    Tls,
}

/// The policy of a page whose scripts have this nonce; none if it can't be written, and then the page may load nothing.
///
/// `'wasm-unsafe-eval'` allows to compile WASM, and no text to become a script.
pub(super) fn of_page(nonce: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
}

/// Adds to an answer what it does not say itself. Its body stays as it is.
pub(super) async fn tell(State(transport): State<Transport>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.reserve(ALWAYS.len() + 3);
    headers.extend(ALWAYS);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    headers.entry(header::CACHE_CONTROL).or_insert(const { HeaderValue::from_static("no-store") });
    if transport == Transport::Tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ENCRYPTED_FROM_NOW_ON);
    }
    response
}
