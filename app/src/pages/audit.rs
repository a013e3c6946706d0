//! Who did what: the audit log, sifted by its address, the youngest first. For admins.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::address::{address, parameter};
use crate::{
    api::audit::list_audit,
    components::{
        Allowed, AuditFilters, AuditTable, EmptyState, Glyph, Icon, Loaded, NeedsRole, PageHead, Pager, TableSkeleton,
    },
    domain::{AuditEntry, AuditQuery, Listing, Role, Snapshot},
};

/// The page of the audit log. Whoever may not see it asks nothing.
#[component]
pub fn AuditPage() -> impl IntoView {
    view! {
        <Title text="Audit" />
        <Allowed
            role=Role::Admin
            fallback=|| {
                view! {
                    <PageHead title="Audit" />
                    <NeedsRole role=Role::Admin title="The audit log is for admins" />
                }
            }
        >
            <AuditForAdmins />
        </Allowed>
    }
}

/// Loads the entries.
#[component]
fn AuditForAdmins() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| AuditQuery {
            actor: parameter(parameters, "actor"),
            action: parameter(parameters, "action"),
        })
    });
    let before = Memo::new(move |_| parameters.with(|parameters| parameter(parameters, "before")));
    let entries =
        Resource::new_blocking(move || (query.get(), before.get()), |(query, before)| list_audit(query, before));
    let address_of = Callback::new(|query: AuditQuery| address_at("/audit", &query, None));
    let export = Memo::new(move |_| query.with(|query| address_at("/api/v1/audit/export.csv", query, None)));

    view! {
        <PageHead
            title="Audit"
            note=|| "Who did what, and what was refused. Nothing here can be changed or removed."
            actions=move || {
                view! {
                    <button type="button" class="button needs-script" on:click=move |_| entries.refetch()>
                        <Icon glyph=Glyph::Again />
                        "Refresh"
                    </button>
                    <a class="button" href=export download rel="external">
                        <Icon glyph=Glyph::Download />
                        "Export CSV"
                    </a>
                }
            }
        />
        <AuditFilters query address_of />
        <Loaded
            resource=entries
            skeleton=|| view! { <TableSkeleton rows=20 /> }
            draw=move |snapshot| view! { <Entries snapshot query before /> }
        />
    }
}

/// The entries, and the way to older ones.
#[component]
fn Entries(
    /// The entries as they were loaded last.
    snapshot: Memo<Snapshot<Listing<AuditEntry>>>,
    /// Which are shown.
    query: Memo<AuditQuery>,
    /// Which page of them; `None` for the first.
    before: Memo<Option<String>>,
) -> impl IntoView {
    let entries = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.items.clone()));
    let is_empty = Memo::new(move |_| entries.with(Vec::is_empty));
    let to_page = move |before: Option<&str>| query.with(|query| address_at("/audit", query, before));
    let first = Signal::derive(move || before.with(Option::is_some).then(|| to_page(None)));
    let next = Signal::derive(move || {
        let next = snapshot.with(|snapshot| snapshot.data.next.clone());
        next.map(|next| to_page(Some(&next)))
    });
    let of_actor =
        Callback::new(|actor| address_at("/audit", &AuditQuery { actor: Some(actor), ..AuditQuery::default() }, None));

    view! {
        {move || {
            if is_empty.get() {
                view! {
                    <EmptyState glyph=Glyph::Audit title="Nothing like that was done">
                        <p>"No entry of the audit log is of this actor and action."</p>
                        <a class="button" href="/audit">
                            "Show all entries"
                        </a>
                    </EmptyState>
                }
                    .into_any()
            } else {
                view! { <AuditTable entries of_actor /> }.into_any()
            }
        }}
        <Pager label="Pages of the audit log" first next />
    }
}

/// The address of entries.
fn address_at(path: &str, query: &AuditQuery, before: Option<&str>) -> String {
    let AuditQuery { actor, action } = query;
    address(path, &[("actor", actor.as_deref()), ("action", action.as_deref()), ("before", before)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_its_export_have_the_same_filter() {
        let query = AuditQuery { actor: Some("ada@example.com".into()), action: None };

        assert_eq!(address_at("/audit", &query, Some("7")), "/audit?actor=ada%40example.com&before=7");
        assert_eq!(address_at("/x.csv", &query, None), "/x.csv?actor=ada%40example.com");
        assert_eq!(address_at("/audit", &AuditQuery::default(), None), "/audit");
    }
}
