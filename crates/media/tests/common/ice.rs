//! The controlling side of ICE towards a lite agent: checks, nomination, consent (RFC 7675).

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netem::Random;

use super::stun::{self, Credentials};

/// An agent that checks one server address from one local address.
pub struct IceAgent {
    pub local: Credentials,
    pub remote: Credentials,
    random: Random,
    next_check: Option<Instant>,
    pending: HashMap<[u8; 12], Instant>,
    outgoing: VecDeque<Vec<u8>>,
    /// An authentic answer came since the last start.
    pub connected: bool,
    /// When the last authentic answer came.
    pub last_response: Option<Instant>,
    /// Addresses the server saw us at, in order, without repetition.
    pub mapped: Vec<SocketAddr>,
    /// STUN error codes received.
    pub error_codes: Vec<u16>,
    /// Answers that broke the protocol.
    pub violations: Vec<String>,
    /// Whether checks go on.
    pub enabled: bool,
    /// How it checks a connection it has.
    pub habit: Habit,
}

/// How a browser checks a connection it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Every 2.5 s, nominating each time.
    Chromium,
    /// Every 4 to 6 s (RFC 7675 §5.1), never nominating again.
    Firefox,
}

impl IceAgent {
    pub fn new(remote: Credentials, mut random: Random, now: Instant) -> Self {
        Self {
            local: credentials(&mut random),
            remote,
            random,
            next_check: Some(now),
            pending: HashMap::new(),
            outgoing: VecDeque::new(),
            connected: false,
            last_response: None,
            mapped: Vec::new(),
            error_codes: Vec::new(),
            violations: Vec::new(),
            enabled: true,
            habit: Habit::Chromium,
        }
    }

    /// New credentials on both sides (RFC 8445 §9).
    pub fn restart(&mut self, remote: Credentials, now: Instant) {
        self.remote = remote;
        self.local = credentials(&mut self.random);
        self.connected = false;
        self.pending.clear();
        self.next_check = Some(now);
    }

    /// Checks at once, as after a change of network.
    pub fn check_now(&mut self, now: Instant) {
        self.next_check = Some(now);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if !self.enabled || self.next_check.is_none_or(|at| at > now) {
            return;
        }
        let id = self.transaction_id();
        self.pending.insert(id, now);
        let check = if self.connected && self.habit == Habit::Firefox {
            stun::consent_request
        } else {
            stun::binding_request
        };
        self.outgoing
            .push_back(check(&self.local, &self.remote, id));
        let pause = if self.connected {
            self.keepalive()
        } else {
            RETRANSMIT
        };
        self.next_check = Some(now + pause);
    }

    fn keepalive(&mut self) -> Duration {
        match self.habit {
            Habit::Chromium => KEEPALIVE,
            Habit::Firefox => Duration::from_millis(4_000 + self.random.below(2_000)),
        }
    }

    pub fn handle_response(&mut self, now: Instant, bytes: &[u8]) {
        let response = match stun::read_response(bytes, &self.remote.password) {
            Ok(response) => response,
            Err(violation) => return self.violations.push(violation),
        };
        if self.pending.remove(&response.id).is_none() {
            return;
        }
        match response.mapped {
            Ok(address) => {
                if self.mapped.last() != Some(&address) {
                    self.mapped.push(address);
                }
                self.last_response = Some(now);
                if !std::mem::replace(&mut self.connected, true) {
                    self.next_check = Some(now + self.keepalive());
                }
            }
            Err(code) => self.error_codes.push(code),
        }
    }

    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_check.filter(|_| self.enabled)
    }

    fn transaction_id(&mut self) -> [u8; 12] {
        let mut id = [0; 12];
        id[..8].copy_from_slice(&self.random.next_u64().to_be_bytes());
        id
    }
}

fn credentials(random: &mut Random) -> Credentials {
    Credentials {
        ufrag: format!("{:04x}", random.below(0x1_0000)),
        password: format!("{:016x}{:08x}", random.next_u64(), random.below(1 << 32)),
    }
}

const RETRANSMIT: Duration = Duration::from_millis(50);
/// libwebrtc's interval for a stable connection.
const KEEPALIVE: Duration = Duration::from_millis(2_500);
