//! The client half of a WebRTC transport, sans-IO: what a browser does towards this engine. It is
//! for load tests; it negotiates nothing and knows no media.
//!
//! Inputs are [`ClientTransport::handle_datagram`] and [`ClientTransport::handle_timeout`], outputs
//! [`ClientTransport::poll_transmit`] and [`ClientTransport::poll_timeout`]. ICE checks the one
//! address it is used with, DTLS starts when a check was answered, and SRTP is there when DTLS is
//! through.

mod ice;
pub mod rtcp;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use ortc::types::{DtlsParameters, DtlsRole, IceParameters};

use crate::MediaLimits;
use crate::transport::dtls::{DtlsIdentity, DtlsOutput, DtlsTransport};
use crate::transport::ice_lite::IceCredentials;
use crate::transport::srtp::{SrtpInbound, SrtpOutbound};
use ice::IceAgent;

/// Why a client transport is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// No certificate, key or random bytes could be made.
    #[error("cannot set up: {0}")]
    Setup(String),
    /// The server's fingerprints cannot be used.
    #[error("unusable DTLS parameters: {0}")]
    DtlsParameters(String),
    /// The handshake failed.
    #[error("DTLS: {0}")]
    Dtls(String),
    /// The server said goodbye.
    #[error("closed by the server")]
    Closed,
    /// The server answered no check for 30 s.
    #[error("no answer to connectivity checks")]
    Silent,
}

/// A certificate, shared by any number of transports.
#[derive(Clone, Debug)]
pub struct ClientIdentity(DtlsIdentity);

impl ClientIdentity {
    /// A fresh key and self-signed certificate.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, ClientError> {
        let identity = DtlsIdentity::generate();
        let identity = identity.map_err(|error| ClientError::Setup(error.to_string()))?;
        Ok(Self(identity))
    }

    /// What the server is told by signalling: we send the first flight.
    #[must_use]
    pub fn dtls_parameters(&self) -> DtlsParameters {
        DtlsParameters {
            role: DtlsRole::Client,
            fingerprints: self.0.fingerprints(),
        }
    }
}

/// One client's transport.
pub struct ClientTransport {
    ice: IceAgent,
    dtls: DtlsTransport,
    remote: DtlsParameters,
    srtp: Option<(SrtpInbound, SrtpOutbound)>,
    outgoing: VecDeque<Vec<u8>>,
    failure: Option<ClientError>,
}

impl ClientTransport {
    /// A transport to the server whose parameters these are; `seed` feeds what need not be secret.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(
        identity: &ClientIdentity,
        ice: IceParameters,
        dtls: DtlsParameters,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ClientError> {
        let credentials = IceCredentials {
            username_fragment: ice.username_fragment,
            password: ice.password,
        };
        Ok(Self {
            ice: IceAgent::new(credentials, seed, now)?,
            dtls: DtlsTransport::new(&identity.0, &MediaLimits::default(), now),
            // We are the client, whatever role the server left open.
            remote: DtlsParameters {
                role: DtlsRole::Server,
                ..dtls
            },
            srtp: None,
            outgoing: VecDeque::new(),
            failure: None,
        })
    }

    /// Takes a STUN or DTLS datagram: one whose first byte is below 64 (RFC 7983).
    pub fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) {
        match bytes.first() {
            Some(0..=3) if self.ice.handle_datagram(now, bytes) => {
                if let Err(error) = self.dtls.connect(now, &self.remote) {
                    self.fail(ClientError::DtlsParameters(error.to_string()));
                }
            }
            Some(20..=63) => self.dtls.handle_datagram(now, bytes),
            _ => return,
        }
        self.advance_dtls();
    }

    /// Sends what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.failure.is_some() {
            return;
        }
        if self.ice.is_expired(now) {
            return self.fail(ClientError::Silent);
        }
        self.outgoing.extend(self.ice.poll_check(now));
        self.dtls.handle_timeout(now);
        self.advance_dtls();
    }

    /// When to call [`Self::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.failure.is_some() {
            return None;
        }
        let ice = Some(self.ice.poll_timeout());
        ice.into_iter().chain(self.dtls.poll_timeout()).min()
    }

    /// The next datagram to send; to be drained after every input.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// Whether media can be sent and received.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.srtp.is_some() && self.failure.is_none()
    }

    /// Why it is of no use any more.
    #[must_use]
    pub fn failure(&self) -> Option<&ClientError> {
        self.failure.as_ref()
    }

    /// Decrypts an RTP packet in place; the plaintext's length, or `None` when it is not authentic
    /// or was seen before.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let (inbound, _) = self.srtp.as_mut()?;
        inbound.unprotect_rtp(packet).ok()
    }

    /// The same for a compound RTCP packet.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let (inbound, _) = self.srtp.as_mut()?;
        inbound.unprotect_rtcp(packet).ok()
    }

    /// Seals the RTP packet `arena[start..]` in place and appends its tag; `false` when there are
    /// no keys or the packet is malformed.
    pub fn seal_rtp(&mut self, arena: &mut Vec<u8>, start: usize) -> bool {
        let srtp = self.srtp.as_mut();
        srtp.is_some_and(|(_, outbound)| outbound.protect_rtp(arena, start).is_ok())
    }

    /// The same for a compound RTCP packet.
    pub fn seal_rtcp(&mut self, arena: &mut Vec<u8>, start: usize) -> bool {
        let srtp = self.srtp.as_mut();
        srtp.is_some_and(|(_, outbound)| outbound.protect_rtcp(arena, start).is_ok())
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        self.dtls.close();
        self.advance_dtls();
        self.failure.get_or_insert(ClientError::Closed);
    }

    fn advance_dtls(&mut self) {
        while let Some(output) = self.dtls.poll_output() {
            match output {
                DtlsOutput::Transmit(bytes) => self.outgoing.push_back(bytes),
                DtlsOutput::Connected {
                    inbound, outbound, ..
                } => self.srtp = Some((inbound, outbound)),
                DtlsOutput::StateChange(_) => {}
                DtlsOutput::Failed(failure) => self.fail(ClientError::Dtls(failure.to_string())),
                DtlsOutput::Closed => self.fail(ClientError::Closed),
            }
        }
    }

    fn fail(&mut self, error: ClientError) {
        self.failure.get_or_insert(error);
    }
}

impl fmt::Debug for ClientTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTransport")
            .field("connected", &self.is_connected())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
