//! Consumers in virtual time.

mod continuity;
mod forwarding;
mod key_frames;
mod reports;
mod sent_packets;
mod simulcast;
mod source;

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use ortc::types::{
    MediaKind, RtcpFeedback, RtpCodecParameters, RtpEncodingParameters, RtpParameters, RtpType,
    RtxEncoding,
};
use uuid::Uuid;

use super::{
    Consumer, ConsumerConfig, Forward, Retransmission, RetransmissionBuffer, Rewrite, StreamScore,
};
use crate::{
    ConsumeOptions, ConsumerId, ProducerId,
    rtp::{MediaPacket, codecs::Codec},
};

const SSRC: u32 = 0x1111;
const RTX_SSRC: u32 = 0x2222;
const PAYLOAD_TYPE: u8 = 101;
const RTX_PAYLOAD_TYPE: u8 = 102;
const SEQUENCE: u16 = 65_500;
const TIMESTAMP: u32 = u32::MAX - 89_999;

/// One moment, the same for the whole run: the only way to make an `Instant` is to read the clock,
/// and nothing depends on what it says.
#[allow(clippy::disallowed_methods)]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Where virtual time starts.
pub(super) fn start_of_time() -> Instant {
    *START
}

fn codec(mime_type: &str, payload_type: u8, nack: bool) -> RtpCodecParameters {
    let feedback = RtcpFeedback {
        kind: "nack".to_owned(),
        parameter: String::new(),
    };
    RtpCodecParameters {
        mime_type: mime_type.to_owned(),
        payload_type,
        clock_rate: 90_000,
        channels: None,
        parameters: Default::default(),
        rtcp_feedback: if nack { vec![feedback] } else { Vec::new() },
    }
}

/// Video with NACK and RTX, `encodings` streams to choose from.
fn config(codec_kind: Codec, encodings: usize) -> ConsumerConfig {
    let audio = codec_kind == Codec::Audio;
    let encoding = RtpEncodingParameters {
        ssrc: Some(SSRC),
        rtx: (!audio).then_some(RtxEncoding { ssrc: RTX_SSRC }),
        ..Default::default()
    };
    let codecs = if audio {
        vec![codec("audio/opus", PAYLOAD_TYPE, false)]
    } else {
        vec![
            codec("video/VP8", PAYLOAD_TYPE, true),
            codec("video/rtx", RTX_PAYLOAD_TYPE, false),
        ]
    };
    let simulcast = encodings > 1;
    ConsumerConfig {
        id: ConsumerId(Uuid::nil()),
        options: ConsumeOptions {
            producer: ProducerId(Uuid::nil()),
            kind: if audio {
                MediaKind::Audio
            } else {
                MediaKind::Video
            },
            rtp_parameters: RtpParameters {
                codecs,
                encodings: vec![encoding],
                ..Default::default()
            },
            payload_types: Vec::new(),
            consumable_encodings: vec![RtpEncodingParameters::default(); encodings],
            rtp_type: if simulcast {
                RtpType::Simulcast
            } else {
                RtpType::Simple
            },
            paused: false,
            preferred_layers: None,
            resumable: false,
        },
        codec: codec_kind,
        clock_rate: if audio { 48_000 } else { 90_000 },
        producer_paused: false,
        initial_sequence: SEQUENCE,
        initial_timestamp: TIMESTAMP,
        retransmission_packets: 1024,
        retransmission_age: Duration::from_secs(2),
    }
}

/// A consumer and its clock.
struct Rig {
    consumer: Consumer,
    /// What the producer keeps, by encoding.
    kept: Vec<RetransmissionBuffer>,
    now: Instant,
    /// Key-frame requests: milliseconds since the start, encoding.
    requests: Vec<(u128, usize)>,
}

impl Rig {
    fn new(config: ConsumerConfig) -> Self {
        let now = start_of_time();
        let (packets, age) = (config.retransmission_packets, config.retransmission_age);
        let encodings = 0..config.options.consumable_encodings.len();
        let mut rig = Self {
            consumer: Consumer::new(config, now).unwrap(),
            kept: encodings
                .map(|_| RetransmissionBuffer::new(packets, age))
                .collect(),
            now,
            requests: Vec::new(),
        };
        rig.collect();
        rig
    }

    fn video() -> Self {
        Self::new(config(Codec::Vp8, 1))
    }

    fn simulcast() -> Self {
        Self::new(config(Codec::Vp8, 3))
    }

    /// Calls the consumer and takes what it wants.
    fn call(&mut self, action: impl FnOnce(&mut Consumer, Instant)) {
        action(&mut self.consumer, self.now);
        self.collect();
    }

    fn forward(&mut self, packet: &MediaPacket<'_>) -> Option<Rewrite> {
        if let Some(kept) = self.kept.get_mut(packet.encoding) {
            kept.insert(self.now, packet, packet.payload);
        }
        let forward = self.consumer.forward_rtp(self.now, packet);
        self.collect();
        match forward {
            Forward::Send(rewrite) => Some(rewrite),
            Forward::Drop => None,
        }
    }

    fn forward_all(&mut self, packets: &[MediaPacket<'_>]) -> Vec<Rewrite> {
        packets
            .iter()
            .filter_map(|packet| self.forward(packet))
            .collect()
    }

    fn nack(&mut self, lost: impl IntoIterator<Item = u16>) -> Vec<Retransmission> {
        let mut out = Vec::new();
        let kept = |encoding: usize, sequence| self.kept[encoding].get(self.now, sequence);
        self.consumer
            .handle_nack(self.now, lost.into_iter(), kept, &mut out);
        out
    }

    /// Lets time pass, running every timer at its moment.
    fn wait(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        while let Some(at) = self.consumer.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.consumer.handle_timeout(self.now);
            self.collect();
            let next = self.consumer.poll_timeout();
            assert!(next.is_none_or(|next| next > at), "a timer must move on");
        }
        self.now = until;
    }

    fn alive(&mut self, alive: &[bool]) {
        let score = |&alive: &bool| StreamScore {
            score: if alive { 10 } else { 0 },
        };
        let scores: Vec<_> = alive.iter().map(score).collect();
        self.call(|consumer, now| consumer.producer_streams_changed(now, &scores));
    }

    /// Encodings asked since the last call.
    fn asked(&mut self) -> Vec<usize> {
        let requests = std::mem::take(&mut self.requests);
        requests.into_iter().map(|(_, encoding)| encoding).collect()
    }

    fn collect(&mut self) {
        let at = (self.now - start_of_time()).as_millis();
        while let Some(encoding) = self.consumer.take_key_frame_request() {
            self.requests.push((at, encoding));
        }
    }
}
