//! How a client says it sends one source.

use std::collections::HashSet;

use super::codec::{CodecError, normalize_codec_parameters};
use super::has_control_characters;
use super::header_extension::{HeaderExtensionError, check_header_extension_parameters};
use super::limits::{
    MAX_CNAME_LENGTH, MAX_CODECS, MAX_ENCODINGS, MAX_HEADER_EXTENSIONS, MAX_MID_LENGTH,
    MAX_MSID_LENGTH, MAX_RID_LENGTH, MAX_SCALABILITY_MODE_LENGTH,
};
use crate::ScalabilityMode;
use crate::producer::apt;
use crate::types::{RtpEncodingParameters, RtpParameters, is_rtx};

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpParametersError {
    /// More codecs than payload types.
    #[error("too many codecs")]
    TooManyCodecs,
    /// More header extensions than any client uses.
    #[error("too many header extensions")]
    TooManyHeaderExtensions,
    /// More streams than any client sends of one source.
    #[error("too many encodings")]
    TooManyEncodings,
    /// A text is longer than it can be on the wire.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A text would end the line it stands in where a receiver makes SDP of it.
    #[error("{0} has control characters")]
    ControlCharacter(&'static str),
    /// A codec is invalid.
    #[error("codec {index} is invalid: {source}")]
    InvalidCodec {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        source: CodecError,
    },
    /// A header extension is invalid.
    #[error("header extension {index} is invalid: {source}")]
    InvalidHeaderExtension {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        source: HeaderExtensionError,
    },
    /// There is nothing but retransmission.
    #[error("no media codec")]
    NoMediaCodec,
    /// Two codecs with one payload type.
    #[error("payload type {0} is used twice")]
    DuplicatePayloadType(u8),
    /// An RTX codec whose `apt` names no media codec (RFC 4588 §8.1).
    #[error("apt of payload type {0} names no media codec")]
    InvalidApt(u8),
    /// Two header extensions with one id.
    #[error("header extension id {0} is used twice")]
    DuplicateHeaderExtensionId(u8),
    /// An encoding in a codec that is not there or only retransmits.
    #[error("payload type {0} of an encoding names no media codec")]
    InvalidCodecPayloadType(u8),
    /// One of several encodings has neither SSRC nor RID.
    #[error("encoding {0} has neither ssrc nor rid")]
    AnonymousEncoding(usize),
    /// Two streams with one SSRC.
    #[error("ssrc {0} is used twice")]
    DuplicateSsrc(u32),
    /// Two encodings with one RID.
    #[error("rid is used twice")]
    DuplicateRid,
    /// Both simulcast and spatial layers within a stream.
    #[error("simulcast encodings with spatial layers of their own")]
    SimulcastOfLayers,
}

/// Checks parameters and fills in what may be left out: audio without channels has one, DTX is
/// off, RTCP is reduced-size. Empty texts and SSRC 0 count as absent.
///
/// # Errors
///
/// When something is malformed, contradictory, or beyond [`limits`](super::limits).
pub fn validate_rtp_parameters(parameters: &mut RtpParameters) -> Result<(), RtpParametersError> {
    check_sizes(parameters)?;
    for (index, codec) in parameters.codecs.iter_mut().enumerate() {
        normalize_codec_parameters(codec)
            .map_err(|source| RtpParametersError::InvalidCodec { index, source })?;
    }
    check_codecs(parameters)?;
    check_header_extensions(parameters)?;
    parameters.encodings.iter_mut().for_each(normalize_encoding);
    check_encodings(parameters)?;
    check_streams(&parameters.encodings)?;
    forget_empty(&mut parameters.mid);
    forget_empty(&mut parameters.msid);
    forget_empty(&mut parameters.rtcp.cname);
    parameters.rtcp.reduced_size = true;
    Ok(())
}

fn check_sizes(parameters: &RtpParameters) -> Result<(), RtpParametersError> {
    if parameters.codecs.len() > MAX_CODECS {
        return Err(RtpParametersError::TooManyCodecs);
    }
    if parameters.header_extensions.len() > MAX_HEADER_EXTENSIONS {
        return Err(RtpParametersError::TooManyHeaderExtensions);
    }
    if parameters.encodings.len() > MAX_ENCODINGS {
        return Err(RtpParametersError::TooManyEncodings);
    }
    check_text("mid", parameters.mid.as_deref(), MAX_MID_LENGTH)?;
    check_text("cname", parameters.rtcp.cname.as_deref(), MAX_CNAME_LENGTH)?;
    check_text("msid", parameters.msid.as_deref(), MAX_MSID_LENGTH)?;
    for encoding in &parameters.encodings {
        let mode = encoding.scalability_mode.as_deref();
        check_text("rid", encoding.rid.as_deref(), MAX_RID_LENGTH)?;
        check_text("scalability mode", mode, MAX_SCALABILITY_MODE_LENGTH)?;
    }
    Ok(())
}

fn check_text(
    name: &'static str,
    text: Option<&str>,
    max: usize,
) -> Result<(), RtpParametersError> {
    match text {
        Some(text) if text.len() > max => Err(RtpParametersError::TooLong(name)),
        Some(text) if has_control_characters(text) => {
            Err(RtpParametersError::ControlCharacter(name))
        }
        _ => Ok(()),
    }
}

/// Payload types are unique, one codec is media, and every RTX codec repairs a media codec.
fn check_codecs(parameters: &RtpParameters) -> Result<(), RtpParametersError> {
    let mut seen = HashSet::new();
    for codec in &parameters.codecs {
        if !seen.insert(codec.payload_type) {
            return Err(RtpParametersError::DuplicatePayloadType(codec.payload_type));
        }
        if is_rtx(&codec.mime_type)
            && !apt(&codec.parameters).is_some_and(|apt| is_media_codec(parameters, apt))
        {
            return Err(RtpParametersError::InvalidApt(codec.payload_type));
        }
    }
    if parameters
        .codecs
        .iter()
        .all(|codec| is_rtx(&codec.mime_type))
    {
        return Err(RtpParametersError::NoMediaCodec);
    }
    Ok(())
}

fn check_header_extensions(parameters: &RtpParameters) -> Result<(), RtpParametersError> {
    let mut seen = HashSet::new();
    for (index, extension) in parameters.header_extensions.iter().enumerate() {
        check_header_extension_parameters(extension)
            .map_err(|source| RtpParametersError::InvalidHeaderExtension { index, source })?;
        if !seen.insert(extension.id) {
            return Err(RtpParametersError::DuplicateHeaderExtensionId(extension.id));
        }
    }
    Ok(())
}

fn normalize_encoding(encoding: &mut RtpEncodingParameters) {
    forget_empty(&mut encoding.rid);
    forget_empty(&mut encoding.scalability_mode);
    encoding.ssrc = encoding.ssrc.filter(|ssrc| *ssrc != 0);
    encoding.rtx = encoding.rtx.filter(|rtx| rtx.ssrc != 0);
    encoding.dtx.get_or_insert(false);
}

fn check_encodings(parameters: &RtpParameters) -> Result<(), RtpParametersError> {
    let several = parameters.encodings.len() > 1;
    for (index, encoding) in parameters.encodings.iter().enumerate() {
        if let Some(payload_type) = encoding.codec_payload_type
            && !is_media_codec(parameters, payload_type)
        {
            return Err(RtpParametersError::InvalidCodecPayloadType(payload_type));
        }
        if several && encoding.ssrc.is_none() && encoding.rid.is_none() {
            return Err(RtpParametersError::AnonymousEncoding(index));
        }
        let mode = ScalabilityMode::parse(encoding.scalability_mode.as_deref().unwrap_or_default());
        if several && mode.spatial_layers > 1 {
            return Err(RtpParametersError::SimulcastOfLayers);
        }
    }
    Ok(())
}

/// No two streams share an SSRC or a RID.
fn check_streams(encodings: &[RtpEncodingParameters]) -> Result<(), RtpParametersError> {
    let (mut ssrcs, mut rids) = (HashSet::new(), HashSet::new());
    for encoding in encodings {
        for ssrc in encoding
            .ssrc
            .into_iter()
            .chain(encoding.rtx.map(|rtx| rtx.ssrc))
        {
            if !ssrcs.insert(ssrc) {
                return Err(RtpParametersError::DuplicateSsrc(ssrc));
            }
        }
        if encoding.rid.as_deref().is_some_and(|rid| !rids.insert(rid)) {
            return Err(RtpParametersError::DuplicateRid);
        }
    }
    Ok(())
}

fn is_media_codec(parameters: &RtpParameters, payload_type: u8) -> bool {
    let mut codecs = parameters.codecs.iter();
    codecs.any(|codec| codec.payload_type == payload_type && !is_rtx(&codec.mime_type))
}

fn forget_empty(text: &mut Option<String>) {
    if text.as_deref() == Some("") {
        *text = None;
    }
}
