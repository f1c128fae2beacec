//! RTP parameters as browser and negotiation would have them: the router renumbers payload types,
//! header extensions and streams, so that nothing passes by accident.

use media::{ConsumeOptions, ProduceOptions, ProducerId};
use ortc::types::{
    MediaKind, RtcpFeedback, RtcpParameters, RtpCodecParameters, RtpEncodingParameters,
    RtpHeaderExtensionParameters, RtpMapping, RtpMappingCodec, RtpMappingEncoding, RtpParameters,
    RtpType, RtxEncoding,
};

use super::sink::SinkSetup;
use super::source::{SourceSetup, extension};

/// The router's payload types.
pub const ROUTER_OPUS: u8 = 100;
pub const ROUTER_VP8: u8 = 101;
pub const ROUTER_VP8_RTX: u8 = 102;

/// What to ask the worker for a source.
pub fn produce_options(source: &SourceSetup) -> ProduceOptions {
    let simulcast = source.encodings.len() > 1;
    ProduceOptions {
        kind: source.kind,
        rtp_parameters: producer_parameters(source),
        rtp_mapping: mapping(source),
        rtp_type: rtp_type(source),
        paused: false,
        router_header_extensions: router_extensions(source.kind, simulcast),
        group_of_pictures: None,
    }
}

/// What to ask the worker for a consumer of it, and what to tell the receiving client.
pub fn consume_options(
    producer: ProducerId,
    source: &SourceSetup,
    ssrc: u32,
) -> (ConsumeOptions, SinkSetup) {
    let video = source.kind == MediaKind::Video;
    let rtx_ssrc = video.then_some(ssrc + 1);
    let scalability = scalability_mode(source, source.encodings.len());
    let rtp_parameters = RtpParameters {
        mid: Some("7".to_owned()),
        codecs: codecs(source.kind, router_payload_types(source.kind)),
        header_extensions: vec![
            header_extension(MID_URI, 1),
            header_extension(ABS_SEND_TIME_URI, 4),
        ],
        encodings: vec![RtpEncodingParameters {
            ssrc: Some(ssrc),
            rtx: rtx_ssrc.map(|ssrc| RtxEncoding { ssrc }),
            scalability_mode: scalability,
            ..RtpEncodingParameters::default()
        }],
        rtcp: rtcp(),
        msid: None,
    };
    let (payload_type, rtx_payload_type) = router_payload_types(source.kind);
    let sink = SinkSetup {
        kind: source.kind,
        ssrc,
        rtx_ssrc,
        payload_type,
        rtx_payload_type,
    };
    let options = ConsumeOptions {
        producer,
        kind: source.kind,
        rtp_parameters,
        payload_types: Vec::new(),
        consumable_encodings: consumable_encodings(source),
        rtp_type: rtp_type(source),
        paused: false,
        preferred_layers: None,
        resumable: false,
    };
    (options, sink)
}

fn producer_parameters(source: &SourceSetup) -> RtpParameters {
    let named = |encoding: &super::source::EncodingSetup| match encoding.rid {
        // Chromium names simulcast streams by RID alone.
        Some(rid) => RtpEncodingParameters {
            rid: Some(rid.to_owned()),
            scalability_mode: scalability_mode(source, 1),
            ..RtpEncodingParameters::default()
        },
        None => RtpEncodingParameters {
            ssrc: Some(encoding.ssrc),
            rtx: source.rtx_payload_type.map(|_| RtxEncoding {
                ssrc: encoding.rtx_ssrc,
            }),
            scalability_mode: scalability_mode(source, 1),
            ..RtpEncodingParameters::default()
        },
    };
    RtpParameters {
        mid: Some(source.mid.to_owned()),
        codecs: codecs(source.kind, (source.payload_type, source.rtx_payload_type)),
        header_extensions: vec![
            header_extension(ABS_SEND_TIME_URI, extension::ABS_SEND_TIME),
            header_extension(RID_URI, extension::RID),
            header_extension(REPAIRED_RID_URI, extension::REPAIRED_RID),
        ]
        .into_iter()
        .chain(
            source
                .sends_mid
                .then(|| header_extension(MID_URI, extension::MID)),
        )
        .chain(
            source
                .sends_transport_cc
                .then(|| header_extension(TRANSPORT_CC_URI, extension::TRANSPORT_CC)),
        )
        .collect(),
        encodings: source.encodings.iter().map(named).collect(),
        rtcp: rtcp(),
        msid: None,
    }
}

fn mapping(source: &SourceSetup) -> RtpMapping {
    let (mapped, mapped_rtx) = router_payload_types(source.kind);
    let media = RtpMappingCodec {
        payload_type: source.payload_type,
        mapped_payload_type: mapped,
    };
    let rtx = source.rtx_payload_type.zip(mapped_rtx);
    let rtx = rtx.map(|(payload_type, mapped_payload_type)| RtpMappingCodec {
        payload_type,
        mapped_payload_type,
    });
    let encodings = source.encodings.iter().map(|encoding| RtpMappingEncoding {
        ssrc: encoding.rid.is_none().then_some(encoding.ssrc),
        rid: encoding.rid.map(str::to_owned),
        scalability_mode: scalability_mode(source, 1),
        mapped_ssrc: mapped_ssrc(encoding.ssrc),
    });
    RtpMapping {
        codecs: [media].into_iter().chain(rtx).collect(),
        encodings: encodings.collect(),
    }
}

fn consumable_encodings(source: &SourceSetup) -> Vec<RtpEncodingParameters> {
    let consumable = |encoding: &super::source::EncodingSetup| RtpEncodingParameters {
        ssrc: Some(mapped_ssrc(encoding.ssrc)),
        scalability_mode: scalability_mode(source, 1),
        ..RtpEncodingParameters::default()
    };
    source.encodings.iter().map(consumable).collect()
}

fn codecs(kind: MediaKind, types: (u8, Option<u8>)) -> Vec<RtpCodecParameters> {
    let (payload_type, rtx) = types;
    if kind == MediaKind::Audio {
        return vec![RtpCodecParameters {
            mime_type: "audio/opus".to_owned(),
            payload_type,
            clock_rate: 48_000,
            channels: Some(2),
            parameters: Default::default(),
            rtcp_feedback: Vec::new(),
        }];
    }
    let media = RtpCodecParameters {
        mime_type: "video/VP8".to_owned(),
        payload_type,
        clock_rate: 90_000,
        channels: None,
        parameters: Default::default(),
        rtcp_feedback: vec![
            feedback("goog-remb", ""),
            feedback("ccm", "fir"),
            feedback("nack", ""),
            feedback("nack", "pli"),
        ],
    };
    let rtx = rtx.map(|rtx| RtpCodecParameters {
        mime_type: "video/rtx".to_owned(),
        payload_type: rtx,
        parameters: [(
            "apt".to_owned(),
            ortc::types::ParameterValue::Integer(i64::from(payload_type)),
        )]
        .into(),
        rtcp_feedback: Vec::new(),
        ..media.clone()
    });
    [media].into_iter().chain(rtx).collect()
}

fn router_payload_types(kind: MediaKind) -> (u8, Option<u8>) {
    match kind {
        MediaKind::Audio => (ROUTER_OPUS, None),
        MediaKind::Video => (ROUTER_VP8, Some(ROUTER_VP8_RTX)),
    }
}

fn router_extensions(kind: MediaKind, simulcast: bool) -> Vec<RtpHeaderExtensionParameters> {
    let mut extensions = vec![
        header_extension(MID_URI, 1),
        header_extension(ABS_SEND_TIME_URI, 4),
    ];
    if kind == MediaKind::Video && simulcast {
        extensions.push(header_extension(RID_URI, 2));
        extensions.push(header_extension(REPAIRED_RID_URI, 3));
    }
    extensions
}

fn rtp_type(source: &SourceSetup) -> RtpType {
    if source.encodings.len() > 1 {
        RtpType::Simulcast
    } else {
        RtpType::Simple
    }
}

fn scalability_mode(source: &SourceSetup, spatial: usize) -> Option<String> {
    let layered = source.temporal_layers > 1 || spatial > 1;
    layered.then(|| format!("L{spatial}T{}", source.temporal_layers))
}

fn mapped_ssrc(ssrc: u32) -> u32 {
    ssrc ^ 0xAAAA_0000
}

fn header_extension(uri: &str, id: u8) -> RtpHeaderExtensionParameters {
    RtpHeaderExtensionParameters {
        uri: uri.to_owned(),
        id,
        encrypt: false,
        parameters: Default::default(),
    }
}

fn feedback(kind: &str, parameter: &str) -> RtcpFeedback {
    RtcpFeedback {
        kind: kind.to_owned(),
        parameter: parameter.to_owned(),
    }
}

fn rtcp() -> RtcpParameters {
    RtcpParameters {
        cname: Some("cname".to_owned()),
        reduced_size: true,
    }
}

pub const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
pub const ABS_SEND_TIME_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
