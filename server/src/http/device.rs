//! The cookie by which a browser is known in which somebody has signed in before.

use axum::http::{HeaderMap, HeaderValue, header};
use time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use crate::{auth::Secret, state::Cookies, store::devices::KNOWN_FOR};

/// What a browser shows. Whatever is longer than one of ours is none.
pub(super) fn shown(headers: &HeaderMap, cookies: Cookies) -> Option<String> {
    const LONGEST: usize = 100;
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(Cookie::split_parse).flatten();
    let device = pairs.find(|cookie| cookie.name() == cookies.device_name())?;
    (!device.value().is_empty() && device.value().len() <= LONGEST).then(|| device.value().to_owned())
}

/// What makes a browser show it from now on.
pub(super) fn kept(device: &Secret, cookies: Cookies) -> Option<HeaderValue> {
    let cookie = Cookie::build((cookies.device_name(), device.reveal()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(cookies == Cookies::Secure)
        .max_age(Duration::seconds(KNOWN_FOR.as_secs()));
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}
