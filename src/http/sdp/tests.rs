use std::{fs, path::PathBuf};

use ortc::types::{
    DtlsFingerprint, DtlsParameters, DtlsRole, IceCandidate, IceCandidateType, IceParameters,
    IceProtocol, MediaKind, RtpCapabilities, RtpEncodingParameters, RtpParameters, is_rtx,
};

use super::*;
use crate::room::{Profile, can_produce};

fn fixtures(part: &str, extension: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sdp");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .filter(|(name, _)| name.contains(part))
        .collect();
    found.sort();
    assert!(found.len() >= 3, "the fixtures are there");
    found
}

fn fixture(name: &str) -> Offer {
    let all = fixtures("", "sdp");
    let (_, text) = all.into_iter().find(|(known, _)| known == name).unwrap();
    Offer::parse(&text).unwrap()
}

fn router() -> RtpCapabilities {
    (*Profile::Full.rtp_capabilities()).clone()
}

/// How the router receives each section of an offer.
fn received(offer: &Offer) -> Vec<Option<RtpParameters>> {
    let router = router();
    let sections = offer.sections.iter().map(|section| {
        let track = section.track.as_ref().filter(|track| track.sends)?;
        let mut ways = track.rtp_parameters(&section.mid, &router);
        ways.find(|way| {
            let mut produced = way.clone();
            constrain_baseline(&mut produced);
            can_produce(track.kind, &produced)
        })
    });
    sections.collect()
}

fn codec(parameters: &RtpParameters) -> &str {
    &parameters.codecs[0].mime_type
}

fn answer(offer: &Offer, sections: Vec<AnsweredSection>) -> String {
    let ice_parameters = IceParameters {
        username_fragment: "ufrag".into(),
        password: "password".into(),
        ice_lite: Some(true),
    };
    let dtls_parameters = DtlsParameters {
        role: DtlsRole::Auto,
        fingerprints: vec![DtlsFingerprint {
            algorithm: "sha-256".into(),
            value: "AA:BB".into(),
        }],
    };
    let ice_candidates = [IceCandidate {
        foundation: "udp".into(),
        priority: 1,
        ip: "192.0.2.1".into(),
        address: "192.0.2.1".into(),
        protocol: IceProtocol::Udp,
        port: 44400,
        kind: IceCandidateType::Host,
        tcp_type: None,
    }];
    let answer = Answer {
        ice_parameters: &ice_parameters,
        ice_candidates: &ice_candidates,
        dtls_parameters: &dtls_parameters,
        sections,
    };
    answer.text(offer)
}

fn accepted(parameters: Option<RtpParameters>) -> AnsweredSection {
    parameters.map_or(AnsweredSection::Refused, AnsweredSection::Received)
}

#[test]
fn every_publishers_offer_is_received_as_far_as_codecs_are_known() {
    for (name, text) in fixtures("publish", "sdp") {
        let offer = Offer::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let received = received(&offer);
        let wanted = offer
            .sections
            .iter()
            .filter(|section| section.track.is_some());
        let found = received.iter().flatten().count();
        assert_eq!(found, wanted.count(), "{name}: {received:?}");
        let answer = answer(&offer, received.into_iter().map(accepted).collect());
        let read = parse(&answer).unwrap_or_else(|error| panic!("{name}: {error}\n{answer}"));
        assert_eq!(
            read.media_descriptions.len(),
            offer.sections.len(),
            "{name}"
        );
        for (media, section) in read.media_descriptions.iter().zip(&offer.sections) {
            assert_eq!(
                media.attribute("mid").flatten(),
                Some(section.mid.as_str()),
                "{name}"
            );
        }
    }
}

#[test]
fn every_viewers_offer_can_be_sent_picture_and_sound() {
    for (name, text) in fixtures("view", "sdp") {
        let offer = Offer::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for kind in [MediaKind::Audio, MediaKind::Video] {
            let mut tracks = offer.sections.iter().filter_map(|one| one.track.as_ref());
            let track = tracks.find(|track| track.kind == kind && track.receives);
            let track = track.unwrap_or_else(|| panic!("{name}: no {kind:?}"));
            assert!(!track.receivable(&router()).is_empty(), "{name} {kind:?}");
            let mut capabilities = track.rtp_capabilities();
            ortc::validate_rtp_capabilities(&mut capabilities)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn every_fragment_is_read() {
    for (name, text) in fixtures("", "sdpfrag") {
        let fragment = Fragment::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let restarts = name.contains("restart");
        assert!(fragment.username_fragment.is_some(), "{name}");
        assert!(fragment.has_password || !restarts, "{name}");
    }
}

#[test]
fn the_first_codec_both_know_is_chosen() {
    for (name, expected) in [
        ("obs-30.1-publish", "video/H264"),
        ("obs-31-publish-av1", "video/AV1"),
        ("obs-31-publish-h265", "video/H265"),
        ("chromium-publish", "video/VP8"),
        ("ffmpeg-publish", "video/H264"),
    ] {
        let received = received(&fixture(name));
        let mut codecs = received.iter().flatten().map(codec);
        assert!(codecs.any(|codec| codec == expected), "{name}");
        let mut codecs = received.iter().flatten().map(codec);
        assert!(codecs.any(|codec| codec == "audio/opus"), "{name}");
    }
}

#[test]
fn simulcast_is_received_by_its_names_and_answered_with_them() {
    for name in ["obs-32.1-publish-simulcast", "chromium-publish-simulcast"] {
        let offer = fixture(name);
        let received = received(&offer);
        let video = received
            .iter()
            .flatten()
            .find(|one| codec(one).starts_with("video"));
        let rids: Vec<_> = video
            .unwrap()
            .encodings
            .iter()
            .flat_map(|one| &one.rid)
            .cloned()
            .collect();
        assert!(rids.len() > 1, "{name}: {rids:?}");
        let answer = answer(&offer, received.into_iter().map(accepted).collect());
        let line = format!("a=simulcast:recv {}\r\n", rids.join(";"));
        assert!(answer.contains(&line), "{name}: {answer}");
    }
}

#[test]
fn retransmissions_belong_to_the_codec_that_is_received() {
    let received = received(&fixture("chromium-publish"));
    let video = received
        .iter()
        .flatten()
        .find(|one| codec(one) == "video/VP8")
        .unwrap();
    assert!(is_rtx(&video.codecs[1].mime_type));
    assert!(video.encodings[0].rtx.is_some());
}

#[test]
fn whoever_only_waits_for_a_connection_is_connected_to() {
    for (name, setup) in [
        ("ffmpeg-publish", "a=setup:active"),
        ("ffmpeg-publish-dtls-active", "a=setup:passive"),
        ("chromium-publish", "a=setup:passive"),
    ] {
        let offer = fixture(name);
        let sections = received(&offer).into_iter().map(accepted).collect();
        assert!(answer(&offer, sections).contains(setup), "{setup}");
    }
}

#[test]
fn what_is_sent_is_named_in_the_answer() {
    let offer = fixture("chromium-view");
    let router = router();
    let sections = offer.sections.iter().map(|section| {
        let track = section.track.as_ref().unwrap();
        AnsweredSection::Sent {
            codecs: track.receivable(&router),
            header_extensions: track.forwarded_extensions(&router),
            encoding: RtpEncodingParameters {
                ssrc: Some(1234),
                ..RtpEncodingParameters::default()
            },
            stream: "miso".into(),
        }
    });
    let answer = answer(&offer, sections.collect());
    assert!(answer.contains("a=ssrc:1234 cname:miso\r\n"), "{answer}");
    assert!(answer.contains("a=sendonly\r\n"), "{answer}");
}

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

fn offer(sections: &str) -> Result<Offer, SdpError> {
    Offer::parse(&format!("{HEAD}{sections}"))
}

#[test]
fn what_webrtc_requires_is_named_when_it_is_missing() {
    let media =
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
    let ice = "a=ice-ufrag:u\r\na=ice-pwd:p\r\n";
    let print = "a=fingerprint:sha-256 AA:BB\r\n";
    for (text, error) in [
        (String::new(), SdpError::NoSection),
        (media.to_owned(), SdpError::Missing("ice-pwd")),
        (format!("{media}{ice}"), SdpError::Missing("fingerprint")),
        (
            format!("{media}{ice}{print}a=setup:holdconn\r\n"),
            SdpError::Invalid("setup"),
        ),
        (
            format!("{media}{ice}{print}{}", media.replace("mid:0", "mid:1")),
            SdpError::NotBundled,
        ),
    ] {
        assert_eq!(offer(&text).unwrap_err(), error, "{text}");
    }
    assert!(offer(&format!("{media}{ice}{print}")).is_ok());
    let many = media.repeat(MAX_SECTIONS + 1);
    assert_eq!(offer(&many).unwrap_err(), SdpError::TooManySections);
}

#[test]
fn an_offer_is_as_large_as_its_text() {
    // A line each would be gigabytes, were every format a codec with all feedback.
    let formats = " 0".repeat(16_000);
    let feedback = "a=rtcp-fb:* x\r\n".repeat(2_000);
    let text = format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF{formats}\r\na=mid:0\r\na=rtcp-mux\r\na=ice-ufrag:u\r\n\
         a=ice-pwd:p\r\na=fingerprint:sha-256 AA:BB\r\n{feedback}"
    );
    let offer = offer(&text).unwrap();
    let track = offer.sections[0].track.as_ref().unwrap();
    let codecs = track.rtp_capabilities().codecs;
    assert_eq!(codecs.len(), 1);
    assert_eq!(codecs[0].rtcp_feedback.len(), 16);
}

#[test]
fn only_what_was_offered_is_answered() {
    let text = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\n\
        a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA:BB\r\n";
    let bare = offer(text).unwrap();
    let sections = received(&bare).into_iter().map(accepted).collect();
    let answer = answer(&bare, sections);
    assert!(
        !answer.contains("a=group") && !answer.contains("a=mid"),
        "{answer}"
    );
    let plain = offer(&text.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP")).unwrap();
    assert_eq!(plain.sections[0].track, None, "not without DTLS");
    let alone = offer(&text.replace("a=rtcp-mux\r\n", ""));
    assert_eq!(alone.unwrap_err(), SdpError::Missing("rtcp-mux"));
    let long = offer(&text.replace("a=ice-ufrag:u", &format!("a=ice-ufrag:{}", "u".repeat(300))));
    assert_eq!(long.unwrap_err(), SdpError::Invalid("ice-ufrag"));
    let watching = offer(&text.replace("m=audio", "a=recvonly\r\nm=audio")).unwrap();
    let track = watching.sections[0].track.as_ref().unwrap();
    assert!(track.receives && !track.sends, "as the session says");
}

#[test]
fn what_is_no_description_is_an_error() {
    for text in ["", "hello", "v=0", "{\"sdp\":1}", "v=0\r\nm=audio", "\u{0}"] {
        assert!(
            matches!(Offer::parse(text), Err(SdpError::Syntax(_))),
            "{text:?}"
        );
        assert!(
            Fragment::parse(text).is_err() || text.is_empty(),
            "{text:?}"
        );
    }
}
