//! Where one is, the way to the search, the connection, the theme, and who one is.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{ConnectionIndicator, Glyph, Icon, Person, ThemeSwitch, shortcuts};

/// The line at the top of every page.
#[component]
pub fn TopLine() -> impl IntoView {
    let path = use_location().pathname;
    let trail = Memo::new(move |_| path.with(|path| trail(path)));
    let has_own_search = Memo::new(move |_| matches!(path.get().as_str(), "/customers" | "/events"));

    view! {
        <header class="top-line">
            <nav class="trail" aria-label="Where you are">
                <ol>
                    {move || {
                        let Trail { place, room } = trail.get();
                        view! {
                            {place
                                .map(|(href, name)| {
                                    view! {
                                        <li>
                                            <a href=href>{name}</a>
                                        </li>
                                    }
                                })}
                            <li aria-current="page">{room}</li>
                        }
                    }}
                </ol>
            </nav>
            <a
                class="search-link"
                class:is-absent=has_own_search
                href=format!("/customers#{}", shortcuts::SEARCH_ID)
                title="Search customers"
            >
                <Icon glyph=Glyph::Search />
                <span class="search-link-word">"Search customers"</span>
                <kbd class="needs-script">"/"</kbd>
            </a>
            <ConnectionIndicator />
            <ThemeSwitch />
            <Person />
        </header>
    }
}

/// The way from a place to a room of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trail {
    /// The place's address and name, unless one is in it.
    place: Option<(&'static str, &'static str)>,
    /// Where one is.
    room: &'static str,
}

fn trail(path: &str) -> Trail {
    let (place, room) = match path.trim_matches('/') {
        "customers" => (None, "Customers"),
        "customers/import" => (Some(("/customers", "Customers")), "Import a file"),
        "events" => (None, "Events"),
        "" | "imports" => (None, "Imports"),
        "debug/streams" => (None, "Streams"),
        "users" => (None, "Users"),
        "tokens" => (None, "Tokens"),
        "audit" => (None, "Audit"),
        "account" => (None, "Your account"),
        other if other.starts_with("imports/") => (Some(("/imports", "Imports")), "One import"),
        other if other.starts_with("users/") => (Some(("/users", "Users")), "One user"),
        _ => (None, "Nowhere"),
    };
    Trail { place, room }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_leads_back_to_its_place() {
        assert_eq!(trail("/imports/0190d6c8").place, Some(("/imports", "Imports")));
        assert_eq!(trail("/customers/").place, None);
        assert_eq!(trail("/tea").room, "Nowhere");
    }
}
