//! What recorded browsers offered, against the default router.

use serde_json::Value;

use ortc::types::{MediaKind, RtpCapabilities, RtpParameters, RtpType, uri};
use ortc::{
    ConsumerRtpParametersOptions, HeaderExtensionProfile, consumer_rtp_parameters,
    default_media_codecs, router_rtp_capabilities,
};

use crate::support::{produced, router};

const CHROMIUM: &str = include_str!("../fixtures/chromium.json");
const FIREFOX: &str = include_str!("../fixtures/firefox.json");
const SAFARI: &str = include_str!("../fixtures/safari.json");

fn sessions(text: &str) -> Vec<Value> {
    let fixture: Value = serde_json::from_str(text).unwrap();
    assert!(
        fixture["origin"].as_str().unwrap().len() > 80,
        "a fixture says where it is from"
    );
    fixture["sessions"].as_array().unwrap().clone()
}

fn all_sessions() -> impl Iterator<Item = Value> {
    [CHROMIUM, FIREFOX, SAFARI].into_iter().flat_map(sessions)
}

fn producers(session: &Value) -> Vec<(String, MediaKind, Value)> {
    let list = session["produced"].as_array().unwrap().iter();
    list.filter(|each| each.get("error").is_none())
        .map(|each| {
            let kind = serde_json::from_value(each["kind"].clone()).unwrap();
            (
                each["name"].as_str().unwrap().to_owned(),
                kind,
                each["rtpParameters"].clone(),
            )
        })
        .collect()
}

#[test]
fn the_router_is_the_one_the_browsers_were_recorded_with() {
    for (profile, text) in [
        (
            HeaderExtensionProfile::Compat,
            include_str!("../fixtures/router-compat.json"),
        ),
        (
            HeaderExtensionProfile::Full,
            include_str!("../fixtures/router-full.json"),
        ),
    ] {
        let recorded: RtpCapabilities = serde_json::from_str(text).unwrap();
        assert_eq!(
            profile.apply(&router()),
            recorded,
            "record the browsers anew (tests/record)"
        );
    }
}

#[test]
fn every_old_client_on_chromium_fails_with_full_and_none_with_compat() {
    let failed = |session: &Value| {
        let alone = session["produced"].as_array().unwrap();
        alone.iter().any(|each| each.get("error").is_some())
            || session["call"].get("error").is_some()
    };
    for session in sessions(CHROMIUM) {
        let is_old = session["client"] != "3.24.1";
        let expected = is_old && session["profile"] == "full";
        assert_eq!(
            failed(&session),
            expected,
            "{} {}",
            session["client"],
            session["profile"]
        );
    }
}

#[test]
fn browsers_took_every_consumer_they_were_given() {
    for session in [CHROMIUM, FIREFOX].into_iter().flat_map(sessions) {
        assert_eq!(session["consumed"]["taken"], producers(&session).len());
        assert!(session["consumed"].get("error").is_none());
    }
}

#[test]
fn every_browser_produces_and_consumes_its_own() {
    let mut count = 0;
    for session in all_sessions() {
        let mut remote: RtpCapabilities =
            serde_json::from_value(session["rtpCapabilities"].clone()).unwrap();
        ortc::validate_rtp_capabilities(&mut remote).unwrap();
        for (name, kind, value) in producers(&session) {
            let (_, consumable) = produced(kind, &value);
            let enable_rtx = kind == MediaKind::Video;
            let options = ConsumerRtpParametersOptions {
                pipe: false,
                enable_rtx,
            };
            let consumer = consumer_rtp_parameters(&consumable, &remote, options, &mut || 7);
            let consumer = consumer.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(consumer.encodings[0].rtx.is_some(), enable_rtx, "{name}");
            assert!(
                consumer.header_extensions.iter().any(|e| e.uri == uri::MID),
                "{name}"
            );
            count += 1;
        }
    }
    assert!(count >= 60, "only {count} recorded producers");
}

#[test]
fn recorded_producers_have_the_type_their_case_says() {
    for session in all_sessions() {
        for (name, _, value) in producers(&session) {
            let mut parameters: RtpParameters = serde_json::from_value(value).unwrap();
            ortc::validate_rtp_parameters(&mut parameters).unwrap();
            let layered = parameters.encodings.len() == 1
                && parameters.encodings[0]
                    .scalability_mode
                    .as_deref()
                    .is_some_and(|m| m != "L1T1");
            let expected = match name.as_str() {
                "simulcast" | "h264-simulcast" => RtpType::Simulcast,
                _ if layered => RtpType::Svc,
                _ => RtpType::Simple,
            };
            assert_eq!(ortc::rtp_type(&parameters), Ok(expected), "{name}");
        }
    }
}

#[test]
fn every_browser_receives_with_transport_wide_feedback_under_either_profile() {
    for session in all_sessions() {
        let remote: RtpCapabilities =
            serde_json::from_value(session["rtpCapabilities"].clone()).unwrap();
        let lists = |uri: &str| remote.header_extensions.iter().any(|e| e.uri == uri);
        assert!(lists(uri::TRANSPORT_WIDE_CC) && lists(uri::ABS_SEND_TIME));
    }
}

#[test]
fn under_compat_producers_carry_only_what_every_offer_numbers_alike() {
    let compat = all_sessions().filter(|session| session["profile"] == "compat");
    for session in compat {
        for (name, _, value) in producers(&session) {
            for extension in value["headerExtensions"].as_array().unwrap() {
                let allowed = [
                    uri::ABS_SEND_TIME,
                    uri::RTP_STREAM_ID,
                    uri::REPAIRED_RTP_STREAM_ID,
                ];
                assert!(
                    allowed.contains(&extension["uri"].as_str().unwrap()),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn a_routers_defaults_suit_every_recorded_browser() {
    let names = |caps: &RtpCapabilities| {
        let media = caps.codecs.iter().filter(|c| c.mime_type != "video/rtx");
        media
            .map(|c| c.mime_type.to_lowercase())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&router_rtp_capabilities(&default_media_codecs()).unwrap()).len(),
        8
    );
    for session in all_sessions() {
        let remote: RtpCapabilities =
            serde_json::from_value(session["rtpCapabilities"].clone()).unwrap();
        for codec in ["audio/opus", "video/vp8", "video/vp9"] {
            assert!(names(&remote).contains(&codec.to_owned()), "{codec}");
        }
    }
}
