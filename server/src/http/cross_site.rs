//! Requests that a page of another site sent.
//!
//! A browser says where a request comes from, and a page can't change that: in `Sec-Fetch-Site`, which it sends to hosts that it trusts;
//! else in `Origin`, which it sends with all that may change something, and with the handshake of a WebSocket. Programs send neither, and
//! are let through: they have no cookies of somebody else to abuse.
//!
//! Where this program encrypts, a page that came without is another site, though it has our name: anybody on the way may have written it.

use app::api::ApiError;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{error::Problem, headers::Transport};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what would change something on the word of another site.
pub(super) async fn refuse(State(transport): State<Transport>, mut request: Request, next: Next) -> Response {
    name_host(&mut request);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let came_without = transport == Transport::Tls && is_of_plain_page(request.headers());
    if came_without || (changes && is_foreign(request.headers())) {
        return Problem(ApiError::CrossSite).into_response();
    }
    next.run(request).await
}

/// Over HTTP/2 the host stands in the address (RFC 9113, section 8.3.1): all that is behind this finds it where it is over HTTP/1.1.
fn name_host(request: &mut Request) {
    let named = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = named {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
}

/// Whether the page that sent this was not encrypted itself, by what a browser says that vouches for nothing.
fn is_of_plain_page(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    !headers.contains_key(SEC_FETCH_SITE) && origin.is_some_and(|origin| origin.starts_with(b"http://"))
}

/// Whether a page of another site sent this. That counts for the handshake of a WebSocket as well: to a browser it changes nothing and needs
/// nobody's permission, so its answer could be read by any page.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(&SEC_FETCH_SITE) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(&header::ORIGIN) else { return false };
    let origin = origin.parse::<Uri>().ok();
    let authority = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    authority.is_none() || authority != text(&header::HOST)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_foreign_with(pairs: &[(&'static str, &'static str)]) -> bool {
        let named =
            pairs.iter().map(|(name, value)| ((*name).parse().expect("a name"), HeaderValue::from_static(value)));
        is_foreign(&named.collect())
    }

    #[test]
    fn a_browser_that_vouches_for_its_page_is_believed_though_a_proxy_gave_the_host_another_name() {
        let origin = ("origin", "https://console.example");

        assert!(!is_foreign_with(&[("host", "127.0.0.1:3000"), origin, ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn our_own_pages_and_programs_are_let_in_and_pages_of_others_are_not() {
        let host = ("host", "box.example:3000");

        assert!(!is_foreign_with(&[host]));
        assert!(!is_foreign_with(&[host, ("origin", "http://box.example:3000"), ("sec-fetch-site", "same-origin")]));
        assert!(is_foreign_with(&[host, ("origin", "http://evil.example")]));
        assert!(!is_foreign_with(&[host, ("origin", "http://box.example:3000")]));
        assert!(is_foreign_with(&[host, ("origin", "null")]));
        assert!(is_foreign_with(&[("origin", "http://box.example:3000")]));
        assert!(is_foreign_with(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(is_foreign_with(&[host, ("origin", "http://box.example:3000"), ("sec-fetch-site", "same-site")]));
    }
}
