//! From what a client sends to what its router passes on; touches neither client nor router.

use crate::ScalabilityMode;
use crate::h264;
use crate::header_extensions::{in_use, sends};
use crate::matching::same_codec_and_profile;
use crate::ssrc;
use crate::types::{
    CodecParameters, MediaKind, MimeType, RtcpParameters, RtpCapabilities, RtpCodecCapability,
    RtpCodecParameters, RtpEncodingParameters, RtpHeaderExtensionParameters, RtpMapping,
    RtpMappingCodec, RtpMappingEncoding, RtpParameters, RtpType, is_rtx, uri,
};

/// Why a producer's parameters do not fit a router.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpMappingError {
    /// The router does not route this codec.
    #[error("unsupported codec {mime_type} with payload type {payload_type}")]
    UnsupportedCodec {
        /// Its name.
        mime_type: String,
        /// Its payload type.
        payload_type: u8,
    },
    /// An RTX codec whose `apt` names no media codec.
    #[error("no media codec for RTX payload type {0}")]
    NoMediaCodecForRtx(u8),
    /// An RTX codec for a codec the router does not retransmit.
    #[error("no RTX in the router for payload type {0}")]
    NoRtxInRouter(u8),
}

/// Why parameters and mapping do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsumableRtpParametersError {
    /// A codec the mapping or the router does not know.
    #[error("payload type {0} is not mapped")]
    UnmappedCodec(u8),
    /// An encoding the mapping does not know.
    #[error("encoding {0} is not mapped")]
    UnmappedEncoding(usize),
}

/// Why parameters describe no producer the engine can run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpTypeError {
    /// There is no encoding, or none of its codecs is a media codec.
    #[error("no media codec or no encoding")]
    Empty,
    /// Several streams of a codec that cannot be switched between streams.
    #[error("simulcast is not supported for {0}")]
    SimulcastUnsupported(String),
    /// Layers in a codec that has none.
    #[error("scalability mode is not supported for {0}")]
    LayersUnsupported(String),
}

/// How the router renames what a producer sends: its payload types to the router's, its streams to
/// consecutive SSRCs from one draw of `random`.
///
/// # Errors
///
/// When the router does not route one of the codecs.
pub fn producer_rtp_parameters_mapping(
    parameters: &RtpParameters,
    router: &RtpCapabilities,
    random: &mut impl FnMut() -> u32,
) -> Result<RtpMapping, RtpMappingError> {
    let (rtx, media): (Vec<_>, Vec<_>) = parameters
        .codecs
        .iter()
        .partition(|codec| is_rtx(&codec.mime_type));
    let mut codecs = Vec::with_capacity(parameters.codecs.len());
    for codec in media {
        codecs.push(map_media_codec(codec, router)?);
    }
    let media_count = codecs.len();
    for codec in rtx {
        codecs.push(map_rtx_codec(codec, &codecs[..media_count], router)?);
    }
    let base = ssrc::base(random);
    let encodings = parameters.encodings.iter().enumerate();
    let encodings = encodings.map(|(index, encoding)| RtpMappingEncoding {
        ssrc: encoding.ssrc,
        rid: encoding.rid.clone(),
        scalability_mode: encoding.scalability_mode.clone(),
        mapped_ssrc: ssrc::at(base, index),
    });
    Ok(RtpMapping {
        codecs,
        encodings: encodings.collect(),
    })
}

/// What every consumer of a producer starts from: the producer's parameters in the router's payload
/// types, SSRCs and header-extension ids.
///
/// `parameters` and `mapping` are those of [`producer_rtp_parameters_mapping`], `router` the
/// router's capabilities under either
/// [`HeaderExtensionProfile`](crate::HeaderExtensionProfile).
///
/// # Errors
///
/// When `mapping` is not that of `parameters` in `router`.
pub fn consumable_rtp_parameters(
    kind: MediaKind,
    parameters: &RtpParameters,
    router: &RtpCapabilities,
    mapping: &RtpMapping,
) -> Result<RtpParameters, ConsumableRtpParametersError> {
    let mut codecs = Vec::with_capacity(parameters.codecs.len());
    for codec in parameters
        .codecs
        .iter()
        .filter(|codec| !is_rtx(&codec.mime_type))
    {
        let (media, rtx) = consumable_codec(codec, router, mapping).ok_or(
            ConsumableRtpParametersError::UnmappedCodec(codec.payload_type),
        )?;
        codecs.push(media);
        codecs.extend(rtx);
    }
    if mapping.encodings.len() < parameters.encodings.len() {
        return Err(ConsumableRtpParametersError::UnmappedEncoding(
            mapping.encodings.len(),
        ));
    }
    let encodings = parameters.encodings.iter().zip(&mapping.encodings);
    Ok(RtpParameters {
        mid: None,
        codecs,
        header_extensions: consumable_header_extensions(kind, parameters, router),
        encodings: encodings
            .map(|(e, mapped)| consumable_encoding(e, mapped))
            .collect(),
        rtcp: RtcpParameters {
            cname: parameters.rtcp.cname.clone(),
            reduced_size: true,
        },
        msid: parameters.msid.clone(),
    })
}

/// How a producer with these parameters carries its layers.
///
/// # Errors
///
/// When the codec cannot carry the layers its encodings state.
pub fn rtp_type(parameters: &RtpParameters) -> Result<RtpType, RtpTypeError> {
    let [first, more @ ..] = parameters.encodings.as_slice() else {
        return Err(RtpTypeError::Empty);
    };
    let name = &media_codec_of(parameters, first)
        .ok_or(RtpTypeError::Empty)?
        .mime_type;
    let is_one_of = |names: &[&str]| {
        MimeType::parse(name).is_some_and(|mime| names.iter().any(|name| mime.is(name)))
    };
    let mode = ScalabilityMode::parse(first.scalability_mode.as_deref().unwrap_or_default());
    match (more.is_empty(), mode.is_layered()) {
        (false, _) if is_one_of(SIMULCAST_CODECS) => Ok(RtpType::Simulcast),
        (false, _) => Err(RtpTypeError::SimulcastUnsupported(name.clone())),
        (true, false) => Ok(RtpType::Simple),
        (true, true) if is_one_of(SVC_CODECS) => Ok(RtpType::Svc),
        (true, true) => Err(RtpTypeError::LayersUnsupported(name.clone())),
    }
}

fn map_media_codec(
    codec: &RtpCodecParameters,
    router: &RtpCapabilities,
) -> Result<RtpMappingCodec, RtpMappingError> {
    let matched = router
        .codecs
        .iter()
        .find(|known| same_codec_and_profile(codec, *known));
    let mapped = matched.and_then(|known| known.preferred_payload_type);
    mapped
        .map(|mapped| RtpMappingCodec {
            payload_type: codec.payload_type,
            mapped_payload_type: mapped,
        })
        .ok_or_else(|| RtpMappingError::UnsupportedCodec {
            mime_type: codec.mime_type.clone(),
            payload_type: codec.payload_type,
        })
}

fn map_rtx_codec(
    codec: &RtpCodecParameters,
    media: &[RtpMappingCodec],
    router: &RtpCapabilities,
) -> Result<RtpMappingCodec, RtpMappingError> {
    let media = apt(&codec.parameters)
        .and_then(|apt| media.iter().find(|media| media.payload_type == apt))
        .ok_or(RtpMappingError::NoMediaCodecForRtx(codec.payload_type))?;
    rtx_of(router, media.mapped_payload_type)
        .and_then(|rtx| rtx.preferred_payload_type)
        .map(|mapped| RtpMappingCodec {
            payload_type: codec.payload_type,
            mapped_payload_type: mapped,
        })
        .ok_or(RtpMappingError::NoRtxInRouter(media.mapped_payload_type))
}

/// The router's view of a producer's codec, and of its RTX codec.
fn consumable_codec(
    codec: &RtpCodecParameters,
    router: &RtpCapabilities,
    mapping: &RtpMapping,
) -> Option<(RtpCodecParameters, Option<RtpCodecParameters>)> {
    let mapped = mapping
        .codecs
        .iter()
        .find(|entry| entry.payload_type == codec.payload_type)?;
    let payload_type = mapped.mapped_payload_type;
    let known = router
        .codecs
        .iter()
        .find(|known| known.preferred_payload_type == Some(payload_type))?;
    let media = renamed(known, payload_type, negotiated_parameters(codec, known));
    let rtx = rtx_of(router, payload_type).and_then(|rtx| {
        Some(renamed(
            rtx,
            rtx.preferred_payload_type?,
            rtx.parameters.clone(),
        ))
    });
    Some((media, rtx))
}

fn renamed(
    known: &RtpCodecCapability,
    payload_type: u8,
    parameters: CodecParameters,
) -> RtpCodecParameters {
    RtpCodecParameters {
        mime_type: known.mime_type.clone(),
        payload_type,
        clock_rate: known.clock_rate,
        channels: known.channels,
        parameters,
        rtcp_feedback: known.rtcp_feedback.clone(),
    }
}

/// The producer's own parameters, with the H.264 level both sides can do.
fn negotiated_parameters(
    codec: &RtpCodecParameters,
    known: &RtpCodecCapability,
) -> CodecParameters {
    let mut parameters = codec.parameters.clone();
    if MimeType::parse(&codec.mime_type).is_some_and(|mime| mime.is("H264")) {
        const NAME: &str = "profile-level-id";
        match h264::answer(&codec.parameters, &known.parameters) {
            Some(id) => parameters.insert(NAME.to_owned(), crate::types::ParameterValue::Text(id)),
            None => parameters.remove(NAME),
        };
    }
    parameters
}

/// What the router can send to consumers of this kind. The capture time is only passed on, so it is
/// announced only if this producer sends it.
fn consumable_header_extensions(
    kind: MediaKind,
    parameters: &RtpParameters,
    router: &RtpCapabilities,
) -> Vec<RtpHeaderExtensionParameters> {
    let sent_by_producer = |uri: &str| {
        parameters
            .header_extensions
            .iter()
            .any(|extension| extension.uri == uri)
    };
    let known = router.header_extensions.iter();
    known
        .filter(|extension| extension.kind == kind && sends(extension))
        .filter(|known| known.uri != uri::ABS_CAPTURE_TIME || sent_by_producer(&known.uri))
        .map(in_use)
        .collect()
}

fn consumable_encoding(
    encoding: &RtpEncodingParameters,
    mapped: &RtpMappingEncoding,
) -> RtpEncodingParameters {
    RtpEncodingParameters {
        ssrc: Some(mapped.mapped_ssrc),
        rid: None,
        codec_payload_type: None,
        rtx: None,
        ..encoding.clone()
    }
}

/// The codec an encoding is sent in: the one it names, else the first media codec.
fn media_codec_of<'a>(
    parameters: &'a RtpParameters,
    encoding: &RtpEncodingParameters,
) -> Option<&'a RtpCodecParameters> {
    let is_used = |codec: &&RtpCodecParameters| match encoding.codec_payload_type {
        Some(payload_type) => codec.payload_type == payload_type,
        None => !is_rtx(&codec.mime_type),
    };
    parameters.codecs.iter().find(is_used)
}

/// The router's RTX codec for its codec `payload_type`.
fn rtx_of(router: &RtpCapabilities, payload_type: u8) -> Option<&RtpCodecCapability> {
    let is_rtx_of = |codec: &&RtpCodecCapability| {
        is_rtx(&codec.mime_type) && apt(&codec.parameters) == Some(payload_type)
    };
    router.codecs.iter().find(is_rtx_of)
}

/// The payload type an RTX codec repairs (RFC 4588 §8.1).
pub(crate) fn apt(parameters: &CodecParameters) -> Option<u8> {
    parameters
        .get("apt")
        .and_then(|apt| apt.as_integer())
        .and_then(|apt| u8::try_from(apt).ok())
}

/// Codecs between whose streams a router can switch.
const SIMULCAST_CODECS: &[&str] = &["VP8", "H264"];

/// Codecs whose payload shows the layer of a frame.
const SVC_CODECS: &[&str] = &["VP8", "VP9", "H264", "AV1"];
