//! How many files somebody may send at the same time.
//!
//! Each one that is under way holds a connection and a growing file for as long as its sender likes. Whoever has as many as he may is
//! refused before a byte of the next one is read. Counted on each node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::api::ApiError;

use crate::hub::UserKey;

/// Uploads that are under way.
pub(crate) struct Uploads {
    per_user: u32,
    running: Mutex<HashMap<UserKey, u32>>,
}

/// The place of one upload. It is given up when it ends, however that is: its sender may leave at any moment.
pub(super) struct UploadPlace {
    uploads: Arc<Uploads>,
    who: UserKey,
}

impl Uploads {
    /// At most so many of each user and token.
    pub(crate) fn new(per_user: u32) -> Self {
        Self { per_user, running: Mutex::default() }
    }

    /// Lets another one of somebody begin.
    ///
    /// # Errors
    /// [`ApiError::TooManyUploads`].
    pub(super) fn begin(self: &Arc<Self>, who: UserKey) -> Result<UploadPlace, ApiError> {
        let mut running = self.running();
        let of_his = running.get(&who).copied().unwrap_or_default();
        if of_his >= self.per_user {
            return Err(ApiError::TooManyUploads { limit: self.per_user });
        }
        running.insert(who.clone(), of_his + 1);
        Ok(UploadPlace { uploads: Arc::clone(self), who })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<UserKey, u32>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UploadPlace {
    fn drop(&mut self) {
        let mut running = self.uploads.running();
        match running.get_mut(&self.who) {
            Some(of_his) if *of_his > 1 => *of_his -= 1,
            _ => {
                running.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_places_of_his_own_and_gets_one_back_for_each_that_he_gives_up() {
        let uploads = Arc::new(Uploads::new(2));
        let begin = |who: &str| uploads.begin(UserKey(who.into()));
        let (first, second) = (begin("ada").expect("a place"), begin("ada").expect("a place"));

        assert_eq!(begin("ada").err(), Some(ApiError::TooManyUploads { limit: 2 }));
        assert!(begin("bob").is_ok());
        drop(first);
        assert!(begin("ada").is_ok());
        drop(second);
        assert!(uploads.running().is_empty());
    }
}
