//! A worker's certificate and how its associations behave; makes no decision about a peer.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::certificate::generate_self_signed_certificate;
use dimpl::{Config, Dtls, DtlsCertificate};
use ortc::types::DtlsFingerprint;

use super::{fingerprint, provider};

/// First retransmission after 200 ms: a round trip is seldom longer, and WebRTC's peers start
/// between 50 ms and 1 s (RFC 6347 §4.2.4.1 allows less than its 1 s).
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(200);
/// Doubling each time: the seventh retransmission is sent after 25 s.
const RETRANSMISSIONS: usize = 7;
/// A handshake that takes longer is given up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Never reached: [`crate::MediaLimits::handshake_datagrams`] ends the handshake before.
const RECEIVE_QUEUE: usize = 64;

/// Certificate, private key and settings, shared by the associations of a worker.
#[derive(Clone)]
pub(crate) struct DtlsIdentity {
    shared: Arc<Shared>,
}

struct Shared {
    certificate: DtlsCertificate,
    config: Arc<Config>,
    fingerprints: Vec<DtlsFingerprint>,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DtlsIdentityError {
    /// The key or certificate could not be made.
    #[error("cannot generate a certificate: {0}")]
    Certificate(String),
    /// The provider was refused.
    #[error("cannot configure DTLS: {0}")]
    Config(String),
}

impl DtlsIdentity {
    /// A fresh ECDSA P-256 key and self-signed certificate.
    pub(crate) fn generate() -> Result<Self, DtlsIdentityError> {
        let certificate = generate_self_signed_certificate()
            .map_err(|error| DtlsIdentityError::Certificate(error.to_string()))?;
        if !provider::signs_as_expected(&certificate.private_key) {
            let error = "the key is not one of P-256".into();
            return Err(DtlsIdentityError::Certificate(error));
        }
        let config = Config::builder()
            .with_crypto_provider(provider::provider())
            // ICE has proved the remote address already.
            .use_server_cookie(false)
            .require_client_certificate(true)
            .max_queue_rx(RECEIVE_QUEUE)
            .flight_start_rto(FIRST_RETRANSMISSION)
            .flight_retries(RETRANSMISSIONS)
            .handshake_timeout(HANDSHAKE_TIMEOUT)
            .build()
            .map_err(|error| DtlsIdentityError::Config(error.to_string()))?;
        let fingerprints = fingerprint::of_certificate(&certificate.certificate);
        Ok(Self {
            shared: Arc::new(Shared {
                certificate,
                config: Arc::new(config),
                fingerprints,
            }),
        })
    }

    /// Digests of the certificate, as signalled to clients (RFC 8122).
    pub(crate) fn fingerprints(&self) -> Vec<DtlsFingerprint> {
        self.shared.fingerprints.clone()
    }

    /// A new association, in the server role.
    pub(super) fn dtls(&self, now: Instant) -> Dtls {
        Dtls::new_12(
            Arc::clone(&self.shared.config),
            self.shared.certificate.clone(),
            now,
        )
    }
}

impl fmt::Debug for DtlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtlsIdentity")
            .field("fingerprints", &self.shared.fingerprints)
            .finish_non_exhaustive()
    }
}
