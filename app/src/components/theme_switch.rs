//! Light, dark, or as the system. The choice lives in this browser; the document's inline script reads it before the
//! first paint.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The key in the browser's storage, known to the document's inline script too.
const STORAGE_KEY: &str = "theme";

/// A position of the switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::System => Glyph::Screen,
            Self::Light => Glyph::Sun,
            Self::Dark => Glyph::Moon,
        }
    }

    /// Browser only. A browser that keeps nothing has the system's theme.
    fn stored() -> Self {
        let name = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
        Self::ALL.into_iter().find(|theme| name.as_deref() == Some(theme.as_str())).unwrap_or_default()
    }

    /// Browser only. Shows the theme and remembers it; where nothing is kept, it holds until the page is left.
    fn choose(self) {
        let root = document().document_element();
        if let Some(root) = root {
            let _ = match self {
                Self::System => root.remove_attribute("data-theme"),
                Self::Light | Self::Dark => root.set_attribute("data-theme", self.as_str()),
            };
        }
        if let Some(storage) = storage() {
            let _ = storage.set_item(STORAGE_KEY, self.as_str());
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// The switch. It leaves the page when there is no JavaScript.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(Theme::default());
    Effect::new(move |_| theme.set(Theme::stored()));

    let positions = Theme::ALL
        .into_iter()
        .map(|position| {
            view! {
                <label title=position.word()>
                    <input
                        type="radio"
                        name="theme"
                        value=position.as_str()
                        prop:checked=move || theme.get() == position
                        on:change=move |_| {
                            position.choose();
                            theme.set(position);
                        }
                    />
                    <Icon glyph=position.glyph() />
                    <span class="visually-hidden">{position.word()}</span>
                </label>
            }
        })
        .collect_view();

    view! {
        <fieldset class="theme-switch needs-script">
            <legend class="visually-hidden">"Theme"</legend>
            {positions}
        </fieldset>
    }
}
