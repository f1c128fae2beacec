//! Certificate fingerprints (RFC 8122): made, read and compared; SHA-1 is not enough for us.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use ortc::types::DtlsFingerprint;

use crate::CommandError;

/// Fingerprints a side may announce; there are seven hash functions in the registry.
const MAX_FINGERPRINTS: usize = 16;
/// Usable hash functions, strongest first.
const HASHES: [(&str, &Algorithm); 3] = [
    ("sha-512", &SHA512),
    ("sha-384", &SHA384),
    ("sha-256", &SHA256),
];

/// The fingerprints of the strongest hash function the remote side announced, which RFC 8122 §5
/// tells us to go by.
#[derive(Debug)]
pub(super) struct ExpectedFingerprints {
    hash: &'static Algorithm,
    digests: Vec<Vec<u8>>,
}

impl ExpectedFingerprints {
    /// Reads what was signalled. Unknown and weak hash functions are passed over.
    pub(super) fn parse(announced: &[DtlsFingerprint]) -> Result<Self, CommandError> {
        if announced.len() > MAX_FINGERPRINTS {
            return Err(CommandError::InvalidDtlsParameters("too many fingerprints"));
        }
        for (name, hash) in HASHES {
            let digests = announced
                .iter()
                .filter(|fingerprint| fingerprint.algorithm.eq_ignore_ascii_case(name))
                .map(|fingerprint| parse_digest(&fingerprint.value, hash))
                .collect::<Option<Vec<_>>>()
                .ok_or(CommandError::InvalidDtlsParameters("malformed fingerprint"))?;
            if !digests.is_empty() {
                return Ok(Self { hash, digests });
            }
        }
        Err(CommandError::InvalidDtlsParameters(
            "no usable fingerprint (sha-256, sha-384 or sha-512)",
        ))
    }

    /// Whether a certificate is one of the announced.
    pub(super) fn matches(&self, certificate: &[u8]) -> bool {
        let actual = digest(self.hash, certificate);
        self.digests
            .iter()
            .any(|expected| verify_slices_are_equal(expected, actual.as_ref()).is_ok())
    }
}

/// Digests of a certificate, SHA-256 first, which every client knows.
pub(super) fn of_certificate(certificate: &[u8]) -> Vec<DtlsFingerprint> {
    HASHES
        .iter()
        .rev()
        .map(|(name, hash)| DtlsFingerprint {
            algorithm: (*name).to_owned(),
            value: format_digest(digest(hash, certificate).as_ref()),
        })
        .collect()
}

fn format_digest(digest: &[u8]) -> String {
    let octets: Vec<String> = digest.iter().map(|octet| format!("{octet:02X}")).collect();
    octets.join(":")
}

/// `AB:CD:…` of either case, exactly as long as the hash function's output.
fn parse_digest(text: &str, hash: &Algorithm) -> Option<Vec<u8>> {
    if text.len() != 3 * hash.output_len() - 1 {
        return None;
    }
    text.split(':')
        .map(|octet| {
            let octet: [u8; 2] = octet.as_bytes().try_into().ok()?;
            let [high, low] = octet.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? << 4 | low?).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = b"a certificate";

    fn fingerprint(algorithm: &str, value: &str) -> DtlsFingerprint {
        DtlsFingerprint {
            algorithm: algorithm.to_owned(),
            value: value.to_owned(),
        }
    }

    /// Whether the certificate is the announced one.
    fn matches(announced: &[DtlsFingerprint]) -> bool {
        let expected = ExpectedFingerprints::parse(announced).unwrap();
        expected.matches(CERTIFICATE)
    }

    #[test]
    fn a_certificate_matches_its_own_fingerprints_in_either_case() {
        for mut announced in of_certificate(CERTIFICATE) {
            let upper = ExpectedFingerprints::parse(std::slice::from_ref(&announced)).unwrap();
            assert!(upper.matches(CERTIFICATE));
            assert!(!upper.matches(b"another certificate"));
            announced.value = announced.value.to_lowercase();
            announced.algorithm = announced.algorithm.to_uppercase();
            assert!(matches(&[announced]));
        }
    }

    #[test]
    fn the_strongest_hash_function_decides() {
        let mut announced = of_certificate(CERTIFICATE);
        announced[2] = of_certificate(b"another certificate").remove(2);
        assert!(!matches(&announced));
        announced.extend(of_certificate(CERTIFICATE));
        assert!(matches(&announced));
    }

    #[test]
    fn weak_and_unknown_hash_functions_do_not_count() {
        let sha1 = fingerprint("sha-1", &["00"; 20].join(":"));
        let unknown = fingerprint("whirlpool", "??");
        assert!(ExpectedFingerprints::parse(&[sha1.clone(), unknown.clone()]).is_err());
        let mut announced = vec![sha1, unknown];
        announced.extend(of_certificate(CERTIFICATE));
        assert!(matches(&announced));
    }

    #[test]
    fn malformed_values_are_refused() {
        let good = of_certificate(CERTIFICATE).remove(0).value;
        for value in [
            "",
            ":",
            &good[..good.len() - 3],
            &format!("{good}:00"),
            &good.replace(':', "-"),
            &good.replacen(&good[..2], "G0", 1),
            &good.replacen(&good[..2], "+1", 1),
            &good.replacen(&good[..2], "é", 1),
            &"0".repeat(good.len()),
        ] {
            let error = ExpectedFingerprints::parse(&[fingerprint("sha-256", value)]);
            assert!(error.is_err(), "{value:?}");
        }
        assert!(ExpectedFingerprints::parse(&[]).is_err());
    }

    #[test]
    fn a_hundred_fingerprints_are_too_many() {
        let announced = vec![of_certificate(CERTIFICATE).remove(0); 100];
        assert!(ExpectedFingerprints::parse(&announced).is_err());
        assert!(ExpectedFingerprints::parse(&announced[..MAX_FINGERPRINTS]).is_ok());
    }
}
