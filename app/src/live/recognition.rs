//! Whether the reader of a page is still the one whom it was drawn for. A browser is signed out in another tab, or elsewhere, or by time;
//! and somebody else may have signed in since.

#[cfg(any(feature = "hydrate", test))]
use crate::{api::ApiError, domain::Me};

/// Who reads the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// The one whom it was drawn for.
    Same,
    /// Somebody else, or the same one with another role: the page shows too much, or too little.
    Another,
    /// Nobody whom the server knows.
    Nobody,
}

impl Recognition {
    /// What an answer means; `None` when the server does not tell, as one that is away does not.
    #[cfg(any(feature = "hydrate", test))]
    fn of(answer: Result<Me, ApiError>, drawn_for: Option<&Me>) -> Option<Self> {
        match answer {
            Ok(me) if drawn_for.is_none_or(|drawn_for| *drawn_for == me) => Some(Self::Same),
            Ok(_) => Some(Self::Another),
            Err(ApiError::SignInRequired) => Some(Self::Nobody),
            Err(_) => None,
        }
    }
}

#[cfg(feature = "hydrate")]
pub(super) use in_browser::{ask, draw_again, sign_in};

#[cfg(feature = "hydrate")]
mod in_browser {
    use std::cell::Cell;

    use leptos::prelude::*;

    use super::Recognition;
    use crate::{
        api::account::load_me,
        live::{Live, news::News, socket::news},
    };

    thread_local! {
        static IS_ASKING: Cell<bool> = const { Cell::new(false) };
    }

    /// Asks the server who reads; once at a time.
    pub(in crate::live) fn ask(live: Live) {
        if !IS_ASKING.replace(true) {
            leptos::task::spawn_local(async move {
                let answer = load_me().await;
                IS_ASKING.set(false);
                let recognized =
                    live.drawn_for.try_with_value(|drawn_for| Recognition::of(answer, drawn_for.as_ref())).flatten();
                if let Some(recognition) = recognized {
                    news(live, News::Recognized(recognition));
                }
            });
        }
    }

    /// Goes to where one signs in, and from there back to here.
    pub(in crate::live) fn sign_in() {
        let location = window().location();
        let here = [location.pathname(), location.search()].into_iter().flatten().collect::<String>();
        // A browser that refuses goes on showing what it has; the next sign of trouble leads here again.
        let _ = location.assign(&format!("/login?next={}", js_sys::encode_uri_component(&here)));
    }

    /// Has the page drawn for who reads it now.
    pub(in crate::live) fn draw_again() {
        let _ = window().location().reload();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;

    fn me(role: Role) -> Me {
        Me { name: "ada@example.com".into(), role, user_id: None, token_id: None }
    }

    #[test]
    fn another_role_is_another_reader_and_a_server_that_is_away_tells_nothing() {
        let drawn_for = me(Role::Operator);
        let recognized = |answer| Recognition::of(answer, Some(&drawn_for));

        assert_eq!(recognized(Ok(me(Role::Operator))), Some(Recognition::Same));
        assert_eq!(recognized(Ok(me(Role::Viewer))), Some(Recognition::Another));
        assert_eq!(recognized(Err(ApiError::SignInRequired)), Some(Recognition::Nobody));
        for away in [ApiError::Unreachable, ApiError::Unavailable, ApiError::Internal] {
            assert_eq!(recognized(Err(away)), None);
        }
    }
}
