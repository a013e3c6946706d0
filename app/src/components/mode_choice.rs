//! What to do with known and unknown customers.

use leptos::prelude::*;

use crate::domain::ImportMode;

const CHOICES: [(ImportMode, &str, &str); 3] = [
    (ImportMode::Upsert, "Add new customers and update known ones", "The e-mail tells which are known."),
    (ImportMode::Create, "Only add new", "Rows of known customers are skipped."),
    (ImportMode::Update, "Only update known", "Rows of unknown customers are skipped."),
];

/// Three radio buttons named `mode`.
#[component]
pub fn ModeChoice(
    /// The choice.
    mode: RwSignal<ImportMode>,
) -> impl IntoView {
    let choices = CHOICES
        .into_iter()
        .map(|(choice, words, explanation)| {
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="mode"
                        value=choice.as_str()
                        checked=choice == ImportMode::default()
                        on:change=move |_| mode.set(choice)
                    />
                    <span>
                        {words} <span class="choice-explanation">{explanation}</span>
                    </span>
                </label>
            }
        })
        .collect_view();

    view! {
        <fieldset class="choices">
            <legend>"What to do with the rows"</legend>
            {choices}
        </fieldset>
    }
}
