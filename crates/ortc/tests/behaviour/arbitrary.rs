//! Whatever JSON a client sends, nothing panics, and what is accepted is bounded and routable.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use ortc::types::{
    DtlsParameters, MediaKind, RtpCapabilities, RtpCodecCapability, RtpParameters,
    SctpStreamParameters,
};
use ortc::validate::limits::{MAX_CODECS, MAX_ENCODINGS};
use ortc::{ConsumerRtpParametersOptions, consumer_rtp_parameters, router_rtp_capabilities};

use crate::support::{client, consumable, draws, opus, router, simulcast, vp8};

/// Member names that mean something, so that arbitrary objects get past the first check.
const NAMES: &[&str] = &[
    "mid",
    "codecs",
    "headerExtensions",
    "encodings",
    "rtcp",
    "msid",
    "mimeType",
    "payloadType",
    "preferredPayloadType",
    "clockRate",
    "channels",
    "parameters",
    "rtcpFeedback",
    "type",
    "parameter",
    "uri",
    "id",
    "preferredId",
    "encrypt",
    "kind",
    "direction",
    "ssrc",
    "rid",
    "rtx",
    "dtx",
    "scalabilityMode",
    "maxBitrate",
    "codecPayloadType",
    "cname",
    "reducedSize",
    "apt",
    "profile-level-id",
    "packetization-mode",
    "fingerprints",
    "algorithm",
    "value",
    "role",
];

const TEXTS: &[&str] = &[
    "",
    "audio",
    "video",
    "audio/opus",
    "video/VP8",
    "video/H264",
    "video/rtx",
    "42e01f",
    "L3T3",
    "sendrecv",
    "nack",
    "pli",
    "r0",
    "sha-256",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0u64..130).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(48000)),
        Just(json!(90000)),
        proptest::sample::select(TEXTS).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 96, 8, |inner| {
        let object =
            proptest::collection::vec((proptest::sample::select(NAMES), inner.clone()), 0..8);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::Array),
            object.prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// An honest value with one place replaced by anything.
fn nearly(values: Vec<Value>) -> impl Strategy<Value = Value> {
    let place = any::<proptest::sample::Index>();
    (proptest::sample::select(values), place, any_json()).prop_map(|(mut value, place, other)| {
        let mut paths = Vec::new();
        places(&value, String::new(), &mut paths);
        let path: &String = place.get(&paths);
        *value.pointer_mut(path).unwrap() = other;
        value
    })
}

fn places(value: &Value, path: String, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in below {
        places(value, format!("{path}/{name}"), found);
    }
    found.push(path);
}

fn any_parameters() -> impl Strategy<Value = Value> {
    prop_oneof![1 => any_json(), 3 => nearly(vec![opus(), vp8(), simulcast()])]
}

fn any_capabilities() -> impl Strategy<Value = Value> {
    prop_oneof![1 => any_json(), 3 => nearly(vec![json!(client())])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn accepted_parameters_are_routable_or_refused_by_name(value in any_parameters()) {
        let Ok(mut parameters) = serde_json::from_value::<RtpParameters>(value) else {
            return Ok(());
        };
        for kind in [MediaKind::Audio, MediaKind::Video] {
            if ortc::validate_producer_rtp_parameters(kind, &mut parameters).is_err() {
                continue;
            }
            prop_assert!(parameters.codecs.len() <= MAX_CODECS);
            prop_assert!((1..=MAX_ENCODINGS).contains(&parameters.encodings.len()));
            let _ = ortc::rtp_type(&parameters);
            let router = router();
            let Ok(mapping) =
                ortc::producer_rtp_parameters_mapping(&parameters, &router, &mut draws())
            else {
                continue;
            };
            let consumable =
                ortc::consumable_rtp_parameters(kind, &parameters, &router, &mapping);
            prop_assert!(consumable.is_ok(), "a mapping always fits its own parameters");
            prop_assert_eq!(consumable.unwrap().encodings.len(), parameters.encodings.len());
        }
    }

    #[test]
    fn a_validated_producer_can_always_be_consumed_by_a_full_client(
        value in any_parameters()
    ) {
        let Ok(mut parameters) = serde_json::from_value::<RtpParameters>(value) else {
            return Ok(());
        };
        let kind = MediaKind::Video;
        if ortc::validate_producer_rtp_parameters(kind, &mut parameters).is_err() {
            return Ok(());
        }
        let Ok(mapping) =
            ortc::producer_rtp_parameters_mapping(&parameters, &router(), &mut draws())
        else {
            return Ok(());
        };
        let consumable =
            ortc::consumable_rtp_parameters(kind, &parameters, &router(), &mapping).unwrap();
        let options = ConsumerRtpParametersOptions { pipe: false, enable_rtx: true };
        let consumer = consumer_rtp_parameters(&consumable, &client(), options, &mut draws());
        prop_assert_eq!(consumer.unwrap().encodings.len(), 1);
    }

    #[test]
    fn whatever_capabilities_say_consuming_answers(value in any_capabilities()) {
        let Ok(mut remote) = serde_json::from_value::<RtpCapabilities>(value) else {
            return Ok(());
        };
        if ortc::validate_rtp_capabilities(&mut remote).is_err() {
            return Ok(());
        }
        for (kind, value) in [(MediaKind::Audio, opus()), (MediaKind::Video, simulcast())] {
            let consumable = consumable(kind, &value);
            let options = ConsumerRtpParametersOptions { pipe: false, enable_rtx: true };
            let consumer = consumer_rtp_parameters(&consumable, &remote, options, &mut draws());
            prop_assert_eq!(ortc::can_consume(&consumable, &remote), consumer.is_ok());
        }
    }

    #[test]
    fn validating_capabilities_twice_changes_nothing_more(value in any_capabilities()) {
        let Ok(mut once) = serde_json::from_value::<RtpCapabilities>(value) else {
            return Ok(());
        };
        if ortc::validate_rtp_capabilities(&mut once).is_ok() {
            let mut twice = once.clone();
            prop_assert!(ortc::validate_rtp_capabilities(&mut twice).is_ok());
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn parameters_survive_a_round_trip_through_json(value in any_parameters()) {
        let Ok(mut parameters) = serde_json::from_value::<RtpParameters>(value) else {
            return Ok(());
        };
        if ortc::validate_rtp_parameters(&mut parameters).is_ok() {
            let text = serde_json::to_string(&parameters).unwrap();
            prop_assert_eq!(serde_json::from_str::<RtpParameters>(&text).unwrap(), parameters);
        }
    }

    #[test]
    fn any_list_of_codecs_makes_a_router_or_an_error(
        value in proptest::collection::vec(nearly(vec![json!(client().codecs[0])]), 0..6)
    ) {
        let codecs: Vec<RtpCodecCapability> =
            value.into_iter().filter_map(|codec| serde_json::from_value(codec).ok()).collect();
        if let Ok(mut router) = router_rtp_capabilities(&codecs) {
            prop_assert!(ortc::validate_rtp_capabilities(&mut router).is_ok());
        }
    }

    #[test]
    fn transport_parameters_are_accepted_or_refused(value in any_json()) {
        if let Ok(parameters) = serde_json::from_value::<DtlsParameters>(value.clone()) {
            let _ = ortc::validate_dtls_parameters(&parameters);
        }
        if let Ok(mut parameters) = serde_json::from_value::<SctpStreamParameters>(value) {
            let _ = ortc::validate_sctp_stream_parameters(&mut parameters);
        }
    }
}

/// Found by the test above: read with the last digit off, it was another number after a round trip.
#[test]
fn a_long_number_is_the_same_after_a_round_trip() {
    let number = -3.340_606_674_748_013e244;
    let text = serde_json::to_string(&number).unwrap();
    let read: f64 = serde_json::from_str(&text).unwrap();
    assert_eq!(read.to_bits(), f64::to_bits(number));
}
