//! AES counter mode with an 80-bit HMAC-SHA1 tag (RFC 3711 §4.1.1, §4.2.1).

use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::SrtpError;
use super::header::{RTCP_CLEAR, RtpHeader};
use super::kdf::{ctr_key, derive};
use super::suite::{MasterKey, Purpose, RTCP_ENCRYPTED};

/// The SRTCP index word, before the tag.
const WORD: usize = 4;

/// A cipher key, the salt its counters are made with, and an authentication key.
pub(super) struct CmSha1 {
    cipher: EncryptingKey,
    salt: [u8; 14],
    authentication: hmac::Key,
}

impl CmSha1 {
    /// Tag bytes.
    pub(super) const TAG: usize = 10;

    pub(super) fn new(master: MasterKey<'_>, purpose: Purpose) -> Result<Self, SrtpError> {
        let [encryption, authentication, salting] = purpose.labels();
        let mut key = [0; 16];
        derive(master, encryption, &mut key)?;
        let mut salt = [0; 14];
        derive(master, salting, &mut salt)?;
        let mut authentication_key = [0; 20];
        derive(master, authentication, &mut authentication_key)?;
        Ok(Self {
            cipher: ctr_key(&key)?,
            salt,
            authentication: hmac::Key::new(
                hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                &authentication_key,
            ),
        })
    }

    pub(super) fn seal_rtp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        header: RtpHeader,
        index: u64,
    ) -> Result<(), SrtpError> {
        self.crypt(&mut arena[start + header.len..], header.ssrc, index)?;
        // The tag covers the roll-over counter too, which is not sent: it stands where the tag will.
        let end = arena.len();
        arena.extend_from_slice(&roll_over(index));
        let tag = self.tag(&arena[start..])?;
        arena.truncate(end);
        arena.extend_from_slice(&tag);
        Ok(())
    }

    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header: RtpHeader,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let end = packet
            .len()
            .checked_sub(Self::TAG)
            .filter(|end| *end >= header.len)
            .ok_or(SrtpError::Malformed)?;
        let mut received = [0; Self::TAG];
        received.copy_from_slice(&packet[end..]);
        packet[end..end + 4].copy_from_slice(&roll_over(index));
        let tag = self.tag(&packet[..end + 4])?;
        verify_slices_are_equal(&tag, &received).map_err(|_| SrtpError::Unauthenticated)?;
        self.crypt(&mut packet[header.len..end], header.ssrc, index)?;
        Ok(end)
    }

    pub(super) fn seal_rtcp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), SrtpError> {
        self.crypt(&mut arena[start + RTCP_CLEAR..], ssrc, u64::from(index))?;
        arena.extend_from_slice(&(RTCP_ENCRYPTED | index).to_be_bytes());
        let tag = self.tag(&arena[start..])?;
        arena.extend_from_slice(&tag);
        Ok(())
    }

    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        if packet.len() < RTCP_CLEAR + WORD + Self::TAG {
            return Err(SrtpError::Malformed);
        }
        let (covered, received) = packet.split_at_mut(packet.len() - Self::TAG);
        let tag = self.tag(covered)?;
        verify_slices_are_equal(&tag, received).map_err(|_| SrtpError::Unauthenticated)?;
        let end = covered.len() - WORD;
        self.crypt(&mut covered[RTCP_CLEAR..end], ssrc, u64::from(index))?;
        Ok(end)
    }

    /// Encrypts or decrypts: RFC 3711 §4.1.1, `IV = (salt << 16) ^ (SSRC << 64) ^ (index << 16)`.
    fn crypt(&self, payload: &mut [u8], ssrc: u32, index: u64) -> Result<(), SrtpError> {
        if payload.is_empty() {
            return Ok(());
        }
        let mask = u128::from(ssrc) << 64 | u128::from(index) << 16;
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        let iv = (u128::from_be_bytes(iv) ^ mask).to_be_bytes();
        self.cipher
            .less_safe_encrypt(payload, EncryptionContext::Iv128(FixedLength::from(iv)))
            .map(|_| ())
            .map_err(|_| SrtpError::Malformed)
    }

    fn tag(&self, covered: &[u8]) -> Result<[u8; Self::TAG], SrtpError> {
        let mut digest = [0; 20];
        hmac::sign_to_buffer(&self.authentication, covered, &mut digest)
            .map_err(|_| SrtpError::Malformed)?;
        let mut tag = [0; Self::TAG];
        tag.copy_from_slice(&digest[..Self::TAG]);
        Ok(tag)
    }
}

/// The high 32 bits of a 48-bit index.
fn roll_over(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}
