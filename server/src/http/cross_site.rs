//! Requests that a page of another site sent.
//!
//! A browser says on each request where it comes from, in `Sec-Fetch-Site`, and a page can't change that. Programs send no such
//! header, and are let through: they have no cookies of somebody else to abuse.

use app::api::ApiError;
use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::Problem;

/// Refuses what would change something on the word of another site.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && is_fetched_by_another_site(request.headers()) {
        return Problem(ApiError::CrossSite).into_response();
    }
    next.run(request).await
}

fn is_fetched_by_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// Whether a handshake of a WebSocket comes from a page of another site. To a browser it is a request that changes nothing and needs
/// nobody's permission, so the answer could be read by any page. Older browsers name their page's `Origin` and nothing else.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = headers.get(header::ORIGIN) else { return is_fetched_by_another_site(headers) };
    let authority = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let authority = authority.as_ref().and_then(Uri::authority).map(|authority| authority.as_str().to_owned());
    let is_ours = authority.is_some_and(|authority| text(header::HOST).is_some_and(|host| host == authority));
    is_fetched_by_another_site(headers) || !is_ours
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
    fn a_handshake_is_taken_from_our_own_pages_and_from_programs_only() {
        let host = ("host", "box.example:3000");

        assert!(!is_foreign_with(&[host]));
        assert!(!is_foreign_with(&[host, ("origin", "http://box.example:3000"), ("sec-fetch-site", "same-origin")]));
        assert!(is_foreign_with(&[host, ("origin", "http://evil.example")]));
        assert!(is_foreign_with(&[host, ("origin", "null")]));
        assert!(is_foreign_with(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(is_foreign_with(&[host, ("origin", "http://box.example:3000"), ("sec-fetch-site", "same-site")]));
    }
}
