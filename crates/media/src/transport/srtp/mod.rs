//! SRTP and SRTCP in place (RFC 3711, RFC 7714); knows nothing of streams or media.
//!
//! Nothing here allocates per packet, and nothing is remembered about an SSRC before one of its
//! packets was authenticated.

mod cm_sha1;
mod gcm;
mod header;
mod inbound;
mod index;
mod kdf;
mod outbound;
mod replay;
mod ssrc_table;
mod suite;

#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;

pub(crate) use inbound::SrtpInbound;
pub(crate) use outbound::SrtpOutbound;

use suite::MasterKey;

/// SSRCs a transport keeps replay windows of; a peer sends a few streams (Jitsi's figure).
pub(crate) const MAX_INBOUND_SSRCS: usize = 1024;
/// SSRCs a transport keeps roll-over counters of: media and RTX of a thousand consumers, twice.
pub(crate) const MAX_OUTBOUND_SSRCS: usize = 4096;

/// How packets are protected, in our order of preference (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SrtpProfile {
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`: what every implementation speaks, six times as dear.
    Aes128CmHmacSha1_80,
}

impl SrtpProfile {
    /// Its name in the registry of DTLS-SRTP protection profiles.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "SRTP_AEAD_AES_256_GCM",
            Self::Aes128CmHmacSha1_80 => "SRTP_AES128_CM_HMAC_SHA1_80",
        }
    }

    /// Bytes of a master key.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmHmacSha1_80 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of a master salt.
    pub(crate) fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::Aes128CmHmacSha1_80 => 14,
        }
    }
}

/// Why a packet was not protected or not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SrtpError {
    /// Too short, or a header that does not fit the packet.
    #[error("malformed packet")]
    Malformed,
    /// The tag is not that of this packet under these keys.
    #[error("packet is not authentic")]
    Unauthenticated,
    /// Seen before, or too old to tell.
    #[error("packet was replayed or is too old")]
    Replayed,
    /// [`MAX_INBOUND_SSRCS`] or [`MAX_OUTBOUND_SSRCS`] are known already.
    #[error("too many SSRCs")]
    TooManySsrcs,
    /// SRTCP that is authenticated only; WebRTC always encrypts (RFC 8827 §6.5).
    #[error("packet is not encrypted")]
    Unencrypted,
    /// The sequence number lies before the SSRC's first, or the key has protected as many packets
    /// as it may (RFC 3711 §9.2).
    #[error("no packet index left")]
    NoIndex,
    /// The keying material is not as long as the profile asks, or was refused.
    #[error("invalid keying material")]
    InvalidKeyingMaterial,
}

/// Splits exported DTLS keying material into our two directions (RFC 5764 §4.2): client key,
/// server key, client salt, server salt.
pub(crate) fn srtp_pair(
    profile: SrtpProfile,
    keying_material: &[u8],
    we_are_dtls_client: bool,
) -> Result<(SrtpInbound, SrtpOutbound), SrtpError> {
    let (key_len, salt_len) = (profile.key_len(), profile.salt_len());
    if keying_material.len() != 2 * (key_len + salt_len) {
        return Err(SrtpError::InvalidKeyingMaterial);
    }
    let (keys, salts) = keying_material.split_at(2 * key_len);
    let (client_key, server_key) = keys.split_at(key_len);
    let (client_salt, server_salt) = salts.split_at(salt_len);
    let client = MasterKey {
        key: client_key,
        salt: client_salt,
    };
    let server = MasterKey {
        key: server_key,
        salt: server_salt,
    };
    let (ours, theirs) = if we_are_dtls_client {
        (client, server)
    } else {
        (server, client)
    };
    Ok((
        SrtpInbound::new(profile, theirs)?,
        SrtpOutbound::new(profile, ours)?,
    ))
}
