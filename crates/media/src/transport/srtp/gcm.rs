//! AES-GCM for SRTP and SRTCP (RFC 7714); the caller guarantees that indices are not reused.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::SrtpError;
use super::header::{RTCP_CLEAR, RtpHeader};
use super::kdf::derive;
use super::suite::{MasterKey, Purpose, RTCP_ENCRYPTED};

/// Tag bytes of both GCM profiles.
const TAG: usize = 16;
/// The SRTCP index word behind the tag.
const WORD: usize = 4;

/// An AEAD key and the salt its nonces are made with.
pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

impl Gcm {
    pub(super) fn new(master: MasterKey<'_>, purpose: Purpose) -> Result<Self, SrtpError> {
        let [encryption, _, salting] = purpose.labels();
        let mut salt = [0; 12];
        derive(master, salting, &mut salt)?;
        let mut key = [0; 32];
        let key = key
            .get_mut(..master.key.len())
            .ok_or(SrtpError::InvalidKeyingMaterial)?;
        derive(master, encryption, key)?;
        Self::with_session_key(key, salt)
    }

    /// From a session key, past the derivation.
    pub(super) fn with_session_key(key: &[u8], salt: [u8; 12]) -> Result<Self, SrtpError> {
        let algorithm = if key.len() == 16 {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| SrtpError::InvalidKeyingMaterial)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            salt,
        })
    }

    pub(super) fn seal_rtp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        header: RtpHeader,
        index: u64,
    ) -> Result<(), SrtpError> {
        let (aad, payload) = arena[start..].split_at_mut(header.len);
        let nonce = self.rtp_nonce(header.ssrc, index);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*aad), payload)
            .map_err(|_| SrtpError::Malformed)?;
        arena.extend_from_slice(tag.as_ref());
        Ok(())
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header: RtpHeader,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let (aad, sealed) = packet.split_at_mut(header.len);
        if sealed.len() < TAG {
            return Err(SrtpError::Malformed);
        }
        let nonce = self.rtp_nonce(header.ssrc, index);
        let payload = self
            .key
            .open_in_place(nonce, Aad::from(&*aad), sealed)
            .map_err(|_| SrtpError::Unauthenticated)?;
        Ok(header.len + payload.len())
    }

    pub(super) fn seal_rtcp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), SrtpError> {
        let word = (RTCP_ENCRYPTED | index).to_be_bytes();
        let (clear, payload) = arena[start..].split_at_mut(RTCP_CLEAR);
        let aad = rtcp_aad(clear, word);
        let tag = self
            .key
            .seal_in_place_separate_tag(self.rtcp_nonce(ssrc, index), Aad::from(aad), payload)
            .map_err(|_| SrtpError::Malformed)?;
        arena.extend_from_slice(tag.as_ref());
        arena.extend_from_slice(&word);
        Ok(())
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        if packet.len() < RTCP_CLEAR + TAG + WORD {
            return Err(SrtpError::Malformed);
        }
        let end = packet.len() - WORD;
        let (clear, sealed) = packet[..end].split_at_mut(RTCP_CLEAR);
        let aad = rtcp_aad(clear, (RTCP_ENCRYPTED | index).to_be_bytes());
        let payload = self
            .key
            .open_in_place(self.rtcp_nonce(ssrc, index), Aad::from(aad), sealed)
            .map_err(|_| SrtpError::Unauthenticated)?;
        Ok(RTCP_CLEAR + payload.len())
    }

    /// RFC 7714 §8.1: two zero bytes, SSRC, roll-over counter, sequence number, under the salt.
    fn rtp_nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        xor(&mut nonce[2..6], &ssrc.to_be_bytes());
        xor(&mut nonce[6..12], &index.to_be_bytes()[2..]);
        Nonce::assume_unique_for_key(nonce)
    }

    /// RFC 7714 §9.1: two zero bytes, SSRC, two zero bytes, index, under the salt.
    fn rtcp_nonce(&self, ssrc: u32, index: u32) -> Nonce {
        let mut nonce = self.salt;
        xor(&mut nonce[2..6], &ssrc.to_be_bytes());
        xor(&mut nonce[8..12], &index.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }
}

/// RFC 7714 §9.2: what stays in clear, then the index word with its encrypted flag.
fn rtcp_aad(clear: &[u8], word: [u8; WORD]) -> [u8; RTCP_CLEAR + WORD] {
    let mut aad = [0; RTCP_CLEAR + WORD];
    aad[..RTCP_CLEAR].copy_from_slice(clear);
    aad[RTCP_CLEAR..].copy_from_slice(&word);
    aad
}

fn xor(target: &mut [u8], mask: &[u8]) {
    for (byte, mask) in target.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}
