//! A call between two independent peers over the real engine: P sends, Q receives, and the test in
//! between does what signalling and mediasoup-client do.

use std::{net::Ipv4Addr, sync::Arc};

use media::{ConsumeOptions, DtlsState, EventKind, IceState, ProduceOptions, TransportId};
use miso::{
    config::MediaConfig,
    engine::{
        ConsumerHandle, ProducerHandle, RouterEvent, RouterEvents, RouterHandle, TransportHandle,
        WorkerPool,
    },
};
use ortc::{
    ConsumerRtpParametersOptions,
    types::{DtlsParameters, DtlsRole, MediaKind, RtpCapabilities, RtpParameters},
};
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    peer_connection::transport::RTCDtlsRole, rtcp::sender_report::SenderReport, rtp,
};
use webrtc::media_stream::track_local::{TrackLocal as _, static_rtp::TrackLocalStaticRTP};

use super::{
    rtp_source::RtpSource,
    sdp::{self, Ours},
    web_rtc_peer::{PeerOptions, WebRtcPeer, within},
};

/// What is settled before a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallOptions {
    /// The router's DTLS role towards both peers.
    pub(crate) router: DtlsRole,
    /// The only SRTP profile the peers know.
    pub(crate) srtp: SrtpProtectionProfile,
    /// Whether P sends sender reports of its own accord.
    pub(crate) sender_reports: bool,
}

/// The call.
pub(crate) struct Call {
    /// Sends.
    pub(crate) p: WebRtcPeer,
    /// Receives.
    pub(crate) q: WebRtcPeer,
    /// P's transport.
    pub(crate) uplink: Side,
    /// Q's transport.
    pub(crate) downlink: Side,
    /// Opus.
    pub(crate) audio: Lane,
    /// VP8.
    pub(crate) video: Lane,
    pool: WorkerPool,
    _router: RouterHandle,
    #[cfg_attr(
        not(feature = "fault-injection"),
        allow(dead_code, reason = "held open")
    )]
    events: RouterEvents,
}

/// One transport.
pub(crate) struct Side {
    /// The engine's.
    pub(crate) handle: TransportHandle,
    /// As its client knows it.
    pub(crate) ours: Ours,
}

/// One source on its way.
pub(crate) struct Lane {
    /// What P sends.
    pub(crate) source: RtpSource,
    /// How P announced it.
    pub(crate) announced: RtpParameters,
    /// How Q was told of it.
    pub(crate) consumed: RtpParameters,
    /// To Q; starts paused.
    pub(crate) consumer: ConsumerHandle,
    track: Arc<TrackLocalStaticRTP>,
    /// From P.
    #[cfg_attr(
        not(feature = "fault-injection"),
        allow(dead_code, reason = "held open")
    )]
    pub(crate) producer: ProducerHandle,
    /// What the router adds to numbers, once known.
    offsets: Option<Offsets>,
}

/// What the router adds to the numbers of a source, the same for all its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offsets {
    sequence: u16,
    timestamp: u32,
    /// 15 bits.
    picture: u16,
}

/// A source, produced.
struct Produced {
    source: RtpSource,
    track: Arc<TrackLocalStaticRTP>,
    announced: RtpParameters,
    producer: ProducerHandle,
    consumable: RtpParameters,
}

impl Call {
    /// A call on a worker of its own.
    pub(crate) async fn start(options: CallOptions) -> Self {
        Self::start_in(one_worker(), options).await
    }

    /// Both peers connected, both sources produced and consumed, the consumers paused.
    pub(crate) async fn start_in(pool: WorkerPool, options: CallOptions) -> Self {
        let (router, mut events) = pool.create_router().await.unwrap();
        let codecs = ortc::default_media_codecs();
        let capabilities = ortc::router_rtp_capabilities(&codecs).unwrap();
        let mut p = WebRtcPeer::new(options.peer()).await;
        let (uplink, [audio, video]) = produce(&mut p, &router, &capabilities, options).await;
        let mut q = WebRtcPeer::new(options.peer()).await;
        let caps = receiving_capabilities(options, &capabilities).await;
        let (downlink, [audio, video]) = consume(&mut q, &router, &caps, [audio, video]).await;
        p.connected().await;
        q.connected().await;
        let transports = [uplink.handle.id(), downlink.handle.id()];
        within(
            "both transports connect",
            engine_connected(&mut events, transports),
        )
        .await;
        Self {
            p,
            q,
            uplink,
            downlink,
            audio,
            video,
            pool,
            _router: router,
            events,
        }
    }

    /// The lane of a kind.
    pub(crate) fn lane(&mut self, kind: MediaKind) -> &mut Lane {
        match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        }
    }

    /// P sends frames, the first of them a key frame or not.
    pub(crate) async fn send(
        &mut self,
        kind: MediaKind,
        count: usize,
        key: bool,
    ) -> Vec<rtp::Packet> {
        let lane = self.lane(kind);
        let packets = lane.source.frames(count, key);
        lane.write(&packets).await;
        packets
    }

    /// P sends frames; Q's application gets them all, in order, under Q's numbers.
    pub(crate) async fn carry(&mut self, kind: MediaKind, count: usize, key: bool) {
        for sent in self.send(kind, count, key).await {
            let received = self.q.packet(kind).await;
            self.lane(kind).check(&sent, &received);
        }
    }

    /// P restarts ICE, on another port.
    pub(crate) async fn restart_uplink(&mut self) {
        let before = self.uplink.restart_ice().await;
        self.p.forget_ice();
        self.p.offer(true).await;
        let sources = [&self.audio, &self.video].map(Lane::announced);
        let answer = sdp::description(&self.uplink.ours, "recvonly", &sources);
        self.p.accept(answer).await;
        self.p.ice_connected().await;
        assert_ne!(self.uplink.tuple().await, before);
    }

    /// Q restarts ICE, on another port, because the router offers new credentials.
    pub(crate) async fn restart_downlink(&mut self) {
        let before = self.downlink.restart_ice().await;
        self.q.forget_ice();
        let sources = [&self.audio, &self.video].map(Lane::consumed);
        let offer = sdp::description(&self.downlink.ours, "sendonly", &sources);
        self.q.answer(offer).await;
        self.q.ice_connected().await;
        assert_ne!(self.downlink.tuple().await, before);
    }

    /// What the router tells until a transport is closed, and why that was.
    #[cfg(feature = "fault-injection")]
    pub(crate) async fn closed(&mut self) -> (Vec<EventKind>, TransportId, media::CloseReason) {
        let mut before = Vec::new();
        let closed = async {
            loop {
                match self.events.next().await {
                    Some(RouterEvent::Media(EventKind::TransportClosed { transport, reason })) => {
                        return (transport, reason);
                    }
                    Some(RouterEvent::Media(event)) => before.push(event),
                    other => panic!("{other:?}"),
                }
            }
        };
        let (transport, reason) = within("a transport is closed", closed).await;
        (before, transport, reason)
    }

    /// What the router has told and nobody has read.
    #[cfg(feature = "fault-injection")]
    pub(crate) fn told(&mut self) -> Vec<RouterEvent> {
        use futures_util::FutureExt as _;
        std::iter::from_fn(|| self.events.next().now_or_never().flatten()).collect()
    }

    /// Ends it all.
    pub(crate) async fn end(self) {
        self.p.close().await;
        self.q.close().await;
        self.pool.shutdown().await;
    }
}

impl CallOptions {
    fn peer(self) -> PeerOptions {
        let answers_as = match self.peers_role() {
            DtlsRole::Client => RTCDtlsRole::Client,
            _ => RTCDtlsRole::Server,
        };
        PeerOptions {
            answers_as,
            srtp: self.srtp,
            sender_reports: self.sender_reports,
        }
    }

    fn peers_role(self) -> DtlsRole {
        match self.router {
            DtlsRole::Client => DtlsRole::Server,
            _ => DtlsRole::Client,
        }
    }
}

impl Side {
    async fn new(router: &RouterHandle, setup: &'static str) -> Self {
        let (handle, transport) = router.create_web_rtc_transport().await.unwrap();
        let ours = Ours {
            ice: transport.ice_parameters.clone(),
            transport,
            setup,
            version: 1,
        };
        Self { handle, ours }
    }

    /// New credentials; the answer is the client's address until then.
    async fn restart_ice(&mut self) -> String {
        let before = self.tuple().await;
        let ice = self.handle.restart_ice().await.unwrap();
        assert_ne!(ice.username_fragment, self.ours.ice.username_fragment);
        assert_ne!(ice.password, self.ours.ice.password);
        self.ours.ice = ice;
        self.ours.version += 1;
        before
    }

    /// The client's address.
    async fn tuple(&self) -> String {
        self.handle
            .stats()
            .await
            .unwrap()
            .ice_selected_tuple
            .unwrap()
    }
}

impl Lane {
    /// P sends.
    pub(crate) async fn write(&self, packets: &[rtp::Packet]) {
        for packet in packets {
            self.track.write_rtp(packet.clone()).await.unwrap();
        }
    }

    /// P says what its clock is.
    pub(crate) async fn report(&self, report: SenderReport) {
        self.track.write_rtcp(vec![Box::new(report)]).await.unwrap();
    }

    /// Whether `received` is `sent` as Q was told it would arrive, and follows what was before.
    pub(crate) fn check(&mut self, sent: &rtp::Packet, received: &rtp::Packet) {
        let [was, is] = [sent, received].map(|packet| self.source.content(&packet.payload));
        assert!(
            is.body == was.body,
            "other bytes than those of {:?}",
            sent.header
        );
        assert_eq!(Some(received.header.ssrc), self.consumed.encodings[0].ssrc);
        assert_eq!(
            received.header.payload_type,
            self.consumed.codecs[0].payload_type
        );
        assert_ne!(received.header.payload_type, sent.header.payload_type);
        assert_eq!(received.header.marker, sent.header.marker);
        let sequence = received.header.sequence_number;
        let offsets = Offsets {
            sequence: sequence.wrapping_sub(sent.header.sequence_number),
            timestamp: received
                .header
                .timestamp
                .wrapping_sub(sent.header.timestamp),
            picture: is.picture.wrapping_sub(was.picture) & 0x7FFF,
        };
        assert_eq!(offsets, *self.offsets.get_or_insert(offsets));
    }

    /// Where Q's clock of it is when P's is at `timestamp`.
    pub(crate) fn timestamp_at_q(&self, timestamp: u32) -> u32 {
        let offsets = self.offsets.expect("something was received");
        timestamp.wrapping_add(offsets.timestamp)
    }

    fn announced(&self) -> (MediaKind, RtpParameters) {
        (self.source.kind, self.announced.clone())
    }

    fn consumed(&self) -> (MediaKind, RtpParameters) {
        (self.source.kind, self.consumed.clone())
    }
}

/// P offers; the router takes both sources and answers.
async fn produce(
    p: &mut WebRtcPeer,
    router: &RouterHandle,
    capabilities: &RtpCapabilities,
    options: CallOptions,
) -> (Side, [Produced; 2]) {
    let setup = match options.router {
        DtlsRole::Client => "active",
        _ => "passive",
    };
    let side = Side::new(router, setup).await;
    let audio = RtpSource::audio(0x0A0D_1001);
    let video = RtpSource::video(0x0B1D_2001, 0x0B1D_2002);
    let tracks = [p.send(&audio).await, p.send(&video).await];
    let sections = sdp::sections(&p.offer(false).await);
    let dtls = DtlsParameters {
        role: options.peers_role(),
        ..sections[0].dtls_parameters()
    };
    ortc::validate_dtls_parameters(&dtls).unwrap();
    side.handle.connect(dtls).await.unwrap();
    let [audio_track, video_track] = tracks;
    let mut produced = Vec::new();
    for (section, source, track) in [
        (&sections[0], audio, audio_track),
        (&sections[1], video, video_track),
    ] {
        assert_eq!(section.kind(), source.kind);
        let announced = section.rtp_parameters();
        let made = produce_one(&side, capabilities, source, announced, track);
        produced.push(made.await);
    }
    let [audio, video] = <[Produced; 2]>::try_from(produced).ok().unwrap();
    let sources = [&audio, &video].map(|made| (made.source.kind, made.announced.clone()));
    p.accept(sdp::description(&side.ours, "recvonly", &sources))
        .await;
    (side, [audio, video])
}

async fn produce_one(
    side: &Side,
    router: &RtpCapabilities,
    source: RtpSource,
    mut announced: RtpParameters,
    track: Arc<TrackLocalStaticRTP>,
) -> Produced {
    let kind = source.kind;
    ortc::validate_producer_rtp_parameters(kind, &mut announced).unwrap();
    assert_eq!(announced.encodings[0].ssrc, Some(source.ssrc));
    assert_eq!(announced.encodings[0].rtx.map(|rtx| rtx.ssrc), source.rtx);
    let rtp_mapping =
        ortc::producer_rtp_parameters_mapping(&announced, router, &mut random).unwrap();
    let consumable =
        ortc::consumable_rtp_parameters(kind, &announced, router, &rtp_mapping).unwrap();
    let options = ProduceOptions {
        kind,
        rtp_parameters: announced.clone(),
        rtp_mapping,
        rtp_type: ortc::rtp_type(&announced).unwrap(),
        paused: false,
        router_header_extensions: ortc::router_header_extensions(router),
        group_of_pictures: None,
    };
    Produced {
        source,
        track,
        announced,
        producer: side.handle.produce(options).await.unwrap(),
        consumable,
    }
}

/// What a peer made like Q can receive, asked of one that does nothing else.
async fn receiving_capabilities(options: CallOptions, router: &RtpCapabilities) -> RtpCapabilities {
    let peer = WebRtcPeer::new(options.peer()).await;
    let sections = sdp::sections(&peer.receiving_offer().await);
    let mut caps = sdp::capabilities(&sections, router);
    peer.close().await;
    ortc::validate_rtp_capabilities(&mut caps).unwrap();
    caps
}

/// The router offers both sources; Q answers.
async fn consume(
    q: &mut WebRtcPeer,
    router: &RouterHandle,
    caps: &RtpCapabilities,
    produced: [Produced; 2],
) -> (Side, [Lane; 2]) {
    let side = Side::new(router, "actpass").await;
    let mut lanes = Vec::new();
    for (mid, made) in produced.into_iter().enumerate() {
        lanes.push(consume_one(&side, caps, mid, made).await);
    }
    let [audio, video] = <[Lane; 2]>::try_from(lanes).ok().unwrap();
    let sources = [&audio, &video].map(Lane::consumed);
    let answer = q
        .answer(sdp::description(&side.ours, "sendonly", &sources))
        .await;
    let dtls = sdp::sections(&answer)[0].dtls_parameters();
    assert_ne!(dtls.role, DtlsRole::Auto, "an answer settles the roles");
    side.handle.connect(dtls).await.unwrap();
    (side, [audio, video])
}

async fn consume_one(side: &Side, caps: &RtpCapabilities, mid: usize, made: Produced) -> Lane {
    assert!(ortc::can_consume(&made.consumable, caps));
    let kind = made.source.kind;
    let options = ConsumerRtpParametersOptions {
        pipe: false,
        enable_rtx: kind == MediaKind::Video,
    };
    let consumed = ortc::consumer_rtp_parameters(&made.consumable, caps, options, &mut random);
    let mut consumed = consumed.unwrap();
    consumed.mid = Some(mid.to_string());
    let options = ConsumeOptions {
        producer: made.producer.id(),
        kind,
        rtp_parameters: consumed.clone(),
        payload_types: Vec::new(),
        consumable_encodings: made.consumable.encodings.clone(),
        rtp_type: ortc::rtp_type(&made.announced).unwrap(),
        paused: true,
        preferred_layers: None,
        resumable: false,
    };
    let (consumer, _) = side.handle.consume(options).await.unwrap();
    Lane {
        source: made.source,
        announced: made.announced,
        consumed,
        consumer,
        track: made.track,
        producer: made.producer,
        offsets: None,
    }
}

/// Waits until the engine calls these transports' ICE completed and their DTLS connected.
async fn engine_connected(events: &mut RouterEvents, transports: [TransportId; 2]) {
    let mut missing: Vec<_> = transports
        .iter()
        .flat_map(|id| [(*id, "ICE"), (*id, "DTLS")])
        .collect();
    while !missing.is_empty() {
        let RouterEvent::Media(event) = events.next().await.unwrap() else {
            panic!("the worker died");
        };
        let reached = match event {
            EventKind::IceStateChange {
                transport,
                state: IceState::Completed,
            } => (transport, "ICE"),
            EventKind::DtlsStateChange {
                transport,
                state: DtlsState::Connected,
            } => (transport, "DTLS"),
            EventKind::TransportClosed { reason, .. } => panic!("closed: {reason:?}"),
            _ => continue,
        };
        missing.retain(|wanted| *wanted != reached);
    }
}

/// One worker on loopback.
pub(crate) fn one_worker() -> WorkerPool {
    let config = MediaConfig {
        ips: vec![Ipv4Addr::LOCALHOST.into()],
        port: 0,
        workers: 1,
        ..MediaConfig::default()
    };
    WorkerPool::start(&config).unwrap()
}

fn random() -> u32 {
    uuid::Uuid::new_v4().as_fields().0
}
