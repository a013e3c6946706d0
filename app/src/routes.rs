//! Which address shows which page.
//!
//! Every page is rendered whole (`SsrMode::Async`): its HTML is complete and useful before, and without, the WASM.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Redirect, Route, Router},
    path,
};

use crate::{
    components::{Clock, Layout},
    pages::{
        AccountPage, AuditPage, CustomersPage, EventsPage, ImportFilePage, ImportPage, ImportsPage, LoginPage,
        NotFoundPage, SetUpPage, StreamsPage, TokensPage, UserPage, UsersPage,
    },
};

/// The application: what every page shares, and the pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Clock::provide();

    view! {
        <Title formatter=|page: String| format!("{page} · Signalbox") />
        <Router>
            <Layout>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=|| view! { <Redirect path="/imports" /> } ssr=SsrMode::Async />
                    <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                    <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async />
                    <Route path=path!("/customers") view=CustomersPage ssr=SsrMode::Async />
                    <Route path=path!("/customers/import") view=ImportFilePage ssr=SsrMode::Async />
                    <Route path=path!("/events") view=EventsPage ssr=SsrMode::Async />
                    <Route path=path!("/imports") view=ImportsPage ssr=SsrMode::Async />
                    <Route path=path!("/imports/:id") view=ImportPage ssr=SsrMode::Async />
                    <Route path=path!("/debug/streams") view=StreamsPage ssr=SsrMode::Async />
                    <Route path=path!("/users") view=UsersPage ssr=SsrMode::Async />
                    <Route path=path!("/users/:id") view=UserPage ssr=SsrMode::Async />
                    <Route path=path!("/tokens") view=TokensPage ssr=SsrMode::Async />
                    <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async />
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
