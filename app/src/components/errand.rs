//! Something that a page has done: pressed, asked, and done or refused, each of them told.

use leptos::{html, prelude::*};

use super::Trouble;
use crate::{api::acts::Refused, live::Live};

/// Where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// It is asked for: what, in words.
    Asked(String),
    /// It is done: what, in words.
    Done(String),
    /// It was not done.
    Refused {
        /// What did not work, in a few words.
        title: String,
        /// Why, and what to change.
        detail: String,
        /// The field of the form that is wrong, by the API's name for it.
        field: Option<String>,
    },
}

/// Something that is done for the reader, one at a time.
#[derive(Clone, Copy)]
pub struct Errand {
    standing: RwSignal<Standing>,
    line: NodeRef<html::P>,
    live: Live,
}

impl Errand {
    /// One that stands there: idle, but for a form that was sent without the script.
    pub fn new(standing: Standing) -> Self {
        Self { standing: RwSignal::new(standing), line: NodeRef::new(), live: Live::expect() }
    }

    /// Whether another one can begin.
    pub fn is_free(self) -> bool {
        !untrack(|| self.is_under_way())
    }

    /// Whether it is under way; tracked.
    pub fn is_under_way(self) -> bool {
        self.standing.with(|standing| matches!(standing, Standing::Asked(_)))
    }

    /// Whether a form that was sent without the script is to be mended.
    pub fn has_trouble_at_first(self) -> bool {
        self.standing.with_untracked(|standing| matches!(standing, Standing::Refused { .. }))
    }

    /// What is wrong with a field of its form.
    pub fn problem_of(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.standing.with(|standing| match standing {
                Standing::Refused { detail, field: Some(field), .. } if field == name => Some(detail.clone()),
                _ => None,
            })
        })
    }

    /// Takes the focus from a button that is about to go.
    pub fn take_focus(self) {
        if let Some(line) = self.line.get_untracked() {
            // What could not be focused is read aloud all the same.
            let _ = line.focus();
        }
    }

    /// Has something done, and tells of it; `then` is told what came of it, and says so in words. `asked` and `refused` say in a few words
    /// what is being done, and what was not. Browser only.
    pub fn run<T: 'static>(
        self,
        asked: impl Into<String>,
        refused: impl Into<String>,
        act: impl Future<Output = Result<T, Refused>> + 'static,
        then: impl FnOnce(T) -> String + 'static,
    ) {
        let title = refused.into();
        self.standing.set(Standing::Asked(asked.into()));
        leptos::task::spawn_local(async move {
            let answer = act.await;
            // The page may have been left by now.
            if self.standing.is_disposed() {
                return;
            }
            let standing = match answer {
                Ok(done) => Standing::Done(then(done)),
                Err(Refused::SignedOut) => {
                    self.live.doubt_reader();
                    Standing::Idle
                }
                Err(Refused::Said { detail, field }) => {
                    Standing::Refused { title, detail, field: field.filter(|field| !field.is_empty()) }
                }
                Err(Refused::Unheard) => Standing::Refused {
                    title,
                    detail: "The server did not answer; it may be done all the same. Load the page again to see."
                        .to_owned(),
                    field: None,
                },
            };
            self.standing.set(standing);
        });
    }
}

/// Tells where it stands; what is wrong with one of `fields` is told there.
#[component]
pub fn ErrandNote(
    /// What is told of.
    errand: Errand,
    /// Fields that tell themselves what is wrong with them.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    let Errand { standing, line, .. } = errand;
    let words = move || {
        standing.with(|standing| match standing {
            Standing::Asked(words) | Standing::Done(words) => words.clone(),
            Standing::Idle | Standing::Refused { .. } => String::new(),
        })
    };
    let is_silent = move || standing.with(|standing| matches!(standing, Standing::Idle | Standing::Refused { .. }));
    let trouble = move || match standing.get() {
        Standing::Refused { title, detail, field } if !field.as_deref().is_some_and(|name| fields.contains(&name)) => {
            Some(view! { <Trouble title detail /> })
        }
        _ => None,
    };

    view! {
        <div class="errand">
            <p class="errand-said" class:is-silent=is_silent role="status" tabindex="-1" node_ref=line>
                {words}
            </p>
            {trouble}
        </div>
    }
}
