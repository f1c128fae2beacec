//! TCP and TLS to the server under test.

use std::{fmt, io, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::Target;
use crate::error::BenchError;

/// A server that accepts no connection for so long does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Where systems keep the certificates they trust.
const TRUSTED: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Bytes to and from the server.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    target: Target,
    tls: Option<TlsConnector>,
    presence: Presence,
}

/// Held by whoever still talks to the server; the receiving end hears when nobody does.
pub(crate) type Presence = mpsc::Sender<()>;

impl Connector {
    /// For `target`; `insecure` takes any certificate.
    pub(crate) fn new(
        target: &Target,
        insecure: bool,
        presence: Presence,
    ) -> Result<Self, BenchError> {
        let tls = if target.tls {
            Some(TlsConnector::from(Arc::new(client_config(insecure)?)))
        } else {
            None
        };
        Ok(Self {
            target: target.clone(),
            tls,
            presence,
        })
    }

    /// Whom it connects to.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// To be held while a connection is used.
    pub(crate) fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Box<dyn Stream>, BenchError> {
        let opened = timeout(CONNECT_TIMEOUT, self.open()).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        opened.map_err(|error| self.error(&reason(&error)))
    }

    /// A failure to reach the server.
    pub(crate) fn error(&self, reason: &dyn fmt::Display) -> BenchError {
        BenchError::Connect {
            url: self.target.to_string(),
            reason: reason.to_string(),
        }
    }

    async fn open(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.target.host.as_str(), self.target.port)).await?;
        // Small messages that are waited for.
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(self.target.host.clone()).map_err(io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }
}

/// What went wrong, and what helps when it is the certificate.
fn reason(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => {
            format!("{error}; --insecure takes any certificate, as a self-signed one")
        }
        _ => error.to_string(),
    }
}

fn client_config(insecure: bool) -> Result<ClientConfig, BenchError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let system = |reason: String| BenchError::System {
        what: "cannot set up TLS",
        reason,
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| system(error.to_string()))?;
    if insecure {
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    let bundles = TRUSTED
        .iter()
        .filter_map(|path| CertificateDer::pem_file_iter(path).ok());
    if let Some(bundle) = bundles.into_iter().next() {
        roots.add_parsable_certificates(bundle.flatten());
    }
    if roots.is_empty() {
        return Err(system(
            "this system trusts no certificate; use --insecure".to_owned(),
        ));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Takes any certificate, but checks that its key was used.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_nobody_vouches_for_names_the_option() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let text = reason(&io::Error::new(io::ErrorKind::InvalidData, unknown));
        assert!(text.contains("--insecure"), "{text}");
        let text = reason(&io::ErrorKind::ConnectionRefused.into());
        assert!(!text.contains("--insecure"), "{text}");
    }
}
