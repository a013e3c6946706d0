//! Customers: the list, searched and sorted by its address.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::address;
use crate::{
    api::customers::list_customers,
    components::{
        Clock, CustomersTable, EmptyState, Glyph, Icon, Loaded, NewsButton, PageHead, Pager, SearchBox, TableSkeleton,
        figures, news_button::is_at_top,
    },
    domain::{CustomerPage, CustomerQuery, Snapshot, SortBy},
    events::Topic,
    live::{Live, Notice},
};

/// The page of customers.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| CustomerQuery {
            text: parameters.get("q").filter(|text| !text.trim().is_empty()),
            sort: parameters.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or_default(),
            before: parameters.get("before"),
            ..CustomerQuery::default()
        })
    });
    let customers = Resource::new_blocking(move || query.get(), list_customers);
    let reload = Callback::new(move |()| customers.refetch());
    let (is_pending, set_pending) = signal(false);
    let text = Memo::new(move |_| query.with(|query| query.text.clone()));
    let sort = Memo::new(move |_| query.with(|query| query.sort));

    view! {
        <Title text="Customers" />
        <PageHead
            title="Customers"
            note=|| "Everyone who was ever imported."
            actions=|| {
                view! {
                    <a class="button" href="/customers/import">
                        <Icon glyph=Glyph::Upload />
                        "Import a file"
                    </a>
                }
            }
        />
        <SearchBox
            text
            sort
            address_of=Callback::new(move |text: Option<String>| search_address(text.as_deref(), sort.get_untracked(), None))
        />
        <div class="pending-area" class:is-pending=is_pending>
            <Loaded
                resource=customers
                skeleton=|| view! { <TableSkeleton rows=20 /> }
                set_pending
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
    let live = Live::expect();
    let is_first = Memo::new(move |_| query.with(|query| query.before.is_none()));
    let has_changed = RwSignal::new(false);
    Effect::new(move |_| {
        let cursor = snapshot.with(|snapshot| snapshot.cursor.clone());
        has_changed.set(false);
        live.follow(vec![Topic::Customers], cursor, move |notice| match notice {
            Notice::Event(_) if !(is_first.get_untracked() && is_at_top()) => has_changed.set(true),
            Notice::Event(_) | Notice::Reset => reload.run(()),
        });
    });

    let now = Clock::since(move || snapshot.with(|snapshot| snapshot.taken_at));
    let total = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.total));
    let customers = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.listing.items.clone()));
    let is_empty = Memo::new(move |_| customers.with(Vec::is_empty));
    let sort = Memo::new(move |_| query.with(|query| query.sort));
    let text = Memo::new(move |_| query.with(|query| query.text.clone()));
    let first = Signal::derive(move || {
        (!is_first.get()).then(|| query.with(|query| search_address(query.text.as_deref(), query.sort, None)))
    });
    let next = Signal::derive(move || {
        let next = snapshot.with(|snapshot| snapshot.data.listing.next.clone());
        next.map(|next| query.with(|query| search_address(query.text.as_deref(), query.sort, Some(&next))))
    });

    view! {
        <p class="total muted">
            {move || format!("{} in all", figures::counted(total.get(), "customer", "customers"))}
        </p>
        <NewsButton news=Signal::derive(move || has_changed.get().then(|| "Customers changed. Show".to_owned())) show=reload />
        {move || {
            if !is_empty.get() {
                view! {
                    <CustomersTable
                        customers
                        now
                        sort
                        address_of=Callback::new(move |sort| text.with(|text| search_address(text.as_deref(), sort, None)))
                    />
                }
                    .into_any()
            } else if total.get() == 0 {
                view! { <NoCustomers /> }.into_any()
            } else {
                view! { <NoMatch text sort /> }.into_any()
            }
        }}
        <Pager label="Pages of customers" first next />
    }
}

/// Nobody yet.
#[component]
fn NoCustomers() -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Customers title="No customers yet">
            <p>"Bring them in with a CSV file. It may hold millions."</p>
            <a class="button button-primary" href="/customers/import">
                "Import a file"
            </a>
        </EmptyState>
    }
}

/// Nobody like that.
#[component]
fn NoMatch(
    /// What was searched for.
    text: Memo<Option<String>>,
    /// In which order.
    sort: Memo<SortBy>,
) -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Search title="No customer matches">
            <p>
                {move || match text.get() {
                    Some(text) => format!("Nobody has “{text}” in the name, e-mail, company, phone or city."),
                    None => "There are no more customers after this point.".to_owned(),
                }}
            </p>
            <a class="button" href=move || search_address(None, sort.get(), None)>
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
    }
}
