//! Session keys from master keys (RFC 3711 §4.3, RFC 6188 §2, RFC 7714 §11); key derivation rate 0.

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::SrtpError;
use super::suite::MasterKey;

/// What a derived key is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// Fills `out` with the key of `label`.
pub(super) fn derive(master: MasterKey<'_>, label: Label, out: &mut [u8]) -> Result<(), SrtpError> {
    // A 96-bit salt is padded with zeros on its right to the 112 bits of RFC 3711 (RFC 7714 §11).
    let mut iv = [0; 16];
    let salt = iv
        .get_mut(..master.salt.len())
        .ok_or(SrtpError::InvalidKeyingMaterial)?;
    salt.copy_from_slice(master.salt);
    iv[7] ^= label as u8;
    out.fill(0);
    ctr_key(master.key)?
        .less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(iv)))
        .map_err(|_| SrtpError::InvalidKeyingMaterial)?;
    Ok(())
}

/// AES in counter mode with a key of 16 or 32 bytes.
pub(super) fn ctr_key(key: &[u8]) -> Result<EncryptingKey, SrtpError> {
    let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
    UnboundCipherKey::new(algorithm, key)
        .and_then(EncryptingKey::ctr)
        .map_err(|_| SrtpError::InvalidKeyingMaterial)
}
