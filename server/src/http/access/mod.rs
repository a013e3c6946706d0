//! The door: who asks, and whether he may.
//!
//! What each route needs is declared in one table. A route that is missing there is for admins, and fails a test that walks through all of
//! them. Handlers don't ask for roles: they are not reached by whom they are not for.

/// What a handler adds to the entry of its use.
mod note;
/// What each route needs.
pub mod rules;

use std::panic::AssertUnwindSafe;

use app::{
    api::ApiError,
    domain::{Role, SessionId, UserId},
};
use axum::{
    RequestPartsExt as _,
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use futures::FutureExt as _;
use jiff::Timestamp;
use serde::Deserialize;
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};

pub(super) use self::note::Note;
use self::{
    note::kept,
    rules::{Need, RULES, Trace},
};
use super::{
    assets,
    error::{Code, Problem, refusal},
    viewer,
};
use crate::{
    AppState,
    auth::{
        Actor, BrowserSessions, By,
        browser_sessions::{HOLDER, hash_of},
        secret::{TOKEN_MARK, hash},
    },
    state::Cookies,
    store::{self, api_tokens, audit::NewEntry},
};

/// How a browser is known again: by a cookie that no script can read and no other site can have sent along with a change. Over TLS, or behind
/// a proxy, it has the name that browsers take from a secure origin only.
pub(super) fn sessions(state: &AppState) -> SessionManagerLayer<BrowserSessions> {
    let layer = SessionManagerLayer::new(BrowserSessions(state.parts.database.clone()))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::milliseconds(store::sessions::LONGEST_MS)));
    layer.with_name(state.cookies.name()).with_secure(state.cookies == Cookies::Secure)
}

/// What a request needs. Static files are for all; whatever else has no route is for whom we know, and whatever has one without a rule for
/// admins.
fn rule(request: &Request) -> (Need, Trace) {
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        let is_file = assets::public_file(request.uri().path(), request.headers()).is_some();
        return (if is_file { Need::Nothing } else { Need::Role(Role::Viewer) }, Trace::None);
    };
    let method = if *request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let found = RULES.iter().find(|(verb, route, ..)| *verb == method.as_str() && *route == path.as_str());
    found.map_or((Need::Role(Role::Admin), Trace::Unnamed), |(_, _, need, trace)| (*need, *trace))
}

/// Finds out who asks, and lets him through or not.
pub(super) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (need, trace) = rule(&request);
    let (mut parts, body) = request.into_parts();
    // Where nothing is needed nobody is looked for: whoever restarts the server asks while the database is away.
    let identified = match need {
        Need::Nothing => Ok(Actor::Anonymous),
        Need::Role(_) => identify(&state, &parts.headers, parts.extensions.get::<Session>()).await,
    };
    let actor = match identified {
        Ok(actor) => actor,
        Err(error) => return Problem(error).into_response(),
    };
    let by = By::Request { actor: actor.clone(), address: viewer::address(&parts, &state.proxies), reason: None };
    if let Need::Role(needed) = need {
        match actor.role() {
            None if wants_page(&parts.method, &parts.headers) => return to_sign_in(&parts.uri).into_response(),
            None if parts.uri.path() == "/logout" => return Redirect::to("/login").into_response(),
            None => return Problem(ApiError::SignInRequired).into_response(),
            Some(role) if role < needed => {
                let error = ApiError::Forbidden { needed };
                let entry = entry(&by, trace, &mut parts).await;
                state.accounts.note(&NewEntry { outcome: error.code().to_owned(), ..entry }).await;
                return Problem(error).into_response();
            }
            Some(_) => {}
        }
    }
    parts.extensions.insert(actor);
    if trace == Trace::None {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let (entry, note) = (entry(&by, trace, &mut parts).await, Note::default());
    parts.extensions.insert(note.clone());
    let request = Request::from_parts(parts, body);
    // In a task of its own: whoever does something and leaves at once is noted as well.
    let doing = tokio::spawn(async move {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        // What was done before it broke stands on the note.
        let answer = answer.unwrap_or_else(|_| Problem(ApiError::Internal).into_response());
        state.accounts.note(&NewEntry { outcome: outcome(&answer), ..note.fill(entry) }).await;
        answer
    });
    doing.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request broke");
        Problem(ApiError::Internal).into_response()
    })
}

/// What is known at the door of the use of a route, but for how it ends. Without the query, which may hold what is nobody's business.
async fn entry(by: &By, trace: Trace, parts: &mut Parts) -> NewEntry {
    let Trace::Kept(action) = trace else {
        return by.entry(&kept(&format!("{} {}", parts.method, parts.uri.path())), "");
    };
    // What can't be read as text names nothing.
    let params = parts.extract::<RawPathParams>().await.ok();
    let target = params.as_ref().and_then(|params| params.iter().next()).map(|(_, value)| kept(value));
    NewEntry { target, ..by.entry(action, "") }
}

/// `done`, or the code of the refusal; the status where something refused that knows no codes.
fn outcome(answer: &Response) -> String {
    let status = answer.status();
    match answer.extensions().get::<Code>() {
        Some(Code(code)) => (*code).to_owned(),
        None if status.is_success() || status.is_redirection() => "done".to_owned(),
        None => status.as_u16().to_string(),
    }
}

/// What the store puts into a session.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    session_id: SessionId,
    user_id: UserId,
    email: String,
    role: Role,
}

async fn identify(state: &AppState, headers: &HeaderMap, session: Option<&Session>) -> Result<Actor, ApiError> {
    let database = &state.parts.database;
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok().and_then(|value| value.split_once(' '));
        let Some((scheme, token)) = text else { return Err(ApiError::SignInRequired) };
        // What can't be a token of ours is not worth a question to the database.
        if !scheme.eq_ignore_ascii_case("bearer") || !token.starts_with(TOKEN_MARK) {
            return Err(ApiError::SignInRequired);
        }
        let now = Timestamp::now();
        let found = api_tokens::find(database, &hash(token.trim()), now).await.map_err(refusal)?;
        let bearer = found.ok_or(ApiError::SignInRequired)?;
        if bearer.is_to_be_noted
            && let Err(error) = api_tokens::note_use(database, bearer.token_id, now).await
        {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        return Ok(Actor::Token { token_id: bearer.token_id, name: bearer.name, role: bearer.role });
    }
    let Some(session) = session else { return Ok(Actor::Anonymous) };
    let held: Option<Held> = session.get(HOLDER).await.map_err(|error| {
        tracing::error!(%error, "a session could not be looked at");
        ApiError::Unavailable
    })?;
    Ok(match (held, session.id()) {
        (Some(Held { session_id, user_id, email, role }), Some(id)) => {
            Actor::User { user_id, email, role, session_id, session_hash: hash_of(&id) }
        }
        _ => Actor::Anonymous,
    })
}

/// Whether a browser wants a page to show.
fn wants_page(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    *method == Method::GET && accepted.contains("text/html")
}

/// To the page where one signs in, and from there back to here.
fn to_sign_in(uri: &Uri) -> Redirect {
    let here = uri.path_and_query().map_or("/", |here| here.as_str());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", here).finish();
    Redirect::to(&format!("/login?{query}"))
}
