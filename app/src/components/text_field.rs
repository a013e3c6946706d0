//! A field of a form: its label, what may stand in it, and what is wrong with it. Nothing here stands between a password manager and its
//! field: names say what is meant, and pasting is as good as typing.

use leptos::prelude::*;

/// The shortest password that may be chosen, in characters.
pub const SHORTEST_PASSWORD: u8 = 12;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Words.
    Text,
    /// Somebody else's e-mail.
    Email,
    /// The password that is known already.
    CurrentPassword,
    /// One to be chosen.
    NewPassword,
    /// A day.
    Day,
}

impl FieldKind {
    const fn input_type(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::CurrentPassword | Self::NewPassword => "password",
            Self::Day => "date",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::CurrentPassword => "current-password",
            Self::NewPassword => "new-password",
            Self::Text | Self::Email | Self::Day => "off",
        }
    }
}

/// The field.
#[component]
pub fn TextField(
    /// What is typed.
    kind: FieldKind,
    /// Names it on the page.
    id: &'static str,
    /// Names it in the form.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What may stand in it.
    #[prop(optional)]
    hint: &'static str,
    /// Whether it may stay empty.
    #[prop(optional)]
    is_optional: bool,
    /// What is wrong with it.
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described_by = {
        let (hint_id, problem_id) = (hint_id.clone(), problem_id.clone());
        move || {
            let problem = problem.with(Option::is_some).then_some(problem_id.as_str());
            let hint = (!hint.is_empty()).then_some(hint_id.as_str());
            let ids = problem.into_iter().chain(hint).collect::<Vec<_>>().join(" ");
            Some(ids).filter(|ids| !ids.is_empty())
        }
    };
    let is_new_password = kind == FieldKind::NewPassword;

    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                type=kind.input_type()
                id=id
                name=name
                autocomplete=kind.autocomplete()
                autocapitalize="none"
                spellcheck="false"
                minlength=is_new_password.then(|| SHORTEST_PASSWORD.to_string())
                required=!is_optional
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                aria-describedby=described_by
            />
            {move || {
                let id = problem_id.clone();
                problem.get().map(|words| view! { <p id=id class="field-problem" role="alert">{words}</p> })
            }}
            {(!hint.is_empty()).then(|| view! { <p id=hint_id class="field-hint">{hint}</p> })}
        </div>
    }
}
