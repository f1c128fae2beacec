//! RTP parameters as a browser and mediasoup-client would have them: payload types and header
//! extensions under Chromium's numbers, which are not the server's.

use ortc::types::{
    MediaKind, ParameterValue, RtcpFeedback, RtcpParameters, RtpCapabilities, RtpCodecCapability,
    RtpCodecParameters, RtpEncodingParameters, RtpHeaderExtensionParameters, RtpParameters,
    RtxEncoding, uri,
};
use serde::Deserialize;

use crate::{error::BenchError, options::Traffic};

/// The one media section of a publisher.
pub(crate) const MID: &str = "0";
/// Names of simulcast encodings, smallest first.
pub(crate) const RIDS: [&str; 3] = ["r0", "r1", "r2"];

/// Header-extension ids of publishers.
pub(crate) mod extension {
    /// When a packet left.
    pub(crate) const ABS_SEND_TIME: u8 = 2;
    /// Transport-wide sequence number.
    pub(crate) const TRANSPORT_CC: u8 = 3;
    /// Media section.
    pub(crate) const MID: u8 = 4;
    /// Simulcast encoding.
    pub(crate) const RID: u8 = 10;
    /// Simulcast encoding that is repaired.
    pub(crate) const REPAIRED_RID: u8 = 11;
}

const OPUS: u8 = 111;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;

/// The payload type a publisher sends.
pub(crate) fn payload_type(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Audio => OPUS,
        MediaKind::Video => VP8,
    }
}

/// What a publisher tells the server about its source. Retransmission is negotiated as in a
/// browser; simulcast encodings are named by RID alone.
pub(crate) fn producer(
    traffic: &Traffic,
    router: &RtpCapabilities,
    ssrcs: &[u32],
    cname: &str,
) -> Result<RtpParameters, BenchError> {
    let mime_type = match traffic.kind {
        MediaKind::Audio => "audio/opus",
        MediaKind::Video => "video/VP8",
    };
    let mut known = router.codecs.iter();
    let codec = known.find(|codec| codec.mime_type.eq_ignore_ascii_case(mime_type));
    let codec = codec.ok_or_else(|| BenchError::Protocol {
        event: "joinRoom",
        reason: format!("the server does not route {mime_type}"),
    })?;
    let encoding = |(number, ssrc): (usize, &u32)| match ssrcs.len() {
        1 => RtpEncodingParameters {
            ssrc: Some(*ssrc),
            rtx: (traffic.kind == MediaKind::Video).then(|| RtxEncoding {
                ssrc: ssrc.wrapping_add(1),
            }),
            ..RtpEncodingParameters::default()
        },
        _ => RtpEncodingParameters {
            rid: Some(RIDS[number].to_owned()),
            scalability_mode: Some("L1T1".to_owned()),
            ..RtpEncodingParameters::default()
        },
    };
    Ok(RtpParameters {
        mid: Some(MID.to_owned()),
        codecs: codecs(codec),
        header_extensions: header_extensions(ssrcs.len() > 1),
        encodings: ssrcs.iter().enumerate().map(encoding).collect(),
        rtcp: RtcpParameters {
            cname: Some(cname.to_owned()),
            reduced_size: true,
        },
        msid: None,
    })
}

fn codecs(codec: &RtpCodecCapability) -> Vec<RtpCodecParameters> {
    // Bandwidth is estimated over transport-wide numbers, so REMB is not used.
    let used = |feedback: &&RtcpFeedback| feedback.kind != "goog-remb";
    let media = RtpCodecParameters {
        mime_type: codec.mime_type.clone(),
        payload_type: payload_type(codec.kind),
        clock_rate: codec.clock_rate,
        channels: codec.channels,
        parameters: Default::default(),
        rtcp_feedback: codec.rtcp_feedback.iter().filter(used).cloned().collect(),
    };
    if codec.kind == MediaKind::Audio {
        return vec![media];
    }
    let apt = ParameterValue::Integer(i64::from(media.payload_type));
    let rtx = RtpCodecParameters {
        mime_type: "video/rtx".to_owned(),
        payload_type: VP8_RTX,
        parameters: [("apt".to_owned(), apt)].into(),
        rtcp_feedback: Vec::new(),
        ..media.clone()
    };
    vec![media, rtx]
}

fn header_extensions(simulcast: bool) -> Vec<RtpHeaderExtensionParameters> {
    let always = [
        (uri::MID, extension::MID),
        (uri::ABS_SEND_TIME, extension::ABS_SEND_TIME),
        (uri::TRANSPORT_WIDE_CC, extension::TRANSPORT_CC),
    ];
    let rids = [
        (uri::RTP_STREAM_ID, extension::RID),
        (uri::REPAIRED_RTP_STREAM_ID, extension::REPAIRED_RID),
    ];
    let rids = rids.into_iter().filter(|_| simulcast);
    let parameters = |(uri, id): (&str, u8)| RtpHeaderExtensionParameters {
        uri: uri.to_owned(),
        id,
        encrypt: false,
        parameters: Default::default(),
    };
    always.into_iter().chain(rids).map(parameters).collect()
}

/// What a subscriber is told of a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Consumer {
    /// Its name.
    pub(crate) id: String,
    /// How it is sent.
    pub(crate) rtp_parameters: RtpParameters,
}

impl Consumer {
    /// Media SSRC, retransmission SSRC, and the id of transport-wide numbers (0: none).
    pub(crate) fn stream(&self) -> Result<(u32, Option<u32>, u8), BenchError> {
        let encoding = self.rtp_parameters.encodings.first();
        let ssrc = encoding.and_then(|encoding| encoding.ssrc);
        let ssrc = ssrc.ok_or_else(|| BenchError::Protocol {
            event: "consume",
            reason: "the stream has no SSRC".to_owned(),
        })?;
        let rtx = encoding
            .and_then(|encoding| encoding.rtx)
            .map(|rtx| rtx.ssrc);
        let mut extensions = self.rtp_parameters.header_extensions.iter();
        let wide = extensions.find(|extension| extension.uri == uri::TRANSPORT_WIDE_CC);
        Ok((ssrc, rtx, wide.map_or(0, |wide| wide.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> RtpCapabilities {
        let codecs = ortc::default_media_codecs();
        ortc::router_rtp_capabilities(&codecs).unwrap()
    }

    #[test]
    fn sources_are_what_the_server_takes() {
        for (kind, encodings) in [
            (MediaKind::Audio, 1),
            (MediaKind::Video, 1),
            (MediaKind::Video, 3),
        ] {
            let traffic = Traffic {
                kind,
                encodings,
                packets_per_second: 1,
                packet_size: 100,
                size_spread: 0,
                burst: 1,
            };
            let ssrcs: Vec<u32> = (1..=u32::from(encodings)).map(|n| n * 10).collect();
            let mut parameters = producer(&traffic, &router(), &ssrcs, "name").unwrap();
            ortc::validate_producer_rtp_parameters(kind, &mut parameters).unwrap();
            ortc::producer_rtp_parameters_mapping(&parameters, &router(), &mut || 7).unwrap();
        }
    }

    #[test]
    fn a_server_without_the_codec_is_named() {
        let traffic = Traffic {
            kind: MediaKind::Audio,
            encodings: 1,
            packets_per_second: 1,
            packet_size: 100,
            size_spread: 0,
            burst: 1,
        };
        let error = producer(&traffic, &RtpCapabilities::default(), &[1], "name").unwrap_err();
        assert!(error.to_string().contains("audio/opus"));
    }

    #[test]
    fn streams_are_read_from_the_answer() {
        let answer = serde_json::json!({
            "id": "c", "producerId": "p", "kind": "video",
            "rtpParameters": {
                "codecs": [],
                "headerExtensions": [{"uri": uri::TRANSPORT_WIDE_CC, "id": 5}],
                "encodings": [{"ssrc": 8, "rtx": {"ssrc": 9}}],
            }
        });
        let mut consumer: Consumer = serde_json::from_value(answer).unwrap();
        assert_eq!(consumer.stream().unwrap(), (8, Some(9), 5));
        consumer.rtp_parameters.encodings.clear();
        assert!(consumer.stream().is_err());
    }
}
