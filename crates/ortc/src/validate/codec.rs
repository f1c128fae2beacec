//! One codec, in capabilities or in parameters.

use super::has_control_characters;
use super::limits::{
    MAX_MIME_TYPE_LENGTH, MAX_PARAMETER_LENGTH, MAX_PARAMETERS, MAX_PAYLOAD_TYPE,
    MAX_RTCP_FEEDBACK, MAX_RTCP_FEEDBACK_LENGTH,
};
use crate::types::{
    CodecParameters, MediaKind, MimeType, ParameterValue, RtcpFeedback, RtpCodecCapability,
    RtpCodecParameters,
};

/// What is wrong with a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not `audio/…` or `video/…`.
    #[error("mime type is not audio/… or video/…")]
    InvalidMimeType,
    /// A text has characters that would end the line it stands in where it becomes SDP.
    #[error("codec has control characters")]
    ControlCharacter,
    /// Longer than any codec's name.
    #[error("mime type is too long")]
    MimeTypeTooLong,
    /// Does not fit seven bits.
    #[error("payload type {0} is above 127")]
    PayloadTypeOutOfRange(u8),
    /// More parameters than any codec has.
    #[error("too many codec parameters")]
    TooManyParameters,
    /// The name or the text of a parameter is too long.
    #[error("codec parameter is too long")]
    ParameterTooLong,
    /// A parameter is neither a number nor text.
    #[error("codec parameter is neither number nor text")]
    InvalidParameter,
    /// `apt` is not a number.
    #[error("codec parameter apt is not a number")]
    InvalidApt,
    /// More feedback mechanisms than exist.
    #[error("too many rtcp feedback mechanisms")]
    TooManyRtcpFeedback,
    /// A feedback mechanism without a name.
    #[error("rtcp feedback has no type")]
    MissingRtcpFeedbackType,
    /// The name or parameter of a feedback mechanism is too long.
    #[error("rtcp feedback is too long")]
    RtcpFeedbackTooLong,
}

/// Checks a codec and makes its kind that of its MIME type; audio without channels has one.
pub(crate) fn normalize_codec_capability(codec: &mut RtpCodecCapability) -> Result<(), CodecError> {
    let kind = check_mime_type(&codec.mime_type)?;
    codec
        .preferred_payload_type
        .map_or(Ok(()), check_payload_type)?;
    check_details(&codec.parameters, &codec.rtcp_feedback)?;
    codec.kind = kind;
    codec.channels = channels(kind, codec.channels);
    Ok(())
}

/// The same for a codec in use.
pub(super) fn normalize_codec_parameters(codec: &mut RtpCodecParameters) -> Result<(), CodecError> {
    let kind = check_mime_type(&codec.mime_type)?;
    check_payload_type(codec.payload_type)?;
    check_details(&codec.parameters, &codec.rtcp_feedback)?;
    codec.channels = channels(kind, codec.channels);
    Ok(())
}

/// Checks names and values of codec parameters or header-extension parameters.
pub(super) fn check_parameters(parameters: &CodecParameters) -> Result<(), CodecError> {
    if parameters.len() > MAX_PARAMETERS {
        return Err(CodecError::TooManyParameters);
    }
    for (name, value) in parameters {
        if name.len() > MAX_PARAMETER_LENGTH {
            return Err(CodecError::ParameterTooLong);
        }
        check_characters(name)?;
        match value {
            ParameterValue::Bool(_) => return Err(CodecError::InvalidParameter),
            ParameterValue::Text(text) if text.len() > MAX_PARAMETER_LENGTH => {
                return Err(CodecError::ParameterTooLong);
            }
            ParameterValue::Text(text) => check_characters(text)?,
            ParameterValue::Integer(_) | ParameterValue::Float(_) => {}
        }
    }
    Ok(())
}

fn check_mime_type(mime_type: &str) -> Result<MediaKind, CodecError> {
    if mime_type.len() > MAX_MIME_TYPE_LENGTH {
        return Err(CodecError::MimeTypeTooLong);
    }
    check_characters(mime_type)?;
    MimeType::parse(mime_type)
        .map(|mime| mime.kind)
        .ok_or(CodecError::InvalidMimeType)
}

fn check_payload_type(payload_type: u8) -> Result<(), CodecError> {
    if payload_type > MAX_PAYLOAD_TYPE {
        return Err(CodecError::PayloadTypeOutOfRange(payload_type));
    }
    Ok(())
}

fn check_details(
    parameters: &CodecParameters,
    rtcp_feedback: &[RtcpFeedback],
) -> Result<(), CodecError> {
    check_parameters(parameters)?;
    if matches!(parameters.get("apt"), Some(ParameterValue::Text(_))) {
        return Err(CodecError::InvalidApt);
    }
    if rtcp_feedback.len() > MAX_RTCP_FEEDBACK {
        return Err(CodecError::TooManyRtcpFeedback);
    }
    rtcp_feedback.iter().try_for_each(check_rtcp_feedback)
}

fn check_rtcp_feedback(feedback: &RtcpFeedback) -> Result<(), CodecError> {
    if feedback.kind.is_empty() {
        return Err(CodecError::MissingRtcpFeedbackType);
    }
    if feedback.kind.len().max(feedback.parameter.len()) > MAX_RTCP_FEEDBACK_LENGTH {
        return Err(CodecError::RtcpFeedbackTooLong);
    }
    check_characters(&feedback.kind)?;
    check_characters(&feedback.parameter)
}

fn check_characters(text: &str) -> Result<(), CodecError> {
    if has_control_characters(text) {
        return Err(CodecError::ControlCharacter);
    }
    Ok(())
}

fn channels(kind: MediaKind, channels: Option<u8>) -> Option<u8> {
    match kind {
        MediaKind::Audio => Some(channels.unwrap_or(1)),
        MediaKind::Video => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opus() -> RtpCodecCapability {
        RtpCodecCapability {
            kind: MediaKind::Audio,
            mime_type: "audio/opus".to_owned(),
            preferred_payload_type: Some(100),
            clock_rate: 48_000,
            channels: Some(2),
            parameters: CodecParameters::new(),
            rtcp_feedback: Vec::new(),
        }
    }

    fn refused(change: impl FnOnce(&mut RtpCodecCapability)) -> CodecError {
        let mut codec = opus();
        change(&mut codec);
        normalize_codec_capability(&mut codec).unwrap_err()
    }

    fn with_parameter(name: &str, value: ParameterValue) -> CodecParameters {
        [(name.to_owned(), value)].into()
    }

    #[test]
    fn kind_and_channels_follow_the_mime_type() {
        let mut codec = RtpCodecCapability {
            mime_type: "Video/VP8".into(),
            ..opus()
        };
        normalize_codec_capability(&mut codec).unwrap();
        assert_eq!((codec.kind, codec.channels), (MediaKind::Video, None));
        let mut codec = RtpCodecCapability {
            channels: None,
            ..opus()
        };
        normalize_codec_capability(&mut codec).unwrap();
        assert_eq!(codec.channels, Some(1));
    }

    #[test]
    fn refuses_bad_names() {
        assert_eq!(
            refused(|c| c.mime_type = "opus".into()),
            CodecError::InvalidMimeType
        );
        let long = format!("audio/{}", "x".repeat(MAX_MIME_TYPE_LENGTH));
        assert_eq!(refused(|c| c.mime_type = long), CodecError::MimeTypeTooLong);
    }

    #[test]
    fn payload_types_have_seven_bits() {
        let error = refused(|c| c.preferred_payload_type = Some(128));
        assert_eq!(error, CodecError::PayloadTypeOutOfRange(128));
        normalize_codec_capability(&mut RtpCodecCapability {
            preferred_payload_type: None,
            ..opus()
        })
        .unwrap();
    }

    #[test]
    fn refuses_bad_parameters() {
        let text = |length| ParameterValue::Text("x".repeat(length));
        let long = with_parameter("a", text(MAX_PARAMETER_LENGTH + 1));
        assert_eq!(
            refused(|c| c.parameters = long),
            CodecError::ParameterTooLong
        );
        let name = with_parameter(&"x".repeat(MAX_PARAMETER_LENGTH + 1), text(0));
        assert_eq!(
            refused(|c| c.parameters = name),
            CodecError::ParameterTooLong
        );
        let boolean = with_parameter("a", ParameterValue::Bool(true));
        assert_eq!(
            refused(|c| c.parameters = boolean),
            CodecError::InvalidParameter
        );
        let apt = with_parameter("apt", text(2));
        assert_eq!(refused(|c| c.parameters = apt), CodecError::InvalidApt);
        let many = (0..=MAX_PARAMETERS)
            .map(|i| (i.to_string(), text(1)))
            .collect();
        assert_eq!(
            refused(|c| c.parameters = many),
            CodecError::TooManyParameters
        );
    }

    #[test]
    fn refuses_bad_feedback() {
        let feedback = |kind: &str| RtcpFeedback {
            kind: kind.into(),
            parameter: String::new(),
        };
        assert_eq!(
            refused(|c| c.rtcp_feedback = vec![feedback("")]),
            CodecError::MissingRtcpFeedbackType
        );
        let long = feedback(&"x".repeat(MAX_RTCP_FEEDBACK_LENGTH + 1));
        assert_eq!(
            refused(|c| c.rtcp_feedback = vec![long]),
            CodecError::RtcpFeedbackTooLong
        );
        let many = vec![feedback("nack"); MAX_RTCP_FEEDBACK + 1];
        assert_eq!(
            refused(|c| c.rtcp_feedback = many),
            CodecError::TooManyRtcpFeedback
        );
    }
}
