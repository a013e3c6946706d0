//! What a page has done: requests to the API that programs use, so that there is one way to do a thing, with one set of rules. They bring
//! the browser's cookie along, and its word that the page is ours. Browser only.

use gloo_net::http::{Method, RequestBuilder};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::domain::{ApiToken, Role, SessionId, TokenId, User, UserId};

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The server knows nobody by this browser any more.
    SignedOut,
    /// The server said why.
    Said {
        /// What is wrong, and what to change.
        detail: String,
        /// The field that is wrong, by the API's name for it.
        field: Option<String>,
    },
    /// Nobody answered, or not as Signalbox does. It may have been done all the same.
    Unheard,
}

/// A refusal as programs get it (RFC 9457), as far as it is told on.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    #[serde(default)]
    field: Option<String>,
}

/// A token that was made, and its text, which nobody is told again.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct MadeToken {
    /// Its text.
    pub token: String,
    /// What is known of it.
    #[serde(flatten)]
    pub known: ApiToken,
}

/// What an answer means. An empty one says all there is to say by its status.
fn understood<T: DeserializeOwned>(status: u16, body: &str) -> Result<T, Refused> {
    if (200..300).contains(&status) {
        return serde_json::from_str(if body.is_empty() { "null" } else { body }).map_err(|_| Refused::Unheard);
    }
    let Ok(Problem { code, detail, field }) = serde_json::from_str(body) else { return Err(Refused::Unheard) };
    Err(if code == "sign_in_required" { Refused::SignedOut } else { Refused::Said { detail, field } })
}

async fn send<T: DeserializeOwned>(method: Method, path: &str, body: Option<Value>) -> Result<T, Refused> {
    let request = RequestBuilder::new(path).method(method);
    let request = match body {
        Some(body) => request.json(&body),
        None => request.build(),
    };
    let answer = request.map_err(|_| Refused::Unheard)?.send().await.map_err(|_| Refused::Unheard)?;
    let body = answer.text().await.map_err(|_| Refused::Unheard)?;
    understood(answer.status(), &body)
}

/// Adds a user.
///
/// # Errors
/// See [`Refused`]; the fields are `email` and `password`.
pub async fn add_user(email: String, role: Role, password: String) -> Result<User, Refused> {
    let user = json!({ "email": email, "role": role, "password": password });
    send(Method::POST, "/api/v1/users", Some(user)).await
}

/// Gives a user another role.
///
/// # Errors
/// See [`Refused`].
pub async fn set_role(user_id: UserId, role: Role) -> Result<User, Refused> {
    send(Method::PATCH, &format!("/api/v1/users/{user_id}"), Some(json!({ "role": role }))).await
}

/// Takes sign-in from a user.
///
/// # Errors
/// See [`Refused`].
pub async fn disable_user(user_id: UserId) -> Result<User, Refused> {
    send(Method::PATCH, &format!("/api/v1/users/{user_id}"), Some(json!({ "disabled": true }))).await
}

/// Gives sign-in back to a user.
///
/// # Errors
/// See [`Refused`].
pub async fn enable_user(user_id: UserId) -> Result<User, Refused> {
    send(Method::PATCH, &format!("/api/v1/users/{user_id}"), Some(json!({ "disabled": false }))).await
}

/// Ends a session.
///
/// # Errors
/// See [`Refused`].
pub async fn end_session(session_id: SessionId) -> Result<(), Refused> {
    send(Method::DELETE, &format!("/api/v1/auth/sessions/{session_id}"), None).await
}

/// Ends all sessions of whoever asks but the one that asks.
///
/// # Errors
/// See [`Refused`].
pub async fn end_other_sessions() -> Result<(), Refused> {
    send(Method::DELETE, "/api/v1/auth/sessions", None).await
}

/// Makes a token.
///
/// # Errors
/// See [`Refused`]; the fields are `name` and `expiresAt`.
pub async fn make_token(name: String, role: Role, expires_at: Option<Timestamp>) -> Result<MadeToken, Refused> {
    let token = json!({ "name": name, "role": role, "expiresAt": expires_at });
    send(Method::POST, "/api/v1/tokens", Some(token)).await
}

/// Revokes a token.
///
/// # Errors
/// See [`Refused`].
pub async fn revoke_token(token_id: TokenId) -> Result<ApiToken, Refused> {
    send(Method::DELETE, &format!("/api/v1/tokens/{token_id}"), None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_body_is_one() {
        assert_eq!(understood::<()>(204, ""), Ok(()));
    }

    #[test]
    fn a_refusal_says_why_and_which_field_is_meant() {
        let body =
            r#"{"title":"Unprocessable Entity","status":422,"code":"invalid","detail":"Use more.","field":"password"}"#;
        let said = Refused::Said { detail: "Use more.".to_owned(), field: Some("password".to_owned()) };

        assert_eq!(understood::<()>(422, body), Err(said));
    }

    #[test]
    fn who_is_signed_out_is_told_apart_and_so_is_a_proxy_whose_server_is_gone() {
        let body = r#"{"code":"sign_in_required","detail":"Sign in."}"#;

        assert_eq!(understood::<()>(401, body), Err(Refused::SignedOut));
        assert_eq!(understood::<()>(502, "<html>Bad Gateway</html>"), Err(Refused::Unheard));
        assert_eq!(understood::<User>(200, "<html>Welcome</html>"), Err(Refused::Unheard));
    }
}
