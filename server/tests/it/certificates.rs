//! Certificates of one test, and clients that trust them.

use std::{io, net::SocketAddr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use server::http::listener::pair::PairFiles;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Both versions of HTTP, by their names in a handshake.
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";
pub(crate) const HTTP_2: &[u8] = b"h2";

/// A certificate and its key, as PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Issued {
    /// One for this machine, signed by itself.
    pub(crate) fn new() -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let issued = rcgen::generate_simple_self_signed(names).expect("issued");
        Self { certificate: issued.cert.pem(), key: issued.signing_key.serialize_pem() }
    }

    /// Connects to a port that encrypts by this, and by nothing else.
    pub(crate) async fn connect(&self, addr: SocketAddr, version: &[u8]) -> io::Result<TlsStream<TcpStream>> {
        self.agree(TcpStream::connect(addr).await?, version).await
    }

    /// The same over a socket.
    pub(crate) async fn agree(&self, socket: TcpStream, version: &[u8]) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("PEM")).expect("a certificate");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![version.to_vec()];
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }
}

/// A pair in a folder of its own.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn with(issued: &Issued) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.put(&issued.certificate, &issued.key);
        folder
    }

    pub(crate) fn files(&self) -> PairFiles {
        PairFiles { certificates: self.0.path().join("chain.pem"), key: self.0.path().join("key.pem") }
    }

    /// Writes other files in the place of those that are there.
    pub(crate) fn put(&self, certificate: &str, key: &str) {
        std::fs::write(self.files().certificates, certificate).expect("written");
        std::fs::write(self.files().key, key).expect("written");
    }
}
