//! What a client may say of what it sends.

use serde_json::{Value, json};

use ortc::types::{RtpParameters, uri};
use ortc::validate::limits::{
    MAX_CNAME_LENGTH, MAX_CODECS, MAX_ENCODINGS, MAX_HEADER_EXTENSIONS, MAX_MID_LENGTH,
    MAX_MSID_LENGTH, MAX_RID_LENGTH, MAX_SCALABILITY_MODE_LENGTH,
};
use ortc::{RtpParametersError, validate_rtp_parameters};

use crate::support::{opus, parameters, simulcast, vp8};

fn valid(value: &Value) -> RtpParameters {
    let mut parameters = parameters(value);
    validate_rtp_parameters(&mut parameters).unwrap();
    parameters
}

fn refused(mut value: Value, change: impl FnOnce(&mut Value)) -> RtpParametersError {
    change(&mut value);
    validate_rtp_parameters(&mut parameters(&value)).unwrap_err()
}

#[test]
fn what_may_be_left_out_is_filled_in() {
    let minimal = json!({"codecs": [{"mimeType": "audio/PCMU", "payloadType": 0,
                                     "clockRate": 8000}],
                         "encodings": [{}], "headerExtensions": null, "rtcp": null});
    let parameters = valid(&minimal);
    assert_eq!(parameters.codecs[0].channels, Some(1));
    assert_eq!(parameters.encodings[0].dtx, Some(false));
    assert!(parameters.rtcp.reduced_size);
}

#[test]
fn empty_texts_and_ssrc_zero_count_as_absent() {
    let mut value = vp8();
    value["mid"] = json!("");
    value["msid"] = json!("");
    value["rtcp"] = json!({"cname": "", "reducedSize": false});
    value["encodings"] = json!([{"ssrc": 0, "rid": "", "scalabilityMode": "", "rtx": {"ssrc": 0}}]);
    let parameters = valid(&value);
    assert_eq!(
        (parameters.mid, parameters.msid, parameters.rtcp.cname),
        (None, None, None)
    );
    assert!(
        parameters.rtcp.reduced_size,
        "a router sends reduced-size RTCP"
    );
    let encoding = &parameters.encodings[0];
    assert_eq!((encoding.ssrc, encoding.rtx), (None, None));
    assert_eq!((&encoding.rid, &encoding.scalability_mode), (&None, &None));
}

#[test]
fn validating_twice_changes_nothing_more() {
    for value in [opus(), vp8(), simulcast()] {
        let once = valid(&value);
        let mut twice = once.clone();
        validate_rtp_parameters(&mut twice).unwrap();
        assert_eq!(once, twice);
    }
}

#[test]
fn numbers_may_be_written_as_browsers_compute_them() {
    let mut value = vp8();
    value["encodings"][0]["maxBitrate"] = json!(330_000.000_000_000_06);
    value["codecs"][1]["parameters"]["apt"] = json!(96.0);
    assert_eq!(valid(&value).encodings[0].max_bitrate, Some(330_000));
    for bad in [json!(-1), json!(1e300), json!("1000")] {
        value["encodings"][0]["maxBitrate"] = bad;
        assert!(serde_json::from_value::<RtpParameters>(value.clone()).is_err());
    }
}

#[test]
fn lists_are_bounded() {
    let codec = opus()["codecs"][0].clone();
    let codecs = vec![codec; MAX_CODECS + 1];
    let error = refused(opus(), |v| v["codecs"] = json!(codecs));
    assert_eq!(error, RtpParametersError::TooManyCodecs);
    let extensions = vec![json!({"uri": "x", "id": 1}); MAX_HEADER_EXTENSIONS + 1];
    let error = refused(opus(), |v| v["headerExtensions"] = json!(extensions));
    assert_eq!(error, RtpParametersError::TooManyHeaderExtensions);
    let encodings: Vec<_> = (0..=MAX_ENCODINGS)
        .map(|ssrc| json!({"ssrc": ssrc + 1}))
        .collect();
    let error = refused(vp8(), |v| v["encodings"] = json!(encodings));
    assert_eq!(error, RtpParametersError::TooManyEncodings);
}

#[test]
fn texts_are_bounded() {
    let bounds: [(&str, &str, usize); 5] = [
        ("/mid", "mid", MAX_MID_LENGTH),
        ("/msid", "msid", MAX_MSID_LENGTH),
        ("/rtcp/cname", "cname", MAX_CNAME_LENGTH),
        ("/encodings/0/rid", "rid", MAX_RID_LENGTH),
        (
            "/encodings/0/scalabilityMode",
            "scalability mode",
            MAX_SCALABILITY_MODE_LENGTH,
        ),
    ];
    for (path, name, max) in bounds {
        let mut value = simulcast();
        value["msid"] = json!("");
        *value.pointer_mut(path).unwrap() = json!("x".repeat(max));
        valid(&value);
        let long = json!("x".repeat(max + 1));
        let error = refused(value, |v| *v.pointer_mut(path).unwrap() = long);
        assert_eq!(error, RtpParametersError::TooLong(name));
    }
}

#[test]
fn payload_types_are_unique() {
    let error = refused(vp8(), |v| v["codecs"][1]["payloadType"] = json!(96));
    assert_eq!(error, RtpParametersError::DuplicatePayloadType(96));
}

#[test]
fn rtx_must_repair_a_media_codec() {
    for apt in [json!(98), json!(97), json!(-1), json!(300), json!(96.5)] {
        let error = refused(vp8(), |v| v["codecs"][1]["parameters"]["apt"] = apt);
        assert_eq!(error, RtpParametersError::InvalidApt(97));
    }
    let error = refused(vp8(), |v| v["codecs"][1]["parameters"] = json!({}));
    assert_eq!(
        error.to_string(),
        "apt of payload type 97 names no media codec"
    );
}

#[test]
fn there_must_be_a_media_codec() {
    let error = refused(opus(), |v| v["codecs"] = json!([]));
    assert_eq!(error, RtpParametersError::NoMediaCodec);
}

#[test]
fn header_extension_ids_are_unique_and_not_zero() {
    let two = json!([{"uri": uri::MID, "id": 4}, {"uri": uri::ABS_SEND_TIME, "id": 4}]);
    let error = refused(opus(), |v| v["headerExtensions"] = two);
    assert_eq!(error, RtpParametersError::DuplicateHeaderExtensionId(4));
    let zero = json!([{"uri": uri::MID, "id": 0}]);
    let error = refused(opus(), |v| v["headerExtensions"] = zero);
    assert_eq!(error.to_string(), "header extension 0 is invalid: id is 0");
    let odd = json!([{"uri": uri::MID, "id": 1, "parameters": {"a": true}}]);
    let error = refused(opus(), |v| v["headerExtensions"] = odd);
    assert_eq!(
        error.to_string(),
        "header extension 0 is invalid: parameters are invalid"
    );
}

#[test]
fn an_encoding_names_a_media_codec_or_none() {
    let mut value = vp8();
    value["encodings"][0]["codecPayloadType"] = json!(96);
    valid(&value);
    for payload_type in [97, 98] {
        let error = refused(vp8(), |v| {
            v["encodings"][0]["codecPayloadType"] = json!(payload_type)
        });
        assert_eq!(
            error,
            RtpParametersError::InvalidCodecPayloadType(payload_type)
        );
    }
}

#[test]
fn several_encodings_are_told_apart() {
    let error = refused(simulcast(), |v| v["encodings"][1] = json!({}));
    assert_eq!(error, RtpParametersError::AnonymousEncoding(1));
    let error = refused(simulcast(), |v| v["encodings"][1]["rid"] = json!("r0"));
    assert_eq!(error, RtpParametersError::DuplicateRid);
    let error = refused(vp8(), |v| {
        v["encodings"] = json!([{"ssrc": 1}, {"ssrc": 1}])
    });
    assert_eq!(error, RtpParametersError::DuplicateSsrc(1));
    let error = refused(vp8(), |v| v["encodings"][0]["rtx"]["ssrc"] = json!(21));
    assert_eq!(error, RtpParametersError::DuplicateSsrc(21));
}

#[test]
fn simulcast_has_no_spatial_layers_within_its_streams() {
    let error = refused(simulcast(), |v| {
        v["encodings"][2]["scalabilityMode"] = json!("L3T3")
    });
    assert_eq!(error, RtpParametersError::SimulcastOfLayers);
}

#[test]
fn errors_never_repeat_what_the_client_sent_at_length() {
    let error = refused(opus(), |v| {
        v["codecs"][0]["mimeType"] = json!("x".repeat(100_000))
    });
    assert_eq!(
        error.to_string(),
        "codec 0 is invalid: mime type is too long"
    );
}

/// Each becomes part of a line of SDP in every receiver's browser.
#[test]
fn no_text_can_start_a_line_of_its_own() {
    let texts = [
        "/mid",
        "/msid",
        "/rtcp/cname",
        "/encodings/0/rid",
        "/encodings/0/scalabilityMode",
        "/codecs/0/mimeType",
        "/codecs/0/parameters/x-google-start-bitrate",
        "/codecs/0/rtcpFeedback/0/type",
        "/codecs/0/rtcpFeedback/0/parameter",
        "/headerExtensions/0/uri",
        "/headerExtensions/0/parameters/vad",
    ];
    let whole = |place: &str, text: &str| {
        let mut value = vp8();
        value["mid"] = json!("0");
        value["msid"] = json!("stream");
        value["rtcp"] = json!({"cname": "name"});
        value["encodings"] = json!([{"ssrc": 1, "rid": "r0", "scalabilityMode": "L1T1"}]);
        value["codecs"][0]["parameters"] = json!({"x-google-start-bitrate": "1000"});
        value["codecs"][0]["rtcpFeedback"] = json!([{"type": "nack", "parameter": "pli"}]);
        value["headerExtensions"] =
            json!([{"uri": uri::MID, "id": 1, "parameters": {"vad": "on"}}]);
        let place = value.pointer_mut(place).unwrap();
        *place = json!(format!("{}{text}", place.as_str().unwrap()));
        value
    };
    for place in texts {
        valid(&whole(place, ""));
        for end in ["\r\n", "\n", "\r", "\0", "\u{85}"] {
            let text = format!("{end}a=candidate");
            let error = refused(whole(place, &text), |_| ());
            let named = error.to_string();
            let of_extension = place.starts_with("/headerExtensions/0/parameters");
            assert!(
                named.contains("control characters") || of_extension,
                "{place}: {named}"
            );
        }
    }
    refused(whole("/mid", ""), |value| {
        value["codecs"][0]["parameters"] = json!({"x\r\nm=bogus": 1});
    });
}
