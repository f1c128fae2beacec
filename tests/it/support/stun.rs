//! Just enough STUN (RFC 8489, RFC 8445) to knock at a transport from outside, written apart from
//! the server's own.

use aws_lc_rs::hmac;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// A binding request that nominates: USERNAME, PRIORITY, ICE-CONTROLLING, USE-CANDIDATE,
/// MESSAGE-INTEGRITY, FINGERPRINT.
pub(crate) fn binding_request(ufrag: &str, password: &str, transaction: [u8; 12]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend(COOKIE);
    message.extend(transaction);
    attribute(&mut message, 0x0006, format!("{ufrag}:peer").as_bytes());
    attribute(&mut message, 0x0024, &[0x6e, 0, 0, 1]);
    attribute(&mut message, 0x802a, &[7; 8]);
    attribute(&mut message, 0x0025, &[]);
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &message);
    attribute(&mut message, 0x0008, tag.as_ref());
    set_length(&mut message, 8);
    let check = crc32(&message) ^ 0x5354_554e;
    attribute(&mut message, 0x8028, &check.to_be_bytes());
    message
}

/// Whether `message` is the success response to `transaction`.
pub(crate) fn is_success(message: &[u8], transaction: [u8; 12]) -> bool {
    message.len() >= 20 && message[..2] == [1, 1] && message[8..20] == transaction
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(message, 0);
}

/// Length of what follows the header, with `more` bytes still to come.
fn set_length(message: &mut [u8], more: usize) {
    let length = (message.len() - 20 + more) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

#[test]
fn crc_of_the_check_string() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}
