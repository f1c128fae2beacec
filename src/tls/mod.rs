//! Certificates: from files, from an authority, or self-signed and kept; replaced while the server
//! runs.

mod acme;
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
use crate::config::{Authority, TlsMode};

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

/// What connections speak.
const HTTP: &[u8] = b"http/1.1";

/// What connections are encrypted with, and what they are shown from now on.
#[derive(Clone, Debug)]
pub struct Tls {
    /// For the accept loop.
    pub config: Arc<ServerConfig>,
    /// What can be exchanged; an authority's are by whoever orders them.
    certificate: Option<Arc<Certificate>>,
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
        let resolver = Arc::clone(&certificate);
        Ok(Some(Self {
            config: server_config(resolver, &[HTTP])?,
            certificate: Some(certificate),
        }))
    }

    /// By certificates of an authority, which are ordered from now on.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn by_authority(authority: &Authority) -> Result<Self, TlsError> {
        let protocols = [HTTP, acme::CHALLENGE_PROTOCOL];
        Ok(Self {
            config: server_config(acme::order(authority)?, &protocols)?,
            certificate: None,
        })
    }

    /// Shows new connections what is there now; those that are open stay as they are. Whether that is
    /// another certificate.
    ///
    /// # Errors
    /// A sentence that names the file; then the one before stays.
    pub fn reload(&self, mode: &TlsMode, addresses: &[IpAddr]) -> Result<bool, TlsError> {
        let Some(certificate) = &self.certificate else {
            return Ok(false);
        };
        let Some(key) = certified(mode, addresses)? else {
            // To plain HTTP or to an authority: at the next start.
            return Ok(false);
        };
        let mut now = certificate
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let is_other = now.cert != key.cert;
        *now = key;
        Ok(is_other)
    }
}

/// Whether an authority can be asked.
///
/// # Errors
/// A sentence that names the file.
pub fn check_authority(authority: &Authority) -> Result<(), TlsError> {
    acme::check(authority)
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

fn server_config(
    resolver: Arc<dyn ResolvesServerCert>,
    protocols: &[&[u8]],
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
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
