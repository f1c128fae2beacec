//! dimpl's cryptography, made when it is needed and dropped after: an association lives as long as its
//! transport and seals a handful of records, the last when it says goodbye. Does no cryptography itself.

use std::fmt;
use std::sync::LazyLock;

use dimpl::CryptoError;
use dimpl::crypto::{
    Aad, Buf, Cipher, CryptoProvider, Dtls12CipherSuite, HashAlgorithm, KeyProvider, Nonce,
    SignatureAlgorithm, SigningKey, SupportedDtls12CipherSuite, TmpBuf, aws_lc_rs,
};

/// The longest key of an AEAD.
const KEY_BYTES: usize = 32;

/// Whose cryptography it is.
static WHOLE: LazyLock<CryptoProvider> = LazyLock::new(aws_lc_rs::default_provider);
static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(|| {
    WHOLE
        .cipher_suites
        .iter()
        .map(|suite| Suite(*suite))
        .collect()
});
static SUITES_BY_NAME: LazyLock<Vec<&'static dyn SupportedDtls12CipherSuite>> =
    LazyLock::new(|| SUITES.iter().map(|suite| suite as _).collect());

/// What associations use instead of dimpl's own.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        key_provider: &Keys,
        cipher_suites: &SUITES_BY_NAME,
        ..aws_lc_rs::default_provider()
    }
}

/// Whether a private key is what [`Keys`] takes every one for.
pub(super) fn signs_as_expected(private_key: &[u8]) -> bool {
    let key = WHOLE.key_provider.load_private_key(private_key);
    key.is_ok_and(|key| key.algorithm() == ALGORITHM && key.hash_algorithm() == HASH)
}

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::ECDSA;
const HASH: HashAlgorithm = HashAlgorithm::SHA256;

/// Reads private keys of P-256 when they sign.
#[derive(Debug)]
struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key_der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Key(key_der.into())))
    }
}

/// A private key as it is stored.
struct Key(Box<[u8]>);

impl SigningKey for Key {
    fn sign(
        &mut self,
        data: &[u8],
        hash_alg: HashAlgorithm,
        out: &mut Buf,
    ) -> Result<(), CryptoError> {
        let mut key = WHOLE.key_provider.load_private_key(&self.0)?;
        key.sign(data, hash_alg, out)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        ALGORITHM
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        HASH
    }

    fn supported_hash_algorithms(&self) -> &[HashAlgorithm] {
        &[HASH]
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// A cipher suite whose ciphers are no more than keys until they are used.
#[derive(Debug)]
struct Suite(&'static dyn SupportedDtls12CipherSuite);

impl SupportedDtls12CipherSuite for Suite {
    fn suite(&self) -> Dtls12CipherSuite {
        self.0.suite()
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        self.0.hash_algorithm()
    }

    fn key_lengths(&self) -> (usize, usize, usize) {
        self.0.key_lengths()
    }

    fn explicit_nonce_len(&self) -> usize {
        self.0.explicit_nonce_len()
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn min_protected_fragment_len(&self) -> usize {
        self.0.min_protected_fragment_len()
    }

    fn create_cipher(&self, key: &[u8]) -> Result<Box<dyn Cipher>, CryptoError> {
        let mut kept = [0; KEY_BYTES];
        let Some(place) = kept.get_mut(..key.len()) else {
            // Longer than any suite's: kept as dimpl keeps it.
            return self.0.create_cipher(key);
        };
        place.copy_from_slice(key);
        Ok(Box::new(RecordCipher {
            suite: self.0,
            key: kept,
            key_len: key.len(),
        }))
    }
}

/// A key of a suite.
struct RecordCipher {
    suite: &'static dyn SupportedDtls12CipherSuite,
    key: [u8; KEY_BYTES],
    key_len: usize,
}

impl RecordCipher {
    fn whole(&self) -> Result<Box<dyn Cipher>, CryptoError> {
        self.suite.create_cipher(&self.key[..self.key_len])
    }
}

impl Cipher for RecordCipher {
    fn encrypt(&mut self, plaintext: &mut Buf, aad: Aad, nonce: Nonce) -> Result<(), CryptoError> {
        self.whole()?.encrypt(plaintext, aad, nonce)
    }

    fn decrypt(
        &mut self,
        ciphertext: &mut TmpBuf<'_>,
        aad: Aad,
        nonce: Nonce,
    ) -> Result<(), CryptoError> {
        self.whole()?.decrypt(ciphertext, aad, nonce)
    }
}

impl fmt::Debug for RecordCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordCipher").finish_non_exhaustive()
    }
}
