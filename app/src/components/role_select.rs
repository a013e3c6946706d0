//! A role is chosen.

use leptos::prelude::*;

use super::role_words;
use crate::domain::Role;

/// A list of the roles, named `role` in the form; the least is chosen at first.
#[component]
pub fn RoleSelect(
    /// Names it on the page.
    id: &'static str,
) -> impl IntoView {
    let options = Role::ALL.map(|role| {
        view! {
            <option value=role.as_str() selected=role == Role::Viewer>
                {format!("{role} – {}", role_words::explanation(role))}
            </option>
        }
    });

    view! {
        <div class="field">
            <label for=id>"Role"</label>
            <select id=id name="role">
                {options.collect_view()}
            </select>
        </div>
    }
}
