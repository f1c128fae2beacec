//! SDP ⇄ ORTC: offers of WHIP and WHEP clients (RFC 8866, RFC 9429), our answers, and the fragments
//! of trickle ICE (RFC 8840). The only place that knows SDP; it knows neither rooms nor HTTP.

mod answer;
mod fragment;
mod offer;
mod section;

pub(super) use answer::{Answer, AnsweredSection};
pub(super) use fragment::Fragment;
pub(super) use offer::Offer;
pub(super) use section::{Section, constrain_baseline};

/// Media sections of an offer; the rest of its bytes would hold a thousand.
const MAX_SECTIONS: usize = 32;

/// Why a description cannot be used, as a sentence for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SdpError {
    /// Not SDP.
    #[error("not a session description: {0}")]
    Syntax(String),
    /// More than anybody needs.
    #[error("more than {MAX_SECTIONS} media sections")]
    TooManySections,
    /// An offer of nothing.
    #[error("no media section")]
    NoSection,
    /// Something WebRTC requires is missing.
    #[error("no {0}")]
    Missing(&'static str),
    /// A value nobody understands.
    #[error("invalid {0}")]
    Invalid(&'static str),
    /// Media that would need a transport of its own (RFC 9725 §4.4.1).
    #[error("every media section must be in one BUNDLE group")]
    NotBundled,
}

/// Everything that is done with a description before there is a room for it.
#[cfg(feature = "fuzzing")]
pub(super) fn read(
    text: &str,
    router: &ortc::types::RtpCapabilities,
    can_produce: impl Fn(ortc::types::MediaKind, &ortc::types::RtpParameters) -> bool,
) {
    let _ = Fragment::parse(text);
    let Ok(offer) = Offer::parse(text) else {
        return;
    };
    let answered = offer.sections.iter().map(|section| {
        let Some(track) = &section.track else {
            return AnsweredSection::Refused;
        };
        let _ = ortc::validate_rtp_capabilities(&mut track.rtp_capabilities());
        let mut ways = track.rtp_parameters(&section.mid, router);
        if let Some(received) = ways.find(|way| can_produce(track.kind, way)) {
            return AnsweredSection::Received(received);
        }
        let codecs = track.receivable(router);
        if codecs.is_empty() {
            return AnsweredSection::Refused;
        }
        AnsweredSection::Sent {
            codecs,
            header_extensions: track.forwarded_extensions(router),
            encoding: ortc::types::RtpEncodingParameters::default(),
            stream: "miso".into(),
        }
    });
    let answer = Answer {
        ice_parameters: &ortc::types::IceParameters {
            username_fragment: "u".into(),
            password: "p".into(),
            ice_lite: Some(true),
        },
        ice_candidates: &[],
        dtls_parameters: &offer.dtls_parameters,
        sections: answered.collect(),
    };
    // What we say must be what anybody can read.
    let text = answer.text(&offer);
    assert!(parse(&text).is_ok(), "{text}");
}

fn parse(text: &str) -> Result<rtc_sdp::SessionDescription, SdpError> {
    let mut reader = std::io::Cursor::new(text.as_bytes());
    rtc_sdp::SessionDescription::unmarshal(&mut reader)
        .map_err(|error| SdpError::Syntax(error.to_string()))
}

#[cfg(test)]
mod tests;
