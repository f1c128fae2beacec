//! SRTP for the simulated client: `rtc-srtp`, the independent oracle for the engine's own.

use dimpl::SrtpProfile;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::forge::Forge;

/// Both directions. There is no replay protection: the client wants to see what is sent twice.
pub struct Srtp {
    outgoing: Context,
    incoming: Context,
    forge: Option<Forge>,
}

impl Srtp {
    /// From DTLS keying material: client key, server key, client salt, server salt.
    pub fn new(material: &[u8], profile: SrtpProfile, is_client: bool) -> Self {
        let profile = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            SrtpProfile::AEAD_AES_128_GCM => ProtectionProfile::AeadAes128Gcm,
            SrtpProfile::AEAD_AES_256_GCM => ProtectionProfile::AeadAes256Gcm,
            other => panic!("unexpected profile {other}"),
        };
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let (keys, salts) = material.split_at(2 * key);
        let client = context(&keys[..key], &salts[..salt], profile);
        let server = context(&keys[key..], &salts[salt..2 * salt], profile);
        let (side, outgoing, incoming) = if is_client {
            (0, client, server)
        } else {
            (1, server, client)
        };
        let forge = (salt == 12).then(|| {
            let own = (&keys[side * key..][..key], &salts[side * salt..][..salt]);
            Forge::new(own.0, own.1)
        });
        Self {
            outgoing,
            incoming,
            forge,
        }
    }

    pub fn protect_rtp(&mut self, plain: &[u8]) -> Result<Vec<u8>, String> {
        let sealed = self.outgoing.encrypt_rtp(plain);
        sealed
            .map(|b| b.to_vec())
            .map_err(|error| error.to_string())
    }

    pub fn protect_rtcp(&mut self, plain: &[u8]) -> Result<Vec<u8>, String> {
        let sealed = self.outgoing.encrypt_rtcp(plain);
        sealed
            .map(|b| b.to_vec())
            .map_err(|error| error.to_string())
    }

    /// Seals bytes of any shape; AEAD profiles only.
    pub fn protect_shape(&mut self, plain: &[u8], rtcp: bool) -> Vec<u8> {
        let forge = self.forge.as_mut().expect("an AEAD was negotiated");
        if rtcp {
            forge.seal_rtcp(plain)
        } else {
            forge.seal_rtp(plain)
        }
    }

    pub fn open_rtp(&mut self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let plain = self.incoming.decrypt_rtp(sealed);
        plain.map(|b| b.to_vec()).map_err(|error| error.to_string())
    }

    pub fn open_rtcp(&mut self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let plain = self.incoming.decrypt_rtcp(sealed);
        plain.map(|b| b.to_vec()).map_err(|error| error.to_string())
    }
}

fn context(key: &[u8], salt: &[u8], profile: ProtectionProfile) -> Context {
    let provider = rtc_srtp::crypto::default_provider().expect("aws-lc-rs is compiled in");
    Context::new(key, salt, profile, None, None, provider.crypto()).expect("lengths are right")
}
