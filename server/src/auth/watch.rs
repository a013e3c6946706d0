//! Ends the streams of who is signed out.
//!
//! A stream is let in once and lasts for days. So each node asks, several times a heartbeat and at once after something ended here, which of
//! the sessions and tokens of its streams still count. Another node's sign-out is noticed by this, too. A database that does not answer
//! ends nobody.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use app::{domain::TokenId, events::ByeReason};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::accounts::Accounts;
use crate::{
    hub::{Credential, Hub},
    store::{StoreError, api_tokens, sessions},
};

/// How often is asked, in parts of a heartbeat, and at most and at least.
const PARTS: u32 = 3;
const LONGEST: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(50);

/// Watches until it is told to stop.
pub async fn watch(accounts: Accounts, hub: Arc<Hub>, until: CancellationToken) {
    let pause = (hub.heartbeat() / PARTS).clamp(SHORTEST, LONGEST);
    let watching = async {
        loop {
            // Whether something has ended here or not: somewhere else it may have.
            let _ = tokio::time::timeout(pause, accounts.endings.notified()).await;
            if let Err(error) = look(&accounts, &hub).await {
                tracing::error!(%error, "whether streams have to end is not known now");
            }
        }
    };
    until.run_until_cancelled(watching).await;
    // Nothing follows: streams end with the process.
}

async fn look(accounts: &Accounts, hub: &Hub) -> Result<(), StoreError> {
    let held = hub.credentials();
    if held.is_empty() {
        return Ok(());
    }
    let (mut hashes, mut tokens) = (Vec::new(), Vec::<TokenId>::new());
    for credential in &held {
        match credential {
            Credential::Session(hash) => hashes.push(hash.clone()),
            Credential::Token(token_id) => tokens.push(*token_id),
        }
    }
    let now = Timestamp::now();
    let mut counting = BTreeSet::new();
    if !hashes.is_empty() {
        let found = sessions::still_count(&accounts.database, &hashes, now).await?;
        counting.extend(found.into_iter().map(Credential::Session));
    }
    if !tokens.is_empty() {
        let found = api_tokens::still_count(&accounts.database, &tokens, now).await?;
        counting.extend(found.into_iter().map(Credential::Token));
    }
    hub.send_away_those(ByeReason::SignedOut, |credential| held.contains(credential) && !counting.contains(credential));
    Ok(())
}
