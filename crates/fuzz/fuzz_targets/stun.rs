//! STUN datagrams to one ICE session. A datagram whose first byte is odd is given its message
//! integrity and fingerprint here, so that what lies behind authentication is reached.
#![no_main]

#[path = "pieces.rs"]
mod pieces;

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use media::fuzzing::{self, ICE_CREDENTIALS};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{Message, Setter};

fuzz_target!(|input: &[u8]| {
    let signed: Vec<Vec<u8>> = pieces::pieces(input).take(32).map(sign).collect();
    fuzzing::stun(Instant::now(), signed.iter().map(Vec::as_slice));
});

/// A binding request to the session with the piece as its further attributes, or the piece itself.
fn sign(piece: &[u8]) -> Vec<u8> {
    let Some((1, attributes)) = piece.split_first().map(|(first, rest)| (first % 2, rest)) else {
        return piece.to_vec();
    };
    let username = format!("{}:x", ICE_CREDENTIALS.0);
    let mut raw = vec![
        0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ];
    raw.extend([0, 6, 0, username.len() as u8]);
    raw.extend(username.as_bytes());
    raw.resize(raw.len().next_multiple_of(4), 0);
    raw.extend(attributes);
    raw.truncate(raw.len() / 4 * 4);
    let length = (raw.len() - 20) as u16;
    raw[2..4].copy_from_slice(&length.to_be_bytes());
    let mut message = Message::new();
    if message.unmarshal_binary(&raw).is_err() {
        return raw;
    }
    let provider = rtc_stun::crypto::default_provider().expect("a provider is compiled in");
    let password = ICE_CREDENTIALS.1.to_owned();
    let integrity =
        MessageIntegrity::new_short_term_integrity_with_provider(password, provider.crypto());
    let _ = integrity.add_to(&mut message);
    let _ = FINGERPRINT.add_to(&mut message);
    message.raw
}
