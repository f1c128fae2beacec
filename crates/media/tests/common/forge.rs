//! Seals bytes of any shape under a client's keys (RFC 7714), which the oracle refuses to do:
//! what a participant with a broken or hostile stack can send.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// One direction's AEAD_AES_128_GCM or AEAD_AES_256_GCM keys.
pub struct Forge {
    rtp: (LessSafeKey, [u8; 12]),
    rtcp: (LessSafeKey, [u8; 12]),
    /// Far above what the oracle counts to.
    rtcp_index: u32,
}

impl Forge {
    /// From a master key and salt.
    pub fn new(key: &[u8], salt: &[u8]) -> Self {
        let session = |label: u8| {
            let algorithm = if key.len() == 16 {
                &AES_128_GCM
            } else {
                &AES_256_GCM
            };
            let session_key: [u8; 32] = derive(key, salt, label);
            let unbound = UnboundKey::new(algorithm, &session_key[..key.len()]);
            LessSafeKey::new(unbound.expect("16 or 32 bytes"))
        };
        Self {
            rtp: (session(0), derive(key, salt, 2)),
            rtcp: (session(3), derive(key, salt, 5)),
            rtcp_index: 0x1000_0000,
        }
    }

    /// Seals RTP in its first roll-over period. What is not even as long as its header says is
    /// returned as it is.
    pub fn seal_rtp(&self, plain: &[u8]) -> Vec<u8> {
        let Some(header) = header_length(plain) else {
            return plain.to_vec();
        };
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&plain[8..12]);
        nonce[10..12].copy_from_slice(&plain[2..4]);
        let (aad, payload) = plain.split_at(header);
        [aad, &seal(&self.rtp, nonce, aad, payload)].concat()
    }

    /// Seals RTCP of at least a header and an SSRC; shorter ones are returned as they are.
    pub fn seal_rtcp(&mut self, plain: &[u8]) -> Vec<u8> {
        if plain.len() < 8 {
            return plain.to_vec();
        }
        self.rtcp_index += 1;
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&plain[4..8]);
        nonce[8..12].copy_from_slice(&self.rtcp_index.to_be_bytes());
        let trailer = (0x8000_0000 | self.rtcp_index).to_be_bytes();
        let (head, payload) = plain.split_at(8);
        let aad = [head, &trailer].concat();
        [head, &seal(&self.rtcp, nonce, &aad, payload), &trailer].concat()
    }
}

fn seal(
    (key, salt): &(LessSafeKey, [u8; 12]),
    mut nonce: [u8; 12],
    aad: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    nonce
        .iter_mut()
        .zip(salt)
        .for_each(|(byte, salt)| *byte ^= salt);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let mut sealed = payload.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut sealed)
        .expect("short enough");
    sealed
}

/// RFC 3711 §4.3 with the salt padded as RFC 7714 §11 says.
fn derive<const N: usize>(key: &[u8], salt: &[u8], label: u8) -> [u8; N] {
    let mut iv = [0; 16];
    iv[..12].copy_from_slice(salt);
    iv[7] ^= label;
    let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
    let unbound = UnboundCipherKey::new(algorithm, key).expect("16 or 32 bytes");
    let key = EncryptingKey::ctr(unbound).expect("CTR is supported");
    let mut stream = [0; N];
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut stream, context.into())
        .expect("CTR takes any length");
    stream
}

fn header_length(plain: &[u8]) -> Option<usize> {
    let mut length = 12 + 4 * usize::from(plain.first()? & 0x0F);
    if plain[0] & 0x10 != 0 {
        let words = plain.get(length + 2..length + 4)?;
        length += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    (length <= plain.len()).then_some(length)
}
