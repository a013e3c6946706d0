//! The pages: rendered here, taken over in the browser. They are never kept by a browser, for no answer is that does not ask for it; the
//! files they name are.

use std::sync::{Arc, LazyLock};

use app::{App, api::backend::Backend, domain::Me, pages::SetStatus, shell};
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Response},
};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context,
};

use super::{assets, bodies, headers};
use crate::{AppState, auth::Actor};

/// The addresses of all pages, listed once. While Leptos lists them, no page of the whole process loads anything, and one that is drawn
/// in that moment waits for ever (leptos#4773): a second router, as each test makes one, must not list them again.
static ADDRESSES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The routes of all pages, and of the functions that they call.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let (backend, assets) = (state.backend.clone(), state.assets.clone());
    let routes = Router::new().leptos_routes_with_context(
        state,
        ADDRESSES.clone(),
        move || provide_page_context(backend.clone()),
        move || shell(assets.clone()),
    );
    routes.layer(middleware::from_fn(bodies::hold_question))
}

/// What no route answers: a file that stands in `public/`, or the page that says that there is nothing.
pub(super) async fn file_or_not_found(State(state): State<AppState>, request: Request) -> Response {
    if let Some(file) = assets::public_file(request.uri().path(), request.headers()) {
        return file;
    }
    let (backend, assets) = (state.backend.clone(), state.assets.clone());
    let render =
        render_app_async_with_context(move || provide_page_context(backend.clone()), move || shell(assets.clone()));
    let mut response = render(request).await.into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// What a page finds in its context: whom to ask, who asks, and how to say that there is nothing at its address. Its scripts have their nonce
/// by then, which its policy names.
fn provide_page_context(backend: Arc<dyn Backend>) {
    provide_context(backend);
    let asker = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Actor>().and_then(Actor::me));
    if let Some(me) = asker {
        provide_context::<Me>(me);
    }
    if let Some(response) = use_context::<ResponseOptions>() {
        if let Some(policy) = use_nonce().and_then(|nonce| headers::of_page(&nonce)) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        provide_context(SetStatus(Arc::new(move |code| {
            if let Ok(status) = StatusCode::from_u16(code) {
                response.set_status(status);
            }
        })));
    }
}
