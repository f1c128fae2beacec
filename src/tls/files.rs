//! Certificates and keys in PEM files.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    sign::CertifiedKey,
};

use super::TlsError;

/// The certificate chain and the key in two files.
pub(super) fn read(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>, TlsError> {
    parse(&bytes(cert)?, &bytes(key)?, cert, key)
}

/// The same in two texts, which are told of as files.
pub(super) fn parse(
    chain: &[u8],
    private: &[u8],
    cert: &Path,
    key: &Path,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(chain, cert)?;
    let private = private_key(private, key)?;
    let certified = CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider());
    certified.map(Arc::new).map_err(|cause| TlsError::Pair {
        cert: cert.to_owned(),
        key: key.to_owned(),
        cause,
    })
}

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|cause| TlsError::Read {
        path: path.to_owned(),
        cause,
    })
}

fn certificates(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(content(path, "certificate")),
    }
}

fn private_key(text: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| content(path, "private key"))
}

pub(super) fn content(path: &Path, what: &'static str) -> TlsError {
    let path = path.to_owned();
    TlsError::Content { path, what }
}
