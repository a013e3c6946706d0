//! The door: who asks, and whether he may.
//!
//! What each route needs is declared in one table. A route that is missing there is for admins, and fails a test that walks through all of
//! them. Handlers don't ask for roles: they are not reached by whom they are not for.

/// What a handler adds to the entry of its use.
mod note;
/// How many requests somebody may send.
pub(crate) mod rates;
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
    rates::TooFast,
    rules::{Need, RULES, Rule, STREAMS, Trace, UNCOUNTED},
};
use super::{
    assets, cross_site,
    error::{Code, Problem, refusal},
    sse, viewer,
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

/// What a request needs, and what is kept of it. Static files are for all; whatever else has no route is for whom we know, and whatever has
/// one without a rule for admins. A method that the path does not have by the table is nobody's: no trace, and whoever may ask the path at
/// all is told so.
fn rule(request: &Request) -> (Need, Option<Trace>) {
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        let is_file = assets::public_file(request.uri().path(), request.headers()).is_some();
        return (if is_file { Need::Nothing } else { Need::Role(Role::Viewer) }, Some(Trace::None));
    };
    let method = if *request.method() == Method::HEAD { &Method::GET } else { request.method() };
    if let Some((_, _, need, trace)) = of_path(path).find(|(verb, ..)| *verb == method.as_str()) {
        return (*need, Some(*trace));
    }
    let least = of_path(path).map(|(_, _, need, _)| *need).min();
    least.map_or((Need::Role(Role::Admin), Some(Trace::Unnamed)), |least| (least, None))
}

fn of_path(path: &MatchedPath) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(|(_, route, ..)| *route == path.as_str())
}

/// The refusal of a method that a path does not have.
fn no_such_method(path: Option<&MatchedPath>) -> ApiError {
    let verbs: Vec<&str> = path.into_iter().flat_map(of_path).map(|(verb, ..)| *verb).collect();
    ApiError::MethodNotAllowed { allowed: verbs.join(", ") }
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
    let address = viewer::address(&parts, &state.proxies);
    state.unnamed_proxy.look(&parts, &state.proxies);
    if let Err(too_fast) = count(&state, &parts, need, &identified, &address) {
        return put_off(&state, &parts, &identified, too_fast);
    }
    let actor = match identified {
        Ok(actor) => actor,
        Err(error) => return Problem(error).into_response(),
    };
    let by = By::Request { actor: actor.clone(), address, reason: None };
    if let Need::Role(needed) = need {
        match actor.role() {
            None if wants_page(&parts.method, &parts.headers) => return to_sign_in(&parts.uri).into_response(),
            None if parts.uri.path() == "/logout" => return Redirect::to("/login").into_response(),
            None => return Problem(ApiError::SignInRequired).into_response(),
            Some(role) if role < needed => {
                let error = ApiError::Forbidden { needed };
                let entry = entry(&by, trace.unwrap_or(Trace::Unnamed), &mut parts).await;
                state.accounts.note(&NewEntry { outcome: error.code().to_owned(), ..entry }).await;
                return Problem(error).into_response();
            }
            Some(_) => {}
        }
    }
    let Some(trace) = trace else { return Problem(no_such_method(parts.extensions.get())).into_response() };
    parts.extensions.insert(actor);
    if trace == Trace::None {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let entry = entry(&by, trace, &mut parts).await;
    noted(state, entry, Request::from_parts(parts, body), next).await
}

/// Answers a request, and writes the entry of it. In a task of its own: whoever does something and leaves at once is noted as well.
async fn noted(state: AppState, entry: NewEntry, mut request: Request, next: Next) -> Response {
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
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

/// Counts a request for whoever sent it. Who shows what does not count is nobody whom we know; while nobody can be looked for, nobody is
/// counted either.
fn count(
    state: &AppState,
    parts: &Parts,
    need: Need,
    identified: &Result<Actor, ApiError>,
    address: &str,
) -> Result<(), TooFast> {
    let path = parts.extensions.get::<MatchedPath>();
    let is_counted = need != Need::Nothing || path.is_some_and(|path| !UNCOUNTED.contains(&path.as_str()));
    match identified {
        Ok(actor) if is_counted => state.rates.admit(actor, address),
        Err(ApiError::SignInRequired) if is_counted => state.rates.admit(&Actor::Anonymous, address),
        _ => Ok(()),
    }
}

/// The answer to who asks too fast.
fn put_off(state: &AppState, parts: &Parts, identified: &Result<Actor, ApiError>, too_fast: TooFast) -> Response {
    let TooFast { seconds, per_second } = too_fast;
    let is_stream = parts.extensions.get::<MatchedPath>().is_some_and(|path| STREAMS.contains(&path.as_str()));
    let is_known = identified.as_ref().is_ok_and(|actor| actor.role().is_some());
    if is_stream && is_known && sse::wants_events(&parts.headers) && !cross_site::is_foreign(&parts.headers) {
        return sse::put_off(&state.hub, parts, per_second);
    }
    Problem(ApiError::TooManyRequests { seconds }).into_response()
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

/// What stands behind `Bearer`. Another scheme is no proof to us: a proxy that asks for a password of its own passes that on, and the session
/// beside it counts.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn identify(state: &AppState, headers: &HeaderMap, session: Option<&Session>) -> Result<Actor, ApiError> {
    let database = &state.parts.database;
    if let Some(token) = bearer_token(headers) {
        // What can't be a token of ours is not worth a question to the database.
        if !token.starts_with(TOKEN_MARK) {
            return Err(ApiError::SignInRequired);
        }
        let now = Timestamp::now();
        let found = api_tokens::find(database, &hash(token), now).await.map_err(refusal)?;
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
