//! One source a client sends: its streams, what is kept for retransmission, its key-frame requests.
//! It knows nothing of consumers or transports.

use std::time::Instant;

use ortc::types::{MediaKind, RtpParameters, RtpType};

use super::{
    encoding_order::EncodingOrder,
    group_of_pictures::GroupOfPictures,
    groups_of_pictures::GroupsOfPictures,
    key_frame_request_manager::KeyFrameRequestManager,
    key_frames_seen::KeyFramesSeen,
    payload_types::{Arrival, PayloadTypes},
    rtp_stream_recv::{ReceivedSenderReport, RtpStreamRecv, RtpStreamRecvConfig, StreamPacket},
};
use crate::{
    CommandError, MediaLimits, ProduceOptions, Produced, ProducerDump, ProducerId, ProducerScore,
    StreamDump, TransportId,
    consumer::{Kept, RetransmissionBuffer, StreamScore},
    router::TransportKey,
    rtp::{
        MediaPacket, codecs,
        outgoing::{OutgoingLayout, uri},
        packet::RtpPacket,
    },
    timer::Scheduled,
    transport::rtp_listener::Target,
};

/// Media a client sends into a router.
#[derive(Debug)]
pub(crate) struct Producer {
    pub(crate) id: ProducerId,
    pub(crate) transport: TransportKey,
    pub(crate) transport_id: TransportId,
    pub(crate) kind: MediaKind,
    pub(crate) rtp_type: RtpType,
    pub(crate) paused: bool,
    pub(crate) scheduled: Scheduled,
    encodings: Vec<Encoding>,
    payload_types: PayloadTypes,
    layout: OutgoingLayout,
    dependency_descriptor: Option<u8>,
    limits: MediaLimits,
    /// Only of video.
    groups: Option<GroupsOfPictures>,
    /// Only streams with RTX are ever sent again, and only video has it.
    keeps_packets: bool,
    last_scores: Vec<u8>,
    order: EncodingOrder,
    /// A stream was heard for the first time.
    started: bool,
}

/// One encoding: nothing is known of its stream until its first packet.
#[derive(Debug)]
struct Encoding {
    rid: Option<String>,
    stream: Option<RtpStreamRecv>,
    kept: Option<RetransmissionBuffer>,
    key_frames: KeyFrameRequestManager,
    seen: KeyFramesSeen,
}

/// What became of a received packet.
pub(crate) enum Received<'a> {
    /// To be forwarded; the packet was built into the caller's buffer.
    Media(MediaPacket<'a>),
    /// A duplicate, too old, of no negotiated payload type, or the producer is paused.
    Discarded,
}

impl Producer {
    /// A producer that has received nothing.
    pub(crate) fn new(
        id: ProducerId,
        transport: (TransportKey, TransportId),
        options: &ProduceOptions,
        limits: &MediaLimits,
    ) -> Result<Self, CommandError> {
        let parameters = &options.rtp_parameters;
        let payload_types = PayloadTypes::new(options)?;
        let encoding = |encoding: &ortc::types::RtpEncodingParameters| Encoding {
            rid: encoding.rid.clone(),
            stream: None,
            kept: None,
            key_frames: KeyFrameRequestManager::new(limits.key_frame_request_interval),
            seen: KeyFramesSeen::default(),
        };
        Ok(Self {
            id,
            transport: transport.0,
            transport_id: transport.1,
            kind: options.kind,
            rtp_type: options.rtp_type,
            paused: options.paused,
            scheduled: Scheduled::default(),
            encodings: parameters.encodings.iter().map(encoding).collect(),
            groups: groups(options),
            keeps_packets: options.kind == MediaKind::Video,
            payload_types,
            layout: OutgoingLayout::new(
                &parameters.header_extensions,
                &options.router_header_extensions,
            ),
            dependency_descriptor: extension_id(parameters, uri::DEPENDENCY_DESCRIPTOR),
            limits: limits.clone(),
            last_scores: vec![0; parameters.encodings.len()],
            order: EncodingOrder::default(),
            started: false,
        })
    }

    /// Takes an authenticated packet of one of this producer's streams. A packet to be forwarded is
    /// built into `out` and, if consumers may ask for it again, kept.
    pub(crate) fn receive_rtp<'a>(
        &mut self,
        now: Instant,
        target: Target,
        packet: &RtpPacket<'a>,
        out: &mut Vec<u8>,
    ) -> Received<'a> {
        let Some((arrival, sequence)) = self.take_in(now, target, packet) else {
            return Received::Discarded;
        };
        let Some(encoding) = self.encodings.get_mut(target.encoding) else {
            return Received::Discarded;
        };
        let descriptor = self.dependency_descriptor;
        let descriptor = descriptor.and_then(|id| packet.extension(id));
        let info = codecs::parse(arrival.codec, arrival.payload, descriptor);
        self.layout.build(out, packet.extensions(), arrival.payload);
        let media = MediaPacket {
            encoding: target.encoding,
            sequence,
            timestamp: arrival.timestamp,
            marker: arrival.marker,
            payload_type: arrival.mapped,
            info,
            payload: arrival.payload,
        };
        if info.key_frame {
            encoding.key_frames.key_frame_received(now);
            encoding.seen.note(now, arrival.codec, &media);
        }
        if self.keeps_packets {
            encoding.keep(&self.limits).insert(now, &media, out);
        }
        if info.key_frame {
            // What one showed that sends nothing any more says nothing of the others.
            let sizes = self.encodings.iter();
            let sizes = sizes.map(|one| one.seen.pixels().filter(|_| one.score() > 0));
            self.order.note(now, sizes);
        }
        if let Some(groups) = &mut self.groups {
            groups.push(now, &media, out);
        }
        Received::Media(media)
    }

    /// Counts a packet in its stream: what it carries and its extended sequence number there, if it
    /// is to be forwarded.
    fn take_in<'a>(
        &mut self,
        now: Instant,
        target: Target,
        packet: &RtpPacket<'a>,
    ) -> Option<(Arrival<'a>, u64)> {
        let (arrival, original_sequence) = self.payload_types.resolve(packet, target.rtx)?;
        let encoding = self.encodings.get_mut(target.encoding)?;
        let stream_packet = match original_sequence {
            None => {
                self.started |= encoding.stream.is_none();
                encoding.media(packet.ssrc(), &arrival).receive(now, packet)
            }
            Some(sequence) => {
                let stream = encoding.stream.as_mut()?;
                stream.receive_retransmission(now, sequence, arrival.payload.len())
            }
        };
        match stream_packet {
            StreamPacket::New { sequence }
            | StreamPacket::Recovered { sequence }
            | StreamPacket::Reset { sequence }
                if !self.paused =>
            {
                Some((arrival, sequence))
            }
            _ => None,
        }
    }

    /// Asks for a key frame of one encoding. `true`: send the request now; otherwise one was sent
    /// just before and this one waits for its turn.
    pub(crate) fn request_key_frame(&mut self, now: Instant, encoding: usize) -> bool {
        let Some(encoding) = self.encodings.get_mut(encoding) else {
            return false;
        };
        encoding.stream.is_some() && encoding.key_frames.request(now)
    }

    /// Runs due timers: what to ask the client for now.
    pub(crate) fn handle_timeout(&mut self, now: Instant, wanted: &mut Wanted) {
        wanted.clear();
        for encoding in &mut self.encodings {
            let Some(stream) = &mut encoding.stream else {
                continue;
            };
            let ssrc = stream.config().ssrc;
            let mut lost = Vec::new();
            stream.nacks(now, &mut lost);
            if !lost.is_empty() {
                wanted.nacks.push((ssrc, lost));
            }
            let asked = stream.take_key_frame_wanted() && encoding.key_frames.request(now);
            if encoding.key_frames.handle_timeout(now) || asked {
                wanted.key_frames.push(ssrc);
            }
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let of = |encoding: &Encoding| {
            let stream = encoding
                .stream
                .as_ref()
                .and_then(RtpStreamRecv::poll_timeout);
            stream
                .into_iter()
                .chain(encoding.key_frames.poll_timeout())
                .min()
        };
        self.encodings.iter().filter_map(of).min()
    }

    /// A packet kept for retransmission.
    pub(crate) fn kept(&self, now: Instant, encoding: usize, sequence: u64) -> Option<Kept<'_>> {
        let recent = self.encodings.get(encoding)?.kept.as_ref();
        let of_group = || self.groups.as_ref()?.kept(now, encoding, sequence);
        recent
            .and_then(|kept| kept.get(now, sequence))
            .or_else(of_group)
    }

    /// The newest group of pictures of an encoding, where it is kept and there is one.
    pub(crate) fn group(&self, encoding: usize) -> Option<&GroupOfPictures> {
        self.groups.as_ref()?.get(encoding)
    }

    /// Pauses or resumes it; `false` when it is so already.
    pub(crate) fn set_paused(&mut self, paused: bool) -> bool {
        if std::mem::replace(&mut self.paused, paused) == paused {
            return false;
        }
        if let Some(groups) = &mut self.groups {
            // What comes after a pause does not go on with what came before it.
            groups.clear();
        }
        true
    }

    /// Whether the client takes no notice of key-frame requests for an encoding.
    pub(crate) fn is_deaf(&self, now: Instant, encoding: usize) -> bool {
        let encoding = self.encodings.get(encoding);
        encoding.is_some_and(|encoding| encoding.key_frames.is_deaf(now))
    }

    /// Payload bits per second now, over all streams.
    pub(crate) fn bitrate(&self, now: Instant) -> u64 {
        self.encodings.iter().map(|one| one.bitrate(now)).sum()
    }

    /// The same of one encoding.
    pub(crate) fn bitrate_of(&self, now: Instant, encoding: usize) -> u64 {
        let encoding = self.encodings.get(encoding);
        encoding.map_or(0, |one| one.bitrate(now))
    }

    /// The media SSRC of an encoding, once it is known.
    pub(crate) fn ssrc(&self, encoding: usize) -> Option<u32> {
        self.encodings.get(encoding)?.ssrc()
    }

    /// The encoding whose media stream has this SSRC.
    pub(crate) fn encoding_of(&self, ssrc: u32) -> Option<usize> {
        let is = |encoding: &Encoding| encoding.ssrc() == Some(ssrc);
        self.encodings.iter().position(is)
    }

    /// The client's sender report on one of its streams.
    pub(crate) fn handle_sender_report(
        &mut self,
        now: Instant,
        encoding: usize,
        (ntp, rtp_timestamp): (u64, u32),
    ) {
        let stream = self
            .encodings
            .get_mut(encoding)
            .and_then(|one| one.stream.as_mut());
        if let Some(stream) = stream {
            stream.handle_sender_report(now, ntp, rtp_timestamp);
        }
    }

    /// The last sender reports, by encoding.
    pub(crate) fn sender_reports(&self) -> impl Iterator<Item = (usize, ReceivedSenderReport)> {
        let report = |encoding: &Encoding| encoding.stream.as_ref()?.sender_report();
        let reports = self.encodings.iter().map(report).enumerate();
        reports.filter_map(|(encoding, report)| Some((encoding, report?)))
    }

    /// Every stream there is.
    pub(crate) fn streams(&mut self) -> impl Iterator<Item = &mut RtpStreamRecv> {
        self.encodings
            .iter_mut()
            .filter_map(|encoding| encoding.stream.as_mut())
    }

    /// Scores of the streams that exist.
    pub(crate) fn scores(&self) -> Vec<ProducerScore> {
        let score = |(encoding_idx, encoding): (usize, &Encoding)| {
            let stream = encoding.stream.as_ref()?;
            Some(ProducerScore {
                encoding_idx,
                ssrc: stream.config().ssrc,
                rid: encoding.rid.clone(),
                score: stream.score(),
            })
        };
        self.encodings
            .iter()
            .enumerate()
            .filter_map(score)
            .collect()
    }

    /// The same for consumers: one entry per encoding, 0 for those not heard yet.
    pub(crate) fn stream_scores(&self) -> Vec<StreamScore> {
        self.encodings
            .iter()
            .map(|encoding| StreamScore {
                score: encoding.score(),
            })
            .collect()
    }

    /// Whether its largest encoding is listed first.
    pub(crate) fn is_largest_first(&self) -> bool {
        self.order.is_largest_first()
    }

    /// The same, if it changed since this was last asked.
    pub(crate) fn take_order_change(&mut self) -> Option<bool> {
        self.order.take_change()
    }

    /// Whether a stream was heard for the first time since this was last asked.
    pub(crate) fn take_started(&mut self) -> bool {
        std::mem::take(&mut self.started)
    }

    /// The scores, if they changed since this was last asked. Of a stream that ended nothing is kept
    /// for retransmission any more.
    pub(crate) fn take_score_change(&mut self) -> Option<Vec<ProducerScore>> {
        let current: Vec<u8> = self.encodings.iter().map(Encoding::score).collect();
        if current == self.last_scores {
            return None;
        }
        for encoding in self.encodings.iter_mut().filter(|one| one.score() == 0) {
            encoding.kept = None;
        }
        self.last_scores = current;
        Some(self.scores())
    }

    /// What it received so far.
    pub(crate) fn produced(&self) -> Produced {
        let mut produced = Produced::default();
        for encoding in &self.encodings {
            produced.key_frames += encoding.seen.count();
            produced.key_frame_requests += encoding.key_frames.sent();
            let Some(stream) = &encoding.stream else {
                continue;
            };
            produced.packets += stream.packets();
            produced.bytes += stream.bytes();
            produced.duplicates += stream.duplicates();
            produced.recovered += stream.recovered();
            produced.nacked += stream.nacked();
        }
        produced
    }

    fn dump_streams(&self, now: Instant) -> Vec<StreamDump> {
        let scores = self.scores().into_iter();
        let dump = |score: ProducerScore| {
            let encoding = self.encodings.get(score.encoding_idx)?;
            let stream = encoding.stream.as_ref()?;
            Some(StreamDump {
                score,
                packets: stream.packets(),
                bitrate: stream.bitrate(now),
                lost: stream.lost(),
                resolution: encoding.seen.resolution(),
            })
        };
        scores.filter_map(dump).collect()
    }

    /// The producer at a glance.
    pub(crate) fn dump(&self, now: Instant) -> ProducerDump {
        let streams = || {
            self.encodings
                .iter()
                .filter_map(|encoding| encoding.stream.as_ref())
        };
        let heard = self.encodings.iter().filter(|one| one.score() > 0);
        let largest = heard.max_by_key(|encoding| encoding.seen.pixels());
        let largest = largest.map(|encoding| encoding.seen);
        let largest = largest.unwrap_or_default();
        ProducerDump {
            id: self.id,
            transport: self.transport_id,
            kind: self.kind,
            rtp_type: self.rtp_type,
            paused: self.paused,
            packets: streams().map(RtpStreamRecv::packets).sum(),
            bytes: streams().map(RtpStreamRecv::bytes).sum(),
            bitrate: self.bitrate(now),
            duplicates: streams().map(RtpStreamRecv::duplicates).sum(),
            recovered: streams().map(RtpStreamRecv::recovered).sum(),
            jitter: streams().map(RtpStreamRecv::jitter).max().unwrap_or(0),
            key_frame_requests: self.encodings.iter().map(|e| e.key_frames.sent()).sum(),
            nacked: streams().map(RtpStreamRecv::nacked).sum(),
            lost: streams().map(RtpStreamRecv::lost).sum(),
            streams: self.dump_streams(now),
            key_frames: self.encodings.iter().map(|e| e.seen.count()).sum(),
            key_frame_interval: largest.interval().map(|time| time.as_secs_f64()),
            resolution: largest.resolution(),
        }
    }
}

/// What a producer's timers want sent to its client.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Media SSRC and sequence numbers to ask for again.
    pub(crate) nacks: Vec<(u32, Vec<u16>)>,
    /// Media SSRCs to ask key frames of.
    pub(crate) key_frames: Vec<u32>,
}

impl Wanted {
    fn clear(&mut self) {
        self.nacks.clear();
        self.key_frames.clear();
    }
}

impl Encoding {
    fn ssrc(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.config().ssrc)
    }

    fn score(&self) -> u8 {
        self.stream.as_ref().map_or(0, RtpStreamRecv::score)
    }

    fn bitrate(&self, now: Instant) -> u64 {
        self.stream.as_ref().map_or(0, |stream| stream.bitrate(now))
    }

    /// The media stream; made by its first packet, whose SSRC it takes.
    fn media(&mut self, ssrc: u32, arrival: &Arrival<'_>) -> &mut RtpStreamRecv {
        self.stream.get_or_insert_with(|| {
            RtpStreamRecv::new(RtpStreamRecvConfig {
                ssrc,
                clock_rate: arrival.payload_type.clock_rate,
                use_nack: arrival.payload_type.use_nack,
                use_pli: arrival.payload_type.use_pli,
            })
        })
    }

    fn keep(&mut self, limits: &MediaLimits) -> &mut RetransmissionBuffer {
        self.kept.get_or_insert_with(|| {
            RetransmissionBuffer::new(limits.retransmission_packets, limits.retransmission_age)
        })
    }
}

/// Where there is none to keep: sound has no key frames, and layers within one stream are not told
/// apart.
fn groups(options: &ProduceOptions) -> Option<GroupsOfPictures> {
    let streams = matches!(options.rtp_type, RtpType::Simple | RtpType::Simulcast);
    let keeps = streams && options.kind == MediaKind::Video;
    let encodings = options.rtp_parameters.encodings.len();
    let bounds = options.group_of_pictures.filter(|_| keeps);
    bounds.map(|bounds| GroupsOfPictures::new(bounds, encodings))
}

/// The id a parameter set gives an extension.
pub(crate) fn extension_id(parameters: &RtpParameters, uri: &str) -> Option<u8> {
    parameters
        .header_extensions
        .iter()
        .find(|extension| extension.uri == uri)
        .map(|e| e.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn camera() -> Producer {
        let options = ProduceOptions {
            kind: MediaKind::Video,
            rtp_parameters: serde_json::from_value(json!({
                "codecs": [{ "mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000 }],
                "encodings": [{ "ssrc": 1111 }],
            }))
            .unwrap(),
            rtp_mapping: ortc::types::RtpMapping {
                codecs: vec![ortc::types::RtpMappingCodec {
                    payload_type: 96,
                    mapped_payload_type: 101,
                }],
                encodings: Vec::new(),
            },
            rtp_type: RtpType::Simple,
            paused: false,
            router_header_extensions: Vec::new(),
            group_of_pictures: None,
        };
        let id = uuid::Uuid::from_u128(1);
        let transport = (TransportKey::default(), TransportId(id));
        Producer::new(ProducerId(id), transport, &options, &MediaLimits::default()).unwrap()
    }

    fn send(producer: &mut Producer, now: Instant, sequences: std::ops::Range<u16>) {
        let mut out = Vec::new();
        for sequence in sequences {
            let mut bytes = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 4, 87, 0x10, 0];
            bytes[2..4].copy_from_slice(&sequence.to_be_bytes());
            let packet = RtpPacket::parse(&bytes).unwrap();
            let target = Target {
                encoding: 0,
                rtx: false,
                producer: crate::router::ProducerKey::default(),
            };
            let received = producer.receive_rtp(now, target, &packet, &mut out);
            assert!(matches!(received, Received::Media(_)));
        }
    }

    /// What a transport does once a second.
    fn report(producer: &mut Producer, now: Instant) {
        for stream in producer.streams() {
            stream.receiver_report(now);
        }
        producer.take_score_change();
    }

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn memory_of_a_stream_that_ended_is_given_back_until_it_goes_on() {
        let (mut producer, mut now) = (camera(), Instant::now());
        send(&mut producer, now, 0..100);
        report(&mut producer, now);
        assert!(producer.encodings[0].kept.is_some());
        for _ in 0..5 {
            now += Duration::from_secs(1);
            report(&mut producer, now);
        }
        assert_eq!(producer.stream_scores()[0].score, 0);
        assert!(producer.encodings[0].kept.is_none());
        send(&mut producer, now, 100..110);
        report(&mut producer, now);
        assert!(producer.encodings[0].kept.is_some());
    }
}
