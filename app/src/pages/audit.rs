//! Who did what: the audit log, sifted by its address, the youngest first. For admins.

use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use super::address::{address, parameter};
use crate::{
    api::audit::list_audit,
    components::{
        Allowed, AuditFilters, AuditTable, EmptyState, Glyph, Icon, Loaded, NeedsRole, Number, PageHead, Pager,
        TableSkeleton,
    },
    domain::{self, AuditQuery, Role, Snapshot},
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
            outcome: parameter(parameters, "outcome"),
            since: moment(parameters, "since"),
            until: moment(parameters, "until"),
            text: parameter(parameters, "q"),
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
    snapshot: Memo<Snapshot<domain::AuditPage>>,
    /// Which are shown.
    query: Memo<AuditQuery>,
    /// Which page of them; `None` for the first.
    before: Memo<Option<String>>,
) -> impl IntoView {
    let entries = Memo::new(move |_| snapshot.with(|snapshot| snapshot.data.items.clone()));
    let is_empty = Memo::new(move |_| entries.with(Vec::is_empty));
    // A search may stop before it has found a page full.
    let looked_at =
        Memo::new(move |_| snapshot.with(|snapshot| (!snapshot.data.complete).then_some(snapshot.data.scanned)));
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
            if is_empty.get() && looked_at.get().is_some() {
                view! {
                    <EmptyState glyph=Glyph::Audit title="Nothing yet">
                        <p>
                            "None of the "<Number value=Signal::derive(move || u64::from(looked_at.get().unwrap_or_default())) />
                            " entries that were looked at is as the filter says. Older ones may be: look on."
                        </p>
                    </EmptyState>
                }
                    .into_any()
            } else if is_empty.get() {
                view! {
                    <EmptyState glyph=Glyph::Audit title="Nothing like that was done">
                        <p>"No entry of the audit log is as the filter says."</p>
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

/// A moment of the address; one that can't be read is none.
fn moment(parameters: &ParamsMap, name: &str) -> Option<Timestamp> {
    parameter(parameters, name)?.parse().ok()
}

/// The address of entries.
fn address_at(path: &str, query: &AuditQuery, before: Option<&str>) -> String {
    let AuditQuery { actor, action, outcome, since, until, text } = query;
    let [since, until] = [since, until].map(|moment| moment.map(|moment| moment.to_string()));
    let parameters = [
        ("actor", actor.as_deref()),
        ("action", action.as_deref()),
        ("outcome", outcome.as_deref()),
        ("since", since.as_deref()),
        ("until", until.as_deref()),
        ("q", text.as_deref()),
        ("before", before),
    ];
    address(path, &parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_its_export_have_the_same_filter() {
        let query = AuditQuery { actor: Some("ada@example.com".into()), ..AuditQuery::default() };

        assert_eq!(address_at("/audit", &query, Some("7")), "/audit?actor=ada%40example.com&before=7");
        assert_eq!(address_at("/x.csv", &query, None), "/x.csv?actor=ada%40example.com");
        assert_eq!(address_at("/audit", &AuditQuery::default(), None), "/audit");
        let query = AuditQuery {
            outcome: Some("refused".into()),
            since: "2026-01-01T00:00:00Z".parse().ok(),
            text: Some("disk full".into()),
            ..AuditQuery::default()
        };
        assert_eq!(
            address_at("/audit", &query, None),
            "/audit?outcome=refused&since=2026-01-01T00%3A00%3A00Z&q=disk%20full"
        );
    }
}
