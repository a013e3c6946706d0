//! Requests that a page of another site sent.
//!
//! A browser says where a request comes from, and a page can't change that: in `Sec-Fetch-Site`, which it sends to hosts that it trusts;
//! else in `Origin`, which it sends with all that may change something, and with the handshake of a WebSocket. Programs send neither, and
//! are let through: they have no cookies of somebody else to abuse.

use app::api::ApiError;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what would change something on the word of another site.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && is_foreign(request.headers()) {
        return Problem(ApiError::CrossSite).into_response();
    }
    next.run(request).await
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
    // Over HTTP/2 there may be no `Host`; browsers speak it to hosts only to which they send the other header.
    authority.is_none() || text(&header::HOST).is_some_and(|host| authority != Some(host))
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
        assert!(is_foreign_with(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(is_foreign_with(&[host, ("origin", "http://box.example:3000"), ("sec-fetch-site", "same-site")]));
    }
}
