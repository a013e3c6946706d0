//! A moment is chosen: by a slider over time, or from change to change.

use leptos::{html, prelude::*};

use super::{Glyph, Icon};

/// Names the slider for its label.
const ID: &str = "moment";
/// What an arrow key moves by, in milliseconds.
const STEP_MS: i64 = 1_000;

/// The slider. At its right end it is *now*, and stays there while time goes on.
#[component]
pub fn TimeSlider(
    /// From when on a moment can be chosen, in milliseconds since 1970.
    begins_ms: Signal<i64>,
    /// The moment that the right end stands for.
    ends_ms: Signal<i64>,
    /// The moment; `None` for now.
    moment_ms: RwSignal<Option<i64>>,
    /// The moment in words.
    words: Signal<String>,
    /// To the change before and the change after, where there is one.
    steps: (Memo<Option<i64>>, Memo<Option<i64>>),
) -> impl IntoView {
    let slider = NodeRef::<html::Input>::new();
    let (before, after) = steps;
    // Whole steps: a browser rounds what is not.
    let least = Memo::new(move |_| begins_ms.get().div_euclid(STEP_MS) * STEP_MS);
    let most = Memo::new(move |_| (ends_ms.get().div_euclid(STEP_MS) + 1) * STEP_MS);
    let on_input = move |_| {
        let Some(value) = slider.get_untracked().and_then(|slider| slider.value().parse::<i64>().ok()) else { return };
        moment_ms.set((value < most.get_untracked()).then_some(value));
    };
    let value = move || moment_ms.get().unwrap_or_else(|| most.get()).to_string();
    let step = |to: Memo<Option<i64>>| move |_| moment_ms.set(to.get_untracked().or(moment_ms.get_untracked()));
    let is_off = move |to: Memo<Option<i64>>| move || to.get().is_none().then_some("true");

    view! {
        <div class="time-slider">
            <label for=ID>"Moment"</label>
            <output for=ID class="number">
                {words}
            </output>
            <div class="time-track">
                <button
                    type="button"
                    class="button-plain"
                    title="To the change before"
                    aria-disabled=is_off(before)
                    on:click=step(before)
                >
                    <Icon glyph=Glyph::Back />
                    <span class="visually-hidden">"To the change before"</span>
                </button>
                <input
                    id=ID
                    type="range"
                    step=STEP_MS
                    min=move || least.get().to_string()
                    max=move || most.get().to_string()
                    value=value
                    prop:value=value
                    aria-valuetext=words
                    node_ref=slider
                    on:input=on_input
                />
                <button
                    type="button"
                    class="button-plain"
                    title="To the change after"
                    aria-disabled=is_off(after)
                    on:click=step(after)
                >
                    <Icon glyph=Glyph::Forth />
                    <span class="visually-hidden">"To the change after"</span>
                </button>
                <button
                    type="button"
                    class="button"
                    aria-disabled=move || moment_ms.get().is_none().then_some("true")
                    on:click=move |_| moment_ms.set(None)
                >
                    "Now"
                </button>
            </div>
        </div>
    }
}
