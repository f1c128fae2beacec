//! SDP (RFC 8866, RFC 9429) to and from the server's parameters, as mediasoup-client does it in a
//! browser. For tests only: the server itself speaks no SDP.

use std::fmt::Write as _;

use media::WebRtcTransportData;
use ortc::types::{
    CodecParameters, DtlsFingerprint, DtlsParameters, DtlsRole, IceParameters, MediaKind,
    ParameterValue, RtcpFeedback, RtcpParameters, RtpCapabilities, RtpCodecCapability,
    RtpCodecParameters, RtpEncodingParameters, RtpHeaderExtension, RtpHeaderExtensionParameters,
    RtpParameters, RtxEncoding, is_rtx,
};

/// One media section of somebody else's description, with the session's lines after its own.
#[derive(Debug)]
pub(crate) struct Section {
    lines: Vec<String>,
}

/// The media sections of a description.
pub(crate) fn sections(sdp: &str) -> Vec<Section> {
    let mut groups: Vec<Vec<String>> = vec![Vec::new()];
    for line in sdp.lines() {
        if line.starts_with("m=") {
            groups.push(Vec::new());
        }
        groups.last_mut().unwrap().push(line.to_owned());
    }
    let session = groups.remove(0);
    let with_session = |mut lines: Vec<String>| {
        lines.extend(session.iter().cloned());
        Section { lines }
    };
    groups.into_iter().map(with_session).collect()
}

impl Section {
    /// What it carries.
    pub(crate) fn kind(&self) -> MediaKind {
        match self.media().next() {
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            other => panic!("{other:?} is neither audio nor video"),
        }
    }

    /// The source it announces, or what its owner would receive in it.
    pub(crate) fn rtp_parameters(&self) -> RtpParameters {
        let codecs = self.media().skip(3);
        RtpParameters {
            mid: self.value("mid").map(str::to_owned),
            codecs: codecs.map(|number| self.codec(number)).collect(),
            header_extensions: self.values("extmap").map(header_extension).collect(),
            encodings: self.encoding().into_iter().collect(),
            rtcp: RtcpParameters {
                cname: self.cname(),
                reduced_size: true,
            },
            msid: self.value("msid").map(str::to_owned),
        }
    }

    /// Its owner's certificate, and its role if the description settles it.
    pub(crate) fn dtls_parameters(&self) -> DtlsParameters {
        let fingerprint = self.value("fingerprint").expect("a fingerprint");
        let (algorithm, value) = fingerprint.split_once(' ').unwrap();
        let role = match self.value("setup") {
            Some("active") => DtlsRole::Client,
            Some("passive") => DtlsRole::Server,
            _ => DtlsRole::Auto,
        };
        DtlsParameters {
            role,
            fingerprints: vec![DtlsFingerprint {
                algorithm: algorithm.to_owned(),
                value: value.to_owned(),
            }],
        }
    }

    /// The first value of an attribute.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let prefix = format!("a={name}:");
        let lines = self.lines.iter();
        lines.filter_map(move |line| line.strip_prefix(&prefix))
    }

    /// Values of an attribute that begin with a payload type or an SSRC and a space.
    fn values_of<'a>(&'a self, name: &str, number: &str) -> impl Iterator<Item = &'a str> {
        let prefix = format!("{number} ");
        self.values(name)
            .filter_map(move |value| value.strip_prefix(&prefix))
    }

    /// `m=video 9 UDP/TLS/RTP/SAVPF 96 97`, without `m=`.
    fn media(&self) -> impl Iterator<Item = &str> {
        self.lines[0].trim_start_matches("m=").split(' ')
    }

    fn codec(&self, number: &str) -> RtpCodecParameters {
        let map = self.values_of("rtpmap", number).next().expect("an rtpmap");
        let mut map = map.split('/');
        let name = map.next().unwrap();
        let media = self.media().next().unwrap();
        let fmtp = self.values_of("fmtp", number).flat_map(|v| v.split(';'));
        let feedback = self.values_of("rtcp-fb", number).map(|value| {
            let (kind, parameter) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
            RtcpFeedback {
                kind: kind.to_owned(),
                parameter: parameter.to_owned(),
            }
        });
        RtpCodecParameters {
            mime_type: format!("{media}/{name}"),
            payload_type: number.parse().unwrap(),
            clock_rate: map.next().unwrap().parse().unwrap(),
            channels: map.next().map(|channels| channels.parse().unwrap()),
            parameters: fmtp.filter_map(codec_parameter).collect(),
            rtcp_feedback: feedback.collect(),
        }
    }

    fn encoding(&self) -> Option<RtpEncodingParameters> {
        let group = self.values_of("ssrc-group", "FID").next();
        let mut numbers = group.or_else(|| self.value("ssrc"))?.split(' ');
        let ssrc = numbers.next().unwrap().parse().unwrap();
        let rtx = group.and_then(|_| numbers.next());
        Some(RtpEncodingParameters {
            ssrc: Some(ssrc),
            rtx: rtx.map(|ssrc| RtxEncoding {
                ssrc: ssrc.parse().unwrap(),
            }),
            ..RtpEncodingParameters::default()
        })
    }

    fn cname(&self) -> Option<String> {
        let mut names = self.values("ssrc");
        names.find_map(|value| Some(value.split_once("cname:")?.1.to_owned()))
    }
}

/// What the owner of these sections can receive from a router: the codecs and header extensions
/// they share, under the router's numbers.
pub(crate) fn capabilities(sections: &[Section], router: &RtpCapabilities) -> RtpCapabilities {
    let known: Vec<_> = sections.iter().map(Section::rtp_parameters).collect();
    let named = |codec: &&RtpCodecCapability| {
        let mut codecs = known.iter().flat_map(|parameters| &parameters.codecs);
        codecs.any(|known| known.mime_type.eq_ignore_ascii_case(&codec.mime_type))
    };
    let (rtx, mut codecs): (Vec<_>, Vec<_>) = router
        .codecs
        .iter()
        .filter(named)
        .cloned()
        .partition(|codec| is_rtx(&codec.mime_type));
    let media: Vec<_> = codecs
        .iter()
        .map(|codec| codec.preferred_payload_type)
        .collect();
    let repairs = |codec: &RtpCodecCapability| {
        let apt = codec
            .parameters
            .get("apt")
            .and_then(ParameterValue::as_integer);
        media
            .iter()
            .flatten()
            .any(|media| Some(i64::from(*media)) == apt)
    };
    codecs.extend(rtx.into_iter().filter(repairs));
    let understood = |extension: &&RtpHeaderExtension| {
        let mut all = known
            .iter()
            .flat_map(|parameters| &parameters.header_extensions);
        all.any(|known| known.uri == extension.uri)
    };
    let extensions = router.header_extensions.iter();
    RtpCapabilities {
        codecs,
        header_extensions: extensions.filter(understood).cloned().collect(),
    }
}

/// The router's side of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    /// The transport.
    pub(crate) transport: WebRtcTransportData,
    /// Its credentials now.
    pub(crate) ice: IceParameters,
    /// `active`, `passive` or `actpass` (RFC 8842).
    pub(crate) setup: &'static str,
    /// Counts its descriptions.
    pub(crate) version: u32,
}

/// A description of the router's side; `direction` as the router sees it.
pub(crate) fn description(
    ours: &Ours,
    direction: &str,
    sources: &[(MediaKind, RtpParameters)],
) -> String {
    let mids: Vec<_> = sources
        .iter()
        .filter_map(|(_, p)| p.mid.as_deref())
        .collect();
    let mut sdp = format!(
        "v=0\r\no=- 4711 {} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n\
         a=group:BUNDLE {}\r\na=msid-semantic: WMS *\r\n",
        ours.version,
        mids.join(" ")
    );
    for (kind, parameters) in sources {
        media_section(&mut sdp, ours, direction, *kind, parameters);
    }
    sdp
}

fn media_section(
    sdp: &mut String,
    ours: &Ours,
    direction: &str,
    kind: MediaKind,
    parameters: &RtpParameters,
) {
    let media = match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    };
    let numbers = parameters.codecs.iter().map(|c| c.payload_type.to_string());
    let numbers = numbers.collect::<Vec<_>>().join(" ");
    let mid = parameters.mid.as_deref().unwrap();
    write!(
        sdp,
        "m={media} 7 UDP/TLS/RTP/SAVPF {numbers}\r\nc=IN IP4 127.0.0.1\r\na=mid:{mid}\r\n\
         a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=setup:{}\r\n",
        ours.setup
    )
    .unwrap();
    transport_lines(sdp, ours);
    for codec in &parameters.codecs {
        codec_lines(sdp, codec);
    }
    for extension in &parameters.header_extensions {
        write!(sdp, "a=extmap:{} {}\r\n", extension.id, extension.uri).unwrap();
    }
    if direction == "sendonly" {
        source_lines(sdp, parameters);
    }
}

fn transport_lines(sdp: &mut String, ours: &Ours) {
    let IceParameters {
        username_fragment,
        password,
        ..
    } = &ours.ice;
    write!(
        sdp,
        "a=ice-ufrag:{username_fragment}\r\na=ice-pwd:{password}\r\n"
    )
    .unwrap();
    let fingerprints = &ours.transport.dtls_parameters.fingerprints;
    let sha256 = fingerprints
        .iter()
        .find(|f| f.algorithm == "sha-256")
        .unwrap();
    write!(sdp, "a=fingerprint:sha-256 {}\r\n", sha256.value).unwrap();
    for candidate in &ours.transport.ice_candidates {
        write!(
            sdp,
            "a=candidate:{} 1 udp {} {} {} typ host\r\n",
            candidate.foundation, candidate.priority, candidate.address, candidate.port
        )
        .unwrap();
    }
    sdp.push_str("a=end-of-candidates\r\n");
}

fn codec_lines(sdp: &mut String, codec: &RtpCodecParameters) {
    let number = codec.payload_type;
    let (_, name) = codec.mime_type.split_once('/').unwrap();
    let channels = codec.channels.map_or(String::new(), |c| format!("/{c}"));
    write!(
        sdp,
        "a=rtpmap:{number} {name}/{}{channels}\r\n",
        codec.clock_rate
    )
    .unwrap();
    let fmtp = codec.parameters.iter().map(|(name, value)| match value {
        ParameterValue::Bool(value) => format!("{name}={value}"),
        ParameterValue::Integer(value) => format!("{name}={value}"),
        ParameterValue::Float(value) => format!("{name}={value}"),
        ParameterValue::Text(value) => format!("{name}={value}"),
    });
    let fmtp = fmtp.collect::<Vec<_>>().join(";");
    if !fmtp.is_empty() {
        write!(sdp, "a=fmtp:{number} {fmtp}\r\n").unwrap();
    }
    for feedback in &codec.rtcp_feedback {
        let line = format!(
            "a=rtcp-fb:{number} {} {}",
            feedback.kind, feedback.parameter
        );
        write!(sdp, "{}\r\n", line.trim_end()).unwrap();
    }
}

fn source_lines(sdp: &mut String, parameters: &RtpParameters) {
    let cname = parameters.rtcp.cname.as_deref().unwrap_or("nobody");
    let mid = parameters.mid.as_deref().unwrap();
    write!(sdp, "a=msid:router source-{mid}\r\n").unwrap();
    for encoding in &parameters.encodings {
        let ssrc = encoding.ssrc.unwrap();
        write!(sdp, "a=ssrc:{ssrc} cname:{cname}\r\n").unwrap();
        if let Some(rtx) = encoding.rtx {
            write!(sdp, "a=ssrc:{} cname:{cname}\r\n", rtx.ssrc).unwrap();
            write!(sdp, "a=ssrc-group:FID {ssrc} {}\r\n", rtx.ssrc).unwrap();
        }
    }
}

/// `minptime=10` as a pair.
fn codec_parameter(text: &str) -> Option<(String, ParameterValue)> {
    let (name, value) = text.trim().split_once('=')?;
    let value = match value.parse() {
        Ok(number) => ParameterValue::Integer(number),
        Err(_) => ParameterValue::Text(value.to_owned()),
    };
    Some((name.to_owned(), value))
}

/// `4 urn:ietf:params:rtp-hdrext:sdes:mid`, perhaps with a direction after the number.
fn header_extension(text: &str) -> RtpHeaderExtensionParameters {
    let (id, rest) = text.split_once(' ').unwrap();
    let id = id.split('/').next().unwrap();
    RtpHeaderExtensionParameters {
        uri: rest.split(' ').next().unwrap().to_owned(),
        id: id.parse().unwrap(),
        encrypt: false,
        parameters: CodecParameters::new(),
    }
}
