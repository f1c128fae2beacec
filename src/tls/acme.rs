//! Certificates from an authority by ACME (RFC 8555), proved on the server's own port (TLS-ALPN-01,
//! RFC 8737). The only file that names the library. Opens connections to the authority alone.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    sync::Arc,
};

use futures_util::StreamExt as _;
use rustls::{
    ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer,
    pki_types::pem::PemObject as _, server::ResolvesServerCert,
};
use rustls_acme::{AcmeConfig, EventOk, caches::DirCache};

use super::{TlsError, files};
use crate::config::Authority;

/// What the authority asks for when it looks whether the server is who it says.
pub(super) const CHALLENGE_PROTOCOL: &[u8] = b"acme-tls/1";

/// Orders a certificate from now on, and another in time before it ends. What is returned has none
/// until the first has come: handshakes fail until then.
pub(super) fn order(authority: &Authority) -> Result<Arc<dyn ResolvesServerCert>, TlsError> {
    keep_private(authority)?;
    let client = client(authority)?;
    let contact = authority
        .email
        .iter()
        .map(|email| format!("mailto:{email}"));
    let config = AcmeConfig::new_with_provider(&authority.domains, provider())
        .contact(contact)
        .cache(DirCache::new(authority.cache.clone()))
        .directory(&authority.directory);
    let mut state = match client {
        Some(client) => config.client_tls_config(client),
        None => config,
    }
    .state();
    let resolver = state.resolver();
    tokio::spawn(async move {
        // Endless: the library waits, longer each time, after a failure and until renewal is due.
        while let Some(event) = state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert) => tracing::info!("a new certificate was issued"),
                Ok(EventOk::DeployedCachedCert) => tracing::info!("the kept certificate is used"),
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(error) => tracing::warn!(%error, "no certificate from the authority yet"),
            }
        }
    });
    Ok(resolver)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Keys are kept where nobody else looks.
fn keep_private(authority: &Authority) -> Result<(), TlsError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&authority.cache);
    // One that was there keeps the keys as well.
    let kept = made
        .and_then(|()| fs::set_permissions(&authority.cache, fs::Permissions::from_mode(0o700)));
    kept.map_err(|cause| TlsError::Read {
        path: authority.cache.clone(),
        cause,
    })
}

/// Who believes the authority's own roots only, where it has such.
fn client(authority: &Authority) -> Result<Option<Arc<ClientConfig>>, TlsError> {
    let Some(path) = &authority.roots else {
        return Ok(None);
    };
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(&files::bytes(path)?) {
        let root = root.map_err(|_| files::content(path, "certificate"))?;
        roots.add(root).map_err(TlsError::Setup)?;
    }
    if roots.is_empty() {
        return Err(files::content(path, "certificate"));
    }
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(client)))
}

/// Whether it can be asked.
pub(super) fn check(authority: &Authority) -> Result<(), TlsError> {
    client(authority).map(|_| ())
}
