//! One media section of an offer as ORTC has it: codecs, header extensions and streams.

use std::collections::BTreeMap;

use ortc::types::{
    CodecParameters, HeaderExtensionDirection, MediaKind, ParameterValue, RtcpFeedback,
    RtpCapabilities, RtpCodecCapability, RtpCodecParameters, RtpEncodingParameters,
    RtpHeaderExtension, RtpHeaderExtensionParameters, RtpParameters, RtxEncoding, is_rtx,
};
use rtc_sdp::{MediaDescription, SessionDescription};

use super::SdpError;

/// Streams of one source; more simulcast layers nobody sends.
const MAX_ENCODINGS: usize = 8;
/// Feedback of one codec; what is beyond is not looked at.
const MAX_FEEDBACK: usize = 16;
/// Parameters of one codec.
const MAX_PARAMETERS: usize = 32;
/// Bytes of a section's name; header extensions carry no more than 16 (RFC 8285 §4.2).
const MAX_MID_LENGTH: usize = 16;

/// A media section of an offer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::http) struct Section {
    /// Its name, also in the BUNDLE group; its number if it has none.
    pub(in crate::http) mid: String,
    /// Whether the client named it.
    pub(super) named: bool,
    /// What stands first in its `m=` line.
    pub(super) media: String,
    /// Its transport protocol.
    pub(super) protocol: String,
    /// Its formats, which a refusal repeats.
    pub(super) formats: Vec<String>,
    /// Sound or picture, if it is that.
    pub(in crate::http) track: Option<Track>,
}

/// Sound or picture that is offered, or asked for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::http) struct Track {
    /// Audio or video.
    pub(in crate::http) kind: MediaKind,
    /// Whether the client would send it.
    pub(in crate::http) sends: bool,
    /// Whether the client would receive it.
    pub(in crate::http) receives: bool,
    /// What it can be encoded with, under the client's payload types, the preferred one first.
    codecs: Vec<RtpCodecCapability>,
    extensions: Vec<RtpHeaderExtension>,
    encodings: Vec<RtpEncodingParameters>,
    cname: Option<String>,
    msid: Option<String>,
    /// Reduced-size RTCP (RFC 5506).
    pub(super) reduced_size: bool,
    /// Simulcast streams (RFC 8853), as named.
    pub(super) rids: Vec<String>,
}

impl Section {
    pub(super) fn new(
        description: &SessionDescription,
        media: &MediaDescription,
        index: usize,
    ) -> Result<Self, SdpError> {
        let name = &media.media_name;
        let named = value(media, "mid");
        if named.is_some_and(|mid| mid.is_empty() || mid.len() > MAX_MID_LENGTH) {
            return Err(SdpError::Invalid("mid"));
        }
        let mid = named.map_or_else(|| index.to_string(), str::to_owned);
        let protocol = name.protos.join("/");
        let secure = ["TLS/RTP/SAVPF", "TLS/RTP/SAVP"]
            .iter()
            .any(|end| protocol.ends_with(end));
        let refused = !secure || name.port.value == 0 && !media.has_attribute("bundle-only");
        let kind = match name.media.as_str() {
            "audio" => Some(MediaKind::Audio),
            "video" => Some(MediaKind::Video),
            _ => None,
        };
        let kind = kind.filter(|_| !refused);
        if kind.is_some() && !media.has_attribute("rtcp-mux") {
            return Err(SdpError::Missing("rtcp-mux"));
        }
        Ok(Self {
            mid,
            named: named.is_some(),
            media: name.media.clone(),
            protocol,
            formats: name.formats.clone(),
            track: kind.map(|kind| Track::new(kind, description, media)),
        })
    }

    /// The head of the section in a fragment (RFC 8840 §9.2).
    pub(super) fn head(&self) -> String {
        let (media, protocol) = (&self.media, &self.protocol);
        format!("m={media} 9 {protocol} 0\r\na=mid:{}\r\n", self.mid)
    }
}

impl Track {
    fn new(kind: MediaKind, description: &SessionDescription, media: &MediaDescription) -> Self {
        const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];
        // What a section does not say, the session says for all of them (RFC 8866 §6.7).
        let own = DIRECTIONS
            .iter()
            .any(|direction| media.has_attribute(direction));
        let is = |direction: &str| {
            media.has_attribute(direction) || !own && description.has_attribute(direction)
        };
        let rids = rids(media);
        Self {
            kind,
            sends: !is("recvonly") && !is("inactive"),
            receives: !is("sendonly") && !is("inactive"),
            codecs: codecs(kind, media),
            extensions: extensions(kind, media),
            encodings: encodings(media, &rids),
            cname: ssrc_attribute(media, "cname"),
            msid: value(media, "msid")
                .map(str::to_owned)
                .or_else(|| ssrc_attribute(media, "msid")),
            reduced_size: media.has_attribute("rtcp-rsize"),
            rids,
        }
    }

    /// What the client can receive, as far as the router sends it.
    pub(in crate::http) fn rtp_capabilities(&self) -> RtpCapabilities {
        RtpCapabilities {
            codecs: self.codecs.clone(),
            header_extensions: self.extensions.clone(),
        }
    }

    /// The ways the client can send it to a router, best first: one for each codec, with its
    /// retransmissions and what the router knows of feedback and header extensions.
    pub(in crate::http) fn rtp_parameters<'a>(
        &'a self,
        mid: &'a str,
        router: &'a RtpCapabilities,
    ) -> impl Iterator<Item = RtpParameters> + 'a {
        let media = self.codecs.iter().filter(|codec| !is_rtx(&codec.mime_type));
        media.map(move |codec| {
            let mut codecs = vec![with_feedback(codec, router)];
            let rtx = self.rtx_of(codec);
            codecs.extend(rtx.map(|rtx| with_feedback(rtx, router)));
            let mut encodings = self.encodings.clone();
            if rtx.is_none() {
                encodings.iter_mut().for_each(|one| one.rtx = None);
            }
            RtpParameters {
                mid: Some(mid.to_owned()),
                codecs,
                header_extensions: self.shared_extensions(router, |_, other| receives(other)),
                encodings,
                rtcp: ortc::types::RtcpParameters {
                    cname: self.cname.clone(),
                    reduced_size: self.reduced_size,
                },
                msid: self.msid.clone(),
            }
        })
    }

    /// Every codec the client can receive and the router can send, under the client's numbers.
    pub(in crate::http) fn receivable(&self, router: &RtpCapabilities) -> Vec<RtpCodecParameters> {
        let media = self.codecs.iter().filter(|codec| !is_rtx(&codec.mime_type));
        let mut found = Vec::new();
        for codec in media.filter(|codec| ortc::is_supported(router, codec)) {
            found.push(with_feedback(codec, router));
            found.extend(self.rtx_of(codec).map(|rtx| with_feedback(rtx, router)));
        }
        found
    }

    /// Header extensions under the same id on both sides: what is forwarded keeps the router's.
    pub(in crate::http) fn forwarded_extensions(
        &self,
        router: &RtpCapabilities,
    ) -> Vec<RtpHeaderExtensionParameters> {
        self.shared_extensions(router, |one, other| one.preferred_id == other.preferred_id)
    }

    /// Header extensions of the client that the router knows, and that fit the router's.
    fn shared_extensions(
        &self,
        router: &RtpCapabilities,
        fits: impl Fn(&RtpHeaderExtension, &RtpHeaderExtension) -> bool,
    ) -> Vec<RtpHeaderExtensionParameters> {
        let known = |one: &&RtpHeaderExtension| {
            let mut all = router.header_extensions.iter();
            all.any(|other| other.uri == one.uri && other.kind == one.kind && fits(one, other))
        };
        let shared = self.extensions.iter().filter(known);
        shared.map(extension_parameters).collect()
    }

    fn rtx_of(&self, media: &RtpCodecCapability) -> Option<&RtpCodecCapability> {
        let wanted = i64::from(media.preferred_payload_type?);
        self.codecs.iter().find(|codec| {
            let apt = codec.parameters.get("apt");
            is_rtx(&codec.mime_type) && apt.and_then(ParameterValue::as_integer) == Some(wanted)
        })
    }
}

fn receives(extension: &RtpHeaderExtension) -> bool {
    matches!(
        extension.direction,
        HeaderExtensionDirection::SendRecv | HeaderExtensionDirection::RecvOnly
    )
}

fn extension_parameters(extension: &RtpHeaderExtension) -> RtpHeaderExtensionParameters {
    RtpHeaderExtensionParameters {
        uri: extension.uri.clone(),
        id: extension.preferred_id,
        encrypt: false,
        parameters: CodecParameters::new(),
    }
}

/// What a publisher calls Baseline is Constrained Baseline: no encoder in use makes the slice groups
/// and orders that are the difference, and many decoders know only the latter (RFC 6184 §8.1).
pub(in crate::http) fn constrain_baseline(parameters: &mut RtpParameters) {
    for codec in &mut parameters.codecs {
        let Some(ParameterValue::Text(profile)) = codec.parameters.get_mut("profile-level-id")
        else {
            continue;
        };
        if let Some(level) = profile.strip_prefix("4200").map(str::to_owned) {
            *profile = format!("42e0{level}");
        }
    }
}

/// A codec in use, with the feedback both sides know.
fn with_feedback(codec: &RtpCodecCapability, router: &RtpCapabilities) -> RtpCodecParameters {
    let known = |feedback: &&RtcpFeedback| {
        let mut all = router.codecs.iter();
        all.any(|other| {
            other.mime_type.eq_ignore_ascii_case(&codec.mime_type)
                && other.rtcp_feedback.contains(feedback)
        })
    };
    RtpCodecParameters {
        mime_type: codec.mime_type.clone(),
        // Every codec here was made with one.
        payload_type: codec.preferred_payload_type.unwrap_or_default(),
        clock_rate: codec.clock_rate,
        channels: codec.channels,
        parameters: codec.parameters.clone(),
        rtcp_feedback: codec.rtcp_feedback.iter().filter(known).cloned().collect(),
    }
}

fn codecs(kind: MediaKind, media: &MediaDescription) -> Vec<RtpCodecCapability> {
    let types = media.media_name.formats.iter();
    let types = types.filter_map(|format| format.parse::<u8>().ok());
    // Each once: a line of the same number over and over would be a codec each time.
    let mut seen = 0u128;
    let types = types.filter(|number| {
        let bit = 1u128.checked_shl((*number).into()).unwrap_or(0);
        let new = bit != 0 && seen & bit == 0;
        seen |= bit;
        new
    });
    types.filter_map(|one| codec(kind, media, one)).collect()
}

fn codec(kind: MediaKind, media: &MediaDescription, number: u8) -> Option<RtpCodecCapability> {
    let name = match of_type(media, "rtpmap", number).next() {
        Some(name) => name,
        // Static payload types need no line (RFC 3551 §6).
        None => STATIC.iter().find(|(known, _)| *known == number)?.1,
    };
    let mut parts = name.split('/');
    let (encoding, clock) = (parts.next()?, parts.next()?);
    let channels = parts
        .next()
        .and_then(|channels| channels.trim().parse().ok());
    let is = |name: &str| encoding.eq_ignore_ascii_case(name);
    let mut parameters: CodecParameters = of_type(media, "fmtp", number)
        .flat_map(|line| line.split(';'))
        .filter_map(parameter)
        .take(MAX_PARAMETERS)
        .collect();
    if is("H264") && parameters.is_empty() {
        // Who says nothing takes it as everybody sends it.
        let text = ParameterValue::Text("42e01f".to_owned());
        parameters.insert("profile-level-id".to_owned(), text);
        let mode = ParameterValue::Integer(1);
        parameters.insert("packetization-mode".to_owned(), mode);
    }
    let kind_word = match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    };
    Some(RtpCodecCapability {
        kind,
        mime_type: format!("{kind_word}/{encoding}"),
        preferred_payload_type: Some(number),
        clock_rate: clock.trim().parse().ok()?,
        channels: match kind {
            // Opus is always written with two (RFC 7587 §7), which some forget.
            MediaKind::Audio if is("opus") => Some(2),
            MediaKind::Audio => Some(channels.unwrap_or(1)),
            MediaKind::Video => None,
        },
        parameters,
        rtcp_feedback: feedback(media, number),
    })
}

/// Static payload types a router knows.
const STATIC: &[(u8, &str)] = &[(0, "PCMU/8000"), (8, "PCMA/8000"), (9, "G722/8000")];

fn parameter(text: &str) -> Option<(String, ParameterValue)> {
    let (name, value) = text.trim().split_once('=')?;
    let value = value.trim();
    // `profile-level-id` may look like a number and is none; a number that does not come back as it
    // was written neither.
    let number = value.parse::<i64>().ok();
    let number = number.filter(|number| number.to_string() == value && value.len() < 6);
    let value = number.map_or_else(
        || ParameterValue::Text(value.to_owned()),
        ParameterValue::Integer,
    );
    Some((name.trim().to_owned(), value))
}

fn feedback(media: &MediaDescription, number: u8) -> Vec<RtcpFeedback> {
    let lines = values(media, "rtcp-fb").filter_map(|line| {
        let (of, rest) = line.split_once(' ')?;
        (of == "*" || of.parse() == Ok(number)).then_some(rest.trim())
    });
    let feedback = lines.map(|line| {
        let (kind, parameter) = line.split_once(' ').unwrap_or((line, ""));
        RtcpFeedback {
            kind: kind.to_owned(),
            parameter: parameter.trim().to_owned(),
        }
    });
    feedback.take(MAX_FEEDBACK).collect()
}

fn extensions(kind: MediaKind, media: &MediaDescription) -> Vec<RtpHeaderExtension> {
    let extension = |line: &str| {
        let mut words = line.split_whitespace();
        // The id may have a direction behind it (RFC 8285 §5).
        let id = words.next()?.split('/').next()?.parse().ok()?;
        Some(RtpHeaderExtension {
            kind,
            uri: words.next()?.to_owned(),
            preferred_id: id,
            preferred_encrypt: false,
            direction: HeaderExtensionDirection::SendRecv,
        })
    };
    // One-byte headers carry these (RFC 8285 §4.2).
    let short = |one: &RtpHeaderExtension| (1..=14).contains(&one.preferred_id);
    let found = values(media, "extmap").filter_map(extension);
    let mut by_id = BTreeMap::new();
    for extension in found.filter(short) {
        by_id.entry(extension.preferred_id).or_insert(extension);
    }
    by_id.into_values().collect()
}

/// What the client sends: its simulcast streams by name, or the first stream it numbers.
fn encodings(media: &MediaDescription, rids: &[String]) -> Vec<RtpEncodingParameters> {
    if !rids.is_empty() {
        let named = rids.iter().map(|rid| RtpEncodingParameters {
            rid: Some(rid.clone()),
            ..RtpEncodingParameters::default()
        });
        return named.collect();
    }
    let groups = |semantics: &'static str| {
        let lines = values(media, "ssrc-group");
        lines.filter_map(move |line| {
            let mut words = line.split_whitespace();
            let named = words.next() == Some(semantics);
            let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
            (named && !numbers.is_empty()).then_some(numbers)
        })
    };
    let first = || {
        let line = values(media, "ssrc").next()?;
        line.split_whitespace().next()?.parse::<u32>().ok()
    };
    let repairs: Vec<_> = groups("FID").filter(|group| group.len() == 2).collect();
    // Streams of one source without names (the older simulcast), else the only one.
    let numbers = groups("SIM").next();
    let numbers = numbers.or_else(|| {
        let known = repairs.first().map(|group| group[0]);
        known.or_else(first).map(|ssrc| vec![ssrc])
    });
    let Some(numbers) = numbers else {
        return vec![RtpEncodingParameters::default()];
    };
    let encoding = |ssrc: u32| {
        let repair = repairs.iter().find(|group| group[0] == ssrc);
        RtpEncodingParameters {
            ssrc: Some(ssrc),
            rtx: repair.map(|group| RtxEncoding { ssrc: group[1] }),
            ..RtpEncodingParameters::default()
        }
    };
    let numbers = numbers.into_iter().take(MAX_ENCODINGS);
    numbers.map(encoding).collect()
}

/// The streams of `a=simulcast:send` (RFC 8853 §5.1), the first of alternatives.
fn rids(media: &MediaDescription) -> Vec<String> {
    let Some(line) = value(media, "simulcast") else {
        return Vec::new();
    };
    let mut words = line.split_whitespace();
    let mut streams = None;
    while let (Some(direction), Some(list)) = (words.next(), words.next()) {
        if direction == "send" {
            streams = Some(list);
        }
    }
    let streams = streams.unwrap_or_default().split(';');
    let first = streams.filter_map(|alternatives| alternatives.split(',').next());
    first
        .map(|rid| rid.trim_start_matches('~').to_owned())
        .filter(|rid| !rid.is_empty())
        .take(MAX_ENCODINGS)
        .collect()
}

fn ssrc_attribute(media: &MediaDescription, name: &str) -> Option<String> {
    let mut lines = values(media, "ssrc");
    let found = lines.find_map(|line| {
        let attribute = line.split_once(' ')?.1;
        attribute.strip_prefix(name)?.strip_prefix(':')
    });
    found.map(str::to_owned)
}

/// Values of an attribute that begin with a payload type.
fn of_type<'a>(
    media: &'a MediaDescription,
    name: &'static str,
    number: u8,
) -> impl Iterator<Item = &'a str> {
    values(media, name).filter_map(move |line| {
        let (of, rest) = line.split_once(' ')?;
        (of.parse() == Ok(number)).then_some(rest.trim())
    })
}

pub(super) fn value<'a>(media: &'a MediaDescription, name: &str) -> Option<&'a str> {
    media.attribute(name).flatten()
}

fn values<'a>(media: &'a MediaDescription, name: &'static str) -> impl Iterator<Item = &'a str> {
    let all = media.attributes.iter();
    all.filter(move |attribute| attribute.key == name)
        .filter_map(|attribute| attribute.value.as_deref())
}
