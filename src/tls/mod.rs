//! Certificates: from files, or self-signed and kept; replaced while the server runs. Opens no
//! connection.

mod files;
mod self_signed;

use std::{
    fmt, io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

pub(crate) use self::self_signed::certificate_file;
use crate::config::TlsMode;

/// Why there is no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} holds no {what} in PEM form", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Certificate and key do not go together, or cannot be used.
    #[error("{} and {} cannot be used together: {cause}", cert.display(), key.display())]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        cause: rustls::Error,
    },
    /// The cipher library does not do what we ask.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
    /// No certificate could be made.
    #[error("cannot make a self-signed certificate: {0}")]
    Generate(#[from] rcgen::Error),
}

/// What connections are encrypted with, and what they are shown from now on.
#[derive(Clone, Debug)]
pub struct Tls {
    /// For the accept loop.
    pub config: Arc<ServerConfig>,
    certificate: Arc<Certificate>,
}

impl Tls {
    /// As configured; `None` for plain HTTP. `addresses` are the machine's, which a self-signed
    /// certificate is made out to beside localhost.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn new(mode: &TlsMode, addresses: &[IpAddr]) -> Result<Option<Self>, TlsError> {
        let Some(key) = certified(mode, addresses)? else {
            return Ok(None);
        };
        let certificate = Arc::new(Certificate(RwLock::new(key)));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(TlsError::Setup)?
                .with_no_client_auth()
                .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        Ok(Some(Self {
            config,
            certificate,
        }))
    }

    /// Shows new connections what is there now; those that are open stay as they are. Whether that is
    /// another certificate.
    ///
    /// # Errors
    /// A sentence that names the file; then the one before stays.
    pub fn reload(&self, mode: &TlsMode, addresses: &[IpAddr]) -> Result<bool, TlsError> {
        let Some(key) = certified(mode, addresses)? else {
            // From encrypted to plain: at the next start.
            return Ok(false);
        };
        let mut now = self
            .certificate
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let is_other = now.cert != key.cert;
        *now = key;
        Ok(is_other)
    }
}

/// Whether the files that were named can be used.
///
/// # Errors
/// A sentence that names the file.
pub fn check(mode: &TlsMode) -> Result<(), TlsError> {
    match mode {
        TlsMode::Files { cert, key } => files::read(cert, key).map(|_| ()),
        TlsMode::Off | TlsMode::Auto { .. } => Ok(()),
    }
}

fn certified(mode: &TlsMode, addresses: &[IpAddr]) -> Result<Option<Arc<CertifiedKey>>, TlsError> {
    match mode {
        TlsMode::Off => Ok(None),
        TlsMode::Files { cert, key } => files::read(cert, key).map(Some),
        TlsMode::Auto { folder } => self_signed::kept(folder, addresses).map(Some),
    }
}

/// What is shown to who connects, whatever name they ask for.
struct Certificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&key))
    }
}

impl fmt::Debug for Certificate {
    /// Nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}
