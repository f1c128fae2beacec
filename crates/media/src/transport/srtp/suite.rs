//! The two families of transforms behind one set of four operations; no state beside the keys.

use super::cm_sha1::CmSha1;
use super::gcm::Gcm;
use super::header::RtpHeader;
use super::kdf::Label;
use super::{SrtpError, SrtpProfile};

/// The encrypted flag of an SRTCP index word (RFC 3711 §3.4).
pub(super) const RTCP_ENCRYPTED: u32 = 1 << 31;

/// One direction's master key and salt.
#[derive(Clone, Copy)]
pub(super) struct MasterKey<'a> {
    pub(super) key: &'a [u8],
    pub(super) salt: &'a [u8],
}

/// A master key for later.
pub(super) struct OwnedMasterKey {
    profile: SrtpProfile,
    key_and_salt: Vec<u8>,
}

impl OwnedMasterKey {
    pub(super) fn new(profile: SrtpProfile, master: MasterKey<'_>) -> Self {
        Self {
            profile,
            key_and_salt: [master.key, master.salt].concat(),
        }
    }

    /// Derives one key.
    pub(super) fn derive(&self, purpose: Purpose) -> Result<Suite, SrtpError> {
        let (key, salt) = self.key_and_salt.split_at(self.profile.key_len());
        Suite::new(self.profile, MasterKey { key, salt }, purpose)
    }
}

/// Which keys of a master key to derive.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Rtp,
    Rtcp,
}

impl Purpose {
    /// Labels of the encryption key, the authentication key and the salt.
    pub(super) fn labels(self) -> [Label; 3] {
        match self {
            Self::Rtp => [
                Label::RtpEncryption,
                Label::RtpAuthentication,
                Label::RtpSalt,
            ],
            Self::Rtcp => [
                Label::RtcpEncryption,
                Label::RtcpAuthentication,
                Label::RtcpSalt,
            ],
        }
    }
}

/// Session keys of one direction; boxed to keep their holders small.
pub(super) struct SessionKeys {
    pub(super) rtp: Suite,
    pub(super) rtcp: Suite,
}

impl SessionKeys {
    /// Derives all keys of a master key.
    pub(super) fn derive(
        profile: SrtpProfile,
        master: MasterKey<'_>,
    ) -> Result<Box<Self>, SrtpError> {
        Ok(Box::new(Self {
            rtp: Suite::new(profile, master, Purpose::Rtp)?,
            rtcp: Suite::new(profile, master, Purpose::Rtcp)?,
        }))
    }
}

/// Session keys of one direction, for RTP or for RTCP.
pub(super) enum Suite {
    Gcm(Gcm),
    CmSha1(Box<CmSha1>),
}

impl Suite {
    pub(super) fn new(
        profile: SrtpProfile,
        master: MasterKey<'_>,
        purpose: Purpose,
    ) -> Result<Self, SrtpError> {
        Ok(match profile {
            SrtpProfile::AeadAes128Gcm | SrtpProfile::AeadAes256Gcm => {
                Self::Gcm(Gcm::new(master, purpose)?)
            }
            SrtpProfile::Aes128CmHmacSha1_80 => {
                Self::CmSha1(Box::new(CmSha1::new(master, purpose)?))
            }
        })
    }

    /// Encrypts the payload of `arena[start..]` and appends the tag.
    pub(super) fn seal_rtp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        header: RtpHeader,
        index: u64,
    ) -> Result<(), SrtpError> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtp(arena, start, header, index),
            Self::CmSha1(cm) => cm.seal_rtp(arena, start, header, index),
        }
    }

    /// Checks the tag, decrypts the payload, returns the length without the tag.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header: RtpHeader,
        index: u64,
    ) -> Result<usize, SrtpError> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtp(packet, header, index),
            Self::CmSha1(cm) => cm.open_rtp(packet, header, index),
        }
    }

    /// Encrypts `arena[start..]` past its first 8 bytes and appends tag and index word.
    pub(super) fn seal_rtcp(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), SrtpError> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtcp(arena, start, ssrc, index),
            Self::CmSha1(cm) => cm.seal_rtcp(arena, start, ssrc, index),
        }
    }

    /// The index word of a protected RTCP packet.
    pub(super) fn rtcp_index_word(&self, packet: &[u8]) -> Result<u32, SrtpError> {
        let word = match self {
            Self::Gcm(_) => packet.last_chunk::<4>(),
            Self::CmSha1(_) => packet
                .len()
                .checked_sub(CmSha1::TAG)
                .and_then(|end| packet[..end].last_chunk::<4>()),
        };
        word.map(|word| u32::from_be_bytes(*word))
            .ok_or(SrtpError::Malformed)
    }

    /// Checks the tag, decrypts, returns the length without tag and index word.
    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtcp(packet, ssrc, index),
            Self::CmSha1(cm) => cm.open_rtcp(packet, ssrc, index),
        }
    }
}
