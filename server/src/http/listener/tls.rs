//! What a port encrypts by, as long as it is open.
//!
//! Certificates are renewed every few weeks, by programs that know nothing of us. So both files are read once a minute: what they hold is
//! compared, and not their times, for a link that points elsewhere now has no new time, and a copy may have an old one. A signal would be
//! sooner, and one more thing that has to be set up and may be forgotten. What is new is in force for who connects from then on. A pair that
//! can't be used, such as one of which half is written yet, is logged once, and the old one stays.
//!
//! Deliberately absent: certificates by name of the host (one installation has one), client certificates, and tickets that outlive a pair.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    sign::SingleCertAndKey,
    version::{TLS12, TLS13},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

use super::{
    line::Line,
    pair::{Pair, PairError, PairFiles, PairText},
};

/// How often the files are looked at, where nobody is in a hurry.
pub const LOOKED_AT_EVERY: Duration = Duration::from_mins(1);

/// HTTP/2 by its name in a handshake (RFC 9113, section 3.2). Browsers prefer it, and ask for the other where they want a WebSocket.
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// The pair that is in force, for all who have this.
#[derive(Clone)]
pub struct Tls(Arc<InForce>);

struct InForce {
    files: PairFiles,
    /// A new pair has a whole new configuration: what was agreed with clients under the old one ends with it.
    config: RwLock<Arc<ServerConfig>>,
    /// What was read last, usable or not.
    seen: Mutex<[u8; 32]>,
}

impl Tls {
    /// What the files hold now.
    ///
    /// # Errors
    /// They can't be used.
    pub async fn open(files: PairFiles) -> Result<Self, PairError> {
        let text = PairText::read(&files).await?;
        let pair = Pair::of(&text, &files)?;
        tell("encrypting", &pair);
        let config = RwLock::new(config(pair));
        Ok(Self(Arc::new(InForce { files, config, seen: Mutex::new(text.mark()) })))
    }

    /// Looks at the files so often, until `stopping` is cancelled.
    pub async fn keep_current(self, every: Duration, stopping: CancellationToken) {
        while stopping.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.renew().await {
                tracing::error!(%error, "the new pair of certificate and key can't be used; the old one stays in force");
            }
        }
    }

    /// Looks at the files, once, and takes a new pair over. What was found wrong before is not told again.
    ///
    /// # Errors
    /// What is new there can't be used. The old pair stays in force.
    pub async fn renew(&self) -> Result<(), PairError> {
        let Self(now) = self;
        // A file that is gone is told each time: nothing else would tell that it still is.
        let text = PairText::read(&now.files).await?;
        let mark = text.mark();
        if std::mem::replace(&mut *now.seen.lock().unwrap_or_else(PoisonError::into_inner), mark) == mark {
            return Ok(());
        }
        let pair = Pair::of(&text, &now.files)?;
        tell("encrypting by a new pair", &pair);
        *now.config.write().unwrap_or_else(PoisonError::into_inner) = config(pair);
        Ok(())
    }

    /// Agrees with a client on how to encrypt.
    pub(super) async fn agree(&self, line: Line) -> io::Result<TlsStream<Line>> {
        let config = Arc::clone(&self.0.config.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(line).await
    }
}

fn tell(what: &str, pair: &Pair) {
    let facts = pair.facts();
    tracing::info!(names = facts.names.join(", "), expires_at = %facts.expires_at, "{what}");
}

#[expect(
    clippy::expect_used,
    reason = "fails only for a provider without ciphers, and this one has some for both versions"
)]
fn config(pair: Pair) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).expect("ring knows ciphers of TLS 1.2 and 1.3");
    let mut config =
        builder.with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(pair.into_key())));
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Arc::new(config)
}
