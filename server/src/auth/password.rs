//! Passwords: which are taken, and how they are checked.
//!
//! The rules are those of OWASP ASVS 5.0, section 6.2: length and being known are all that counts. Nothing is asked of letters and digits,
//! nothing is cut off, and nothing expires.
//!
//! A check costs 19 MiB and some hundredths of a second on purpose (Argon2id with the parameters that OWASP names), so few run at the same time,
//! on threads of their own, and few wait: whoever floods sign-in must not stop the rest.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use app::api::ApiError;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash};
use tokio::sync::Semaphore;

/// Characters of a password.
pub const SHORTEST: usize = 12;
/// See [`SHORTEST`]. More would only make the check slower.
pub const LONGEST: usize = 256;
/// A password that is found among so many guesses is a known one: the lists of common passwords, names and words hold fewer.
const FEWEST_GUESSES: u64 = 1_000_000;
/// Checks that may wait.
const WAITING: usize = 100;
/// Memory of a check in KiB, rounds, and threads.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Says whether a password may be one, and what to change. It takes some milliseconds.
///
/// # Errors
/// [`ApiError::Invalid`] for the field `password`.
fn judge(password: &str, email: &str) -> Result<(), ApiError> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(ApiError::invalid("password", format!("Use at least {SHORTEST} characters; a few words do well.")));
    }
    if length > LONGEST {
        return Err(ApiError::invalid("password", format!("Use at most {LONGEST} characters.")));
    }
    let own: Vec<&str> = email.split(['@', '.']).chain([email, "signalbox"]).filter(|part| part.len() > 2).collect();
    // What is known is found at the beginning, and looking takes its time with every character.
    let beginning: String = password.chars().take(40).collect();
    if u128::from(zxcvbn::zxcvbn(&beginning, &own).guesses()) < u128::from(FEWEST_GUESSES) {
        return Err(ApiError::invalid("password", "This one is among the first that are guessed. Use another one."));
    }
    Ok(())
}

/// Who hashes and checks.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    line: Arc<Semaphore>,
    hashed: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // One core is left to everybody else.
        let at_once = cores.saturating_sub(1).max(1);
        Self {
            places: Arc::new(Semaphore::new(at_once)),
            line: Arc::new(Semaphore::new(at_once + WAITING)),
            hashed: Arc::default(),
        }
    }
}

/// What stands in for the hash of somebody who is not there, so that looking for him takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed("nobody has this password").unwrap_or_default());

impl Passwords {
    /// Judges the password that somebody with an e-mail wants to have, and hashes it.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for one that can't be one; or too many wait, or the system has no randomness.
    pub async fn accept(&self, password: String, email: &str) -> Result<String, ApiError> {
        let email = email.to_owned();
        self.in_turn(move || {
            judge(&password, &email)?;
            hashed(&password).map_err(|error| {
                tracing::error!(%error, "a password could not be hashed");
                ApiError::Internal
            })
        })
        .await?
    }

    /// Makes ready what is needed when somebody is looked for who is not there: the first one shall not take longer than others.
    pub fn prepare() {
        LazyLock::force(&NOBODY);
    }

    /// Whether a password is the one of a hash. Without a hash it takes as long, and is not.
    ///
    /// # Errors
    /// Too many wait.
    pub async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.in_turn(move || {
            let is_there = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            // Two truths, both looked at, so that none is a shorter way.
            let is_right = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
            is_right & is_there
        })
        .await
    }

    /// How many passwords were hashed or checked since the process began: what guessing has cost.
    pub fn count(&self) -> u64 {
        self.hashed.load(Relaxed)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let Ok(_waiting) = self.line.try_acquire() else { return Err(ApiError::TooManyAttempts { seconds: 5 }) };
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return Err(ApiError::Internal) };
        self.hashed.fetch_add(1, Relaxed);
        // The place goes along: a caller who leaves must not let in another one beside the work that goes on.
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        working.await.map_err(|error| {
            tracing::error!(%error, "a password could not be looked at");
            ApiError::Internal
        })
    }
}

fn hashed(password: &str) -> password_hash::Result<String> {
    let (memory, rounds, threads) = COST;
    let params = Params::new(memory, rounds, threads, None).map_err(|_| password_hash::Error::ParamsInvalid)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password(password.as_bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_being_known_are_all_that_counts() {
        let is_taken = |password: &str| judge(password, "ada.lovelace@example.com").is_ok();

        assert!(is_taken("correct horse battery staple"));
        assert!(is_taken("únlikelÿ-wörds-togethér"));
        assert!(is_taken(&"long words without end ".repeat(11)));
        for known in ["short one", "password1234", "qwertyuiop12", "111111111111", "ada.lovelace@example.com"] {
            assert!(!is_taken(known), "{known}");
        }
        assert!(!is_taken(&"x y z ".repeat(60)));
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_nobody_has_any() {
        let passwords = Passwords::default();
        let password = "correct horse battery staple".to_owned();
        let hash = passwords.accept(password, "ada@example.com").await.expect("hashed");

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let is_right = async |text: &str, hash: Option<&String>| {
            passwords.is_right(text.to_owned(), hash.cloned()).await.expect("looked at")
        };
        assert!(is_right("correct horse battery staple", Some(&hash)).await);
        assert!(!is_right("correct horse battery stable", Some(&hash)).await);
        assert!(!is_right("nobody has this password", None).await);
    }
}
