//! The places, at the left; icons alone in a narrow window, a bar at the bottom of a phone.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Allowed, Aspect, Glyph, Icon, Signal};
use crate::domain::Role;

/// A place of the rail.
struct Place {
    href: &'static str,
    name: &'static str,
    glyph: Glyph,
    /// Whether addresses below it count as being there; not where another place lies below.
    has_rooms: bool,
    /// For whom it is.
    role: Role,
}

const PLACES: [Place; 7] = [
    Place { href: "/customers", name: "Customers", glyph: Glyph::Customers, has_rooms: false, role: Role::Viewer },
    Place { href: "/imports", name: "Imports", glyph: Glyph::Imports, has_rooms: true, role: Role::Viewer },
    Place {
        href: "/customers/import",
        name: "Import a file",
        glyph: Glyph::Upload,
        has_rooms: false,
        role: Role::Operator,
    },
    Place { href: "/events", name: "Events", glyph: Glyph::Events, has_rooms: false, role: Role::Viewer },
    Place { href: "/users", name: "Users", glyph: Glyph::Users, has_rooms: true, role: Role::Admin },
    Place { href: "/tokens", name: "Tokens", glyph: Glyph::Key, has_rooms: false, role: Role::Admin },
    Place { href: "/audit", name: "Audit", glyph: Glyph::Audit, has_rooms: false, role: Role::Admin },
];

/// The rail of places.
#[component]
pub fn Rail() -> impl IntoView {
    let places = PLACES
        .into_iter()
        .map(|Place { href, name, glyph, has_rooms, role }| {
            view! {
                <Allowed role>
                    <li class:rail-apart=role == Role::Admin>
                        <A href=href exact=!has_rooms attr:class="rail-place" attr:title=name>
                            <Icon glyph />
                            <span class="rail-word">{name}</span>
                        </A>
                    </li>
                </Allowed>
            }
        })
        .collect_view();

    view! {
        <nav class="rail" aria-label="Places">
            <a class="rail-mark" href="/imports" title="Signalbox">
                <Signal aspect=Aspect::Clear />
                <span class="rail-word">"Signalbox"</span>
            </a>
            <ul>{places}</ul>
        </nav>
    }
}
