//! Browsers in which somebody has signed in before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! Each holds a secret that lets nobody in: it says that whoever shows it has known the password once. His failures are counted by it alone,
//! so an owner gets in from a new address while everybody else is guessing. It is renewed at each sign-in, and forgotten with the password.

use app::domain::UserId;
use jiff::Timestamp;

use super::{
    accounts::{Accounts, random},
    secret::{Secret, hash},
};
use crate::{failure::refusal, store::devices};

impl Accounts {
    /// Makes the browser of a user known, in place of what it showed before; `None` where that could not be done, which keeps nobody out.
    pub async fn know_device(&self, user_id: UserId, shown: Option<&str>) -> Option<Secret> {
        let (before, now) = (shown.map(hash), Timestamp::now());
        let knowing = async {
            let device = random("")?;
            let mut transaction = self.begin().await?;
            let hashes = (&*device.hash(), before.as_deref());
            devices::remember(&mut transaction, user_id, hashes, now).await.map_err(refusal)?;
            transaction.commit_quietly().await.map_err(refusal)?;
            Ok::<_, app::api::ApiError>(device)
        };
        // What went wrong stands in the log.
        knowing.await.ok()
    }
}
