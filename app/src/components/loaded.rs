//! The four states of what a page loads: loading, refused, and here, which the page draws as data or as empty.

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::ErrorNote;
use crate::{api::ApiError, pages::NotFoundPage};

#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Refused(ApiError),
    Here,
}

/// Draws what was loaded.
///
/// `draw` is called once, when the first data is here, with a signal of it. What is loaded later moves the signal and
/// leaves the page standing, so that nothing flashes and the focus stays where it was.
#[component]
pub fn Loaded<T, Draw, Drawn>(
    /// What is loaded.
    resource: Resource<Result<T, ApiError>>,
    /// Stands in for the data while it comes; has its size.
    #[prop(into)]
    skeleton: ViewFn,
    /// Draws the data.
    draw: Draw,
) -> impl IntoView
where
    T: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
    Draw: Fn(Memo<T>) -> Drawn + Clone + Send + Sync + 'static,
    Drawn: IntoView + 'static,
{
    // The read must happen below the transition, which counts who waits for what.
    let stage = move || {
        let stage = Memo::new(move |_| match resource.get() {
            None => Stage::Loading,
            Some(Err(error)) => Stage::Refused(error),
            Some(Ok(_)) => Stage::Here,
        });
        let draw = draw.clone();
        move || match stage.get() {
            Stage::Loading => ().into_any(),
            Stage::Refused(ApiError::NotFound { .. }) => NotFoundPage().into_any(),
            Stage::Refused(error) => {
                view! { <ErrorNote error retry=Callback::new(move |()| resource.refetch()) /> }.into_any()
            }
            Stage::Here => {
                // `get_untracked` would be tracked: below a transition, Leptos asks the resource whether it is ready.
                let first = untrack(move || resource.get()).and_then(Result::ok);
                first
                    .map(|first| {
                        // A later refusal or absence is the stage's business; the data stays the last known.
                        let data = Memo::new(move |before: Option<&T>| {
                            let now = resource.get().and_then(Result::ok);
                            now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
                        });
                        draw(data)
                    })
                    .into_any()
            }
        }
    };

    view! {
        // Without `set_pending`: on the server it sets a signal while it holds the lock of all signals, and two pages that are
        // rendered at once then wait for each other for ever.
        <Transition fallback=move || skeleton.run()>{stage()}</Transition>
    }
}
