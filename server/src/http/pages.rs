//! The pages: rendered here, taken over in the browser. They are never kept by a browser, the files they name are.

use app::{App, shell};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};

use crate::AppState;

/// The routes of all pages, and of the functions that they call.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let (backend, assets) = (state.backend.clone(), state.assets.clone());
    Router::new()
        .leptos_routes_with_context(
            state,
            generate_route_list(App),
            move || provide_context(backend.clone()),
            move || shell(assets.clone()),
        )
        .layer(middleware::from_fn(never_kept))
}

/// What no route answers: the page that says so.
pub(super) async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let (backend, assets) = (state.backend.clone(), state.assets.clone());
    let render = render_app_async_with_context(move || provide_context(backend.clone()), move || shell(assets.clone()));
    let mut response = render(request).await.into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn never_kept(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
