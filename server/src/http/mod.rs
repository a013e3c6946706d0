//! What the server answers: one file a subject, and the router that lists them all.

/// Who asks, and whether he may.
pub mod access;
/// Oneself: signing in and out.
mod account;
/// The forms of accounts.
mod account_forms;
/// The browser bundle and the static files, carried inside the program.
pub mod assets;
/// CSV to be kept as a file.
mod attachment;
/// Who did what.
mod audit;
/// What of a form is held.
mod beside;
/// How large a body may be.
mod bodies;
/// A browser in which somebody proves who he is.
mod browser;
/// The alternative paths.
mod compat;
/// Requests that a page of another site sent.
pub mod cross_site;
/// Customers.
pub mod customers;
/// What dashboards of other programs ask for.
mod dashboard;
/// Jobs that went wrong for good.
mod dead_letters;
/// The cookie by which a browser is known again.
mod device;
/// The API for people.
pub mod docs;
/// How a refusal looks.
pub mod error;
/// The event log.
pub mod events;
/// What a browser is told with every answer.
pub mod headers;
/// Whether the server lives and is ready.
pub mod health;
/// Imports.
pub mod imports;
/// How a file comes in.
pub mod intake;
/// Jobs.
pub mod jobs;
/// Takes connections in, within limits.
pub mod listener;
/// The whole at a glance, and things to try it with.
mod monitoring;
/// The API for programs that write clients.
pub mod openapi;
/// How long a client may take over a body.
mod pace;
/// The pages.
pub mod pages;
/// Jobs that other programs hand in.
pub mod queue;
/// Queues.
pub mod queues;
/// Why somebody does something.
mod reason;
/// How refusals stand in the API's document.
mod refusal;
/// Jobs that are enqueued by the clock.
pub mod schedules;
/// The forms of signing in and out.
mod sign_in_forms;
/// The live stream.
pub mod sse;
/// Live connections, as operators see them.
pub mod streams;
/// Tokens of programs.
mod tokens;
/// How many files somebody may send at the same time.
pub(crate) mod uploads;
/// People who may sign in.
mod users;
/// Who asks.
pub mod viewer;
/// Workers.
pub mod workers;
/// The live stream over a WebSocket.
pub mod ws;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    routing::{get, post},
};
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::bodies::{MOST_BYTES, MOST_BYTES_OF_FORMS, MOST_BYTES_OF_ORDERS};
use crate::AppState;

/// Everything that the server answers.
pub fn router(state: AppState) -> Router {
    let (api, mut document) = api().split_for_parts();
    let alternatives = compat::routes(&mut document);
    let document = openapi::written(&document);
    let silence = state.limits.silence;
    let forms = Router::new().route("/customers/import", post(imports::upload_form)).layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/openapi.json", get(async move || openapi::answer(document)))
        .route("/docs", get(docs::page))
        .route("/docs/{file}", get(docs::file))
        .route("/pkg/{file}", get(assets::bundle_file))
        .merge(api)
        .merge(alternatives)
        .merge(forms)
        .route("/login", post(sign_in_forms::sign_in).layer(DefaultBodyLimit::max(MOST_BYTES_OF_FORMS)))
        .route("/setup", post(sign_in_forms::set_up).layer(DefaultBodyLimit::max(MOST_BYTES_OF_FORMS)))
        .route("/logout", post(sign_in_forms::sign_out))
        .route("/users", post(account_forms::add_user).layer(DefaultBodyLimit::max(MOST_BYTES_OF_FORMS)))
        .route("/account", post(account_forms::change_password).layer(DefaultBodyLimit::max(MOST_BYTES_OF_FORMS)))
        .merge(pages::routes(&state))
        .fallback(pages::file_or_not_found)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), access::guard))
        .layer(access::sessions(&state))
        .layer(middleware::from_fn_with_state(state.transport, cross_site::refuse))
        .layer(middleware::from_fn_with_state(silence, pace::keep))
        .layer(middleware::map_response_with_state(state.transport, headers::tell))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_failure(DefaultOnFailure::new().level(tracing::Level::WARN)),
        )
        .with_state(state)
}

/// What is logged around a request: without the query, which may hold a secret.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

/// The API: a handler says itself at which address it answers, so that the router and the document are one.
fn api() -> OpenApiRouter<AppState> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(imports::upload))
        // Bounded while it streams, by `Limits::upload_bytes`; the default limit is for bodies that are held in memory.
        .layer(DefaultBodyLimit::disable());
    let orders = OpenApiRouter::new()
        .routes(routes!(queue::add))
        .routes(routes!(queue::add_bulk))
        .layer(DefaultBodyLimit::max(MOST_BYTES_OF_ORDERS));
    let doors = OpenApiRouter::new().routes(routes!(account::login)).layer(DefaultBodyLimit::max(MOST_BYTES_OF_FORMS));
    OpenApiRouter::with_openapi(openapi::beginning())
        .merge(orders)
        .merge(doors)
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show, jobs::remove))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(queues::list))
        .routes(routes!(queues::show, queues::change))
        .routes(routes!(queues::pause))
        .routes(routes!(queues::resume))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::discard))
        .routes(routes!(workers::list))
        .routes(routes!(schedules::list, schedules::add))
        .routes(routes!(schedules::show, schedules::change, schedules::remove))
        .routes(routes!(schedules::run))
        .routes(routes!(sse::connect))
        .routes(routes!(sse::change_topics))
        .routes(routes!(ws::connect))
        .routes(routes!(streams::stats))
        .routes(routes!(streams::kick))
        .routes(routes!(streams::subscribe_to_job))
        .routes(routes!(streams::subscribe_to_queue))
        .routes(routes!(streams::unsubscribe_from_job))
        .routes(routes!(streams::unsubscribe_from_queue))
        .routes(routes!(events::list, events::add))
        .routes(routes!(events::show))
        .merge(uploads)
        .routes(routes!(imports::list))
        .routes(routes!(imports::show))
        .routes(routes!(imports::errors))
        .routes(routes!(imports::errors_csv))
        .routes(routes!(account::logout))
        .routes(routes!(account::me))
        .routes(routes!(account::change_password))
        .routes(routes!(account::own_sessions, account::end_other_sessions))
        .routes(routes!(account::end_session))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::change))
        .routes(routes!(users::list_sessions))
        .routes(routes!(tokens::list, tokens::add))
        .routes(routes!(tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(customers::list))
        .routes(routes!(customers::export))
        .routes(routes!(customers::show))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}
