//! The two files that a port encrypts by: a chain of certificates, and the private key of the first of them.
//!
//! What can be wrong with them is found when they are read, and said with the file's name and what to do. Of a key's text nothing is ever
//! repeated, not even what could not be understood of it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rustls::{
    InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

/// Where the pair lies. Both are PEM (RFC 7468).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairFiles {
    /// The server's certificate, and behind it those that lead to an authority that clients know.
    pub certificates: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, without a passphrase.
    pub key: PathBuf,
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairFile {
    /// The certificates.
    Certificates,
    /// The private key.
    Key,
}

/// The pair can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file is not there, or not for us.
    #[error("{} can't be read: {source}. Name a PEM file that this user may read", path.display())]
    Unreadable {
        /// Which.
        file: PairFile,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No certificate, or one that nobody understands.
    #[error("{} holds no certificate that can be used. Put the server's there as PEM, and its chain behind it", .0.display())]
    Certificates(PathBuf),
    /// No key, or one that nobody understands.
    #[error(
        "{} holds no private key that can be used. Put it there as PEM: PKCS#8, PKCS#1 or SEC1, RSA or elliptic, without a passphrase",
        .0.display()
    )]
    Key(PathBuf),
    /// Both are well, each by itself.
    #[error(
        "{} is not the private key of the first certificate in {}. Name files that were made together, the server's certificate first",
        key.display(),
        certificates.display()
    )]
    Mismatch {
        /// Where the certificates are.
        certificates: PathBuf,
        /// Where the key is.
        key: PathBuf,
    },
}

impl PairError {
    /// The file that is wrong; `None` when they only don't belong together.
    pub const fn file(&self) -> Option<PairFile> {
        match self {
            Self::Unreadable { file, .. } => Some(*file),
            Self::Certificates(_) => Some(PairFile::Certificates),
            Self::Key(_) => Some(PairFile::Key),
            Self::Mismatch { .. } => None,
        }
    }
}

/// What the files hold, before anybody has looked at it.
pub(super) struct PairText {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

impl PairText {
    /// Reads both files.
    pub(super) async fn read(files: &PairFiles) -> Result<Self, PairError> {
        Ok(Self {
            certificates: read(PairFile::Certificates, &files.certificates).await?,
            key: read(PairFile::Key, &files.key).await?,
        })
    }

    /// Tells one content from another without keeping it.
    pub(super) fn mark(&self) -> [u8; 32] {
        let each = [&self.certificates, &self.key].map(Sha256::digest);
        Sha256::digest(each.concat()).into()
    }
}

async fn read(file: PairFile, path: &Path) -> Result<Vec<u8>, PairError> {
    tokio::fs::read(path).await.map_err(|source| PairError::Unreadable { file, path: path.to_owned(), source })
}

/// A chain and its key, which belong together.
pub struct Pair {
    key: Arc<CertifiedKey>,
    facts: CertificateFacts,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Names and addresses of hosts that it is for.
    pub names: Vec<String>,
    /// From when on it counts.
    pub begins_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

impl Pair {
    /// Reads and checks the pair. Whether it has expired is for clients to judge.
    ///
    /// # Errors
    /// A file can't be read or used, or they don't belong together.
    pub async fn read(files: &PairFiles) -> Result<Self, PairError> {
        Self::of(&PairText::read(files).await?, files)
    }

    pub(super) fn of(text: &PairText, files: &PairFiles) -> Result<Self, PairError> {
        let no_certificate = || PairError::Certificates(files.certificates.clone());
        let no_key = || PairError::Key(files.key.clone());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text.certificates)
            .collect::<Result<_, _>>()
            .map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let key = PrivateKeyDer::from_pem_slice(&text.key).map_err(|_| no_key())?;
        let key = ring::sign::any_supported_type(&key).map_err(|_| no_key())?;
        let pair = CertifiedKey::new(chain, key);
        match pair.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                let PairFiles { certificates, key } = files.clone();
                return Err(PairError::Mismatch { certificates, key });
            }
            Err(_) => return Err(no_certificate()),
        }
        let facts =
            pair.end_entity_cert().ok().and_then(|certificate| facts(certificate)).ok_or_else(no_certificate)?;
        Ok(Self { key: Arc::new(pair), facts })
    }

    /// What its certificate says of itself.
    pub const fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    pub(super) fn into_key(self) -> Arc<CertifiedKey> {
        self.key
    }
}

fn facts(certificate: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let moment = |seconds| Timestamp::from_second(seconds).ok();
    let validity = certificate.validity();
    Some(CertificateFacts {
        names: names(&certificate),
        begins_at: moment(validity.not_before.timestamp())?,
        expires_at: moment(validity.not_after.timestamp())?,
    })
}

/// The hosts that a certificate is for. Its subject counts for nobody any more (RFC 9525, section 2), so it is not looked at.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let named = alternatives.flatten().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    named.collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(bytes).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
}
