//! What handlers use, in parts: a handler's signature lists those that it needs.

use std::{sync::Arc, time::Duration};

use app::{Assets, api::backend::Backend};
use axum::{
    extract::FromRef,
    http::{HeaderName, HeaderValue, header},
};
use leptos::config::LeptosOptions;

use crate::{
    auth::Accounts,
    http::{
        access::rates::Rates,
        assets,
        headers::Transport,
        uploads::Uploads,
        viewer::{TrustedProxies, UnnamedProxy},
    },
    hub::Hub,
    jobs::{Registry, context::Parts},
    page_backend::PageBackend,
};

/// Bounds of what one request, or one user, may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest file that is taken.
    pub upload_bytes: u64,
    /// How long a request's body may be waited for; each KiB that comes gives a second of it back.
    pub silence: Duration,
    /// Requests a second of one user or token, five times as many at once. An address from which somebody comes whom we don't know has a
    /// fifth. 0 is no limit.
    pub requests_per_second: u32,
    /// Files that one user or token may send at the same time.
    pub uploads_per_user: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 1024 * 1024 * 1024,
            silence: Duration::from_secs(30),
            requests_per_second: 500,
            uploads_per_user: 4,
        }
    }
}

/// How the cookies of sessions are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cookies {
    /// For secure origins only.
    Secure,
    /// For a loopback address without TLS, where there is nothing to listen in on.
    #[default]
    Plain,
}

impl Cookies {
    /// The name of the cookie.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-signalbox",
            Self::Plain => "signalbox",
        }
    }

    /// The name of the one by which a browser is known in which somebody has signed in before.
    pub(crate) const fn device_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-signalbox-device",
            Self::Plain => "signalbox-device",
        }
    }

    /// What makes a browser forget it. A cookie for secure origins is forgotten only on the word of one that is, too.
    pub(crate) fn removal(self) -> (HeaderName, HeaderValue) {
        let removal = match self {
            Self::Secure => "__Host-signalbox=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::Plain => "signalbox=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
        };
        (header::SET_COOKIE, HeaderValue::from_static(removal))
    }
}

/// The server's state.
#[derive(Clone)]
pub struct AppState {
    /// Database, files and backplane.
    pub parts: Parts,
    /// The live stream.
    pub hub: Arc<Hub>,
    /// Bounds.
    pub limits: Limits,
    /// The kinds of jobs that can be ordered.
    pub registry: Registry,
    /// People and programs.
    pub accounts: Accounts,
    pub(crate) rates: Arc<Rates>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) unnamed_proxy: UnnamedProxy,
    pub(crate) cookies: Cookies,
    pub(crate) transport: Transport,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) assets: Assets,
    pub(crate) leptos: LeptosOptions,
}

impl AppState {
    /// The state over these parts.
    pub fn new(parts: Parts, hub: Arc<Hub>, limits: Limits) -> Self {
        Self {
            backend: Arc::new(PageBackend::new(parts.clone(), Arc::clone(&hub))),
            assets: assets::of_this_build(),
            leptos: LeptosOptions::builder().output_name("signalbox").build(),
            registry: Registry::all(),
            accounts: Accounts::new(parts.database.clone()),
            rates: Arc::new(Rates::new(limits.requests_per_second)),
            uploads: Arc::new(Uploads::new(limits.uploads_per_user)),
            proxies: TrustedProxies::default(),
            unnamed_proxy: UnnamedProxy::default(),
            cookies: Cookies::default(),
            transport: Transport::default(),
            parts,
            hub,
            limits,
        }
    }

    /// The same with other cookies.
    #[must_use]
    pub fn with_cookies(self, cookies: Cookies) -> Self {
        Self { cookies, ..self }
    }

    /// The same, reached through proxies that say for whom they ask.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same, reached in this way; plain, unless it is said.
    #[must_use]
    pub fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }
}

impl FromRef<AppState> for TrustedProxies {
    fn from_ref(state: &AppState) -> Self {
        state.proxies.clone()
    }
}

impl FromRef<AppState> for Cookies {
    fn from_ref(state: &AppState) -> Self {
        state.cookies
    }
}

impl FromRef<AppState> for Accounts {
    fn from_ref(state: &AppState) -> Self {
        state.accounts.clone()
    }
}

impl FromRef<AppState> for Parts {
    fn from_ref(state: &AppState) -> Self {
        state.parts.clone()
    }
}

impl FromRef<AppState> for Registry {
    fn from_ref(state: &AppState) -> Self {
        state.registry.clone()
    }
}

impl FromRef<AppState> for Arc<Hub> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.hub)
    }
}

impl FromRef<AppState> for Arc<dyn Backend> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.backend)
    }
}

impl FromRef<AppState> for Limits {
    fn from_ref(state: &AppState) -> Self {
        state.limits
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
