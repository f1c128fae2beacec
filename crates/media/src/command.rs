//! What the control side asks of a worker, and what it answers.

use std::time::Duration;

use ortc::types::{
    DtlsParameters, IceCandidate, IceParameters, MediaKind, RtpEncodingParameters, RtpMapping,
    RtpParameters, RtpType,
};
use serde::Serialize;

use crate::{ConsumerId, DtlsState, IceState, ProducerId, ProducerScore, RouterId, TransportId};

/// Pairs a [`Command`] with its [`crate::EventKind::Reply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u64);

/// One request. Ids of new entities are chosen by the caller and must be fresh.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes an empty router.
    CreateRouter {
        /// Its name.
        router: RouterId,
    },
    /// Closes a router and everything in it.
    CloseRouter {
        /// Its name.
        router: RouterId,
    },
    /// Makes a transport; answered by [`Reply::WebRtcTransport`].
    CreateWebRtcTransport {
        /// Its owner.
        router: RouterId,
        /// Its name.
        transport: TransportId,
    },
    /// Gives a transport the remote side's fingerprints and role.
    ConnectWebRtcTransport {
        /// Which.
        transport: TransportId,
        /// The remote side's parameters; `role` is the remote side's role.
        dtls_parameters: DtlsParameters,
    },
    /// New ICE credentials; answered by [`Reply::IceParameters`]. The old ones stay valid until the
    /// new ones are first used, 30 s at most.
    RestartIce {
        /// Which.
        transport: TransportId,
    },
    /// Closes a transport with its producers and consumers.
    CloseTransport {
        /// Which.
        transport: TransportId,
    },
    /// Answered by [`Reply::TransportStats`].
    TransportStats {
        /// Which.
        transport: TransportId,
    },
    /// A source the client sends on a transport.
    Produce {
        /// The transport it arrives on.
        transport: TransportId,
        /// Its name.
        producer: ProducerId,
        /// Its shape.
        options: Box<ProduceOptions>,
    },
    /// Stops forwarding a producer.
    PauseProducer {
        /// Which.
        producer: ProducerId,
    },
    /// Forwards it again.
    ResumeProducer {
        /// Which.
        producer: ProducerId,
    },
    /// Closes a producer and its consumers.
    CloseProducer {
        /// Which.
        producer: ProducerId,
    },
    /// Sends a producer's media on a transport.
    Consume {
        /// The transport it leaves by.
        transport: TransportId,
        /// Its name.
        consumer: ConsumerId,
        /// Its shape.
        options: Box<ConsumeOptions>,
    },
    /// Stops a consumer.
    PauseConsumer {
        /// Which.
        consumer: ConsumerId,
    },
    /// Starts it again, from a key frame.
    ResumeConsumer {
        /// Which.
        consumer: ConsumerId,
    },
    /// Closes a consumer.
    CloseConsumer {
        /// Which.
        consumer: ConsumerId,
    },
    /// The layers a consumer should get at most.
    SetPreferredLayers {
        /// Which.
        consumer: ConsumerId,
        /// Spatial layer, 0 the smallest.
        spatial: u8,
        /// Temporal layer, if limited.
        temporal: Option<u8>,
    },
    /// Asks the consumer's producer for a key frame.
    RequestKeyFrame {
        /// Which.
        consumer: ConsumerId,
    },
    /// Answered by [`Reply::Dump`].
    Dump,
    /// Panics inside the named transport's work at its next datagram, or in the worker itself.
    /// For tests of supervision.
    #[cfg(feature = "fault-injection")]
    InjectPanic {
        /// `None`: the worker itself, at once.
        transport: Option<TransportId>,
    },
    /// Panics while the next media packet for the named transport is written. For tests of
    /// supervision.
    #[cfg(feature = "fault-injection")]
    InjectSendPanic {
        /// Whose.
        transport: TransportId,
    },
}

/// Arguments of [`Command::Produce`].
#[derive(Clone, Debug)]
pub struct ProduceOptions {
    /// Audio or video.
    pub kind: MediaKind,
    /// What the client sends.
    pub rtp_parameters: RtpParameters,
    /// Client's payload types and streams to the router's.
    pub rtp_mapping: RtpMapping,
    /// Simple, simulcast or svc.
    pub rtp_type: RtpType,
    /// Starts paused.
    pub paused: bool,
    /// The router's header-extension ids, which every consumer of the router shares.
    pub router_header_extensions: Vec<ortc::types::RtpHeaderExtensionParameters>,
    /// Keeps what came since the newest key frame for consumers that start or resume in between:
    /// they are sent it at once, faster than it was made, and then what comes. For clients that make
    /// key frames when they please and not when they are asked; others are better asked, because a
    /// group is seen in quick motion. Simulcast has a group for each encoding, within the same
    /// bound. Without effect on audio and on layers within one stream.
    pub group_of_pictures: Option<GroupOfPicturesOptions>,
}

/// How much of a producer's newest group of pictures is kept. A group that grows beyond either
/// bound is dropped, and nothing is kept until the next key frame: a part of it is of no use. Of
/// several encodings' groups that are too much together the largest is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOfPicturesOptions {
    /// Bytes of all encodings' packets, with the hundred that are noted of each. As much memory
    /// stays in use as the largest of the last two groups of each encoding took, within the bound.
    pub max_bytes: usize,
    /// Time since its key frame.
    pub max_duration: Duration,
}

impl Default for GroupOfPicturesOptions {
    fn default() -> Self {
        Self {
            // Ten seconds of 12 Mb/s, more than platforms for streaming take.
            max_bytes: 16 * 1024 * 1024,
            // Encoders left to themselves make one of 250 pictures: ten seconds at 25 a second.
            max_duration: Duration::from_secs(20),
        }
    }
}

impl Command {
    /// What it is, in a word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateRouter { .. } => "create router",
            Self::CloseRouter { .. } => "close router",
            Self::CreateWebRtcTransport { .. } => "create transport",
            Self::ConnectWebRtcTransport { .. } => "connect transport",
            Self::RestartIce { .. } => "restart ICE",
            Self::CloseTransport { .. } => "close transport",
            Self::TransportStats { .. } => "transport stats",
            Self::Produce { .. } => "produce",
            Self::Consume { .. } => "consume",
            Self::PauseProducer { .. } => "pause producer",
            Self::ResumeProducer { .. } => "resume producer",
            Self::CloseProducer { .. } => "close producer",
            Self::PauseConsumer { .. } => "pause consumer",
            Self::ResumeConsumer { .. } => "resume consumer",
            Self::CloseConsumer { .. } => "close consumer",
            Self::SetPreferredLayers { .. } => "set preferred layers",
            Self::RequestKeyFrame { .. } => "request key frame",
            Self::Dump => "dump",
            #[cfg(feature = "fault-injection")]
            Self::InjectPanic { .. } | Self::InjectSendPanic { .. } => "fault",
        }
    }
}

/// Arguments of [`Command::Consume`].
#[derive(Clone, Debug)]
pub struct ConsumeOptions {
    /// What it consumes; in the same router.
    pub producer: ProducerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// What the client will receive, under its own payload types.
    pub rtp_parameters: RtpParameters,
    /// The router's payload types and what the client calls them, for a client that chose its own;
    /// all others are then not sent. Empty: they are the same. Ids of header extensions are always
    /// the router's, but such a client is sent those in `rtp_parameters` alone, because it may use
    /// the other ids for something else.
    pub payload_types: Vec<(u8, u8)>,
    /// The producer's streams by their router names.
    pub consumable_encodings: Vec<RtpEncodingParameters>,
    /// Simple, simulcast or svc.
    pub rtp_type: RtpType,
    /// Starts paused.
    pub paused: bool,
    /// Preferred layers `(spatial, temporal)`; the best by default.
    pub preferred_layers: Option<(u8, Option<u8>)>,
    /// After this consumer another may be made on the same transport with the same SSRCs, which
    /// ends this one if it is there yet: sequence
    /// numbers then go on, and timestamps by the time gone by, so that the client sees one stream
    /// that paused. What that takes is kept for the transport's life, hence only where it is asked
    /// for and for 128 SSRCs of a transport. An SSRC used before *without* this must not come again.
    pub resumable: bool,
}

/// The answer to a [`Command`].
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is done.
    Done,
    /// A transport's parameters.
    WebRtcTransport(Box<WebRtcTransportData>),
    /// New ICE credentials.
    IceParameters(IceParameters),
    /// A consumer exists.
    Consumer {
        /// Whether its producer is paused now.
        producer_paused: bool,
        /// Scores of the producer's streams now.
        scores: Vec<ProducerScore>,
    },
    /// Counters of a transport.
    TransportStats(Box<TransportStats>),
    /// Everything in the worker.
    Dump(Box<WorkerDump>),
}

/// Why a [`Command`] failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The router is not there.
    #[error("router not found")]
    RouterNotFound,
    /// The transport is not there.
    #[error("transport not found")]
    TransportNotFound,
    /// The producer is not there.
    #[error("producer not found")]
    ProducerNotFound,
    /// The consumer is not there.
    #[error("consumer not found")]
    ConsumerNotFound,
    /// The id is in use.
    #[error("id already in use")]
    DuplicateId,
    /// `connect` was called before.
    #[error("transport already connected")]
    AlreadyConnected,
    /// No usable fingerprint, or a malformed one.
    #[error("invalid DTLS parameters: {0}")]
    InvalidDtlsParameters(&'static str),
    /// Another stream of the transport has this SSRC.
    #[error("{0} already in use on this transport")]
    StreamInUse(String),
    /// Parameters that cannot be routed.
    #[error("invalid RTP parameters: {0}")]
    InvalidRtpParameters(String),
    /// A panic was caught while the command ran; the transport is closed.
    #[error("internal error")]
    Internal,
}

/// What a client needs to connect to a transport.
#[derive(Clone, Debug)]
pub struct WebRtcTransportData {
    /// Credentials.
    pub ice_parameters: IceParameters,
    /// Addresses.
    pub ice_candidates: Vec<IceCandidate>,
    /// The router's certificate; role `auto`.
    pub dtls_parameters: DtlsParameters,
}

/// Counters of a transport since its start.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransportStats {
    /// ICE state.
    pub ice_state: IceState,
    /// DTLS state.
    pub dtls_state: DtlsState,
    /// The remote address in use.
    pub ice_selected_tuple: Option<String>,
    /// Datagram bytes received.
    pub bytes_received: u64,
    /// Datagram bytes sent.
    pub bytes_sent: u64,
    /// RTP packets received and authenticated.
    pub rtp_packets_received: u64,
    /// RTP packets sent.
    pub rtp_packets_sent: u64,
    /// Bits per second received over the last interval.
    pub recv_bitrate: u64,
    /// Bits per second sent over the last interval.
    pub send_bitrate: u64,
    /// Packets that failed authentication or were replayed.
    pub srtp_failures: u64,
    /// Datagrams dropped for other reasons.
    pub dropped: u64,
    /// Bandwidth last told to the client by REMB, bits per second.
    pub available_incoming_bitrate: Option<u64>,
    /// Bandwidth last told by the client by REMB, bits per second.
    pub available_outgoing_bitrate: Option<u64>,
    /// The SRTP protection profile in use, by its name in the IANA registry.
    pub srtp_profile: Option<&'static str>,
}

/// Everything in a worker.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerDump {
    /// Its routers.
    pub routers: Vec<RouterDump>,
    /// Remote addresses known.
    pub tuples: usize,
    /// ICE username fragments known.
    pub ufrags: usize,
    /// Datagrams dropped because nobody had validated their source, by reason.
    pub dropped_unknown_tuple: u64,
    /// Datagrams whose first byte is of no known protocol (RFC 7983).
    pub dropped_unknown_protocol: u64,
    /// STUN requests that were malformed or not authentic.
    pub dropped_stun: u64,
    /// Outgoing datagrams dropped because the batch was full.
    pub dropped_transmit: u64,
    /// Panics caught inside a transport's work.
    pub panics: u64,
}

/// Everything in a router.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouterDump {
    /// Its name.
    pub id: RouterId,
    /// Its transports.
    pub transports: Vec<TransportDump>,
    /// Its producers.
    pub producers: Vec<ProducerDump>,
    /// Its consumers.
    pub consumers: Vec<ConsumerDump>,
}

/// A transport at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransportDump {
    /// Its name.
    pub id: TransportId,
    /// Its counters.
    pub stats: TransportStats,
    /// SSRCs it routes.
    pub ssrcs: usize,
}

/// A producer at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerDump {
    /// Its name.
    pub id: ProducerId,
    /// Its transport.
    pub transport: TransportId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Simple, simulcast or svc.
    #[serde(rename = "type")]
    pub rtp_type: RtpType,
    /// Whether it is paused.
    pub paused: bool,
    /// Packets received over all streams.
    pub packets: u64,
    /// Payload bytes received over all streams.
    pub bytes: u64,
    /// Payload bits per second now, over all streams.
    pub bitrate: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came by retransmission only.
    pub recovered: u64,
    /// Largest interarrival jitter of the streams, in timestamp units (RFC 3550 §6.4.1).
    pub jitter: u32,
    /// Key-frame requests sent to the client.
    pub key_frame_requests: u64,
    /// Packets asked for again.
    pub nacked: u64,
    /// Packets lost for good, as RFC 3550 counts.
    pub lost: i64,
    /// Its streams, as far as they were heard.
    pub streams: Vec<StreamDump>,
    /// Key frames received over all streams.
    pub key_frames: u64,
    /// Seconds between the last two key frames of its largest stream that is received now.
    pub key_frame_interval: Option<f64>,
    /// Width and height of that stream's pictures, as its newest key frame tells them.
    pub resolution: Option<(u32, u32)>,
}

/// One stream of a producer at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamDump {
    /// Its place among the producer's encodings, its SSRC and how well it arrives.
    #[serde(flatten)]
    pub score: ProducerScore,
    /// Packets received.
    pub packets: u64,
    /// Payload bits per second now.
    pub bitrate: u64,
    /// Packets lost for good, as RFC 3550 counts.
    pub lost: i64,
    /// Width and height of its pictures, as its newest key frame tells them.
    pub resolution: Option<(u32, u32)>,
}

/// A consumer at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerDump {
    /// Its name.
    pub id: ConsumerId,
    /// Its producer.
    pub producer: ProducerId,
    /// Its transport.
    pub transport: TransportId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Whether it is paused.
    pub paused: bool,
    /// Packets forwarded.
    pub packets: u64,
    /// Payload bytes forwarded.
    pub bytes: u64,
    /// Packets sent again.
    pub retransmitted: u64,
    /// Round-trip time to the client, milliseconds.
    pub round_trip_time: Option<f64>,
    /// Share of packets the client lost in its last report interval, 0 to 1.
    pub fraction_lost: f64,
    /// Packets the client lost since the start; negative when duplicates prevail.
    pub lost: i32,
    /// Interarrival jitter at the client, in timestamp units (RFC 3550 §6.4.1).
    pub jitter: u32,
    /// Key frames its client asked for.
    pub key_frame_requests: u32,
    /// Which of the producer's encodings is being sent, in the order its client lists them.
    pub current_encoding: Option<usize>,
    /// Spatial and temporal layer being sent, when there are layers.
    pub current_layers: Option<crate::ConsumerLayers>,
    /// The most that is to be sent; there is no temporal layer where that is not limited.
    pub preferred_layers: Option<crate::ConsumerLayers>,
}
