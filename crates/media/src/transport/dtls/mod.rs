//! DTLS 1.2 handshake on dimpl, which only this folder names; carries no application data.
//!
//! Keys leave this module only after the remote certificate was compared with the fingerprints
//! that signalling announced (RFC 5763 §5, RFC 8122 §5).

mod fingerprint;
mod identity;
mod provider;
mod record_guard;

#[cfg(test)]
mod tests;

pub(crate) use identity::DtlsIdentity;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use dimpl::{Dtls, Output};
use ortc::types::{DtlsParameters, DtlsRole};

use super::srtp::{SrtpInbound, SrtpOutbound, SrtpProfile, srtp_pair};
use crate::{CloseReason, CommandError, DtlsState, MediaLimits};
use fingerprint::ExpectedFingerprints;

/// Datagrams kept until `connect` tells whose they are; a first flight is one or two.
const EARLY_DATAGRAMS: usize = 8;
/// Largest datagram kept early.
const EARLY_DATAGRAM_BYTES: usize = 2048;
/// A timer further away than this is dimpl's way of saying none.
const NO_TIMER: Duration = Duration::from_secs(3600);

/// What a [`DtlsTransport`] wants done.
#[derive(Debug)]
pub(crate) enum DtlsOutput {
    /// Send this datagram to the selected tuple.
    Transmit(Vec<u8>),
    /// The handshake is complete and the certificate is the announced one.
    Connected {
        /// Opens what arrives.
        inbound: SrtpInbound,
        /// Seals what leaves.
        outbound: SrtpOutbound,
        /// What was negotiated.
        profile: SrtpProfile,
    },
    /// [`DtlsTransport::state`] changed.
    StateChange(DtlsState),
    /// There will be no keys; follows its `StateChange`.
    Failed(DtlsFailure),
    /// The remote side closed; follows its `StateChange`.
    Closed,
}

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DtlsFailure {
    /// The remote certificate is not the announced one.
    #[error("certificate does not match the announced fingerprint")]
    FingerprintMismatch,
    /// The remote side speaks none of our SRTP profiles.
    #[error("no SRTP profile in common")]
    NoSrtpProfile,
    /// More handshake datagrams or bytes than a handshake can need.
    #[error("too many handshake datagrams")]
    Flood,
    /// The protocol was violated, or timed out.
    #[error("handshake failed: {0}")]
    Handshake(String),
}

impl DtlsFailure {
    /// What the control side is told.
    pub(crate) fn reason(&self) -> CloseReason {
        match self {
            Self::FingerprintMismatch => CloseReason::FingerprintMismatch,
            Self::NoSrtpProfile | Self::Flood | Self::Handshake(_) => CloseReason::DtlsFailed,
        }
    }
}

/// One DTLS association.
pub(crate) struct DtlsTransport {
    identity: DtlsIdentity,
    state: DtlsState,
    /// Large, and of no use to media: boxed, so that what media needs lies together.
    session: Option<Box<Session>>,
    early: Vec<Vec<u8>>,
    budget: Budget,
    outputs: VecDeque<DtlsOutput>,
    timeout: Option<Instant>,
    now: Instant,
}

/// What exists between `connect` and the end.
struct Session {
    dtls: Dtls,
    expected: ExpectedFingerprints,
    we_are_client: bool,
    certificate_matches: bool,
    established: bool,
}

/// What may still arrive before the handshake is complete.
struct Budget {
    datagrams: usize,
    bytes: usize,
}

impl DtlsTransport {
    /// An association that waits for [`Self::connect`].
    pub(crate) fn new(identity: &DtlsIdentity, limits: &MediaLimits, now: Instant) -> Self {
        Self {
            identity: identity.clone(),
            state: DtlsState::New,
            session: None,
            early: Vec::new(),
            budget: Budget {
                datagrams: limits.handshake_datagrams,
                bytes: limits.handshake_bytes,
            },
            outputs: VecDeque::new(),
            timeout: None,
            now,
        }
    }

    /// Starts the handshake; returns our role. `remote.role` is the remote side's; `auto` makes it
    /// the client (RFC 5763 §5). As the client we send at once: call it when there is a tuple.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        remote: &DtlsParameters,
    ) -> Result<DtlsRole, CommandError> {
        let expected = ExpectedFingerprints::parse(&remote.fingerprints)?;
        if self.state != DtlsState::New {
            return Err(CommandError::AlreadyConnected);
        }
        let we_are_client = remote.role == DtlsRole::Server;
        self.advance(now);
        let mut dtls = self.identity.dtls(self.now);
        dtls.set_active(we_are_client);
        self.session = Some(Box::new(Session {
            dtls,
            expected,
            we_are_client,
            certificate_matches: false,
            established: false,
        }));
        self.set_state(DtlsState::Connecting);
        self.run(|_| Ok(()));
        for datagram in std::mem::take(&mut self.early) {
            self.handle_datagram(now, &datagram);
        }
        Ok(if we_are_client {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        })
    }

    /// Takes one datagram whose first byte is 20 to 63 (RFC 7983).
    pub(crate) fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) {
        self.advance(now);
        match self.state {
            DtlsState::Failed | DtlsState::Closed => return,
            DtlsState::New => return self.keep_early(bytes),
            DtlsState::Connecting if !self.budget.take(bytes.len()) => {
                return self.fail(DtlsFailure::Flood);
            }
            DtlsState::Connecting | DtlsState::Connected => {}
        }
        if record_guard::is_plausible(bytes) {
            self.run(|dtls| dtls.handle_packet(bytes));
        }
    }

    /// Retransmits what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        if self.timeout.is_some_and(|due| due <= self.now) {
            self.run(|_| Ok(()));
        }
    }

    /// When to call [`Self::handle_timeout`] next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    /// What to do next; to be drained after every input.
    pub(crate) fn poll_output(&mut self) -> Option<DtlsOutput> {
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() {
            // After the handshake there is hardly ever another.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// How far it is.
    pub(crate) fn state(&self) -> DtlsState {
        self.state
    }

    /// Says goodbye (`close_notify`, if there is anybody to say it to) and ends.
    pub(crate) fn close(&mut self) {
        if matches!(self.state, DtlsState::Failed | DtlsState::Closed) {
            return;
        }
        self.run(Dtls::close);
        self.end(DtlsState::Closed);
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn keep_early(&mut self, bytes: &[u8]) {
        if self.early.len() < EARLY_DATAGRAMS
            && bytes.len() <= EARLY_DATAGRAM_BYTES
            && record_guard::is_plausible(bytes)
        {
            self.early.push(bytes.to_vec());
        }
    }

    /// Tells dimpl the time, does `input`, and takes everything out of it.
    fn run(&mut self, input: impl FnOnce(&mut Dtls) -> Result<(), dimpl::Error>) {
        let Some(session) = &mut self.session else {
            return;
        };
        let dtls = &mut session.dtls;
        if let Err(error) = dtls.handle_timeout(self.now).and_then(|()| input(dtls)) {
            return self.fail(DtlsFailure::Handshake(error.to_string()));
        }
        self.drain();
    }

    fn drain(&mut self) {
        // dimpl asserts that a peer's certificate fits; the guard bounds what can be one.
        let mut scratch = vec![0; record_guard::MAX_MESSAGE];
        let mut closed = false;
        while let Some(session) = &mut self.session {
            match session.dtls.poll_output(&mut scratch) {
                Output::Packet(bytes) => {
                    self.outputs.push_back(DtlsOutput::Transmit(bytes.to_vec()));
                }
                Output::BufferTooSmall { needed } => scratch.resize(needed, 0),
                Output::PeerCert(der) if session.expected.matches(der) => {
                    session.certificate_matches = true;
                }
                Output::PeerCert(_) => return self.fail(DtlsFailure::FingerprintMismatch),
                Output::Connected => session.established = true,
                Output::KeyingMaterial(material, profile) => self.key(&material, profile),
                Output::CloseNotify => closed = true,
                Output::Timeout(due) => {
                    self.settle(due, closed);
                    break;
                }
                // Data channels are not offered; the enum is not exhaustive.
                _ => {}
            }
        }
    }

    /// Hands out the keys, if the certificate was the announced one.
    fn key(&mut self, material: &[u8], profile: dimpl::SrtpProfile) {
        let Some(session) = &self.session else {
            return;
        };
        if !session.certificate_matches || !session.established {
            return self.fail(DtlsFailure::FingerprintMismatch);
        }
        let pair = ours(profile).and_then(|profile| {
            let (inbound, outbound) = srtp_pair(profile, material, session.we_are_client).ok()?;
            Some(DtlsOutput::Connected {
                inbound,
                outbound,
                profile,
            })
        });
        let Some(connected) = pair else {
            return self.fail(DtlsFailure::NoSrtpProfile);
        };
        self.set_state(DtlsState::Connected);
        self.outputs.push_back(connected);
    }

    /// After everything was taken out: timers, and ends that leave nothing to wait for.
    fn settle(&mut self, due: Instant, closed: bool) {
        let established = self.session.as_ref().is_some_and(|s| s.established);
        if closed {
            self.end(DtlsState::Closed);
            self.outputs.push_back(DtlsOutput::Closed);
        } else if established && self.state == DtlsState::Connecting {
            self.fail(DtlsFailure::NoSrtpProfile);
        } else {
            self.timeout = (due < self.now + NO_TIMER).then_some(due);
        }
    }

    fn fail(&mut self, failure: DtlsFailure) {
        self.end(DtlsState::Failed);
        self.outputs.push_back(DtlsOutput::Failed(failure));
    }

    fn end(&mut self, state: DtlsState) {
        self.session = None;
        self.early = Vec::new();
        self.timeout = None;
        self.set_state(state);
    }

    fn set_state(&mut self, state: DtlsState) {
        if self.state != state {
            self.state = state;
            self.outputs.push_back(DtlsOutput::StateChange(state));
        }
    }
}

impl fmt::Debug for DtlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtlsTransport")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Budget {
    /// Whether one more datagram may be looked at.
    fn take(&mut self, bytes: usize) -> bool {
        let (Some(datagrams), Some(bytes)) =
            (self.datagrams.checked_sub(1), self.bytes.checked_sub(bytes))
        else {
            return false;
        };
        *self = Self { datagrams, bytes };
        true
    }
}

fn ours(profile: dimpl::SrtpProfile) -> Option<SrtpProfile> {
    match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => Some(SrtpProfile::AeadAes128Gcm),
        dimpl::SrtpProfile::AEAD_AES_256_GCM => Some(SrtpProfile::AeadAes256Gcm),
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => Some(SrtpProfile::Aes128CmHmacSha1_80),
        _ => None,
    }
}
