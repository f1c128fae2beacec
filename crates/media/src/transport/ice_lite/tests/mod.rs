//! A client and STUN made by hand: nothing here builds or checks STUN with the library the code
//! under test uses.

mod requests;
mod session;

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use aws_lc_rs::hmac;

use super::*;
use crate::SocketId;

/// The one reading of a clock these tests start from.
#[allow(clippy::disallowed_methods)]
fn epoch() -> Instant {
    Instant::now()
}

const SECOND: Duration = Duration::from_secs(1);
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const CONTROLLED: u16 = 0x8029;
const CONTROLLING: u16 = 0x802a;
const NOMINATION: u16 = 0xc001;

/// A STUN message under construction.
#[derive(Clone)]
struct Stun(Vec<u8>);

impl Stun {
    fn new(kind: u16, transaction: u32) -> Self {
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend_from_slice(&[0, 0, 0x21, 0x12, 0xa4, 0x42]);
        bytes.extend_from_slice(&[7; 8]);
        bytes.extend_from_slice(&transaction.to_be_bytes());
        Self(bytes)
    }

    fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0
            .extend_from_slice(&(value.len() as u16).to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    /// The length the header shows, `more` bytes beyond what is there.
    fn set_length(&mut self, more: usize) {
        let length = (self.0.len() - 20 + more) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
    }

    fn integrity(mut self, password: &str) -> Self {
        self.set_length(24);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let tag = hmac::sign(&key, &self.0);
        self.with(INTEGRITY, tag.as_ref())
    }

    fn fingerprint(mut self) -> Self {
        self.set_length(8);
        let value = crc32(&self.0) ^ 0x5354_554e;
        self.with(FINGERPRINT, &value.to_be_bytes())
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let mask = (crc & 1).wrapping_neg();
            crc >> 1 ^ 0xedb8_8320 & mask
        })
    })
}

/// The attributes of a reply, whose framing must be right.
fn attributes(reply: &[u8]) -> Vec<(u16, Vec<u8>)> {
    assert_eq!(
        usize::from(u16::from_be_bytes([reply[2], reply[3]])),
        reply.len() - 20
    );
    let mut rest = &reply[20..];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        found.push((
            u16::from_be_bytes([rest[0], rest[1]]),
            rest[4..4 + length].to_vec(),
        ));
        rest = &rest[4 + length.next_multiple_of(4)..];
    }
    found
}

fn value(reply: &[u8], kind: u16) -> Option<Vec<u8>> {
    let found = attributes(reply).into_iter().find(|(k, _)| *k == kind);
    found.map(|(_, value)| value)
}

/// Rebuilds a reply up to MESSAGE-INTEGRITY and signs it again.
fn assert_reply_is_authentic(reply: &[u8], password: &str) {
    let kinds: Vec<u16> = attributes(reply).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], [INTEGRITY, FINGERPRINT]);
    let unsigned = Stun(reply[..reply.len() - 32].to_vec());
    assert_eq!(unsigned.integrity(password).fingerprint().0, reply);
}

fn tuple(port: u16) -> Tuple {
    Tuple {
        socket: SocketId(0),
        remote: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), port),
    }
}

/// A session, a client that knows its credentials, and a clock.
struct Session {
    ice: IceLite,
    ufrag: String,
    password: String,
    now: Instant,
    reply: Vec<u8>,
    transactions: Cell<u32>,
}

impl Session {
    fn new() -> Self {
        let now = epoch();
        let credentials = IceCredentials::generate().unwrap();
        let ice = IceLite::new(credentials, &MediaLimits::default(), now);
        let IceParameters {
            username_fragment: ufrag,
            password,
            ..
        } = ice.parameters();
        Self {
            ice,
            ufrag,
            password,
            now,
            reply: Vec::new(),
            transactions: Cell::new(0),
        }
    }

    /// A request as browsers send it, unsigned: of a transaction of its own.
    fn unsigned(&self, nominate: bool) -> Stun {
        self.transactions.set(self.transactions.get() + 1);
        let request = Stun::new(1, self.transactions.get())
            .with(USERNAME, format!("{}:abcd", self.ufrag).as_bytes())
            .with(CONTROLLING, &[1, 2, 3, 4, 5, 6, 7, 8])
            .with(PRIORITY, &[0x6e, 0, 1, 0xff]);
        if nominate {
            request.with(USE_CANDIDATE, &[])
        } else {
            request
        }
    }

    fn request(&self, nominate: bool) -> Vec<u8> {
        self.unsigned(nominate)
            .integrity(&self.password)
            .fingerprint()
            .0
    }

    fn send(&mut self, port: u16, bytes: &[u8]) -> IceOutcome {
        self.ice
            .handle_stun(self.now, tuple(port), bytes, &mut self.reply)
    }

    fn check(&mut self, port: u16, nominate: bool) -> IceOutcome {
        let request = self.request(nominate);
        self.send(port, &request)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn timeout(&mut self) -> IceOutcome {
        self.ice.handle_timeout(self.now)
    }

    fn restart(&mut self) -> Option<String> {
        let credentials = IceCredentials::generate().unwrap();
        self.ufrag = credentials.username_fragment.clone();
        self.password = credentials.password.clone();
        self.ice.restart(credentials, self.now)
    }

    fn selected_port(&self) -> Option<u16> {
        self.ice.selected().map(|tuple| tuple.remote.port())
    }
}
