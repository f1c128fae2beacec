//! Packets as they come in, and what each receiver gets of them. Knows nothing of sockets.

use std::net::SocketAddrV4;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use nix::sys::socket::SockaddrIn;

/// One incoming stream, a burst at a time.
pub(super) struct Stream {
    /// The packets of a burst, one after another.
    bytes: Vec<u8>,
    length: usize,
    /// How many there were before this burst.
    number: u64,
    timestamp: u32,
}

impl Stream {
    pub(super) fn new(payload: usize, burst: usize) -> Self {
        let length = HEADER.len() + payload;
        let mut bytes = Vec::with_capacity(length * burst);
        for index in 0..burst {
            bytes.extend_from_slice(&HEADER);
            bytes.extend((0..payload).map(|at| (at + index) as u8));
        }
        Self {
            bytes,
            length,
            number: 0,
            timestamp: 0,
        }
    }

    /// Goes on to the next burst; the same payloads come again.
    pub(super) fn advance(&mut self) {
        self.number += self.burst() as u64;
        self.timestamp = self.timestamp.wrapping_add(TICKS);
    }

    /// Packets of a burst.
    pub(super) fn burst(&self) -> usize {
        self.bytes.len() / self.length
    }
}

/// What is known of a receiver.
pub(super) struct Receiver {
    pub(super) address: SockaddrIn,
    keys: Keys,
    transport_wide: u16,
    streams: Vec<Numbers>,
}

impl Receiver {
    pub(super) fn new(seed: u32, address: SocketAddrV4, streams: u32) -> Self {
        Self {
            address: address.into(),
            keys: Keys::new(seed),
            transport_wide: seed as u16,
            streams: (0..streams)
                .map(|stream| Numbers::new(seed, stream))
                .collect(),
        }
    }

    /// How many streams it gets.
    pub(super) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Writes a burst, sealed, to the end of `arena`. `stream` is its place in the room.
    pub(super) fn write(&mut self, arena: &mut Vec<u8>, stream: usize, burst: &Stream) {
        let Self {
            keys,
            transport_wide,
            streams,
            ..
        } = self;
        let numbers = streams[stream];
        let timestamp = numbers
            .timestamp
            .wrapping_add(burst.timestamp)
            .to_be_bytes();
        for (packet, bytes) in (burst.number..).zip(burst.bytes.chunks_exact(burst.length)) {
            let index = numbers.index + packet;
            let start = arena.len();
            arena.extend_from_slice(bytes);
            let (header, payload) = arena[start..].split_at_mut(HEADER.len());
            header[2..4].copy_from_slice(&(index as u16).to_be_bytes());
            header[4..8].copy_from_slice(&timestamp);
            header[8..12].copy_from_slice(&numbers.ssrc.to_be_bytes());
            header[TRANSPORT_WIDE..][..2].copy_from_slice(&transport_wide.to_be_bytes());
            *transport_wide = transport_wide.wrapping_add(1);
            let nonce = keys.nonce(numbers.ssrc, index);
            let aad = Aad::from(&*header);
            let tag = keys.key.seal_in_place_separate_tag(nonce, aad, payload);
            arena.extend_from_slice(tag.unwrap().as_ref());
        }
    }
}

/// One receiver's other end: checks that what arrives is whole, in order and not repeated.
pub(super) struct Opener {
    keys: Keys,
    /// Each stream's numbers, and the index of the packet after the newest.
    streams: Vec<(Numbers, u64)>,
    payload: Vec<u8>,
}

impl Opener {
    /// For the receiver with this seed, of streams like `sample`.
    pub(super) fn new(seed: u32, streams: u32, sample: &Stream) -> Self {
        let numbers = (0..streams).map(|stream| Numbers::new(seed, stream));
        Self {
            keys: Keys::new(seed),
            streams: numbers.map(|numbers| (numbers, numbers.index)).collect(),
            payload: sample.bytes[HEADER.len()..sample.length].to_vec(),
        }
    }

    /// Bytes of a packet on the wire.
    pub(super) fn size(&self) -> usize {
        sealed(self.payload.len())
    }

    /// Opens one packet; panics when it is not what it should be.
    pub(super) fn check(&mut self, packet: &mut [u8]) {
        let (header, sealed) = packet.split_at_mut(HEADER.len());
        let sequence = u16::from_be_bytes([header[2], header[3]]);
        let ssrc = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let stream = self.streams.iter_mut().find(|(it, _)| it.ssrc == ssrc);
        let (_, expected) = stream.expect("the receiver has such a stream");
        let index = *expected + u64::from(sequence.wrapping_sub(*expected as u16));
        assert!(index - *expected < 1 << 15, "a packet again, or late");
        *expected = index + 1;
        let nonce = self.keys.nonce(ssrc, index);
        let opened = self
            .keys
            .key
            .open_in_place(nonce, Aad::from(&*header), sealed);
        let opened = opened.expect("the packet is authentic");
        // The packets of a burst differ in where they start to count.
        let first = opened[0];
        let same = self.payload.iter().zip(&*opened);
        assert!(opened.len() == self.payload.len());
        assert!(same.into_iter().all(|(a, b)| a.wrapping_add(first) == *b));
    }
}

/// A receiver's key and salt (RFC 7714).
struct Keys {
    key: LessSafeKey,
    salt: [u8; NONCE_LEN],
}

impl Keys {
    fn new(seed: u32) -> Self {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&seed.to_be_bytes());
        let key = UnboundKey::new(&AES_128_GCM, &bytes).unwrap();
        Self {
            key: LessSafeKey::new(key),
            salt: bytes[4..].try_into().unwrap(),
        }
    }

    /// Two zero bytes, the SSRC and the 48-bit index, over the salt (RFC 7714 §8.1).
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

/// What one receiver sees of one stream: its name and where its counters start.
#[derive(Clone, Copy)]
struct Numbers {
    ssrc: u32,
    index: u64,
    timestamp: u32,
}

impl Numbers {
    fn new(seed: u32, stream: u32) -> Self {
        Self {
            ssrc: 0x7000_0000 + (seed << 8) + stream,
            index: u64::from(seed.wrapping_mul(2_654_435_761) >> 17),
            timestamp: seed.wrapping_mul(40_503),
        }
    }
}

/// Bytes of a packet with so much payload on the wire.
pub(super) fn sealed(payload: usize) -> usize {
    HEADER.len() + payload + AES_128_GCM.tag_len()
}

/// An RTP header as a browser is sent it: version 2, an extension block of three words with the
/// send time, the transport-wide number and the media section's name, padded.
const HEADER: [u8; 28] = [
    0x90, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xBE, 0xDE, 0, 3, 0x22, 1, 2, 3, 0x51, 0, 0, 0x10,
    b'7', 0, 0, 0,
];
/// Where in it the transport-wide number stands.
const TRANSPORT_WIDE: usize = 21;
/// A video clock's ticks from one burst to the next; any number would do.
const TICKS: u32 = 2_880;
