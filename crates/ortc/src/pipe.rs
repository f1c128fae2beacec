//! What one router receives of another's producer: everything, without bandwidth estimation.

use crate::consumer::renamed_encodings;
use crate::header_extensions::in_use;
use crate::supported::supported_rtp_capabilities;
use crate::types::{
    RtcpFeedback, RtpCodecParameters, RtpHeaderExtensionParameters, RtpParameters, is_rtx, uri,
};

/// The parameters of a consumer between two routers: every encoding under a fresh SSRC, no MID, no
/// bandwidth estimation, and retransmission only if the link may lose packets.
pub fn pipe_consumer_rtp_parameters(
    consumable: &RtpParameters,
    enable_rtx: bool,
    random: &mut impl FnMut() -> u32,
) -> RtpParameters {
    let kept = consumable
        .codecs
        .iter()
        .filter(|codec| enable_rtx || !is_rtx(&codec.mime_type));
    let reduced = |codec: &RtpCodecParameters| {
        let mut codec = codec.clone();
        codec
            .rtcp_feedback
            .retain(|feedback| is_useful(feedback, enable_rtx));
        codec
    };
    RtpParameters {
        mid: None,
        codecs: kept.map(reduced).collect(),
        header_extensions: pipe_header_extensions(consumable),
        encodings: renamed_encodings(consumable, enable_rtx, random),
        rtcp: consumable.rtcp.clone(),
        msid: consumable.msid.clone(),
    }
}

/// Key-frame requests always, NACK with retransmission.
fn is_useful(feedback: &RtcpFeedback, enable_rtx: bool) -> bool {
    match (feedback.kind.as_str(), feedback.parameter.as_str()) {
        ("nack", "pli") | ("ccm", "fir") => true,
        ("nack", "") => enable_rtx,
        _ => false,
    }
}

/// What belongs to one hop is left out; the dependency descriptor, which a router keeps from
/// clients, is what the next router selects layers by. In the order of their ids.
fn pipe_header_extensions(consumable: &RtpParameters) -> Vec<RtpHeaderExtensionParameters> {
    let of_one_hop =
        |uri: &str| matches!(uri, uri::MID | uri::ABS_SEND_TIME | uri::TRANSPORT_WIDE_CC);
    let mut extensions = consumable.header_extensions.clone();
    extensions.retain(|extension| !of_one_hop(&extension.uri));
    let supported = supported_rtp_capabilities().header_extensions;
    let descriptor = supported
        .iter()
        .find(|known| known.uri == uri::DEPENDENCY_DESCRIPTOR);
    extensions.extend(descriptor.map(in_use));
    extensions.sort_by_key(|extension| extension.id);
    extensions
}
