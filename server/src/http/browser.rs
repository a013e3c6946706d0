//! A browser in which somebody proves who he is: what it shows, and what it is given to be known by from then on.

use std::convert::Infallible;

use app::api::ApiError;
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderValue, header, request::Parts},
    response::AppendHeaders,
};
use tower_sessions::{Session, session, session_store};

use super::{
    device,
    viewer::{TrustedProxies, address},
};
use crate::{
    auth::{
        Accounts,
        browser_sessions::{ADDRESS, AGENT, OVERTAKEN, PASSWORD, USER},
        sign_in::{Recognized, Trial},
    },
    state::Cookies,
};

/// The browser that sent a request.
pub(super) struct Browser {
    /// `None` where no layer gives one.
    session: Option<Session>,
    address: String,
    agent: String,
    device: Option<String>,
    cookies: Cookies,
}

/// What a browser is given besides its session.
pub(super) type Kept = AppendHeaders<Option<(header::HeaderName, HeaderValue)>>;

impl Browser {
    /// An attempt to sign in with it.
    pub(super) fn trial(&self, email: String, password: String) -> Trial {
        Trial { email, password, address: self.address.clone(), device: self.device.clone() }
    }

    /// Begins a session for a user. Its secret is new, whatever the browser had before; and what it had before ends.
    ///
    /// # Errors
    /// [`ApiError::InvalidCredentials`] when he has another password by now.
    pub(super) async fn begin(&self, accounts: &Accounts, recognized: &Recognized) -> Result<Kept, ApiError> {
        let Some(session) = &self.session else { return Err(ApiError::Internal) };
        let user_id = recognized.user.user_id;
        let beginning = async {
            session.cycle_id().await?;
            session.insert(USER, user_id).await?;
            session.insert(PASSWORD, &recognized.password_mark).await?;
            session.insert(ADDRESS, &self.address).await?;
            session.insert(AGENT, &self.agent).await?;
            session.save().await
        };
        if let Err(error) = beginning.await {
            // Or it would be tried once more when the answer leaves.
            session.clear().await;
            return Err(why(&error));
        }
        let device = accounts.know_device(user_id, self.device.as_deref()).await;
        let kept = device.and_then(|device| device::kept(&device, self.cookies));
        Ok(AppendHeaders(kept.map(|kept| (header::SET_COOKIE, kept))))
    }
}

/// Why a session does not begin.
fn why(error: &session::Error) -> ApiError {
    match error {
        session::Error::Store(session_store::Error::Encode(reason)) if reason == OVERTAKEN => {
            ApiError::InvalidCredentials
        }
        error => {
            tracing::error!(%error, "a session could not begin");
            ApiError::Unavailable
        }
    }
}

impl<S> FromRequestParts<S> for Browser
where
    S: Send + Sync,
    TrustedProxies: FromRef<S>,
    Cookies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let cookies = Cookies::from_ref(state);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self {
            session: parts.extensions.get().cloned(),
            address: address(parts, &TrustedProxies::from_ref(state)),
            agent: agent.unwrap_or_default().to_owned(),
            device: device::shown(&parts.headers, cookies),
            cookies,
        })
    }
}
