//! What a client says of its transports: DTLS fingerprints, SCTP streams.

use super::limits::MAX_FINGERPRINTS;
use crate::types::{DtlsParameters, SctpStreamParameters};

/// Why DTLS parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DtlsParametersError {
    /// More fingerprints than any client has certificates.
    #[error("too many fingerprints")]
    TooManyFingerprints,
    /// Nothing to check the certificate against.
    #[error("no fingerprint of a known algorithm")]
    NoKnownFingerprint,
    /// Not as many colon-separated hexadecimal bytes as its algorithm has.
    #[error("fingerprint {0} is malformed")]
    MalformedFingerprint(usize),
}

/// Why SCTP stream parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SctpStreamParametersError {
    /// Both ways to give up on a message.
    #[error("both maxPacketLifeTime and maxRetransmits are given")]
    TwoReliabilities,
    /// In order, yet messages may be given up.
    #[error("ordered with maxPacketLifeTime or maxRetransmits")]
    OrderedUnreliable,
}

/// Checks that a certificate can be verified: at least one fingerprint of a known algorithm, and
/// every known one well-formed. Unknown algorithms are skipped (RFC 8122 §5).
///
/// # Errors
///
/// When no fingerprint is usable or one is malformed.
pub fn validate_dtls_parameters(parameters: &DtlsParameters) -> Result<(), DtlsParametersError> {
    if parameters.fingerprints.len() > MAX_FINGERPRINTS {
        return Err(DtlsParametersError::TooManyFingerprints);
    }
    let mut known = false;
    for (index, fingerprint) in parameters.fingerprints.iter().enumerate() {
        let Some(length) = digest_length(&fingerprint.algorithm) else {
            continue;
        };
        if !is_digest(&fingerprint.value, length) {
            return Err(DtlsParametersError::MalformedFingerprint(index));
        }
        known = true;
    }
    if known {
        Ok(())
    } else {
        Err(DtlsParametersError::NoKnownFingerprint)
    }
}

/// Checks a data channel's parameters and states its order: a channel is ordered unless messages
/// may be given up.
///
/// # Errors
///
/// When the parameters contradict each other.
pub fn validate_sctp_stream_parameters(
    parameters: &mut SctpStreamParameters,
) -> Result<(), SctpStreamParametersError> {
    let is_set = |limit: Option<u16>| limit.is_some_and(|limit| limit != 0);
    let by_time = is_set(parameters.max_packet_life_time);
    let by_count = is_set(parameters.max_retransmits);
    match parameters.ordered {
        _ if by_time && by_count => Err(SctpStreamParametersError::TwoReliabilities),
        Some(true) if by_time || by_count => Err(SctpStreamParametersError::OrderedUnreliable),
        stated => {
            parameters.ordered = Some(stated.unwrap_or(!by_time && !by_count));
            Ok(())
        }
    }
}

/// Bytes of an algorithm's digest (RFC 8122 §5).
fn digest_length(algorithm: &str) -> Option<usize> {
    const ALGORITHMS: &[(&str, usize)] = &[
        ("sha-1", 20),
        ("sha-224", 28),
        ("sha-256", 32),
        ("sha-384", 48),
        ("sha-512", 64),
    ];
    let mut known = ALGORITHMS
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(algorithm));
    known.next().map(|(_, length)| *length)
}

fn is_digest(value: &str, length: usize) -> bool {
    let is_byte = |byte: &str| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit());
    value.len() == 3 * length - 1 && value.split(':').all(is_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{DtlsFingerprint, DtlsRole};

    fn dtls(fingerprints: &[(&str, String)]) -> DtlsParameters {
        let fingerprints = fingerprints
            .iter()
            .map(|(algorithm, value)| DtlsFingerprint {
                algorithm: (*algorithm).to_owned(),
                value: value.clone(),
            });
        DtlsParameters {
            role: DtlsRole::Client,
            fingerprints: fingerprints.collect(),
        }
    }

    fn digest(bytes: usize) -> String {
        vec!["aB"; bytes].join(":")
    }

    fn sctp(json: &str) -> Result<Option<bool>, SctpStreamParametersError> {
        let mut parameters: SctpStreamParameters = serde_json::from_str(json).unwrap();
        validate_sctp_stream_parameters(&mut parameters).map(|()| parameters.ordered)
    }

    #[test]
    fn every_known_algorithm_has_its_length() {
        for (algorithm, bytes) in [
            ("sha-1", 20),
            ("sha-224", 28),
            ("SHA-256", 32),
            ("sha-384", 48),
            ("sha-512", 64),
        ] {
            assert_eq!(
                validate_dtls_parameters(&dtls(&[(algorithm, digest(bytes))])),
                Ok(())
            );
            let short = dtls(&[(algorithm, digest(bytes - 1))]);
            let error = validate_dtls_parameters(&short);
            assert_eq!(error, Err(DtlsParametersError::MalformedFingerprint(0)));
        }
    }

    #[test]
    fn unknown_algorithms_are_skipped_but_do_not_suffice() {
        let both = dtls(&[("md4", "?".into()), ("sha-256", digest(32))]);
        assert_eq!(validate_dtls_parameters(&both), Ok(()));
        for useless in [dtls(&[]), dtls(&[("md4", "?".into())])] {
            let error = validate_dtls_parameters(&useless);
            assert_eq!(error, Err(DtlsParametersError::NoKnownFingerprint));
        }
    }

    #[test]
    fn malformed_digests_are_refused() {
        let good = digest(32);
        let bad = [
            good.replace(':', "-"),
            good.replace('a', "g"),
            good.replacen("aB:aB", "aBa:B", 1),
        ];
        for value in bad {
            let error = validate_dtls_parameters(&dtls(&[("sha-256", value)]));
            assert_eq!(error, Err(DtlsParametersError::MalformedFingerprint(0)));
        }
    }

    #[test]
    fn fingerprints_are_bounded() {
        let many = dtls(&vec![("sha-256", digest(32)); MAX_FINGERPRINTS + 1]);
        let error = validate_dtls_parameters(&many);
        assert_eq!(error, Err(DtlsParametersError::TooManyFingerprints));
    }

    #[test]
    fn a_stream_is_ordered_unless_it_may_lose_messages() {
        assert_eq!(sctp(r#"{"streamId":0}"#), Ok(Some(true)));
        assert_eq!(sctp(r#"{"streamId":0,"maxRetransmits":0}"#), Ok(Some(true)));
        assert_eq!(
            sctp(r#"{"streamId":0,"maxRetransmits":3}"#),
            Ok(Some(false))
        );
        assert_eq!(sctp(r#"{"streamId":0,"ordered":false}"#), Ok(Some(false)));
    }

    #[test]
    fn contradictory_streams_are_refused() {
        let both = r#"{"streamId":0,"maxRetransmits":3,"maxPacketLifeTime":9}"#;
        assert_eq!(sctp(both), Err(SctpStreamParametersError::TwoReliabilities));
        let ordered = r#"{"streamId":0,"ordered":true,"maxPacketLifeTime":9}"#;
        assert_eq!(
            sctp(ordered),
            Err(SctpStreamParametersError::OrderedUnreliable)
        );
    }
}
