//! What one client receives of a producer.

use ortc::types::{MediaKind, RtcpFeedback, RtpCapabilities, RtpParameters, uri};
use ortc::{
    ConsumerRtpParametersError, ConsumerRtpParametersOptions, HeaderExtensionProfile, can_consume,
    consumer_rtp_parameters,
};

use crate::support::{client, consumable, draws, opus, router, simulcast, vp8};

const VIDEO: ConsumerRtpParametersOptions = ConsumerRtpParametersOptions {
    pipe: false,
    enable_rtx: true,
};
const AUDIO: ConsumerRtpParametersOptions = ConsumerRtpParametersOptions {
    pipe: false,
    enable_rtx: false,
};

fn video(value: &serde_json::Value, remote: &RtpCapabilities) -> RtpParameters {
    let consumable = consumable(MediaKind::Video, value);
    consumer_rtp_parameters(&consumable, remote, VIDEO, &mut draws()).unwrap()
}

fn client_without(uris: &[&str]) -> RtpCapabilities {
    let mut caps = client();
    caps.header_extensions
        .retain(|extension| !uris.contains(&extension.uri.as_str()));
    caps
}

fn feedback(parameters: &RtpParameters) -> Vec<String> {
    let text = |f: &RtcpFeedback| format!("{} {}", f.kind, f.parameter).trim_end().to_owned();
    parameters.codecs[0]
        .rtcp_feedback
        .iter()
        .map(text)
        .collect()
}

#[test]
fn a_client_gets_one_stream_in_the_routers_payload_types() {
    let consumer = video(&vp8(), &client());
    let codecs: Vec<_> = consumer.codecs.iter().map(|c| c.payload_type).collect();
    assert_eq!(codecs, [101, 102]);
    assert_eq!(consumer.encodings.len(), 1);
    let encoding = &consumer.encodings[0];
    assert_eq!(
        (encoding.ssrc, encoding.rtx.map(|rtx| rtx.ssrc)),
        (Some(1000), Some(1001))
    );
    assert_eq!(consumer.rtcp.cname.as_deref(), Some("alice"));
}

#[test]
fn simulcast_becomes_spatial_layers_of_one_stream() {
    let consumer = video(&simulcast(), &client());
    assert_eq!(consumer.encodings.len(), 1);
    assert_eq!(
        consumer.encodings[0].scalability_mode.as_deref(),
        Some("L3T3")
    );
    assert_eq!(
        consumer.encodings[0].max_bitrate,
        Some(900_000),
        "the highest of all streams"
    );
}

#[test]
fn simulcast_without_a_mode_has_one_temporal_layer() {
    let mut value = simulcast();
    for encoding in value["encodings"].as_array_mut().unwrap() {
        encoding.as_object_mut().unwrap().remove("scalabilityMode");
    }
    let consumer = video(&value, &client());
    assert_eq!(
        consumer.encodings[0].scalability_mode.as_deref(),
        Some("L3T1")
    );
}

#[test]
fn a_single_streams_mode_is_passed_on_as_it_is() {
    let mut value = vp8();
    value["encodings"][0]["scalabilityMode"] = "L3T3_KEY".into();
    let consumer = video(&value, &client());
    assert_eq!(
        consumer.encodings[0].scalability_mode.as_deref(),
        Some("L3T3_KEY")
    );
}

#[test]
fn feedback_is_the_clients() {
    let mut remote = client();
    remote.codecs[1]
        .rtcp_feedback
        .retain(|feedback| feedback.kind != "ccm");
    assert_eq!(
        feedback(&video(&vp8(), &remote)),
        ["nack", "nack pli", "transport-cc"]
    );
}

#[test]
fn bandwidth_is_estimated_by_the_best_extension_shared() {
    let both = video(&vp8(), &client());
    assert!(feedback(&both).contains(&"transport-cc".to_owned()));
    assert!(!feedback(&both).contains(&"goog-remb".to_owned()));

    let by_send_time = video(&vp8(), &client_without(&[uri::TRANSPORT_WIDE_CC]));
    assert!(feedback(&by_send_time).contains(&"goog-remb".to_owned()));
    assert!(!feedback(&by_send_time).contains(&"transport-cc".to_owned()));

    let neither = client_without(&[uri::TRANSPORT_WIDE_CC, uri::ABS_SEND_TIME]);
    assert_eq!(
        feedback(&video(&vp8(), &neither)),
        ["nack", "nack pli", "ccm fir"]
    );
}

#[test]
fn without_rtx_there_is_neither_repair_nor_generic_nack() {
    let consumable = consumable(MediaKind::Video, &vp8());
    let consumer = consumer_rtp_parameters(&consumable, &client(), AUDIO, &mut draws()).unwrap();
    assert_eq!(consumer.codecs.len(), 1);
    assert_eq!(consumer.encodings[0].rtx, None);
    assert_eq!(feedback(&consumer), ["nack pli", "ccm fir", "transport-cc"]);
}

#[test]
fn a_client_without_rtx_gets_none() {
    let mut remote = client();
    remote.codecs.retain(|codec| codec.mime_type != "video/rtx");
    let consumer = video(&vp8(), &remote);
    assert_eq!(
        (consumer.codecs.len(), consumer.encodings[0].rtx),
        (1, None)
    );
}

#[test]
fn header_extensions_match_by_uri_and_id_but_not_by_kind() {
    let mut remote = client();
    remote
        .header_extensions
        .retain(|extension| extension.uri == uri::MID);
    remote.header_extensions.truncate(1);
    assert_eq!(remote.header_extensions[0].kind, MediaKind::Audio);
    let listed_for_audio = video(&vp8(), &remote);
    assert_eq!(listed_for_audio.header_extensions.len(), 1);

    remote.header_extensions[0].preferred_id = 9;
    assert!(
        video(&vp8(), &remote).header_extensions.is_empty(),
        "another id is another extension"
    );
}

#[test]
fn a_compat_client_still_gets_all_the_router_sends() {
    let remote = HeaderExtensionProfile::Compat.apply(&router());
    assert_eq!(video(&simulcast(), &remote), video(&simulcast(), &client()));
}

#[test]
fn every_consumer_numbers_extensions_as_the_router_does() {
    let numbered = ortc::router_header_extensions(&router());
    for extension in video(&vp8(), &client()).header_extensions {
        assert!(numbered.contains(&extension), "{}", extension.uri);
    }
}

#[test]
fn nothing_in_common_cannot_be_consumed() {
    let consumable = consumable(MediaKind::Audio, &opus());
    let mut remote = client();
    remote.codecs.retain(|codec| codec.kind == MediaKind::Video);
    assert!(!can_consume(&consumable, &remote));
    let error = consumer_rtp_parameters(&consumable, &remote, AUDIO, &mut draws());
    assert_eq!(error, Err(ConsumerRtpParametersError::NoCompatibleCodec));
}

#[test]
fn retransmission_alone_cannot_be_consumed() {
    let consumable = consumable(MediaKind::Video, &vp8());
    let mut remote = client();
    remote.codecs.retain(|codec| codec.mime_type == "video/rtx");
    assert!(!can_consume(&consumable, &remote));
    let error = consumer_rtp_parameters(&consumable, &remote, VIDEO, &mut draws());
    assert_eq!(error, Err(ConsumerRtpParametersError::NoCompatibleCodec));
}

#[test]
fn can_consume_agrees_with_consumer_parameters_for_every_codec() {
    for codec in client().codecs {
        let remote = RtpCapabilities {
            codecs: vec![codec],
            ..client()
        };
        for value in [vp8(), simulcast()] {
            let consumable = consumable(MediaKind::Video, &value);
            let consumer = consumer_rtp_parameters(&consumable, &remote, VIDEO, &mut draws());
            assert_eq!(can_consume(&consumable, &remote), consumer.is_ok());
        }
    }
}

#[test]
fn a_pipe_consumer_keeps_every_stream() {
    let options = ConsumerRtpParametersOptions {
        pipe: true,
        enable_rtx: true,
    };
    let consumable = consumable(MediaKind::Video, &simulcast());
    let consumer = consumer_rtp_parameters(&consumable, &client(), options, &mut draws()).unwrap();
    let ssrcs: Vec<_> = consumer
        .encodings
        .iter()
        .map(|e| (e.ssrc, e.rtx.map(|rtx| rtx.ssrc)))
        .collect();
    assert_eq!(
        ssrcs,
        [
            (Some(1000), Some(2000)),
            (Some(1001), Some(2001)),
            (Some(1002), Some(2002))
        ]
    );
}
