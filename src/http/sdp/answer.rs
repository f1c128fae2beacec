//! Our answer to an offer (RFC 9429 §5.3): ICE-lite, one transport, one media codec for what we
//! receive, every codec we know for what we send.

use ortc::types::{
    DtlsParameters, DtlsRole, IceCandidate, IceCandidateType, IceParameters, IceProtocol,
    IceTcpType, MediaKind, ParameterValue, RtpCodecParameters, RtpEncodingParameters,
    RtpHeaderExtensionParameters, RtpParameters,
};
use rtc_sdp::{MediaDescription, SessionDescription};

use super::{Offer, Section};

/// Our side of a session.
pub(in crate::http) struct Answer<'a> {
    /// Credentials.
    pub(in crate::http) ice_parameters: &'a IceParameters,
    /// Addresses.
    pub(in crate::http) ice_candidates: &'a [IceCandidate],
    /// Certificate fingerprints.
    pub(in crate::http) dtls_parameters: &'a DtlsParameters,
    /// One for each of the offer.
    pub(in crate::http) sections: Vec<AnsweredSection>,
}

/// What becomes of an offered section.
pub(in crate::http) enum AnsweredSection {
    /// Nothing.
    Refused,
    /// We receive what was offered.
    Received(RtpParameters),
    /// We send what was asked for.
    Sent {
        /// How it may be encoded.
        codecs: Vec<RtpCodecParameters>,
        /// What goes with each packet.
        header_extensions: Vec<RtpHeaderExtensionParameters>,
        /// Its streams.
        encoding: RtpEncodingParameters,
        /// The name of whoever it is from, the same for sound and picture.
        stream: String,
    },
}

impl Answer<'_> {
    /// The text.
    pub(in crate::http) fn text(&self, offer: &Offer) -> String {
        let accepted = offer.sections.iter().zip(&self.sections);
        let mids: Vec<_> = accepted
            .clone()
            .filter(|(_, answered)| !matches!(answered, AnsweredSection::Refused))
            .map(|(section, _)| section.mid.as_str())
            .collect();
        let mut description = SessionDescription::new_jsep_session_description(false)
            .with_property_attribute("ice-lite".into())
            .with_value_attribute("msid-semantic".into(), " WMS *".into());
        // Only what was offered is answered (RFC 8843 §7.3).
        if offer.bundled {
            let group = format!("BUNDLE {}", mids.join(" "));
            description = description.with_value_attribute("group".into(), group);
        }
        for (section, answered) in accepted {
            let media = self.media(offer, section, answered);
            description = description.with_media(media);
        }
        description.marshal()
    }

    fn media(
        &self,
        offer: &Offer,
        section: &Section,
        answered: &AnsweredSection,
    ) -> MediaDescription {
        let mut media = MediaDescription::new_jsep_media_description(section.media.clone(), vec![]);
        media.media_name.protos = section.protocol.split('/').map(str::to_owned).collect();
        match answered {
            AnsweredSection::Refused => {
                media.media_name.port.value = 0;
                media.media_name.formats.clone_from(&section.formats);
                return with_mid(media, section);
            }
            AnsweredSection::Received(parameters) => {
                media = with_codecs(media, &parameters.codecs);
                media = with_extensions(media, &parameters.header_extensions);
                media = with_rids(media, parameters);
                media = media.with_property_attribute("recvonly".into());
            }
            AnsweredSection::Sent {
                codecs,
                header_extensions,
                encoding,
                stream,
            } => {
                media = with_codecs(media, codecs);
                media = with_extensions(media, header_extensions);
                media = with_streams(media, section, encoding, stream);
                media = media.with_property_attribute("sendonly".into());
            }
        }
        self.with_transport(media, offer, section)
    }

    fn with_transport(
        &self,
        media: MediaDescription,
        offer: &Offer,
        section: &Section,
    ) -> MediaDescription {
        let setup = match offer.dtls_parameters.role {
            DtlsRole::Server => "active",
            DtlsRole::Client | DtlsRole::Auto => "passive",
        };
        let mut media = with_mid(media, section)
            .with_property_attribute("rtcp-mux".into())
            .with_ice_credentials(
                self.ice_parameters.username_fragment.clone(),
                self.ice_parameters.password.clone(),
            )
            .with_value_attribute("setup".into(), setup.into());
        if section
            .track
            .as_ref()
            .is_some_and(|track| track.reduced_size)
        {
            media = media.with_property_attribute("rtcp-rsize".into());
        }
        // The one every client knows; some stumble over others.
        let prints = self.dtls_parameters.fingerprints.iter();
        for print in prints.filter(|print| print.algorithm == "sha-256") {
            media = media.with_fingerprint(print.algorithm.clone(), print.value.clone());
        }
        for candidate in self.ice_candidates {
            media = media.with_candidate(candidate_line(candidate));
        }
        media.with_property_attribute("end-of-candidates".into())
    }
}

fn with_mid(media: MediaDescription, section: &Section) -> MediaDescription {
    if section.named {
        return media.with_value_attribute("mid".into(), section.mid.clone());
    }
    media
}

fn with_codecs(mut media: MediaDescription, codecs: &[RtpCodecParameters]) -> MediaDescription {
    for codec in codecs {
        let (_, name) = codec.mime_type.split_once('/').unwrap_or_default();
        let parameters = codec.parameters.iter();
        let parameters: Vec<_> = parameters
            .map(|(name, value)| format!("{name}={}", plain(value)))
            .collect();
        // One channel is what a line without a number means (RFC 8866 §6.6).
        let channels = codec.channels.filter(|channels| *channels > 1).unwrap_or(0);
        let number = codec.payload_type;
        media = media.with_codec(
            number,
            name.to_owned(),
            codec.clock_rate,
            channels.into(),
            parameters.join(";"),
        );
        for feedback in &codec.rtcp_feedback {
            let line = format!("{number} {} {}", feedback.kind, feedback.parameter);
            media = media.with_value_attribute("rtcp-fb".into(), line.trim_end().to_owned());
        }
    }
    media
}

fn plain(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Bool(value) => value.to_string(),
        ParameterValue::Integer(value) => value.to_string(),
        ParameterValue::Float(value) => value.to_string(),
        ParameterValue::Text(value) => value.clone(),
    }
}

fn with_extensions(
    media: MediaDescription,
    extensions: &[RtpHeaderExtensionParameters],
) -> MediaDescription {
    extensions.iter().fold(media, |media, extension| {
        media.with_value_attribute(
            "extmap".into(),
            format!("{} {}", extension.id, extension.uri),
        )
    })
}

fn with_rids(mut media: MediaDescription, parameters: &RtpParameters) -> MediaDescription {
    let rids = parameters.encodings.iter();
    let rids: Vec<_> = rids.filter_map(|one| one.rid.as_deref()).collect();
    if rids.is_empty() {
        return media;
    }
    for rid in &rids {
        media = media.with_value_attribute("rid".into(), format!("{rid} recv"));
    }
    media.with_value_attribute("simulcast".into(), format!("recv {}", rids.join(";")))
}

fn with_streams(
    mut media: MediaDescription,
    section: &Section,
    encoding: &RtpEncodingParameters,
    stream: &str,
) -> MediaDescription {
    let kind = section.track.as_ref().map(|track| track.kind);
    let track = if kind == Some(MediaKind::Audio) {
        "audio"
    } else {
        "video"
    };
    media = media.with_value_attribute("msid".into(), format!("{stream} {track}"));
    let ssrcs = [encoding.ssrc, encoding.rtx.map(|rtx| rtx.ssrc)];
    let ssrcs: Vec<_> = ssrcs.into_iter().flatten().collect();
    if let [ssrc, rtx] = ssrcs[..] {
        media = media.with_value_attribute("ssrc-group".into(), format!("FID {ssrc} {rtx}"));
    }
    for ssrc in ssrcs {
        let line = format!("{ssrc} cname:{stream}");
        media = media.with_value_attribute("ssrc".into(), line);
        let line = format!("{ssrc} msid:{stream} {track}");
        media = media.with_value_attribute("ssrc".into(), line);
    }
    media
}

/// RFC 8839 §5.1, without `candidate:`.
pub(super) fn candidate_line(candidate: &IceCandidate) -> String {
    let IceCandidateType::Host = candidate.kind;
    let protocol = match candidate.protocol {
        IceProtocol::Udp => "udp",
        IceProtocol::Tcp => "tcp",
    };
    let tcp = match candidate.tcp_type {
        Some(IceTcpType::Passive) => " tcptype passive",
        None => "",
    };
    format!(
        "{} 1 {protocol} {} {} {} typ host{tcp}",
        candidate.foundation, candidate.priority, candidate.address, candidate.port
    )
}
