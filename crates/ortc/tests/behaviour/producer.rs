//! Mapping a producer into its router.

use serde_json::{Value, json};

use ortc::types::{MediaKind, ParameterValue, RtpMapping, RtpType, uri};
use ortc::{
    ConsumableRtpParametersError, HeaderExtensionProfile, RtpMappingError, RtpTypeError,
    consumable_rtp_parameters, producer_rtp_parameters_mapping, router_rtp_capabilities, rtp_type,
};

use crate::support::{consumable, draws, opus, parameters, produced, router, simulcast, vp8};

fn payload_types(mapping: &RtpMapping) -> Vec<(u8, u8)> {
    mapping
        .codecs
        .iter()
        .map(|c| (c.payload_type, c.mapped_payload_type))
        .collect()
}

fn refused(value: &Value) -> RtpMappingError {
    producer_rtp_parameters_mapping(&parameters(value), &router(), &mut draws()).unwrap_err()
}

#[test]
fn payload_types_become_the_routers() {
    assert_eq!(
        payload_types(&produced(MediaKind::Audio, &opus()).0),
        [(111, 100)]
    );
    assert_eq!(
        payload_types(&produced(MediaKind::Video, &vp8()).0),
        [(96, 101), (97, 102)]
    );
}

#[test]
fn media_codecs_are_mapped_before_their_rtx_whatever_the_order() {
    let mut value = vp8();
    value["codecs"].as_array_mut().unwrap().reverse();
    let (mapping, consumable) = produced(MediaKind::Video, &value);
    assert_eq!(payload_types(&mapping), [(96, 101), (97, 102)]);
    assert_eq!(consumable.codecs[0].mime_type, "video/VP8");
}

#[test]
fn streams_get_consecutive_ssrcs_from_one_draw() {
    let (mapping, consumable) = produced(MediaKind::Video, &simulcast());
    let mapped: Vec<_> = mapping.encodings.iter().map(|e| e.mapped_ssrc).collect();
    assert_eq!(mapped, [1000, 1001, 1002]);
    let rids: Vec<_> = mapping
        .encodings
        .iter()
        .filter_map(|e| e.rid.as_deref())
        .collect();
    assert_eq!(rids, ["r0", "r1", "r2"]);
    let consumable: Vec<_> = consumable.encodings.iter().filter_map(|e| e.ssrc).collect();
    assert_eq!(consumable, mapped);
}

#[test]
fn the_mapping_keeps_how_the_producer_names_its_streams() {
    let (mapping, _) = produced(MediaKind::Video, &vp8());
    assert_eq!(
        (mapping.encodings[0].ssrc, &mapping.encodings[0].rid),
        (Some(21), &None)
    );
    let (mapping, _) = produced(MediaKind::Video, &simulcast());
    assert_eq!(
        mapping.encodings[0].scalability_mode.as_deref(),
        Some("L1T3")
    );
}

#[test]
fn a_codec_the_router_does_not_route_is_refused() {
    let mut value = vp8();
    value["codecs"][0]["mimeType"] = json!("video/H263");
    let error = refused(&value);
    assert_eq!(
        error.to_string(),
        "unsupported codec video/H263 with payload type 96"
    );
}

#[test]
fn rtx_needs_its_media_codec_on_both_sides() {
    let mut value = vp8();
    value["codecs"][1]["parameters"]["apt"] = json!(100);
    assert_eq!(refused(&value), RtpMappingError::NoMediaCodecForRtx(97));

    let mut without_rtx = router();
    without_rtx
        .codecs
        .retain(|codec| codec.mime_type != "video/rtx");
    let error = producer_rtp_parameters_mapping(&parameters(&vp8()), &without_rtx, &mut draws());
    assert_eq!(error, Err(RtpMappingError::NoRtxInRouter(101)));
}

#[test]
fn consumable_parameters_are_the_routers_but_for_the_codecs_own() {
    let consumable = consumable(MediaKind::Audio, &opus());
    let codec = &consumable.codecs[0];
    assert_eq!((codec.payload_type, codec.channels), (100, Some(2)));
    assert_eq!(codec.parameters["minptime"], ParameterValue::Integer(10));
    assert_eq!(
        codec.rtcp_feedback.len(),
        2,
        "nack and transport-cc, as the router supports"
    );
    assert_eq!(consumable.rtcp.cname.as_deref(), Some("alice"));
    assert_eq!(consumable.msid.as_deref(), Some("stream track"));
    assert_eq!(consumable.mid, None);
}

#[test]
fn consumable_parameters_offer_rtx_even_if_the_producer_does_not() {
    let mut value = vp8();
    value["codecs"].as_array_mut().unwrap().pop();
    let consumable = consumable(MediaKind::Video, &value);
    assert_eq!(consumable.codecs[1].mime_type, "video/rtx");
    assert_eq!(consumable.codecs[1].payload_type, 102);
}

#[test]
fn consumable_streams_have_no_names_of_the_producer() {
    let consumable = consumable(MediaKind::Video, &simulcast());
    for encoding in &consumable.encodings {
        assert_eq!((&encoding.rid, encoding.rtx), (&None, None));
    }
    assert_eq!(consumable.encodings[1].max_bitrate, Some(900_000));
}

#[test]
fn consumers_are_offered_what_the_router_sends_for_the_kind() {
    let uris = |kind, value: &Value| {
        let extensions = consumable(kind, value).header_extensions;
        extensions
            .into_iter()
            .map(|e| (e.uri, e.id))
            .collect::<Vec<_>>()
    };
    let audio = uris(MediaKind::Audio, &opus());
    assert!(audio.contains(&(uri::SSRC_AUDIO_LEVEL.to_owned(), 6)));
    assert!(
        !audio.iter().any(|(uri, _)| uri == uri::TRANSPORT_WIDE_CC),
        "received only"
    );
    let video = uris(MediaKind::Video, &vp8());
    assert!(video.contains(&(uri::TRANSPORT_WIDE_CC.to_owned(), 5)));
    assert!(
        !video.iter().any(|(uri, _)| uri == uri::RTP_STREAM_ID),
        "received only"
    );
}

#[test]
fn capture_time_is_offered_only_if_the_producer_sends_it() {
    let has = |value: &Value| {
        let extensions = consumable(MediaKind::Video, value).header_extensions;
        extensions.iter().any(|e| e.uri == uri::ABS_CAPTURE_TIME)
    };
    let mut value = vp8();
    assert!(!has(&value));
    value["headerExtensions"] = json!([{"uri": uri::ABS_CAPTURE_TIME, "id": 12}]);
    assert!(has(&value));
}

#[test]
fn consumable_parameters_do_not_depend_on_the_profile_told_to_the_producer() {
    for (kind, value) in [(MediaKind::Audio, opus()), (MediaKind::Video, simulcast())] {
        let (mapping, full) = produced(kind, &value);
        let compat = HeaderExtensionProfile::Compat.apply(&router());
        let mut parameters = parameters(&value);
        ortc::validate_rtp_parameters(&mut parameters).unwrap();
        let told = consumable_rtp_parameters(kind, &parameters, &compat, &mapping).unwrap();
        assert_eq!(told, full);
    }
}

#[test]
fn the_lower_h264_level_is_negotiated_without_asymmetry() {
    let h264 = |level: &str, payload_type: u8| {
        json!({"kind": "video", "mimeType": "video/H264", "clockRate": 90000,
               "payloadType": payload_type,
               "parameters": {"packetization-mode": 1, "profile-level-id": level}})
    };
    let media_codecs = vec![serde_json::from_value(h264("42e01f", 0)).unwrap()];
    let router = router_rtp_capabilities(&media_codecs).unwrap();
    let producer =
        parameters(&json!({"codecs": [h264("42e034", 108)], "encodings": [{"ssrc": 1}]}));
    let mapping = producer_rtp_parameters_mapping(&producer, &router, &mut draws()).unwrap();
    let kind = MediaKind::Video;
    let consumable = consumable_rtp_parameters(kind, &producer, &router, &mapping).unwrap();
    let id = ParameterValue::Text("42e01f".to_owned());
    assert_eq!(consumable.codecs[0].parameters["profile-level-id"], id);
}

#[test]
fn a_mapping_of_other_parameters_is_refused() {
    let (mapping, _) = produced(MediaKind::Audio, &opus());
    let consumable = |value: &Value| {
        consumable_rtp_parameters(MediaKind::Audio, &parameters(value), &router(), &mapping)
    };
    let error = consumable(&vp8());
    assert_eq!(error, Err(ConsumableRtpParametersError::UnmappedCodec(96)));
    let mut more = opus();
    more["encodings"] = json!([{"ssrc": 1}, {"ssrc": 2}]);
    assert_eq!(
        consumable(&more),
        Err(ConsumableRtpParametersError::UnmappedEncoding(1))
    );
}

/// The type of one codec with the given scalability modes, one per stream.
fn type_of(name: &str, modes: &[&str]) -> Result<RtpType, RtpTypeError> {
    let encodings: Vec<_> = modes
        .iter()
        .map(|mode| json!({"scalabilityMode": mode}))
        .collect();
    rtp_type(&parameters(&json!({
        "codecs": [{"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000},
                   {"mimeType": name, "payloadType": 96, "clockRate": 90000}],
        "encodings": encodings,
    })))
}

#[test]
fn one_stream_without_layers_is_simple() {
    for name in ["audio/opus", "video/VP8", "video/H265", "video/AV1"] {
        assert_eq!(type_of(name, &[""]), Ok(RtpType::Simple));
        assert_eq!(type_of(name, &["L1T1"]), Ok(RtpType::Simple));
    }
}

#[test]
fn several_streams_are_simulcast_where_a_router_can_switch() {
    assert_eq!(
        type_of("video/vp8", &["L1T3", "L1T3"]),
        Ok(RtpType::Simulcast)
    );
    assert_eq!(type_of("video/H264", &["", "", ""]), Ok(RtpType::Simulcast));
    let error = type_of("video/VP9", &["", ""]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "simulcast is not supported for video/VP9"
    );
}

#[test]
fn layers_within_a_stream_are_svc_where_the_payload_shows_them() {
    for name in ["video/VP8", "video/VP9", "video/H264", "video/AV1"] {
        assert_eq!(type_of(name, &["L1T3"]), Ok(RtpType::Svc));
    }
    assert_eq!(type_of("video/VP9", &["L3T3_KEY"]), Ok(RtpType::Svc));
    let error = type_of("audio/opus", &["L1T2"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "scalability mode is not supported for audio/opus"
    );
}

#[test]
fn nothing_has_no_type() {
    assert_eq!(type_of("video/VP8", &[]), Err(RtpTypeError::Empty));
    assert_eq!(type_of("video/rtx", &[""]), Err(RtpTypeError::Empty));
}

#[test]
fn an_encoding_may_name_its_codec() {
    let value = json!({
        "codecs": [{"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000},
                   {"mimeType": "video/H265", "payloadType": 98, "clockRate": 90000}],
        "encodings": [{"codecPayloadType": 98, "scalabilityMode": "L1T2"}],
    });
    let error = rtp_type(&parameters(&value)).unwrap_err();
    assert_eq!(
        error,
        RtpTypeError::LayersUnsupported("video/H265".to_owned())
    );
}
