//! From what a producer offers to what one client receives; touches neither.

use crate::ScalabilityMode;
use crate::matching::same_codec_and_profile;
use crate::producer::apt;
use crate::ssrc;
use crate::types::{
    RtcpFeedback, RtpCapabilities, RtpCodecParameters, RtpEncodingParameters,
    RtpHeaderExtensionParameters, RtpParameters, RtxEncoding, is_rtx, uri,
};

/// Why a client cannot consume a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsumerRtpParametersError {
    /// The client receives none of the producer's codecs.
    #[error("no compatible media codecs")]
    NoCompatibleCodec,
}

/// How a consumer is to be shaped, apart from what it consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerRtpParametersOptions {
    /// Keeps every encoding of the producer instead of reducing them to one.
    pub pipe: bool,
    /// Offers NACK and RTX; mediasoup does so for video only.
    pub enable_rtx: bool,
}

/// Whether a client with these (validated) capabilities receives any codec of a producer.
pub fn can_consume(consumable: &RtpParameters, remote: &RtpCapabilities) -> bool {
    let mut received = consumable
        .codecs
        .iter()
        .filter(|codec| receives(remote, codec));
    received
        .next()
        .is_some_and(|codec| !is_rtx(&codec.mime_type))
}

/// What one client receives of a producer: the codecs, feedback and header extensions it shares
/// with the router, and one encoding under a fresh SSRC with the SSRC after it for RTX.
///
/// Header extensions are matched by URI and id, never by kind: clients list each under one kind
/// only. Feedback for bandwidth estimation is reduced to what the header extensions carry.
/// `mid` is left for the caller to number.
///
/// # Errors
///
/// When no media codec is shared.
pub fn consumer_rtp_parameters(
    consumable: &RtpParameters,
    remote: &RtpCapabilities,
    options: ConsumerRtpParametersOptions,
    random: &mut impl FnMut() -> u32,
) -> Result<RtpParameters, ConsumerRtpParametersError> {
    let header_extensions = shared_header_extensions(consumable, remote);
    let estimation = BandwidthEstimation::over(&header_extensions);
    let mut codecs = shared_codecs(consumable, remote, options.enable_rtx);
    for codec in &mut codecs {
        codec
            .rtcp_feedback
            .retain(|feedback| estimation.uses(feedback));
    }
    if codecs.first().is_none_or(|codec| is_rtx(&codec.mime_type)) {
        return Err(ConsumerRtpParametersError::NoCompatibleCodec);
    }
    let has_rtx = codecs.iter().any(|codec| is_rtx(&codec.mime_type));
    let encodings = if options.pipe {
        renamed_encodings(consumable, has_rtx, random)
    } else {
        vec![single_encoding(consumable, has_rtx, ssrc::base(random))]
    };
    Ok(RtpParameters {
        mid: None,
        codecs,
        header_extensions,
        encodings,
        rtcp: consumable.rtcp.clone(),
        msid: consumable.msid.clone(),
    })
}

/// Every encoding of the producer under fresh consecutive SSRCs, and others for RTX.
pub(crate) fn renamed_encodings(
    consumable: &RtpParameters,
    has_rtx: bool,
    random: &mut impl FnMut() -> u32,
) -> Vec<RtpEncodingParameters> {
    let (base, rtx_base) = ssrc::two_bases(random, consumable.encodings.len());
    let encodings = consumable.encodings.iter().enumerate();
    let renamed = |(index, encoding): (usize, &RtpEncodingParameters)| RtpEncodingParameters {
        ssrc: Some(ssrc::at(base, index)),
        rtx: has_rtx.then(|| RtxEncoding {
            ssrc: ssrc::at(rtx_base, index),
        }),
        ..encoding.clone()
    };
    encodings.map(renamed).collect()
}

fn receives(remote: &RtpCapabilities, codec: &RtpCodecParameters) -> bool {
    remote
        .codecs
        .iter()
        .any(|known| same_codec_and_profile(known, codec))
}

/// The codecs both sides have, with the client's feedback; RTX only with the codec it repairs.
fn shared_codecs(
    consumable: &RtpParameters,
    remote: &RtpCapabilities,
    enable_rtx: bool,
) -> Vec<RtpCodecParameters> {
    let usable = |feedback: &&RtcpFeedback| enable_rtx || !is_generic_nack(feedback);
    let with_client_feedback = |codec: &RtpCodecParameters| {
        let known = remote
            .codecs
            .iter()
            .find(|known| same_codec_and_profile(*known, codec))?;
        let rtcp_feedback = known.rtcp_feedback.iter().filter(usable).cloned().collect();
        Some(RtpCodecParameters {
            rtcp_feedback,
            ..codec.clone()
        })
    };
    let wanted = consumable
        .codecs
        .iter()
        .filter(|codec| enable_rtx || !is_rtx(&codec.mime_type));
    let shared: Vec<_> = wanted.filter_map(with_client_feedback).collect();
    let repairs_something = |codec: &RtpCodecParameters| {
        let apt = apt(&codec.parameters);
        shared.iter().any(|media| Some(media.payload_type) == apt)
    };
    let keep = |codec: &&RtpCodecParameters| !is_rtx(&codec.mime_type) || repairs_something(codec);
    shared.iter().filter(keep).cloned().collect()
}

fn shared_header_extensions(
    consumable: &RtpParameters,
    remote: &RtpCapabilities,
) -> Vec<RtpHeaderExtensionParameters> {
    let shared = |extension: &&RtpHeaderExtensionParameters| {
        let mut known = remote.header_extensions.iter();
        known.any(|known| known.preferred_id == extension.id && known.uri == extension.uri)
    };
    consumable
        .header_extensions
        .iter()
        .filter(shared)
        .cloned()
        .collect()
}

/// The one stream a client gets of a producer, with the layers of all its streams.
fn single_encoding(consumable: &RtpParameters, has_rtx: bool, ssrc: u32) -> RtpEncodingParameters {
    let encodings = &consumable.encodings;
    let mut modes = encodings
        .iter()
        .filter_map(|encoding| encoding.scalability_mode.as_deref());
    let stated = modes.find(|mode| !mode.is_empty());
    let scalability_mode = if encodings.len() > 1 {
        // Each stream of a simulcast is one spatial layer; the temporal ones are those of any.
        let ScalabilityMode {
            temporal_layers, ..
        } = ScalabilityMode::parse(stated.unwrap_or_default());
        Some(format!("L{}T{temporal_layers}", encodings.len()))
    } else {
        stated.map(str::to_owned)
    };
    RtpEncodingParameters {
        ssrc: Some(ssrc),
        rtx: has_rtx.then(|| RtxEncoding {
            ssrc: ssrc::at(ssrc, 1),
        }),
        scalability_mode,
        max_bitrate: encodings
            .iter()
            .filter_map(|e| e.max_bitrate)
            .max()
            .filter(|max| *max > 0),
        ..RtpEncodingParameters::default()
    }
}

/// NACK of packets, as opposed to `nack pli`.
fn is_generic_nack(feedback: &RtcpFeedback) -> bool {
    feedback.kind == "nack" && feedback.parameter.is_empty()
}

/// Which feedback tells the router its bandwidth to a client.
#[derive(Clone, Copy, Debug)]
enum BandwidthEstimation {
    /// By the sender, from reports on transport-wide sequence numbers.
    TransportCc,
    /// By the receiver, from send times.
    Remb,
    /// Not at all.
    None,
}

impl BandwidthEstimation {
    fn over(extensions: &[RtpHeaderExtensionParameters]) -> Self {
        let has = |uri: &str| extensions.iter().any(|extension| extension.uri == uri);
        if has(uri::TRANSPORT_WIDE_CC) {
            Self::TransportCc
        } else if has(uri::ABS_SEND_TIME) {
            Self::Remb
        } else {
            Self::None
        }
    }

    /// Whether `feedback` belongs to this estimation, or to none.
    fn uses(self, feedback: &RtcpFeedback) -> bool {
        match feedback.kind.as_str() {
            "transport-cc" => matches!(self, Self::TransportCc),
            "goog-remb" => matches!(self, Self::Remb),
            _ => true,
        }
    }
}
