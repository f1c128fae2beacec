//! Whose signatures are believed. Each key verifies one algorithm, which its own kind says and no
//! token chooses (RFC 8725 §3.1): a public key is never taken for a secret, and nothing in a token's
//! header names a key, a file or an address that is looked at.

use std::{fs, path::Path};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::{Error, ErrorKind},
};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject as _};

use super::{AUDIENCE, Access, Refusal, claims::Claims};
use crate::config::{AuthConfig, ConfigError};

/// Clocks differ by so much.
const LEEWAY_SECONDS: u64 = 30;

/// An Ed25519 key up to its 32 bytes (RFC 8410 §4).
const ED25519: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
/// A P-256 key up to the 65 bytes of its point (RFC 5480 §2).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What says that a key is RSA (RFC 3279 §2.3.1).
const RSA: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03,
    0x82,
];

/// Every key.
pub(super) struct Keys(Vec<Key>);

struct Key {
    algorithm: Algorithm,
    key: DecodingKey,
    validation: Validation,
}

impl Keys {
    /// As configured.
    pub(super) fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        let secret = config.jwt_secret.iter().map(|secret| {
            let key = DecodingKey::from_secret(secret.expose().as_bytes());
            Ok(Key::new(Algorithm::HS256, key))
        });
        let public = config.jwt_public_keys.iter().map(|path| read(path));
        let keys: Result<_, _> = secret.chain(public).collect();
        keys.map(Self)
    }

    /// What a token grants that one of them signed.
    pub(super) fn access(&self, token: &str) -> Result<Access, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::Wrong)?;
        let mut refusal = Refusal::Wrong;
        for key in self.0.iter().filter(|key| key.algorithm == header.alg) {
            match decode::<Claims>(token, &key.key, &key.validation) {
                Ok(known) => return known.claims.access(),
                Err(error) => refusal = of(&error),
            }
            // Only what is signed by a key says more than that it is not.
            if refusal != Refusal::Wrong {
                break;
            }
        }
        Err(refusal)
    }
}

impl Key {
    fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        Self {
            algorithm,
            key,
            validation,
        }
    }
}

fn of(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::ImmatureSignature => Refusal::Early,
        ErrorKind::InvalidAudience => Refusal::Elsewhere,
        _ => Refusal::Wrong,
    }
}

fn read(path: &Path) -> Result<Key, ConfigError> {
    let fail = |why: &dyn std::fmt::Display| {
        ConfigError(format!("--jwt-public-key {}: {why}", path.display()))
    };
    let pem = fs::read(path).map_err(|error| fail(&error))?;
    let key = SubjectPublicKeyInfoDer::from_pem_slice(&pem);
    let key = key.map_err(|_| fail(&"expected a PEM file with one PUBLIC KEY"))?;
    public(&key).ok_or_else(|| fail(&"expected a key of RSA (2048 bits or more), P-256 or Ed25519"))
}

/// By the key's own kind.
fn public(der: &[u8]) -> Option<Key> {
    if let Some(key) = der.strip_prefix(ED25519) {
        let whole = key.len() == 32;
        return whole.then(|| Key::new(Algorithm::EdDSA, DecodingKey::from_ed_der(key)));
    }
    if let Some(point) = der.strip_prefix(P256) {
        let whole = point.len() == 65;
        return whole.then(|| Key::new(Algorithm::ES256, DecodingKey::from_ec_der(point)));
    }
    // Two lengths of two bytes stand before and after what says RSA; shorter keys have shorter ones.
    let key = der.get(4..)?.strip_prefix(RSA)?.get(3..)?;
    let whole = key.len() > 256;
    whole.then(|| Key::new(Algorithm::RS256, DecodingKey::from_rsa_der(key)))
}
