//! Figures side by side, each with its name and what it counts, that change in place.

use leptos::prelude::*;

use super::Number;

/// One of the figures.
pub struct Count<T> {
    /// Its name.
    pub name: &'static str,
    /// What it counts, for whoever meets the word for the first time.
    pub meaning: &'static str,
    /// By what tests find it.
    pub test_id: &'static str,
    /// Reads it.
    pub of: fn(&T) -> u64,
}

/// The figures of something.
#[component]
pub fn Counts<T: 'static>(
    /// Which.
    counts: &'static [Count<T>],
    /// Reads one of it as it is now.
    read: impl Fn(fn(&T) -> u64) -> u64 + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let figures = counts
        .iter()
        .map(|Count { name, meaning, test_id, of }| {
            let value = Memo::new(move |_| read(*of));
            view! {
                <div class="count" class:is-nothing=move || value.get() == 0 data-count=*test_id>
                    <dt>{*name}</dt>
                    <dd>
                        <strong data-testid=*test_id data-value=move || value.get().to_string()>
                            <Number value />
                        </strong>
                        <span class="count-meaning">{*meaning}</span>
                    </dd>
                </div>
            }
        })
        .collect_view();

    view! { <dl class="counts">{figures}</dl> }
}
