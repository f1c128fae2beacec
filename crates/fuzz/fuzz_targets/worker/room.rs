//! The room a worker is fuzzed with, and what may never become false in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use media::fuzzing::{self, KEYING_MATERIAL};
use media::{
    Command, ConsumeOptions, ConsumerId, EventKind, GroupOfPicturesOptions, HostCandidate,
    MediaLimits, ProduceOptions, ProducerId, Reply, RequestId, RouterId, SocketId, TransportId,
    Tuple, Worker, WorkerConfig, WorkerDump,
};
use ortc::types::{
    DtlsFingerprint, DtlsParameters, DtlsRole, MediaKind, RtpCodecParameters,
    RtpEncodingParameters, RtpHeaderExtensionParameters, RtpMapping, RtpMappingCodec,
    RtpMappingEncoding, RtpParameters, RtpType, RtxEncoding,
};
use uuid::Uuid;

use super::forge::Forge;
use super::input::Input;
use super::stun::{self, Credentials};

pub struct Room {
    worker: Worker,
    now: Instant,
    forge: Forge,
    transports: Vec<Transport>,
    consumers: u128,
    requests: u64,
    dump: Option<WorkerDump>,
}

struct Transport {
    id: TransportId,
    address: SocketAddr,
    remote: Credentials,
}

/// The formats of the room's producers, by their place.
const FORMATS: [(&str, RtpType); 7] = [
    ("video/VP8", RtpType::Simulcast),
    ("video/VP8", RtpType::Simple),
    ("video/VP9", RtpType::Svc),
    ("video/H264", RtpType::Simulcast),
    ("video/H265", RtpType::Simple),
    ("video/AV1", RtpType::Svc),
    ("audio/opus", RtpType::Simple),
];
const SENDER: usize = 0;
const RECEIVER: usize = 1;
const HALF_OPEN: usize = 2;
const ROUTER: RouterId = RouterId(Uuid::from_u128(1));

impl Room {
    pub fn new() -> Self {
        let now = start();
        let config = WorkerConfig {
            candidates: vec![HostCandidate {
                address: "192.0.2.1".to_owned(),
                port: 44_444,
            }],
            limits: MediaLimits::default(),
            seed: [3; 32],
            ntp_epoch: (now, 3_900_000_000 << 32),
        };
        let (key, salt) = (&KEYING_MATERIAL[..16], &KEYING_MATERIAL[32..44]);
        let mut room = Self {
            worker: Worker::new(&config).expect("a certificate can be made"),
            now,
            forge: Forge::new(key, salt),
            transports: Vec::new(),
            consumers: 0,
            requests: 0,
            dump: None,
        };
        room.ask(Command::CreateRouter { router: ROUTER });
        for index in 0..3 {
            room.add_transport(index);
        }
        for index in [SENDER, RECEIVER] {
            fuzzing::connect(&mut room.worker, now, room.transports[index].id);
        }
        let dtls_parameters = dtls_parameters();
        let transport = room.transports[HALF_OPEN].id;
        room.ask(Command::ConnectWebRtcTransport {
            transport,
            dtls_parameters,
        });
        for place in 0..FORMATS.len() {
            room.produce(place);
            room.consume(place, RECEIVER);
        }
        room.drain();
        room
    }

    /// Bytes as they are, from a participant, somebody half in, or a stranger.
    pub fn datagram(&mut self, input: &mut Input<'_>) {
        let from = self.source(input);
        self.receive(from, input.bytes());
    }

    /// A binding request with a right signature and any attributes.
    pub fn checked_datagram(&mut self, input: &mut Input<'_>) {
        let from = self.source(input);
        let index = usize::from(input.number()) % self.transports.len();
        let remote = &self.transports[index].remote;
        let mut request = stun::unsigned_request(&format!("{}:x", remote.ufrag), [5; 12]);
        if input.number() % 2 == 0 {
            request.add(rtc_stun::attributes::ATTR_USE_CANDIDATE, &[]);
        }
        let kind = rtc_stun::attributes::AttrType(input.wide());
        // A fingerprint can only be the last attribute; signing adds it.
        if kind != rtc_stun::attributes::ATTR_FINGERPRINT {
            request.add(kind, input.bytes());
        }
        stun::sign(&mut request, &remote.password);
        self.receive(from, &request.raw);
    }

    /// A packet of one of the sender's streams, with any payload and extensions.
    pub fn rtp(&mut self, input: &mut Input<'_>) {
        let place = usize::from(input.number()) % FORMATS.len();
        let flags = input.number();
        let layer = u32::from(flags >> 6) % 3;
        let rtx = flags & 1 != 0;
        let payload_type = 2 * place as u8 + 96 + u8::from(rtx);
        let mut bytes = vec![0x80, payload_type | ((flags & 2) << 6)];
        bytes.extend(input.wide().to_be_bytes());
        bytes.extend((u32::from(input.wide()) * 100).to_be_bytes());
        bytes.extend(ssrc(place, layer, rtx).to_be_bytes());
        if flags & 4 != 0 {
            bytes[0] |= 0x10;
            let mut elements = input.bytes().to_vec();
            elements.resize(elements.len().next_multiple_of(4), 0);
            bytes.extend([0xBE, 0xDE, 0, (elements.len() / 4) as u8]);
            bytes.extend(elements);
        }
        if rtx {
            bytes.extend(input.wide().to_be_bytes());
        }
        bytes.extend(input.bytes());
        let sealed = self.forge.seal_rtp(&bytes);
        self.receive(self.transports[SENDER].address, &sealed);
    }

    /// RTCP of a known type about a known stream, from either participant, or of any shape.
    pub fn rtcp(&mut self, input: &mut Input<'_>) {
        let from = self.transports[input.pick(&[SENDER, RECEIVER])].address;
        let place = usize::from(input.number()) % FORMATS.len();
        let (count, kind) = (
            input.number() & 0x1F,
            input.pick(&[200, 201, 202, 203, 205, 206]),
        );
        let about = match input.number() % 3 {
            0 => ssrc(place, 0, false),
            1 => consumer_ssrc(u128::from(input.number()) % (self.consumers + 1)),
            _ => u32::from(input.wide()),
        };
        let mut bytes = vec![0x80 | count, kind, 0, 0];
        bytes.extend(about.to_be_bytes());
        bytes.extend(about.to_be_bytes());
        bytes.extend(input.bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let words = (bytes.len() / 4 - 1) as u16;
        bytes[2..4].copy_from_slice(&words.to_be_bytes());
        let sealed = self.forge.seal_rtcp(&bytes);
        self.receive(from, &sealed);
    }

    /// Any bytes, properly sealed.
    pub fn sealed(&mut self, input: &mut Input<'_>) {
        let from = self.transports[input.pick(&[SENDER, RECEIVER])].address;
        let rtcp = input.number() % 2 == 0;
        let sealed = if rtcp {
            self.forge.seal_rtcp(input.bytes())
        } else {
            self.forge.seal_rtp(input.bytes())
        };
        self.receive(from, &sealed);
    }

    /// Up to a minute, with every timer on the way.
    pub fn let_time_pass(&mut self, input: &mut Input<'_>) {
        let scale = input.pick(&[1, 10, 250]);
        let until = self.now + Duration::from_millis(scale * u64::from(input.number()));
        let mut turns = 0;
        while let Some(due) = self.worker.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.worker.handle_timeout(self.now);
            self.drain();
            turns += 1;
            assert!(turns < 60_000, "timers fire without end");
        }
        self.now = until;
        self.worker.handle_timeout(until);
        let next = self.worker.poll_timeout();
        assert!(next.is_none_or(|next| next > until), "a due timer was left");
    }

    pub fn command(&mut self, input: &mut Input<'_>) {
        let place = usize::from(input.number()) % FORMATS.len();
        let producer = producer_id(place);
        let consumer = ConsumerId(Uuid::from_u128(
            2_000 + u128::from(input.number()) % (self.consumers + 1),
        ));
        let transport = self.transports[usize::from(input.number()) % self.transports.len()].id;
        let command = match input.number() % 16 {
            0 => return self.produce(place),
            1 | 2 => return self.consume(place, input.pick(&[SENDER, RECEIVER, HALF_OPEN])),
            3 => Command::PauseProducer { producer },
            4 => Command::ResumeProducer { producer },
            5 => Command::CloseProducer { producer },
            6 => Command::PauseConsumer { consumer },
            7 => Command::ResumeConsumer { consumer },
            8 => Command::CloseConsumer { consumer },
            9 | 10 => Command::SetPreferredLayers {
                consumer,
                spatial: input.number(),
                temporal: Some(input.number()).filter(|layer| *layer < 200),
            },
            11 => Command::RequestKeyFrame { consumer },
            12 => Command::RestartIce { transport },
            13 => Command::TransportStats { transport },
            14 if input.number() < 20 => Command::CloseTransport { transport },
            _ => Command::Dump,
        };
        self.ask(command);
    }

    /// Takes all outputs, and looks at them.
    pub fn drain(&mut self) {
        loop {
            let batch = self.worker.poll_transmit(self.now);
            assert_eq!(batch.dropped(), 0, "the batch overflowed");
            if batch.is_empty() {
                break;
            }
            for transmit in batch.iter() {
                let length = transmit.contents.len();
                assert!((1..=3_000).contains(&length), "{length} bytes");
            }
            batch.clear();
        }
        while let Some(event) = self.worker.poll_event() {
            if let EventKind::Reply { result, .. } = event.kind {
                match result {
                    Ok(Reply::Dump(dump)) => self.dump = Some(*dump),
                    Ok(Reply::IceParameters(parameters)) => {
                        // The old ones are valid until these are used; the target keeps to them.
                        assert!(parameters.password.len() >= 22);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Closes everything: nothing may be left.
    pub fn finish(&mut self) {
        self.ask(Command::Dump);
        let dump = self.dump.take().expect("a dump is answered at once");
        assert_eq!(dump.panics, 0);
        assert!(
            dump.tuples
                <= 8 * dump
                    .routers
                    .first()
                    .map_or(0, |router| router.transports.len())
        );
        for transport in dump.routers.iter().flat_map(|router| &router.transports) {
            assert!(transport.ssrcs <= 512, "{} SSRCs", transport.ssrcs);
        }
        self.ask(Command::CloseRouter { router: ROUTER });
        self.ask(Command::Dump);
        let dump = self.dump.take().expect("a dump is answered at once");
        assert_eq!((dump.tuples, dump.ufrags, dump.routers.len()), (0, 0, 0));
        // What is still in the queue fires into nothing.
        self.now += Duration::from_secs(3_600);
        self.worker.handle_timeout(self.now);
        assert_eq!(self.worker.poll_timeout(), None);
        self.drain();
    }

    fn add_transport(&mut self, index: usize) {
        let id = TransportId(Uuid::from_u128(10 + index as u128));
        let command = Command::CreateWebRtcTransport {
            router: ROUTER,
            transport: id,
        };
        self.requests += 1;
        self.worker
            .handle_command(self.now, RequestId(self.requests), command);
        let mut data = None;
        while let Some(event) = self.worker.poll_event() {
            if let EventKind::Reply {
                result: Ok(Reply::WebRtcTransport(made)),
                ..
            } = event.kind
            {
                data = Some(made.ice_parameters);
            }
        }
        let parameters = data.expect("a transport was made");
        let remote = Credentials {
            ufrag: parameters.username_fragment,
            password: parameters.password,
        };
        let local = Credentials {
            ufrag: "x".to_owned(),
            password: String::new(),
        };
        let address = address(index as u8);
        self.receive(
            address,
            &stun::binding_request(&local, &remote, [index as u8; 12]),
        );
        self.transports.push(Transport {
            id,
            address,
            remote,
        });
    }

    fn produce(&mut self, place: usize) {
        let options = produce_options(place);
        self.ask(Command::Produce {
            transport: self.transports[SENDER].id,
            producer: producer_id(place),
            options: Box::new(options),
        });
    }

    fn consume(&mut self, place: usize, transport: usize) {
        // Each transport seals for a thousand consumers; a fuzz input need not go there.
        if self.consumers >= 64 {
            return;
        }
        self.consumers += 1;
        self.ask(Command::Consume {
            transport: self.transports[transport].id,
            consumer: ConsumerId(Uuid::from_u128(2_000 + self.consumers)),
            options: Box::new(self.consume_options(place)),
        });
    }

    /// Every second consumer has names of its own; every fourth has the SSRCs of the one before it,
    /// which is refused while that is there.
    fn consume_options(&self, place: usize) -> ConsumeOptions {
        let again = self.consumers % 4 == 0;
        let ssrc = consumer_ssrc(self.consumers - u128::from(again));
        let mut options = consume_options(place, ssrc);
        options.resumable = again || self.consumers % 4 == 3;
        if self.consumers % 2 == 0 {
            for codec in &mut options.rtp_parameters.codecs {
                let router = codec.payload_type;
                codec.payload_type = router ^ 0x40;
                options.payload_types.push((router, codec.payload_type));
            }
            options.rtp_parameters.header_extensions.truncate(2);
        }
        options
    }

    fn ask(&mut self, command: Command) {
        self.requests += 1;
        self.worker
            .handle_command(self.now, RequestId(self.requests), command);
        self.drain();
    }

    fn source(&self, input: &mut Input<'_>) -> SocketAddr {
        let choice = input.number();
        match self.transports.get(usize::from(choice)) {
            Some(transport) => transport.address,
            None => address(choice),
        }
    }

    fn receive(&mut self, from: SocketAddr, bytes: &[u8]) {
        let tuple = Tuple {
            socket: SocketId(0),
            remote: from,
        };
        self.worker
            .handle_datagram(self.now, tuple, &mut bytes.to_vec());
    }
}

/// A stream of the sender.
fn ssrc(place: usize, layer: u32, rtx: bool) -> u32 {
    let layered = FORMATS[place].1 == RtpType::Simulcast;
    let layer = if layered { layer } else { 0 };
    1_000 * (place as u32 + 1) + 10 * layer + u32::from(rtx)
}

fn consumer_ssrc(consumer: u128) -> u32 {
    0x7000_0000 + 2 * consumer as u32
}

fn producer_id(place: usize) -> ProducerId {
    ProducerId(Uuid::from_u128(1_000 + place as u128))
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(198, 51, 100, host), 5_000))
}

/// Real time plays no part, but an `Instant` has to come from somewhere.
fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

fn dtls_parameters() -> DtlsParameters {
    DtlsParameters {
        role: DtlsRole::Client,
        fingerprints: vec![DtlsFingerprint {
            algorithm: "sha-256".to_owned(),
            value: ["AB"; 32].join(":"),
        }],
    }
}

fn produce_options(place: usize) -> ProduceOptions {
    let (_, rtp_type) = FORMATS[place];
    let layers = if rtp_type == RtpType::Simulcast { 3 } else { 1 };
    let video = kind(place) == MediaKind::Video;
    let encoding = |layer| RtpEncodingParameters {
        // The second of the simulcast producers is known by RID alone.
        ssrc: (place != 3).then(|| ssrc(place, layer, false)),
        rid: (layers > 1).then(|| format!("r{layer}")),
        rtx: (video && place != 3).then(|| RtxEncoding {
            ssrc: ssrc(place, layer, true),
        }),
        scalability_mode: scalability_mode(rtp_type),
        ..RtpEncodingParameters::default()
    };
    let mapped = |layer| RtpMappingEncoding {
        ssrc: (place != 3).then(|| ssrc(place, layer, false)),
        rid: (layers > 1).then(|| format!("r{layer}")),
        scalability_mode: scalability_mode(rtp_type),
        mapped_ssrc: mapped_ssrc(place, layer),
    };
    let codecs = codecs(place, 96);
    let mapping = codecs.iter().map(|codec| RtpMappingCodec {
        payload_type: codec.payload_type,
        mapped_payload_type: codec.payload_type - 60,
    });
    ProduceOptions {
        kind: kind(place),
        rtp_mapping: RtpMapping {
            codecs: mapping.collect(),
            encodings: (0..layers).map(mapped).collect(),
        },
        rtp_parameters: RtpParameters {
            mid: Some(place.to_string()),
            codecs,
            header_extensions: extensions(),
            encodings: (0..layers).map(encoding).collect(),
            ..RtpParameters::default()
        },
        rtp_type,
        paused: false,
        router_header_extensions: extensions(),
        // Small enough for an input to outgrow it.
        group_of_pictures: Some(GroupOfPicturesOptions {
            max_bytes: 16 * 1024,
            max_duration: Duration::from_secs(3),
        }),
    }
}

fn consume_options(place: usize, ssrc: u32) -> ConsumeOptions {
    let (_, rtp_type) = FORMATS[place];
    let layers = if rtp_type == RtpType::Simulcast { 3 } else { 1 };
    let video = kind(place) == MediaKind::Video;
    ConsumeOptions {
        producer: producer_id(place),
        kind: kind(place),
        rtp_parameters: RtpParameters {
            mid: Some("0".to_owned()),
            codecs: codecs(place, 36),
            header_extensions: extensions(),
            encodings: vec![RtpEncodingParameters {
                ssrc: Some(ssrc),
                rtx: video.then_some(RtxEncoding { ssrc: ssrc + 1 }),
                scalability_mode: scalability_mode(rtp_type),
                ..RtpEncodingParameters::default()
            }],
            ..RtpParameters::default()
        },
        consumable_encodings: (0..layers)
            .map(|layer| RtpEncodingParameters {
                ssrc: Some(mapped_ssrc(place, layer)),
                scalability_mode: scalability_mode(rtp_type),
                ..RtpEncodingParameters::default()
            })
            .collect(),
        payload_types: Vec::new(),
        rtp_type,
        paused: false,
        preferred_layers: None,
        resumable: false,
    }
}

fn codecs(place: usize, first_payload_type: u8) -> Vec<RtpCodecParameters> {
    let payload_type = first_payload_type + 2 * place as u8;
    let media = RtpCodecParameters {
        mime_type: FORMATS[place].0.to_owned(),
        payload_type,
        clock_rate: if kind(place) == MediaKind::Video {
            90_000
        } else {
            48_000
        },
        channels: None,
        parameters: Default::default(),
        rtcp_feedback: ["nack", "ccm", "nack pli", "goog-remb", "transport-cc"]
            .map(|text| {
                let (kind, parameter) = text.split_once(' ').unwrap_or((text, ""));
                ortc::types::RtcpFeedback {
                    kind: kind.to_owned(),
                    parameter: parameter.to_owned(),
                }
            })
            .to_vec(),
    };
    let rtx = RtpCodecParameters {
        mime_type: "video/rtx".to_owned(),
        payload_type: payload_type + 1,
        parameters: [(
            "apt".to_owned(),
            ortc::types::ParameterValue::Integer(payload_type.into()),
        )]
        .into(),
        ..media.clone()
    };
    let video = kind(place) == MediaKind::Video;
    [media].into_iter().chain(video.then_some(rtx)).collect()
}

fn extensions() -> Vec<RtpHeaderExtensionParameters> {
    let uris = [
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    ];
    let extension = |(uri, id): (&str, u8)| RtpHeaderExtensionParameters {
        uri: uri.to_owned(),
        id,
        encrypt: false,
        parameters: Default::default(),
    };
    uris.into_iter().zip(1..).map(extension).collect()
}

fn scalability_mode(rtp_type: RtpType) -> Option<String> {
    match rtp_type {
        RtpType::Svc => Some("L3T3".to_owned()),
        RtpType::Simulcast => Some("L1T3".to_owned()),
        RtpType::Simple | RtpType::Pipe => None,
    }
}

fn mapped_ssrc(place: usize, layer: u32) -> u32 {
    0x0010_0000 + 16 * place as u32 + layer
}

fn kind(place: usize) -> MediaKind {
    if FORMATS[place].0.starts_with("video") {
        MediaKind::Video
    } else {
        MediaKind::Audio
    }
}
