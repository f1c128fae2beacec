//! A WebRTC endpoint that shares no code with the server's media path: the `webrtc` crate's
//! peer connection on a UDP socket of loopback. What it reports comes through channels.

use std::{sync::Arc, time::Duration};

use ortc::types::MediaKind;
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    interceptor::Slot,
    media_stream::MediaStreamTrack,
    peer_connection::{
        configuration::{
            RTCOfferOptions,
            interceptor_registry::{
                configure_nack, configure_rtcp_reports, configure_simulcast_extension_headers,
                configure_twcc,
            },
            media_engine::{MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8},
        },
        transport::RTCDtlsRole,
    },
    rtp,
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{
            RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
            RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
        },
    },
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCIceConnectionState, RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription,
        Registry, SettingEngineBuilder,
    },
};

use super::{
    rtp_source::RtpSource,
    wire::{Heard, Loss, Wire},
};

/// How long a peer waits before its test has failed: a busy machine is slow, not broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a peer is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerOptions {
    /// Its DTLS role when it answers.
    pub(crate) answers_as: RTCDtlsRole,
    /// The only SRTP profile it knows.
    pub(crate) srtp: SrtpProtectionProfile,
    /// Whether it sends sender reports of its own accord.
    pub(crate) sender_reports: bool,
}

/// The endpoint.
pub(crate) struct WebRtcPeer {
    connection: Arc<dyn PeerConnection>,
    gathered: UnboundedReceiver<()>,
    connected: UnboundedReceiver<RTCPeerConnectionState>,
    ice: UnboundedReceiver<RTCIceConnectionState>,
    tracks: UnboundedReceiver<(MediaKind, Arc<dyn TrackRemote>)>,
    audio: UnboundedReceiver<rtp::Packet>,
    video: UnboundedReceiver<rtp::Packet>,
    heard: UnboundedReceiver<Heard>,
    /// What it loses.
    pub(crate) loss: Arc<Loss>,
}

impl WebRtcPeer {
    /// One, not connected to anything.
    pub(crate) async fn new(options: PeerOptions) -> Self {
        let (wire, heard, loss) = Wire::new();
        let (gathered_to, gathered) = unbounded_channel();
        let (connected_to, connected) = unbounded_channel();
        let (ice_to, ice) = unbounded_channel();
        let (tracks_to, tracks) = unbounded_channel();
        let (audio_to, audio) = unbounded_channel();
        let (video_to, video) = unbounded_channel();
        let handler = Handler {
            gathered: gathered_to,
            connected: connected_to,
            ice: ice_to,
            tracks: tracks_to,
            audio: audio_to,
            video: video_to,
        };
        let mut engine = media_engine();
        let registry = configure_nack(Registry::new(), &mut engine);
        configure_simulcast_extension_headers(&mut engine).unwrap();
        let registry = configure_twcc(registry, &mut engine).unwrap();
        let registry = if options.sender_reports {
            configure_rtcp_reports(registry)
        } else {
            registry
        };
        let registry = registry.with(Slot::from(500), wire);
        let settings = SettingEngineBuilder::new()
            .with_answering_dtls_role(options.answers_as)
            .with_srtp_protection_profiles(vec![options.srtp])
            // Restarts as a device does that changed its network: on another port.
            .with_discard_local_candidates_during_ice_restart(true);
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings.build())
            .with_handler(Arc::new(handler))
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build();
        Self {
            connection: Arc::new(connection.await.unwrap()),
            gathered,
            connected,
            ice,
            tracks,
            audio,
            video,
            heard,
            loss,
        }
    }

    /// Will send this source.
    pub(crate) async fn send(&self, source: &RtpSource) -> Arc<TrackLocalStaticRTP> {
        let (name, kind, codec) = match source.kind {
            MediaKind::Audio => ("audio", RtpCodecKind::Audio, opus()),
            MediaKind::Video => ("video", RtpCodecKind::Video, vp8()),
        };
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(source.ssrc),
                rtx: source.rtx.map(|ssrc| RTCRtpRtxParameters { ssrc }),
                ..Default::default()
            },
            active: true,
            codec,
            ..Default::default()
        };
        let [stream, track] = ["stream", name].map(str::to_owned);
        let track = MediaStreamTrack::new(stream, track, name.to_owned(), kind, vec![encoding]);
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let local = Arc::clone(&track) as Arc<dyn TrackLocal>;
        self.connection.add_track(local).await.unwrap();
        track
    }

    /// Would receive one of each kind, and says so in an offer that goes nowhere.
    pub(crate) async fn receiving_offer(&self) -> String {
        for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            };
            let added = self.connection.add_transceiver_from_kind(kind, Some(init));
            added.await.unwrap();
        }
        self.connection.create_offer(None).await.unwrap().sdp
    }

    /// Offers, with its addresses.
    pub(crate) async fn offer(&mut self, ice_restart: bool) -> String {
        let options = RTCOfferOptions { ice_restart };
        let offer = self.connection.create_offer(Some(options)).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        within("gathers", self.gathered.recv()).await.unwrap();
        self.connection.local_description().await.unwrap().sdp
    }

    /// Takes the answer to its offer.
    pub(crate) async fn accept(&self, answer: String) {
        let answer = RTCSessionDescription::answer(answer).unwrap();
        let accepted = self.connection.set_remote_description(answer);
        accepted.await.unwrap();
    }

    /// Answers an offer.
    pub(crate) async fn answer(&mut self, offer: String) -> String {
        let offer = RTCSessionDescription::offer(offer).unwrap();
        let taken = self.connection.set_remote_description(offer);
        taken.await.unwrap();
        let answer = self.connection.create_answer(None).await.unwrap();
        let sdp = answer.sdp.clone();
        self.connection.set_local_description(answer).await.unwrap();
        sdp
    }

    /// Waits until ICE and DTLS are through.
    pub(crate) async fn connected(&mut self) {
        let through = async {
            while self.connected.recv().await.unwrap() != RTCPeerConnectionState::Connected {}
        };
        within("connects", through).await;
    }

    /// Forgets how ICE went until now.
    pub(crate) fn forget_ice(&mut self) {
        while self.ice.try_recv().is_ok() {}
    }

    /// Waits until ICE has looked for a pair and found one.
    pub(crate) async fn ice_connected(&mut self) {
        use RTCIceConnectionState::{Checking, Connected};
        for wanted in [Checking, Connected] {
            let reached = async { while self.ice.recv().await.unwrap() != wanted {} };
            within("has an ICE pair", reached).await;
        }
    }

    /// The next track that media arrives for.
    pub(crate) async fn track(&mut self) -> (MediaKind, Arc<dyn TrackRemote>) {
        within("has a track", self.tracks.recv()).await.unwrap()
    }

    /// The next packet the application gets.
    pub(crate) async fn packet(&mut self, kind: MediaKind) -> rtp::Packet {
        let packets = match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        };
        within("receives RTP", packets.recv()).await.unwrap()
    }

    /// The first answer of `of` to what arrives on the wire from now on.
    pub(crate) async fn hears<T>(
        &mut self,
        what: &str,
        mut of: impl FnMut(&Heard) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                if let Some(found) = of(&self.heard.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        within(what, found).await
    }

    /// Everything that arrived on the wire and was not looked at.
    pub(crate) fn heard(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        self.connection.close().await.unwrap();
    }
}

/// What `future` yields; the test fails when it takes too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.unwrap_or_else(|_| panic!("nothing within {PATIENCE:?}: {what}"))
}

struct Handler {
    gathered: UnboundedSender<()>,
    connected: UnboundedSender<RTCPeerConnectionState>,
    ice: UnboundedSender<RTCIceConnectionState>,
    tracks: UnboundedSender<(MediaKind, Arc<dyn TrackRemote>)>,
    audio: UnboundedSender<rtp::Packet>,
    video: UnboundedSender<rtp::Packet>,
}

// A test that is over listens no more, so what cannot be told need not be.
#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.send(());
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.connected.send(state);
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        let _ = self.ice.send(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let (kind, packets) = match track.kind().await {
            RtpCodecKind::Audio => (MediaKind::Audio, self.audio.clone()),
            _ => (MediaKind::Video, self.video.clone()),
        };
        let _ = self.tracks.send((kind, Arc::clone(&track)));
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = packets.send(packet);
                }
            }
        });
    }
}

/// Opus and VP8 with RTX, under numbers that are not the router's.
fn media_engine() -> MediaEngine {
    let mut engine = MediaEngine::default();
    let rtx = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        sdp_fmtp_line: format!("apt={VP8}"),
        ..Default::default()
    };
    for (payload_type, rtp_codec, kind) in [
        (OPUS, opus(), RtpCodecKind::Audio),
        (VP8, vp8(), RtpCodecKind::Video),
        (VP8 + 1, rtx, RtpCodecKind::Video),
    ] {
        let codec = RTCRtpCodecParameters {
            rtp_codec,
            payload_type,
        };
        engine.register_codec(codec, kind).unwrap();
    }
    engine
}

/// Opus' payload type here.
pub(crate) const OPUS: u8 = 63;
/// VP8's.
pub(crate) const VP8: u8 = 120;

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}

fn vp8() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_VP8.to_owned(),
        clock_rate: 90_000,
        rtcp_feedback: vec![RTCPFeedback {
            typ: "ccm".to_owned(),
            parameter: "fir".to_owned(),
        }],
        ..Default::default()
    }
}
