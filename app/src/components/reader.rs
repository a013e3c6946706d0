//! Who looks at the page, and what he may do there.

use leptos::prelude::*;

use crate::{
    api::account::drawn_for,
    domain::{Me, Role},
};

/// Who looks at the page. It stays as it is for as long as the page does; a page whose reader became another is drawn again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader(Option<Me>);

impl Reader {
    /// Finds out who looks, and provides it to all below.
    pub fn provide() -> Self {
        let reader = Self(drawn_for());
        provide_context(reader.clone());
        reader
    }

    /// Who looks at this page; nobody, where one is not signed in.
    pub fn of_page() -> Self {
        use_context().unwrap_or_default()
    }

    /// Who it is.
    pub const fn me(&self) -> Option<&Me> {
        self.0.as_ref()
    }

    /// Whether he may do what needs this role.
    pub fn may(&self, role: Role) -> bool {
        self.me().is_some_and(|me| me.role >= role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_may_do_what_those_below_may_and_nobody_may_nothing() {
        let reader = |role| Reader(Some(Me { name: "ada@example.com".into(), role, user_id: None, token_id: None }));

        assert!(reader(Role::Operator).may(Role::Viewer) && reader(Role::Operator).may(Role::Operator));
        assert!(!reader(Role::Operator).may(Role::Admin));
        assert!(!Reader::default().may(Role::Viewer));
    }
}
