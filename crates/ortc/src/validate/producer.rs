//! What `produce` must satisfy beyond being well-formed.

use super::parameters::{RtpParametersError, validate_rtp_parameters};
use crate::types::{MediaKind, MimeType, RtpEncodingParameters, RtpParameters};

/// Why a client may not produce with these parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerRtpParametersError {
    /// They are no valid parameters at all.
    #[error(transparent)]
    Invalid(#[from] RtpParametersError),
    /// A video codec in an audio producer, or the reverse.
    #[error("codec {0} is not of the producer's kind")]
    WrongKind(usize),
}

/// [`validate_rtp_parameters`], and that every codec is of `kind`. Without encodings there is one,
/// about which nothing is known.
///
/// # Errors
///
/// When the parameters are invalid or of the other kind.
pub fn validate_producer_rtp_parameters(
    kind: MediaKind,
    parameters: &mut RtpParameters,
) -> Result<(), ProducerRtpParametersError> {
    validate_rtp_parameters(parameters)?;
    let is_other_kind =
        |mime_type: &str| MimeType::parse(mime_type).is_none_or(|mime| mime.kind != kind);
    let mut codecs = parameters.codecs.iter();
    if let Some(index) = codecs.position(|codec| is_other_kind(&codec.mime_type)) {
        return Err(ProducerRtpParametersError::WrongKind(index));
    }
    if parameters.encodings.is_empty() {
        parameters.encodings.push(RtpEncodingParameters::default());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opus() -> RtpParameters {
        let json = r#"{"codecs":[{"mimeType":"audio/opus","payloadType":111,"clockRate":48000}]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn one_unknown_stream_is_assumed_when_none_is_stated() {
        let mut parameters = opus();
        validate_producer_rtp_parameters(MediaKind::Audio, &mut parameters).unwrap();
        assert_eq!(parameters.encodings, [RtpEncodingParameters::default()]);
    }

    #[test]
    fn codecs_must_be_of_the_producers_kind() {
        let error = validate_producer_rtp_parameters(MediaKind::Video, &mut opus()).unwrap_err();
        assert_eq!(error.to_string(), "codec 0 is not of the producer's kind");
    }

    #[test]
    fn invalid_parameters_stay_invalid() {
        let mut parameters = RtpParameters::default();
        let error = validate_producer_rtp_parameters(MediaKind::Audio, &mut parameters);
        assert_eq!(error, Err(RtpParametersError::NoMediaCodec.into()));
    }
}
