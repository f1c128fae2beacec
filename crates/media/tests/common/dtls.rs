//! DTLS for the simulated client, straight on `dimpl`, in either role.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};

/// One side of a handshake.
pub struct DtlsPeer {
    dtls: Dtls,
    active: bool,
    outgoing: VecDeque<Vec<u8>>,
    timeout: Option<Instant>,
    /// The handshake is complete.
    pub connected: bool,
    /// Keying material (RFC 5764 §4.2) and profile.
    pub keys: Option<(Vec<u8>, SrtpProfile)>,
    /// The negotiated SRTP profile.
    pub profile: Option<SrtpProfile>,
    /// The server's certificate, DER.
    pub peer_certificate: Option<Vec<u8>>,
    /// The other side said goodbye.
    pub close_notify: bool,
    /// Why the connection is unusable.
    pub failure: Option<String>,
}

impl DtlsPeer {
    /// Active means DTLS client: it speaks first.
    pub fn new(certificate: DtlsCertificate, active: bool, now: Instant) -> Self {
        // Browsers start at 50 ms and double.
        let config = Config::builder()
            .flight_start_rto(Duration::from_millis(50))
            .flight_retries(10)
            .build()
            .expect("the settings are valid");
        let mut dtls = Dtls::new_12(Arc::new(config), certificate, now);
        dtls.set_active(active);
        Self {
            dtls,
            active,
            outgoing: VecDeque::new(),
            timeout: None,
            connected: false,
            keys: None,
            profile: None,
            peer_certificate: None,
            close_notify: false,
            failure: None,
        }
    }

    pub fn is_active(&self) -> bool {
        self.active
    }

    pub fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) {
        self.handle_timeout(now);
        let result = self.dtls.handle_packet(bytes);
        self.settle(result);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        let result = self.dtls.handle_timeout(now);
        self.settle(result);
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        let result = self.dtls.close();
        self.settle(result);
    }

    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timeout.filter(|_| self.failure.is_none())
    }

    fn settle(&mut self, result: Result<(), dimpl::Error>) {
        if let Err(error) = result {
            self.failure.get_or_insert_with(|| error.to_string());
            self.timeout = None;
            return;
        }
        let mut buffer = vec![0; 4096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => self.outgoing.push_back(bytes.to_vec()),
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Connected => self.connected = true,
                Output::PeerCert(der) => self.peer_certificate = Some(der.to_vec()),
                Output::KeyingMaterial(keys, profile) => {
                    self.profile = Some(profile);
                    self.keys = Some((keys.to_vec(), profile));
                }
                Output::CloseNotify => self.close_notify = true,
                Output::Timeout(at) => {
                    self.timeout = Some(at);
                    return;
                }
                _ => {}
            }
        }
    }
}
