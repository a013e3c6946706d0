//! Customers: the list, searched and sorted by its address.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::{address, parameter};
use crate::{
    api::customers::list_customers,
    components::{
        Allowed, Clock, CustomersTable, EmptyState, Glyph, Icon, Loaded, NewsButton, PageHead, Pager, SearchBox,
        TableSkeleton, figures, news_button::is_at_top,
    },
    domain::{CustomerPage, CustomerQuery, Role, Snapshot, SortBy},
    events::Topic,
    live::{Live, Notice},
};

/// The page of customers.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| CustomerQuery {
            text: parameter(parameters, "q"),
            sort: parameter(parameters, "sort").and_then(|sort| sort.parse().ok()).unwrap_or_default(),
            before: parameter(parameters, "before"),
            ..CustomerQuery::default()
        })
    });
    let customers = Resource::new_blocking(move || query.get(), list_customers);
    let reload = Callback::new(move |()| customers.refetch());
    let is_pending = RwSignal::new(false);
    // In this order: the first run leaves it false.
    Effect::new(move |_| {
        query.track();
        is_pending.set(true);
    });
    Effect::new(move |_| {
        customers.track();
        is_pending.set(false);
    });
    let text = Memo::new(move |_| query.with(|query| query.text.clone()));
    let sort = Memo::new(move |_| query.with(|query| query.sort));
    let searched =
        Callback::new(move |text: Option<String>| search_address(text.as_deref(), sort.get_untracked(), None));

    view! {
        <Title text="Customers" />
        <PageHead
            title="Customers"
            note=|| "Everyone who was ever imported."
            actions=|| {
                view! {
                    <a class="button" href="/api/v1/customers/export.csv" download rel="external">
                        <Icon glyph=Glyph::Download />
                        "Export CSV"
                    </a>
                    <Allowed role=Role::Operator>
                        <a class="button" href="/customers/import">
                            <Icon glyph=Glyph::Upload />
                            "Import a file"
                        </a>
                    </Allowed>
                }
            }
        />
        <SearchBox text sort address_of=searched />
        <div class="pending-area" class:is-pending=is_pending>
            <Loaded
                resource=customers
                skeleton=|| view! { <TableSkeleton rows=20 /> }
                draw=move |snapshot| view! { <Customers snapshot query reload /> }
            />
        </div>
    }
}

/// The list, and a quiet word when it changed.
#[component]
fn Customers(
    /// The list as it was loaded last.
    snapshot: Memo<Snapshot<CustomerPage>>,
    /// What was asked for.
    query: Memo<CustomerQuery>,
    /// Loads it again.
    reload: Callback<()>,
) -> impl IntoView {
    let has_changed = follow(snapshot, query, reload);
    let news = Signal::derive(move || has_changed.get().then(|| "Customers changed. Show".to_owned()));
    let show = Callback::new(move |()| {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        reload.run(());
    });
    let total = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.total));
    let is_empty = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.listing.items.is_empty()));
    let to_page =
        move |before: Option<&str>| query.with(|query| search_address(query.text.as_deref(), query.sort, before));
    let first = Signal::derive(move || query.with(|query| query.before.is_some()).then(|| to_page(None)));
    let next = Signal::derive(move || {
        let next = snapshot.with(|snapshot| snapshot.data.listing.next.clone());
        next.map(|next| to_page(Some(&next)))
    });

    view! {
        <p class="total muted">
            {move || format!("{} in all", figures::counted(total.get(), "customer", "customers"))}
        </p>
        <NewsButton news show />
        {move || match (is_empty.get(), total.get()) {
            (false, _) => view! { <Rows snapshot query /> }.into_any(),
            (true, 0) => view! { <NoCustomers /> }.into_any(),
            (true, _) => view! { <NoMatch query /> }.into_any(),
        }}
        <Pager label="Pages of customers" first next />
    }
}

/// Listens from the snapshot on. A change is shown by itself while the reader is at the top of the first page; else the
/// returned signal tells that there is one. Browser only.
fn follow(snapshot: Memo<Snapshot<CustomerPage>>, query: Memo<CustomerQuery>, reload: Callback<()>) -> RwSignal<bool> {
    let live = Live::expect();
    let has_changed = RwSignal::new(false);
    Effect::new(move |_| {
        let cursor = snapshot.with(|snapshot| snapshot.cursor.clone());
        has_changed.set(false);
        live.follow(vec![Topic::Customers], cursor, move |notice| {
            let is_first = query.with_untracked(|query| query.before.is_none());
            match notice {
                Notice::Event(_) if !(is_first && is_at_top()) => has_changed.set(true),
                Notice::Event(_) | Notice::Reset => reload.run(()),
            }
        });
    });
    has_changed
}

/// The rows.
#[component]
fn Rows(
    /// The list as it was loaded last.
    snapshot: Memo<Snapshot<CustomerPage>>,
    /// What was asked for.
    query: Memo<CustomerQuery>,
) -> impl IntoView {
    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let customers = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.listing.items.clone()));
    let sort = Memo::new(move |_| query.with(|query| query.sort));
    let sorted = move |sort| query.with(|query| search_address(query.text.as_deref(), sort, None));

    view! { <CustomersTable customers now sort address_of=Callback::new(sorted) /> }
}

/// Nobody yet.
#[component]
fn NoCustomers() -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Customers title="No customers yet">
            <Allowed
                role=Role::Operator
                fallback=|| {
                    view! { <p>"They come in with a CSV file that an operator imports."</p> }
                }
            >
                <p>"Bring them in with a CSV file. It may hold millions."</p>
                <a class="button button-primary" href="/customers/import">
                    "Import a file"
                </a>
            </Allowed>
        </EmptyState>
    }
}

/// Nobody like that.
#[component]
fn NoMatch(
    /// What was asked for.
    query: Memo<CustomerQuery>,
) -> impl IntoView {
    let text = Memo::new(move |_| query.with(|query| query.text.clone()));
    let everyone = move || query.with(|query| search_address(None, query.sort, None));

    view! {
        <EmptyState glyph=Glyph::Search title="No customer matches">
            <p>
                {move || match text.get() {
                    Some(text) => format!("Nobody has “{text}” in the name, e-mail, company, phone or city."),
                    None => "There are no more customers after this point.".to_owned(),
                }}
            </p>
            <a class="button" href=everyone>
                "Show all customers"
            </a>
        </EmptyState>
    }
}

/// The address of a search. What is usual is left out.
fn search_address(text: Option<&str>, sort: SortBy, before: Option<&str>) -> String {
    let sort = (sort != SortBy::default()).then(|| sort.to_string());
    address("/customers", &[("q", text), ("sort", sort.as_deref()), ("before", before)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CustomerSort, SortOrder};

    #[test]
    fn the_usual_order_is_not_written_and_another_is() {
        let by_name = SortBy { column: CustomerSort::Name, order: SortOrder::Ascending };

        assert_eq!(search_address(None, SortBy::default(), None), "/customers");
        assert_eq!(search_address(Some("ada"), by_name, None), "/customers?q=ada&sort=name");
        let from_z = SortBy { order: SortOrder::Descending, ..by_name };
        assert_eq!(search_address(None, from_z, None), "/customers?sort=-name");
    }
}
