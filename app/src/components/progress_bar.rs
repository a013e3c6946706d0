//! How far something is.
//!
//! The bar is an SVG whose rectangle has a width, because a width in a `style` attribute would not pass a strict
//! content security policy, and `<progress>` can't be styled alike everywhere.

use leptos::prelude::*;

use super::Aspect;

/// Whether the percentage stands beside the bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarSize {
    /// The bar and its percentage.
    #[default]
    Full,
    /// The bar alone, for table rows that tell the figures elsewhere.
    Slim,
}

/// A bar. `id` names it in tests; its label says what is measured.
#[component]
pub fn ProgressBar(
    /// What is measured, for screen readers.
    #[prop(into)]
    label: Signal<String>,
    /// The share that is done, in thousandths; `None` while it can't be said.
    #[prop(into)]
    thousandths: Signal<Option<u16>>,
    /// Colours the bar: a failed thing's is `Danger`.
    #[prop(into)]
    aspect: Signal<Aspect>,
    /// Whether the percentage stands beside it.
    #[prop(optional)]
    size: BarSize,
    /// The name for tests: `data-testid`.
    #[prop(optional)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    // Shown rounded down: 100 % is only said of what is done.
    let percent = Memo::new(move |_| thousandths.get().map(|share| share / 10));

    view! {
        <div class="progress" data-aspect=move || aspect.get().as_str()>
            <div
                class="progress-track"
                class:is-unknown=move || percent.get().is_none()
                role="progressbar"
                aria-label=label
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent
                data-testid=test_id
            >
                <svg viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="progress-done" width=move || thousandths.get().unwrap_or(0) height="1" />
                </svg>
            </div>
            {(size == BarSize::Full)
                .then(|| {
                    view! {
                        <span class="progress-percent" aria-hidden="true">
                            {move || percent.get().map(|percent| format!("{percent} %"))}
                        </span>
                    }
                })}
        </div>
    }
}
