//! Looks at a datagram before dimpl does and refuses what no handshake contains: a cheap bound on
//! the work and memory a peer can ask for. Judges framing only, never contents.

/// Record header of DTLS 1.2 (RFC 6347 §4.1).
const RECORD_HEADER: usize = 13;
/// Handshake header (RFC 6347 §4.2.2).
const HANDSHAKE_HEADER: usize = 12;
/// Records in a datagram; dimpl takes eight, a whole flight has seven.
const MAX_RECORDS: usize = 8;
/// Fragments in a record.
const MAX_FRAGMENTS: usize = 8;
/// Bytes of a handshake message: room for a chain of RSA certificates.
pub(super) const MAX_MESSAGE: usize = 16 * 1024;
/// A handshake has seven messages from one side, with a HelloVerifyRequest eight.
const MAX_MESSAGE_SEQUENCE: u16 = 16;
/// Epoch 1 follows the only ChangeCipherSpec; there is no renegotiation.
const MAX_EPOCH: u16 = 1;

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Whether a datagram is made of records that a DTLS 1.2 peer of ours could have sent.
pub(super) fn is_plausible(mut datagram: &[u8]) -> bool {
    for _ in 0..MAX_RECORDS {
        let Some((record, rest)) = split_record(datagram) else {
            return false;
        };
        if !record.is_plausible() {
            return false;
        }
        if rest.is_empty() {
            return true;
        }
        datagram = rest;
    }
    false
}

struct Record<'a> {
    content: u8,
    major_version: u8,
    epoch: u16,
    fragment: &'a [u8],
}

fn split_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<RECORD_HEADER>()?;
    let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
    let (fragment, rest) = rest.split_at_checked(length)?;
    let record = Record {
        content: header[0],
        major_version: header[1],
        epoch: u16::from_be_bytes([header[3], header[4]]),
        fragment,
    };
    Some((record, rest))
}

impl Record<'_> {
    fn is_plausible(&self) -> bool {
        (CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&self.content)
            // One's complement of 1: DTLS 1.0 and 1.2.
            && self.major_version == 254
            && self.epoch <= MAX_EPOCH
            && !self.fragment.is_empty()
            // What is encrypted cannot be looked at; it is authenticated instead.
            && (self.content != HANDSHAKE || self.epoch > 0 || has_plausible_messages(self.fragment))
    }
}

fn has_plausible_messages(mut fragments: &[u8]) -> bool {
    for _ in 0..MAX_FRAGMENTS {
        let Some((header, rest)) = fragments.split_first_chunk::<HANDSHAKE_HEADER>() else {
            return false;
        };
        let message = u24([header[1], header[2], header[3]]);
        let sequence = u16::from_be_bytes([header[4], header[5]]);
        let offset = u24([header[6], header[7], header[8]]);
        let length = u24([header[9], header[10], header[11]]);
        // An empty fragment of a message that is not empty moves nothing forward.
        let useful = length > 0 || message == 0;
        let fits = message <= MAX_MESSAGE && offset + length <= message;
        if !useful || !fits || sequence > MAX_MESSAGE_SEQUENCE || length > rest.len() {
            return false;
        }
        fragments = &rest[length..];
        if fragments.is_empty() {
            return true;
        }
    }
    false
}

fn u24([high, middle, low]: [u8; 3]) -> usize {
    usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A handshake fragment: message length, sequence, offset, fragment length.
    fn fragment(message: u32, sequence: u16, offset: u32, length: u32) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&message.to_be_bytes()[1..]);
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(&offset.to_be_bytes()[1..]);
        bytes.extend_from_slice(&length.to_be_bytes()[1..]);
        bytes.resize(HANDSHAKE_HEADER + length as usize, 7);
        bytes
    }

    fn record(content: u8, epoch: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![content, 254, 253];
        bytes.extend_from_slice(&epoch.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 0, 9]);
        bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn accepts_what_handshakes_are_made_of() {
        let whole = record(HANDSHAKE, 0, &fragment(100, 0, 0, 100));
        let part = record(HANDSHAKE, 0, &fragment(1000, 1, 500, 500));
        let empty_message = record(HANDSHAKE, 0, &fragment(0, 5, 0, 0));
        let finished = [
            record(CHANGE_CIPHER_SPEC, 0, &[1]),
            record(HANDSHAKE, 1, &[9; 40]),
        ]
        .concat();
        for datagram in [&whole, &part, &empty_message, &finished] {
            assert!(is_plausible(datagram));
        }
        assert!(is_plausible(&[whole, part, empty_message].concat()));
        let two_messages = [fragment(10, 2, 0, 10), fragment(0, 3, 0, 0)].concat();
        assert!(is_plausible(&record(HANDSHAKE, 0, &two_messages)));
    }

    #[test]
    fn refuses_what_moves_no_handshake_forward() {
        for (name, body) in [
            ("empty fragment", fragment(100, 0, 50, 0)),
            ("sequence jump", fragment(10, 17, 0, 10)),
            ("message too long", fragment(0x01_0000, 0, 0, 10)),
            ("beyond its message", fragment(10, 0, 5, 10)),
            ("cut short", fragment(100, 0, 0, 100)[..80].to_vec()),
            (
                "many fragments",
                fragment(100, 0, 0, 1).repeat(MAX_FRAGMENTS + 1),
            ),
            (
                "trailing bytes",
                [fragment(10, 0, 0, 10), vec![0; 3]].concat(),
            ),
        ] {
            assert!(!is_plausible(&record(HANDSHAKE, 0, &body)), "{name}");
        }
    }

    #[test]
    fn refuses_records_no_peer_of_ours_sends() {
        let good = record(HANDSHAKE, 0, &fragment(10, 0, 0, 10));
        assert!(!is_plausible(&[]));
        assert!(!is_plausible(&good[..good.len() - 1]));
        assert!(!is_plausible(&[good.clone(), vec![22]].concat()));
        assert!(!is_plausible(&good.repeat(MAX_RECORDS + 1)));
        assert!(!is_plausible(&record(HANDSHAKE, 2, &[1; 40])));
        assert!(!is_plausible(&record(24, 0, &[1; 40])));
        assert!(!is_plausible(&record(APPLICATION_DATA, 0, &[])));
        let mut version = good;
        version[1] = 3;
        assert!(!is_plausible(&version));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            is_plausible(&bytes);
            is_plausible(&record(HANDSHAKE, 0, &bytes));
        }
    }
}
